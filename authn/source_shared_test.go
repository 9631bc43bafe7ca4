package authn_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestANewTokenIsSavedBeforeAnyoneUsesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		saving := make(chan struct{})
		store := &storeFuncs{save: func(*oauth2.Token) error {
			close(saving)
			time.Sleep(time.Second)
			return nil
		}}
		if err := store.MemoryStore.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		source := a.source(store)
		got := make(chan string, 10)
		for range cap(got) {
			go func() {
				token, err := source.Token()
				if err != nil {
					t.Error(err)
					got <- ""
					return
				}
				if stored(t, store).AccessToken != token.AccessToken {
					t.Error("a token is in use that is not in the store")
				}
				got <- token.AccessToken
			}()
		}
		<-saving
		synctest.Wait()
		if len(got) > 0 {
			t.Error("somebody has the token before it is saved")
		}
		for range cap(got) {
			<-got
		}
	})
}

func TestATokenThatCannotBeSavedIsKeptUntilItCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		full := errors.New("no space left; the token was " + testToken + "-1")
		store := &storeFuncs{save: func(*oauth2.Token) error { return full }}
		if err := store.MemoryStore.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		source := a.source(store)
		for range 2 {
			token, err := source.Token()
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if !errors.Is(err, full) {
				t.Fatalf("error %v, want %v", err, full)
			}
			if !strings.Contains(err.Error(), "cannot save") {
				t.Fatalf(`error %v, want "cannot save" in it`, err)
			}
			wantSafe(t, err, testToken, testRefresh, clientSecret)
		}
		store.save = nil
		wantToken(t, source, 1)
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want the one whose token was held", a.requests())
		}
		if got := stored(t, store).RefreshToken; got != a.valid {
			t.Errorf("stored: refresh token %q, want %q", got, a.valid)
		}
	})
}

func TestATokenThatWasSavedMeanwhileIsNewerThanAnUnsavedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		store := &storeFuncs{save: func(*oauth2.Token) error { return io.ErrShortWrite }}
		if err := store.MemoryStore.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		source := a.source(store)
		if _, err := source.Token(); err == nil {
			t.Fatal("no error")
		}
		store.save = nil
		// The user has logged in again.
		if err := store.Save(t.Context(), &oauth2.Token{AccessToken: testToken + "-77", RefreshToken: "another", Expiry: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		wantToken(t, source, 77)
		if stored(t, store).RefreshToken != "another" {
			t.Error("the newer token was overwritten")
		}
	})
}

func TestAnotherProcesssRefreshIsUsedWithoutALock(t *testing.T) {
	for _, works := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.valid = "rotated elsewhere"
			store := authn.NewMemoryStore(expiresIn(-time.Hour))
			a.before = func(n int) *http.Response {
				if n == 1 {
					token := &oauth2.Token{AccessToken: testToken + "-77", RefreshToken: a.valid, Expiry: time.Now().Add(time.Hour)}
					if !works {
						token.Expiry = time.Now().Add(-time.Hour)
					}
					if err := store.Save(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
				return nil
			}
			want := 77
			if !works {
				want = 1
			}
			wantToken(t, a.source(store), want)
		})
	}
}

// lockedStore counts how often its lock is held.
type lockedStore struct {
	authn.MemoryStore
	turn  chan struct{}
	locks int
	fails error
}

func (l *lockedStore) Lock(ctx context.Context) (func(), error) {
	if l.fails != nil {
		return nil, l.fails
	}
	select {
	case l.turn <- struct{}{}:
		l.locks++
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestSourcesThatShareALockRefreshOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		store := &lockedStore{turn: make(chan struct{}, 1)}
		if err := store.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			source := a.source(store)
			for range 25 {
				wg.Go(func() { wantToken(t, source, 1) })
			}
		}
		wg.Wait()
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
		if store.locks != 8 {
			t.Errorf("%d locks, want 8", store.locks)
		}
		broken := errors.New("no locks on this file system")
		store.fails = broken
		if _, err := a.source(store).Token(); !errors.Is(err, broken) {
			t.Errorf("error %v, want %v", err, broken)
		} else if !strings.Contains(err.Error(), "cannot lock") {
			t.Errorf(`error %v, want "cannot lock" in it`, err)
		}
	})
}

func TestAStoreThatFailsIsReported(t *testing.T) {
	a := newAuthServer()
	broken := errors.New("the disk is gone")
	source := a.source(&storeFuncs{load: func() (*oauth2.Token, error) { return nil, broken }})
	if _, err := source.Token(); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	} else if errors.Is(err, authn.ErrLoginRequired) {
		t.Errorf("error %v matches ErrLoginRequired", err)
	} else if !strings.Contains(err.Error(), "cannot read") {
		t.Errorf(`error %v, want "cannot read" in it`, err)
	}
	source = a.source(neitherStore{authn.NewMemoryStore(expiresIn(-time.Hour))})
	if _, err := source.Token(); err == nil || !strings.Contains(err.Error(), "cannot lock") {
		t.Errorf("a lock that cannot be released: error %v", err)
	}
}

// neitherStore has a Lock that returns neither a function nor an error.
type neitherStore struct{ authn.TokenStore }

func (neitherStore) Lock(context.Context) (func(), error) { return nil, nil }
