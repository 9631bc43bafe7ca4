package authn_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestManyGoroutinesShareOneRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() { wantToken(t, source, 1) })
		}
		wg.Wait()
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
	})
}

func TestNobodyWaitsForARefreshWhileATokenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = 10 * time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(30 * time.Second)))
		done := make(chan struct{})
		go func() {
			defer close(done)
			wantToken(t, source, 1)
		}()
		synctest.Wait()
		began := time.Now()
		wantToken(t, source, 0)
		if time.Since(began) > 0 {
			t.Error("it waited")
		}
		<-done
		wantToken(t, source, 1)
	})
}

func TestManyGoroutinesShareAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(int) *http.Response { return jsonResponse(http.StatusInternalServerError, "") }
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if _, err := source.Token(); err == nil {
					t.Error("no error")
				}
			})
		}
		wg.Wait()
		if a.requests() != 4 {
			t.Errorf("%d refreshes, want 4", a.requests())
		}
	})
}

func TestOneCallersContextDoesNotEndTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(n int) *http.Response {
			if n == 1 {
				return jsonResponse(http.StatusBadGateway, "", "Retry-After", "20")
			}
			return nil
		}
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() {
			_, err := source.TokenContext(ctx)
			first <- err
		}()
		synctest.Wait()
		second := make(chan error)
		go func() {
			_, err := source.Token()
			second <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("the second: %v", err)
		}
	})
}

func TestARefreshThatWasSentIsNotAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = 5 * time.Second
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := source.TokenContext(ctx); err != nil {
			t.Errorf("error %v", err)
		}
		if stored(t, store).RefreshToken != a.valid {
			t.Error("the new refresh token is lost")
		}

		time.Sleep(time.Hour)
		a.latency = time.Hour
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := source.TokenContext(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(began); took != 11*time.Second {
			t.Errorf("it took %v, want 11s", took)
		}
	})
}

func TestWaitingForAnotherCallersRefreshEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = 20 * time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		done := make(chan struct{})
		go func() { defer close(done); wantToken(t, source, 1) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := source.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v, want 1s", took)
		}
		<-done
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(2 * time.Hour)
		before := a.requests()
		if _, err := source.TokenContext(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that has ended: error %v, want %v", err, context.Canceled)
		}
		if n := a.requests() - before; n != 0 {
			t.Errorf("a context that has ended: %d requests, want none", n)
		}
	})
}

func TestTheOutcomeOfARefreshIsRememberedWhenItsCallerIsGone(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rsp   func(*http.Request) *http.Response
		left  time.Duration // of the old token
		later error         // of the next call, nil if it gets the old token
	}{
		{"no token, while the old one works", func(*http.Request) *http.Response { return jsonResponse(200, `{`) }, 30 * time.Second, nil},
		{"no token", func(*http.Request) *http.Response { return jsonResponse(200, `{`) }, -time.Hour, authn.ErrTokenResponse},
		{"a response that does not end", endless, -time.Hour, authn.ErrTokenResponse},
		{"a grant that is gone", func(*http.Request) *http.Response { return jsonResponse(400, `{"error":"invalid_grant"}`) }, -time.Hour, authn.ErrLoginRequired},
		{"an endpoint that is down, while the old token works", func(*http.Request) *http.Response { return jsonResponse(503, ``) }, 30 * time.Second, nil},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			n := 0
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				n++
				time.Sleep(5 * time.Second)
				return tt.rsp(r), nil
			})}
			source := newAuthServer().source(authn.NewMemoryStore(expiresIn(tt.left)), authn.WithHTTPClient(client))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := source.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the context's", err)
			}
			token, err := source.Token()
			if !errors.Is(err, tt.later) {
				t.Errorf("the next call: error %v, want %v", err, tt.later)
			}
			if got, want := token != nil, tt.later == nil; got != want {
				t.Errorf("the next call: token %t, want %t", got, want)
			}
			if n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// endless is the beginning of a success, whose end does not come before that of
// its request.
func endless(r *http.Request) *http.Response {
	rsp := jsonResponse(200, "")
	rsp.Body = io.NopCloser(readFunc(func([]byte) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }))
	return rsp
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestATokenRequestTimesOutAfterHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Hour
		began := time.Now()
		_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
		waited := time.Since(began)
		if err == nil {
			t.Error("there is no error")
		}
		if a.requests() != 4 {
			t.Errorf("%d requests, want 4", a.requests())
		}
		if waited < 2*time.Minute || waited > 2*time.Minute+5*time.Second {
			t.Errorf("it took %v, want 2m and up to 5s more", waited)
		}

		flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect), authn.WithHTTPClient(&http.Client{Transport: a}))
		_, login := flow.Start()
		began = time.Now()
		if _, err := flow.Finish(t.Context(), login, callback(login)); err == nil {
			t.Error("a code: there is no error")
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("a code: it took %v, want 30s", took)
		}
	})
}

func TestAStoreThatPanicsLeavesNobodyWaiting(t *testing.T) {
	a := newAuthServer()
	store := &storeFuncs{load: func() (*oauth2.Token, error) { panic("the store's") }}
	source := a.source(store)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		_, _ = source.Token()
	}()
	store.load = func() (*oauth2.Token, error) { return expiresIn(time.Hour), nil }
	wantToken(t, source, 0)
}

func TestATokenIsTheCallersOwn(t *testing.T) {
	source := newAuthServer().source(authn.NewMemoryStore(expiresIn(time.Hour)))
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	token.AccessToken = "changed"
	wantToken(t, source, 0)

	own := expiresIn(time.Hour)
	store := authn.NewMemoryStore(own)
	own.AccessToken = "changed"
	loaded := stored(t, store)
	loaded.AccessToken = "changed"
	if stored(t, store).AccessToken != testToken+"-0" {
		t.Error("the store's token was changed from outside")
	}
	if err := store.Save(t.Context(), nil); err == nil {
		t.Error("a nil token is saved")
	}
}
