package authn_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// brokenStore fails to order.
type brokenStore struct {
	lockedStore
	load, save error
}

func (b *brokenStore) Load(ctx context.Context) (*oauth2.Token, error) {
	if b.load != nil {
		return nil, b.load
	}
	return b.lockedStore.Load(ctx)
}

func (b *brokenStore) Save(ctx context.Context, token *oauth2.Token) error {
	if b.save != nil {
		return b.save
	}
	return b.lockedStore.Save(ctx, token)
}

func TestTheOldTokenIsUsedWhileTheStoreFails(t *testing.T) {
	gone := errors.New("the database is gone; the token was " + testToken + "-1")
	for _, tt := range []struct {
		name      string
		fail      func(*brokenStore, error)
		refreshes int // until the store works again
	}{
		{"to lock", func(b *brokenStore, err error) { b.fails = err }, 0},
		{"to load", func(b *brokenStore, err error) { b.load = err }, 0},
		{"to save", func(b *brokenStore, err error) { b.save = err }, 1},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			a := newAuthServer()
			store := &brokenStore{lockedStore: lockedStore{turn: make(chan struct{}, 1)}}
			if err := store.Save(t.Context(), expiresIn(2*time.Minute)); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			source := a.source(store, authn.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			wantToken(t, source, 0)

			tt.fail(store, gone)
			time.Sleep(90 * time.Second)
			wantToken(t, source, 0)
			if a.requests() != tt.refreshes {
				t.Errorf("%d refreshes, want %d", a.requests(), tt.refreshes)
			}
			if !strings.Contains(log.String(), "old token is used") {
				t.Errorf(`the log is %q, want "old token is used" in it`, log.String())
			}
			if containsAny(log.String(), []string{testToken, testRefresh}) {
				t.Errorf("the log shows a secret: %q", log.String())
			}

			time.Sleep(time.Minute)
			_, err := source.Token()
			if !errors.Is(err, gone) {
				t.Errorf("with a token that has expired: error %v, want %v", err, gone)
			}
			if errors.Is(err, authn.ErrLoginRequired) {
				t.Errorf("with a token that has expired: error %v matches ErrLoginRequired", err)
			}
			wantSafe(t, err, testToken, testRefresh)

			tt.fail(store, nil)
			wantToken(t, source, 1)
			if a.requests() != 1 {
				t.Errorf("%d refreshes, want 1", a.requests())
			}
			if got := stored(t, store).RefreshToken; got != a.valid {
				t.Errorf("stored: refresh token %q, want %q", got, a.valid)
			}
		})
	}
}

func TestATokenOfAnotherProcessIsLoadedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		loads, stored := 0, expiresIn(time.Hour)
		source := a.source(&storeFuncs{load: func() (*oauth2.Token, error) {
			loads++
			return stored, nil
		}})
		wantToken(t, source, 0)
		time.Sleep(2 * time.Hour)
		// It has the same refresh token.
		stored = expiresIn(time.Hour)
		stored.AccessToken = testToken + "-7"
		wantToken(t, source, 7)
		before := loads
		wantToken(t, source, 7)
		if loads != before {
			t.Errorf("%d loads of a token that is known, want 0", loads-before)
		}
		if n := a.requests(); n != 0 {
			t.Errorf("%d requests, want 0", n)
		}
	})
}

func TestALoginThatIsSavedDuringARefreshIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		done := make(chan struct{})
		go func() {
			defer close(done)
			wantToken(t, source, 77)
		}()
		time.Sleep(time.Second / 2)
		login := &oauth2.Token{AccessToken: testToken + "-77", RefreshToken: "of another account", Expiry: time.Now().Add(time.Hour)}
		if err := store.Save(t.Context(), login); err != nil {
			t.Fatal(err)
		}
		<-done
		if stored(t, store).RefreshToken != login.RefreshToken {
			t.Error("the refresh has overwritten the login")
		}
		wantToken(t, source, 77)
	})
}

func TestALogoutDuringARefreshStays(t *testing.T) {
	a := newAuthServer()
	store := &brokenStore{lockedStore: lockedStore{turn: make(chan struct{}, 1)}}
	if err := store.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	a.before = func(int) *http.Response {
		store.load = authn.ErrNoToken
		return nil
	}
	_, err := a.source(store).Token()
	for _, want := range []error{authn.ErrNoToken, authn.ErrLoginRequired} {
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	store.load = nil
	if stored(t, store).RefreshToken != testRefresh {
		t.Error("the refresh has brought the token back")
	}
}

func TestSourcesThatShareATokenThatLivesShortRefreshItOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.lives = authn.DefaultEarlyRefresh
		store := &lockedStore{turn: make(chan struct{}, 1)}
		if err := store.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		sources := make([]*authn.Source, 8)
		for i := range sources {
			sources[i] = a.source(store)
			wantToken(t, sources[i], 1)
		}
		if a.requests() != 1 {
			t.Fatalf("%d refreshes for %d sources that have just started, want 1", a.requests(), len(sources))
		}
		for range 300 {
			time.Sleep(time.Second)
			for _, source := range sources {
				if _, err := source.Token(); err != nil {
					t.Fatal(err)
				}
			}
		}
		// It is due when half of its minute is over.
		if got := a.requests(); got != 11 {
			t.Errorf("%d refreshes in five minutes, want 11", got)
		}
	})
}

func TestATokenIsSavedThoughTheCallersContextHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := source.TokenContext(ctx); err != nil {
			t.Errorf("error %v", err)
		}
		if stored(t, store).RefreshToken != a.valid {
			t.Error("the token that came after the context's end is lost")
		}
	})
}

func TestAStoreThatHangsWithANewTokenIsNotTheContextsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		store := &hangingStore{}
		if err := store.MemoryStore.Save(t.Context(), expiresIn(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		a.before = func(int) *http.Response { store.hangs = true; return nil }
		source := a.source(store)
		_, err := source.Token()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if !strings.Contains(err.Error(), "token store") && !strings.Contains(err.Error(), "the store") {
			t.Errorf("the error %v does not say that the store hangs", err)
		}
		store.hangs = false
		wantToken(t, source, 1)
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
	})
}

// hangingStore does not respond before its context ends.
type hangingStore struct {
	authn.MemoryStore
	hangs bool
}

func (h *hangingStore) Load(ctx context.Context) (*oauth2.Token, error) {
	if h.hangs {
		<-ctx.Done()
	}
	return h.MemoryStore.Load(ctx)
}
