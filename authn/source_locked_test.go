package authn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// lockedFuncs is a store with a lock whose calls can fail.
type lockedFuncs struct{ storeFuncs }

func (*lockedFuncs) Lock(context.Context) (func(), error) { return func() {}, nil }

// A store with a lock that is gone during a refresh is given the new token, because it
// can keep the lock until the token is saved.
func TestALockedStoreThatCannotBeReadIsGivenTheNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		gone := errors.New("the store is gone")
		store := &lockedFuncs{}
		if err := store.MemoryStore.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		loads := 0
		store.load = func() (*oauth2.Token, error) {
			if loads++; loads > 1 {
				return nil, gone
			}
			return store.MemoryStore.Load(t.Context())
		}
		var given []string
		store.save = func(token *oauth2.Token) error {
			given = append(given, token.RefreshToken)
			return gone
		}
		source := a.source(store)
		if _, err := source.Token(); !errors.Is(err, gone) {
			t.Errorf("error %v, want %v", err, gone)
		}
		if len(given) == 0 || given[0] != a.valid {
			t.Errorf("the store was given %q, want %q", given, a.valid)
		}
		store.load, store.save = nil, nil
		wantToken(t, source, 1)
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
	})
}
