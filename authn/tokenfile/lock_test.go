package tokenfile_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/authn/tokenfile"
)

func TestTheLockIsHeldByOne(t *testing.T) {
	store := newStore(t)
	var holders, most int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				// A store of its own, as another process has.
				other, err := tokenfile.New(store.Path())
				if err != nil {
					t.Error(err)
					return
				}
				unlock, err := other.Lock(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				holders++
				most = max(most, holders)
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				holders--
				mu.Unlock()
				unlock()
			}
		})
	}
	wg.Wait()
	if most != 1 {
		t.Errorf("%d held the lock at once", most)
	}
	wantMode(t, store.Path()+".lock", 0o600)
}

func TestWaitingForTheLockEndsWithTheContext(t *testing.T) {
	store := newStore(t)
	unlock, err := store.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := store.Lock(ctx)
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
