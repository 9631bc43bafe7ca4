package authn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// authServer is a token endpoint that rotates refresh tokens. It needs no
// network, so that it can be used where time is fake.
type authServer struct {
	mu      sync.Mutex
	valid   string // the refresh token that is not spent
	given   int    // tokens
	forms   []url.Values
	lives   time.Duration
	latency time.Duration
	before  func(n int) *http.Response // what is answered to the nth request instead, from 1; or nil
	drop    bool                       // refresh tokens are not in the responses
}

func newAuthServer() *authServer {
	return &authServer{valid: testRefresh, lives: time.Hour}
}

func (a *authServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.forms = append(a.forms, r.PostForm)
	n, latency := len(a.forms), a.latency
	a.mu.Unlock()
	select {
	case <-time.After(latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.before != nil {
		if rsp := a.before(n); rsp != nil {
			rsp.Request = r
			return rsp, nil
		}
	}
	if r.PostForm.Get("refresh_token") != a.valid {
		return jsonResponse(http.StatusBadRequest, `{"error":"invalid_grant","error_description":"The refresh token was spent."}`), nil
	}
	a.given++
	refresh := ""
	if !a.drop {
		a.valid = fmt.Sprintf("%s-%d", testRefresh, a.given)
		refresh = a.valid
	}
	return jsonResponse(http.StatusOK, fmt.Sprintf(`{"access_token":"%s-%d","token_type":"Bearer","refresh_token":%q,"expires_in":%d}`,
		testToken, a.given, refresh, int(a.lives/time.Second))), nil
}

func jsonResponse(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func (a *authServer) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.forms)
}

func (a *authServer) source(store authn.TokenStore, opts ...authn.SourceOption) *authn.Source {
	opts = append([]authn.SourceOption{authn.WithHTTPClient(&http.Client{Transport: a})}, opts...)
	return authn.NewTokenSource(authn.NewConfig("client-1", clientSecret, redirect), store, opts...)
}

// storeFuncs is a store made of functions; one that is nil is the memory's.
type storeFuncs struct {
	authn.MemoryStore
	load func() (*oauth2.Token, error)
	save func(*oauth2.Token) error
}

func (s *storeFuncs) Load(ctx context.Context) (*oauth2.Token, error) {
	if s.load != nil {
		return s.load()
	}
	return s.MemoryStore.Load(ctx)
}

func (s *storeFuncs) Save(ctx context.Context, token *oauth2.Token) error {
	if s.save != nil {
		if err := s.save(token); err != nil {
			return err
		}
	}
	return s.MemoryStore.Save(ctx, token)
}

func stored(t testing.TB, store authn.TokenStore) *oauth2.Token {
	t.Helper()
	token, err := store.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func expiresIn(d time.Duration) *oauth2.Token {
	return &oauth2.Token{AccessToken: testToken + "-0", RefreshToken: testRefresh, Expiry: time.Now().Add(d)}
}

// wantToken checks the number of the access token that source gives.
func wantToken(t testing.TB, source *authn.Source, number int) {
	t.Helper()
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%s-%d", testToken, number); token.AccessToken != want {
		t.Errorf("token %s, want %d", strings.TrimPrefix(token.AccessToken, testToken), number)
	}
}

func TestATokenIsRefreshedSomeTimeBeforeItExpires(t *testing.T) {
	for _, tt := range []struct {
		name      string
		opts      []authn.SourceOption
		left      time.Duration
		refreshes bool
	}{
		{"it has long", nil, time.Hour, false},
		{"it has more than a minute", nil, 61 * time.Second, false},
		{"it has a minute", nil, time.Minute, true},
		{"it has less than a minute", nil, 30 * time.Second, true},
		{"it has expired", nil, -time.Hour, true},
		{"it has more than was said", []authn.SourceOption{authn.WithEarlyRefresh(5 * time.Minute)}, 6 * time.Minute, false},
		{"it has less than was said", []authn.SourceOption{authn.WithEarlyRefresh(5 * time.Minute)}, 4 * time.Minute, true},
		{"not before it expires", []authn.SourceOption{authn.WithEarlyRefresh(0)}, time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAuthServer()
				store := authn.NewMemoryStore(expiresIn(tt.left))
				source := a.source(store, tt.opts...)
				for range 3 {
					if tt.refreshes {
						wantToken(t, source, 1)
					} else {
						wantToken(t, source, 0)
					}
				}
				if got := a.requests(); (got == 1) != tt.refreshes || got > 1 {
					t.Errorf("%d refreshes", got)
				}
				if tt.refreshes && stored(t, store).RefreshToken != testRefresh+"-1" {
					t.Error("the new refresh token is not in the store")
				}
			})
		})
	}
}

func TestARefreshIsTheDocumentedRequest(t *testing.T) {
	for _, secret := range []string{clientSecret, ""} {
		e := newEndpoint(t, nil)
		source := authn.NewTokenSource(e.config(secret), authn.NewMemoryStore(expiresIn(-time.Hour)))
		if _, err := source.Token(); err != nil {
			t.Fatal(err)
		}
		want := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {testRefresh}, "client_id": {"client-1"}}
		if secret != "" {
			want.Set("client_secret", secret)
		}
		if e.requests() != 1 || !reflect.DeepEqual(e.forms[0], want) || e.reqs[0].Header.Get("Authorization") != "" {
			t.Error("the request is another one")
		}
	}
}

func TestATokenLivesThroughItsRotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		store := authn.NewMemoryStore(expiresIn(time.Hour))
		source := a.source(store)
		for day := range 24 {
			wantToken(t, source, day)
			time.Sleep(59*time.Minute + time.Second)
		}
		if stored(t, store).RefreshToken != a.valid {
			t.Error("the store has not got the refresh token that is valid")
		}
	})
}

func TestATokenThatLivesShortIsUsedForHalfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.lives = 20 * time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		wantToken(t, source, 1)
		time.Sleep(9 * time.Second)
		wantToken(t, source, 1)
		time.Sleep(time.Second)
		wantToken(t, source, 2)
	})
}

func TestATokenWithoutAnExpiryIsUsedUntilItIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken + "-0", RefreshToken: testRefresh}))
		wantToken(t, source, 0)
		time.Sleep(1000 * time.Hour)
		wantToken(t, source, 0)
		if token, err := source.Renew(t.Context(), testToken+"-0"); err != nil || token.AccessToken != testToken+"-1" {
			t.Errorf("error %v", err)
		}
		wantToken(t, source, 1)
	})
}

func TestTheOldRefreshTokenIsKeptIfThereIsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.drop = true
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		for n := range 3 {
			wantToken(t, source, n+1)
			if stored(t, store).RefreshToken != testRefresh {
				t.Fatal("the refresh token is gone")
			}
			time.Sleep(time.Hour)
		}
	})
}

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

func TestATokenThatCannotBeSavedIsHeldUntilItCan(t *testing.T) {
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
			if token != nil || !errors.Is(err, full) || !strings.Contains(err.Error(), "cannot be saved") {
				t.Fatalf("token %t, error %v", token != nil, err)
			}
			wantSafe(t, err, testToken, testRefresh, clientSecret)
		}
		store.save = nil
		wantToken(t, source, 1)
		if a.requests() != 1 || stored(t, store).RefreshToken != a.valid {
			t.Errorf("%d refreshes, want the one whose token was held", a.requests())
		}
	})
}

func TestATokenThatWasSavedMeanwhileIsNewerThanOneThatIsHeld(t *testing.T) {
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

func TestWhoHasATokenThatWorksDoesNotWaitForARefresh(t *testing.T) {
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
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 11*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestWaitingForAnothersRefreshEndsWithTheContext(t *testing.T) {
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
		if _, err := source.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		<-done
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(2 * time.Hour)
		before := a.requests()
		if _, err := source.TokenContext(ended); !errors.Is(err, context.Canceled) || a.requests() != before {
			t.Errorf("a context that has ended: %v", err)
		}
	})
}

func TestWhileTheEndpointIsDownTheOldTokenIsInUse(t *testing.T) {
	for name, rsp := range map[string]func() *http.Response{
		"500":                     func() *http.Response { return jsonResponse(500, `{"error":"server_error"}`) },
		"503":                     func() *http.Response { return jsonResponse(503, "<html>") },
		"429":                     func() *http.Response { return jsonResponse(429, "") },
		"temporarily_unavailable": func() *http.Response { return jsonResponse(400, `{"error":"temporarily_unavailable"}`) },
		"408":                     func() *http.Response { return jsonResponse(408, "") },
		"401":                     func() *http.Response { return jsonResponse(401, `{"error":"invalid_client"}`) },
		"404":                     func() *http.Response { return jsonResponse(404, "<html>") },
		"a redirect":              func() *http.Response { return jsonResponse(302, "", "Location", "/elsewhere") },
		"503, cut off":            func() *http.Response { return cutOff(503) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAuthServer()
				a.before = func(int) *http.Response { return rsp() }
				var log bytes.Buffer
				source := a.source(authn.NewMemoryStore(expiresIn(time.Minute)), authn.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
				for range 500 {
					wantToken(t, source, 0)
					time.Sleep(100 * time.Millisecond)
				}
				// 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s, each up to half as long.
				if n := a.requests(); n < 6 || n > 9 {
					t.Errorf("%d refreshes in 50 seconds", n)
				}
				if !strings.Contains(log.String(), "refresh failed") || containsAny(log.String(), []string{testToken, testRefresh, clientSecret}) {
					t.Error("the log does not tell, or tells too much")
				}
				a.mu.Lock()
				a.before = nil
				a.mu.Unlock()
				time.Sleep(30 * time.Second)
				wantToken(t, source, 1)
			})
		})
	}
}

// cutOff is a response whose body breaks off.
func cutOff(status int) *http.Response {
	rsp := jsonResponse(status, "")
	rsp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	return rsp
}

func TestASuccessWithoutATokenIsAnErrorAtOnceAndSpendsTheRefreshToken(t *testing.T) {
	for name, rsp := range map[string]func() *http.Response{
		"no JSON":                      func() *http.Response { return jsonResponse(200, `{`) },
		"nothing":                      func() *http.Response { return jsonResponse(200, ``) },
		"204":                          func() *http.Response { return jsonResponse(204, ``) },
		"a page":                       func() *http.Response { return jsonResponse(200, `<html>`, "Content-Type", "text/html") },
		"no access token":              func() *http.Response { return jsonResponse(200, `{"token_type":"Bearer"}`) },
		"a number as the access token": func() *http.Response { return jsonResponse(200, `{"access_token":8675309123}`) },
		"another token type": func() *http.Response {
			return jsonResponse(200, `{"access_token":"8675309123","token_type":"mac"}`)
		},
		"a token that no header takes": func() *http.Response {
			return jsonResponse(200, `{"access_token":"8675309123\n","token_type":"Bearer"}`)
		},
		"cut off": func() *http.Response { return cutOff(200) },
		"more than a mebibyte": func() *http.Response {
			return jsonResponse(200, `{"access_token":"8675309123","padding":"`+strings.Repeat("a", 1<<20)+`"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAuthServer()
				a.before = func(int) *http.Response { return rsp() }
				store := authn.NewMemoryStore(expiresIn(-time.Hour))
				source := a.source(store)
				began := time.Now()
				for range 5 {
					token, err := source.Token()
					var response *oauth2.RetrieveError
					if token != nil || !errors.Is(err, authn.ErrTokenResponse) || errors.Is(err, authn.ErrLoginRequired) || errors.As(err, &response) {
						t.Fatalf("token %t, error %v", token != nil, err)
					}
					for e := err; e != nil; e = errors.Unwrap(e) {
						wantSafe(t, e, testRefresh, clientSecret, "8675309123")
					}
				}
				if a.requests() != 1 || time.Since(began) != 0 {
					t.Errorf("%d requests in %v, want 1 at once", a.requests(), time.Since(began))
				}
				a.before = nil
				time.Sleep(29 * time.Second)
				if _, err := source.Token(); !errors.Is(err, authn.ErrTokenResponse) || a.requests() != 1 {
					t.Errorf("%d requests, error %v", a.requests(), err)
				}
				time.Sleep(time.Second)
				wantToken(t, source, 1)

				// One that works is not put at risk for the sake of the next.
				a.before = func(int) *http.Response { return rsp() }
				before := a.requests()
				time.Sleep(59*time.Minute - time.Second)
				for range 60 {
					time.Sleep(time.Second)
					wantToken(t, source, 1)
				}
				if got := a.requests() - before; got != 1 {
					t.Errorf("%d requests while the old token works, want 1", got)
				}
				time.Sleep(time.Second)
				if _, err := source.Token(); !errors.Is(err, authn.ErrTokenResponse) || a.requests()-before != 2 {
					t.Errorf("%d requests, error %v", a.requests()-before, err)
				}
			})
		})
	}
}

func TestARefreshWhoseResponseIsLostIsSentAgain(t *testing.T) {
	for _, lenient := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				before := a.valid
				rsp, err := a.RoundTrip(r)
				if a.requests() > 1 {
					return rsp, err
				}
				if lenient {
					a.valid = before // for a while both are good
				}
				return nil, io.ErrUnexpectedEOF
			})}
			source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)), authn.WithHTTPClient(client))
			if lenient {
				wantToken(t, source, 2)
				return
			}
			if _, err := source.Token(); !errors.Is(err, authn.ErrLoginRequired) || a.requests() != 2 {
				t.Errorf("%d requests, error %v", a.requests(), err)
			}
		})
	}
}

func TestWhatARefreshHasComeToIsRememberedThoughItsCallerHasGone(t *testing.T) {
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
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
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
				if !errors.Is(err, tt.later) || (token != nil) != (tt.later == nil) {
					t.Errorf("the next call: token %t, error %v, want %v", token != nil, err, tt.later)
				}
				if n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
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

func TestALifetimeThatMakesNoSenseIsAsGoodAsNone(t *testing.T) {
	for _, tt := range []struct {
		lifetime string
		known    bool
	}{
		{`null`, false}, {`0`, false}, {`-1`, false}, {`-99999999999`, false}, {`"soon"`, false}, {`""`, false},
		{`3600.5`, false}, {`1e99`, false}, {`{}`, false}, {`[3600]`, false}, {`true`, false}, {`{"seconds":3600}`, false},
		{`99999999999999999999`, false},
		{`"3600"`, true}, {`3600`, true}, {`99999999999`, true}, {`9223372036854775807`, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(n int) *http.Response {
				return jsonResponse(200, fmt.Sprintf(`{"access_token":"%s-%d","token_type":"Bearer","expires_in":%s}`, testToken, n, tt.lifetime))
			}
			source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
			for range 3 {
				wantToken(t, source, 1)
			}
			token, err := source.Token()
			if err != nil || token.Expiry.IsZero() == tt.known || a.requests() != 1 {
				t.Errorf("expires_in %s: %d requests, expiry %v, error %v", tt.lifetime, a.requests(), token.Expiry, err)
			}
		})
	}
}

// The monotonic clock may stand still while the machine sleeps.
func TestATokenExpiresByTheWallClock(t *testing.T) {
	a := newAuthServer()
	for _, left := range []time.Duration{-time.Hour, time.Hour} {
		token, err := a.source(authn.NewMemoryStore(expiresIn(left))).Token()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(token.Expiry.String(), "m=") {
			t.Errorf("the expiry %v goes by the monotonic clock", token.Expiry)
		}
	}
}

func TestRetryAfterOfTheEndpointIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(n int) *http.Response {
			if n == 1 {
				return jsonResponse(429, "", "Retry-After", "7")
			}
			return nil
		}
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		began := time.Now()
		wantToken(t, source, 1)
		if waited := time.Since(began); waited != 7*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestRetryAfterOfTheEndpointIsKeptByLaterCalls(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // of each call
		asked time.Duration
	}{
		{"longer than a call waits", time.Hour, time.Minute},
		{"longer than the context lasts", 5 * time.Second, 20 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAuthServer()
				a.before = func(n int) *http.Response {
					if n == 1 {
						return jsonResponse(429, "", "Retry-After", fmt.Sprint(int(tt.asked/time.Second)))
					}
					return nil
				}
				source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
				for range tt.asked / time.Second {
					ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
					_, err := source.TokenContext(ctx)
					cancel()
					var response *oauth2.RetrieveError
					if !errors.As(err, &response) || response.Response.StatusCode != 429 || errors.Is(err, authn.ErrLoginRequired) {
						t.Fatalf("error %v", err)
					}
					time.Sleep(time.Second)
				}
				if a.requests() != 1 {
					t.Errorf("%d requests within %v, want 1", a.requests(), tt.asked)
				}
				wantToken(t, source, 1)
			})
		})
	}
}

func TestALoginEndsTheTimeThatTheEndpointAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(int) *http.Response { return jsonResponse(503, "", "Retry-After", "3600") }
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		if _, err := source.Token(); err == nil {
			t.Error("a token from an endpoint that is down")
		}
		if err := store.Save(t.Context(), &oauth2.Token{AccessToken: testToken + "-77", RefreshToken: "another", Expiry: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		wantToken(t, source, 77)
	})
}

func TestWithoutATokenThatWorksARefreshIsTriedFourTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(n int) *http.Response {
			if n%4 != 0 {
				return jsonResponse(502, "")
			}
			return nil
		}
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		wantToken(t, source, 1)
		time.Sleep(2 * time.Hour)
		a.before = func(int) *http.Response { return jsonResponse(502, "") }
		began := time.Now()
		_, err := source.Token()
		var response *oauth2.RetrieveError
		if !errors.As(err, &response) || response.Response.StatusCode != 502 || errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(began); a.requests() != 8 || waited > 4*time.Second {
			t.Errorf("%d requests in %v", a.requests(), waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		began = time.Now()
		if _, err := source.TokenContext(ctx); !errors.As(err, &response) || time.Since(began) > 600*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestOnlyWhatMayPassIsTriedAgainInOneCall(t *testing.T) {
	for status, want := range map[int]int{
		500: 4, 502: 4, 503: 4, 504: 4, 599: 4, 429: 4, 408: 4,
		300: 1, 302: 1, 307: 1, 400: 1, 401: 1, 403: 1, 404: 1, 405: 1, 422: 1,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return jsonResponse(status, "") }
			_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
			var response *oauth2.RetrieveError
			if !errors.As(err, &response) || errors.Is(err, authn.ErrTokenResponse) || a.requests() != want {
				t.Errorf("%d: %d requests, want %d, error %v", status, a.requests(), want, err)
			}
		})
	}
}

func TestATokenRequestIsNotWaitedForLongerThanHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Hour
		began := time.Now()
		_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
		if waited := time.Since(began); err == nil || a.requests() != 4 || waited < 2*time.Minute || waited > 2*time.Minute+5*time.Second {
			t.Errorf("%d requests in %v, error %v", a.requests(), waited, err)
		}

		flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect), authn.WithHTTPClient(&http.Client{Transport: a}))
		_, login := flow.Start()
		began = time.Now()
		if _, err := flow.Finish(t.Context(), login, callback(login)); err == nil || time.Since(began) != 30*time.Second {
			t.Errorf("a code: after %v: %v", time.Since(began), err)
		}
	})
}

func TestARefusedRefreshTokenAsksForALoginAndIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.valid = "revoked"
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		for range 3 {
			token, err := source.Token()
			if token != nil || !errors.Is(err, authn.ErrLoginRequired) || !strings.Contains(err.Error(), "invalid_grant") {
				t.Fatalf("token %t, error %v", token != nil, err)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				wantSafe(t, e, testToken, testRefresh, clientSecret)
			}
		}
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
		a.valid = "of another login"
		if err := store.Save(t.Context(), &oauth2.Token{RefreshToken: a.valid}); err != nil {
			t.Fatal(err)
		}
		wantToken(t, source, 1)
	})
}

func TestOtherRefusalsAreNoReasonToLogInAgain(t *testing.T) {
	for _, body := range []string{`{"error":"invalid_client"}`, `{"error":"unauthorized_client"}`, `{"error":"invalid_request"}`, ``} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return jsonResponse(http.StatusBadRequest, body) }
			_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
			var response *oauth2.RetrieveError
			if errors.Is(err, authn.ErrLoginRequired) || !errors.As(err, &response) || a.requests() != 1 {
				t.Errorf("%s: %d requests, error %v", body, a.requests(), err)
			}
		})
	}
}

func TestWithoutATokenALoginIsRequired(t *testing.T) {
	a := newAuthServer()
	for name, tt := range map[string]struct {
		store authn.TokenStore
		none  bool
	}{
		"nothing is stored":                    {new(authn.MemoryStore), true},
		"the store returns nothing":            {&storeFuncs{load: func() (*oauth2.Token, error) { return nil, nil }}, true},
		"an expired token without refreshment": {authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken, Expiry: time.Unix(1, 0)}), false},
		"an empty token":                       {authn.NewMemoryStore(new(oauth2.Token)), false},
	} {
		_, err := a.source(tt.store).Token()
		if !errors.Is(err, authn.ErrLoginRequired) || errors.Is(err, authn.ErrNoToken) != tt.none {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.requests() != 0 {
		t.Errorf("%d refreshes", a.requests())
	}
}

func TestATokenWithoutARefreshTokenIsUsedUntilItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken + "-0", Expiry: time.Now().Add(30 * time.Second)}))
		wantToken(t, source, 0)
		time.Sleep(29 * time.Second)
		wantToken(t, source, 0)
		time.Sleep(time.Second)
		if _, err := source.Token(); !errors.Is(err, authn.ErrLoginRequired) || a.requests() != 0 {
			t.Errorf("%d requests, error %v", a.requests(), err)
		}
	})
}

func TestAnothersRefreshIsUsedWhereThereIsNoLock(t *testing.T) {
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
		if a.requests() != 1 || store.locks != 8 {
			t.Errorf("%d refreshes under %d locks", a.requests(), store.locks)
		}
		broken := errors.New("no locks on this file system")
		store.fails = broken
		if _, err := a.source(store).Token(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "cannot be locked") {
			t.Errorf("error %v", err)
		}
	})
}

func TestAStoreThatFailsIsReported(t *testing.T) {
	a := newAuthServer()
	broken := errors.New("the disk is gone")
	source := a.source(&storeFuncs{load: func() (*oauth2.Token, error) { return nil, broken }})
	if _, err := source.Token(); !errors.Is(err, broken) || errors.Is(err, authn.ErrLoginRequired) || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("error %v", err)
	}
	source = a.source(neitherStore{authn.NewMemoryStore(expiresIn(-time.Hour))})
	if _, err := source.Token(); err == nil || !strings.Contains(err.Error(), "cannot be locked") {
		t.Errorf("a lock that cannot be given back: error %v", err)
	}
}

// neitherStore says neither that it is locked nor why not.
type neitherStore struct{ authn.TokenStore }

func (neitherStore) Lock(context.Context) (func(), error) { return nil, nil }

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

func TestRenewRefreshesATokenThatWasRefusedAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(time.Hour)))
		wantToken(t, source, 0)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				token, err := source.Renew(t.Context(), testToken+"-0")
				if err != nil || token.AccessToken != testToken+"-1" {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		// Late news of the old token is no news of the new one.
		if token, err := source.Renew(t.Context(), testToken+"-0"); err != nil || token.AccessToken != testToken+"-1" {
			t.Errorf("error %v", err)
		}
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
	})
}

func TestASourceThatCannotWorkSaysSo(t *testing.T) {
	config := authn.NewConfig("client", clientSecret, "")
	insecure := authn.NewConfig("client", clientSecret, "")
	insecure.Endpoint.TokenURL = "http://auth1.clarify.ai/oauth2/token"
	store := authn.NewMemoryStore(expiresIn(time.Hour))
	for _, tt := range []struct {
		name   string
		source *authn.Source
		kind   error
		want   string
	}{
		{"no configuration", authn.NewTokenSource(nil, store), authn.ErrCredential, "configuration is nil"},
		{"no client id", authn.NewTokenSource(new(oauth2.Config), store), authn.ErrCredential, "ClientID"},
		{"no store", authn.NewTokenSource(config, nil), authn.ErrCredential, "nil store"},
		{"a nil pointer as a store", authn.NewTokenSource(config, (*authn.MemoryStore)(nil)), authn.ErrCredential, "nil store"},
		{"an insecure endpoint", authn.NewTokenSource(insecure, store), authn.ErrInsecureAddress, "https"},
		{"a negative time", authn.NewTokenSource(config, store, authn.WithEarlyRefresh(-1)), authn.ErrCredential, "negative"},
		{"no source", nil, authn.ErrCredential, "nil"},
		{"an empty source", new(authn.Source), authn.ErrCredential, "NewTokenSource"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.source.Token(); !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v", err)
			}
			req := request(t, httpsURL)
			err := authn.TokenSource(tt.source)(t.Context(), req)
			wantRefusal(t, err, tt.kind, req, clientSecret, testToken)
		})
	}
	//lint:ignore SA1012 a nil context is what is tested
	if _, err := authn.NewTokenSource(config, store).TokenContext(nil); err == nil {
		t.Error("a nil context: no error")
	}
	var none context.Context
	if _, err := store.Load(none); err == nil {
		t.Error("a nil context: the store loads")
	}
	if err := store.Save(none, expiresIn(time.Hour)); err == nil {
		t.Error("a nil context: the store saves")
	}
}

func TestTheEditorAsksASourceByTheRequestsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(expiresIn(time.Hour)))
		editor := authn.TokenSource(source)
		edited := func(ctx context.Context) (string, error) {
			req := request(t, httpsURL)
			err := editor(ctx, req)
			return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "+testToken), err
		}
		if got, err := edited(t.Context()); got != "-0" || err != nil {
			t.Errorf("%s, %v", got, err)
		}
		if got, err := edited(authn.WithRejectedToken(t.Context(), testToken+"-0")); got != "-1" || err != nil {
			t.Errorf("%s, %v", got, err)
		}
		a.valid = "revoked"
		_, err := edited(authn.WithRejectedToken(t.Context(), testToken+"-1"))
		if !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("error %v", err)
		}
		wantSafe(t, err, testToken, testRefresh, clientSecret)
		if ctx := authn.WithRejectedToken(t.Context(), testToken); containsAny(fmt.Sprintf("%v %+v %#v", ctx, ctx, ctx), []string{testToken}) {
			t.Error("the context shows the token")
		}
	})
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

func TestAStructWithASourceIsPrintedWithoutTheToken(t *testing.T) {
	a := newAuthServer()
	a.before = func(int) *http.Response { return jsonResponse(http.StatusBadRequest, `{"error":"invalid_grant"}`) }
	var app struct {
		source *authn.Source
		store  authn.MemoryStore
	}
	token := expiresIn(time.Hour)
	if err := app.store.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	app.source = a.source(&app.store)
	if _, err := app.source.Renew(t.Context(), token.AccessToken); !errors.Is(err, authn.ErrLoginRequired) {
		t.Fatalf("error %v", err)
	}
	for _, verb := range verbs {
		if out := fmt.Sprintf(verb, &app); strings.Contains(out, token.AccessToken) || strings.Contains(out, token.RefreshToken) {
			t.Errorf("%s shows the token", verb)
		}
	}
}

func BenchmarkSource(b *testing.B) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	source := newAuthServer().source(authn.NewMemoryStore(expiresIn(time.Hour)))
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := source.TokenContext(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}
