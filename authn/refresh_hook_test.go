package authn_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
)

func TestTheRefreshHookIsCalledOnceForEachRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		var mu sync.Mutex
		var told []error
		ctx := authn.WithRefreshHook(t.Context(), func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err)
		})
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := source.TokenContext(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(told) != 1 || told[0] != nil {
			t.Errorf("it was told %v, want one refresh", told)
		}
	})
}

func TestTheRefreshHookIsToldWhyThereIsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.valid = "another"
		var told []error
		ctx := authn.WithRefreshHook(t.Context(), func(err error) { told = append(told, err) })
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.clarify.ai/v1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := authn.TokenSource(a.source(authn.NewMemoryStore(expiresIn(-time.Hour))))(ctx, req); !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("the error is %v", err)
		}
		if len(told) != 1 || !errors.Is(told[0], authn.ErrLoginRequired) {
			t.Errorf("it was told %v, want that a login is required", told)
		}
		var none func(error)
		if _, err := a.source(authn.NewMemoryStore(expiresIn(time.Hour))).TokenContext(authn.WithRefreshHook(context.Background(), none)); err != nil {
			t.Error(err)
		}
	})
}
