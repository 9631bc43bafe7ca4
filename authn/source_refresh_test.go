package authn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestTheOldTokenIsUsedWhileTheEndpointIsDown(t *testing.T) {
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
		runSynctest(t, name, func(t *testing.T) {
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
			if !strings.Contains(log.String(), "refresh failed") {
				t.Errorf(`the log is %q, want "refresh failed" in it`, log.String())
			}
			if containsAny(log.String(), []string{testToken, testRefresh, clientSecret}) {
				t.Error("the log shows a secret")
			}
			a.mu.Lock()
			a.before = nil
			a.mu.Unlock()
			time.Sleep(30 * time.Second)
			wantToken(t, source, 1)
		})
	}
}

// cutOff is a response whose body ends early.
func cutOff(status int) *http.Response {
	rsp := jsonResponse(status, "")
	rsp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	return rsp
}

func TestASuccessWithoutATokenIsNotRetried(t *testing.T) {
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
		runSynctest(t, name, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return rsp() }
			store := authn.NewMemoryStore(expiresIn(-time.Hour))
			source := a.source(store)
			began := time.Now()
			for range 5 {
				token, err := source.Token()
				var response *oauth2.RetrieveError
				if token != nil {
					t.Error("there is a token beside the error")
				}
				if !errors.Is(err, authn.ErrTokenResponse) {
					t.Fatalf("error %v, want ErrTokenResponse", err)
				}
				if errors.Is(err, authn.ErrLoginRequired) {
					t.Fatalf("error %v matches ErrLoginRequired", err)
				}
				if errors.As(err, &response) {
					t.Fatalf("error %v has an oauth2.RetrieveError", err)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					wantSafe(t, e, testRefresh, clientSecret, "8675309123")
				}
			}
			if a.requests() != 1 {
				t.Errorf("%d requests, want 1", a.requests())
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("it took %v, want no delay", took)
			}
			a.before = nil
			time.Sleep(29 * time.Second)
			if _, err := source.Token(); !errors.Is(err, authn.ErrTokenResponse) {
				t.Errorf("error %v, want ErrTokenResponse", err)
			}
			if a.requests() != 1 {
				t.Errorf("%d requests, want 1", a.requests())
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
			if _, err := source.Token(); !errors.Is(err, authn.ErrTokenResponse) {
				t.Errorf("error %v, want ErrTokenResponse", err)
			}
			if n := a.requests() - before; n != 2 {
				t.Errorf("%d requests, want 2", n)
			}
		})
	}
}

func TestARefreshWhoseResponseIsLostIsRetried(t *testing.T) {
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
			if _, err := source.Token(); !errors.Is(err, authn.ErrLoginRequired) {
				t.Errorf("error %v, want ErrLoginRequired", err)
			}
			if a.requests() != 2 {
				t.Errorf("%d requests, want 2", a.requests())
			}
		})
	}
}

func TestRetryAfterIsRespected(t *testing.T) {
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

func TestLaterCallsRespectRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // of each call
		asked time.Duration
	}{
		{"longer than a call waits", time.Hour, time.Minute},
		{"longer than the context lasts", 5 * time.Second, 20 * time.Second},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
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
				if !errors.As(err, &response) {
					t.Fatalf("error %v, want an oauth2.RetrieveError", err)
				}
				if got := response.Response.StatusCode; got != 429 {
					t.Fatalf("status %d, want 429", got)
				}
				if errors.Is(err, authn.ErrLoginRequired) {
					t.Fatalf("error %v matches ErrLoginRequired", err)
				}
				time.Sleep(time.Second)
			}
			if a.requests() != 1 {
				t.Errorf("%d requests within %v, want 1", a.requests(), tt.asked)
			}
			wantToken(t, source, 1)
		})
	}
}

func TestALoginEndsRetryAfter(t *testing.T) {
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

func TestARefreshIsTriedFourTimesIfNoTokenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.before = func(n int) *http.Response {
			if n%4 != 0 {
				return jsonResponse(502, "")
			}
			return nil
		}
		var logged bytes.Buffer
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)), authn.WithLogger(slog.New(slog.NewJSONHandler(&logged, nil))))
		wantToken(t, source, 1)
		if got := strings.Count(logged.String(), `"attempt":`); got != 3 || !strings.Contains(logged.String(), `"attempt":3`) {
			t.Errorf("the log has %d attempts, want 3:\n%s", got, logged.String())
		}
		time.Sleep(2 * time.Hour)
		a.before = func(int) *http.Response { return jsonResponse(502, "") }
		began := time.Now()
		_, err := source.Token()
		var response *oauth2.RetrieveError
		if !errors.As(err, &response) {
			t.Fatalf("error %v, want an oauth2.RetrieveError", err)
		}
		if got := response.Response.StatusCode; got != 502 {
			t.Errorf("status %d, want 502", got)
		}
		if errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("error %v matches ErrLoginRequired", err)
		}
		waited := time.Since(began)
		if a.requests() != 8 {
			t.Errorf("%d requests, want 8", a.requests())
		}
		if waited > 4*time.Second {
			t.Errorf("it took %v, want 4s at most", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		began = time.Now()
		if _, err := source.TokenContext(ctx); !errors.As(err, &response) {
			t.Errorf("error %v, want an oauth2.RetrieveError", err)
		}
		if took := time.Since(began); took > 600*time.Millisecond {
			t.Errorf("it took %v, want 600ms at most", took)
		}
	})
}

func TestAContextThatEndsBeforeTheRefreshIsItsError(t *testing.T) {
	a := newAuthServer()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	source := a.source(&storeFuncs{load: func() (*oauth2.Token, error) {
		cancel()
		return expiresIn(-time.Hour), nil
	}})
	if token, err := source.TokenContext(ctx); token != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("token %t, error %v", token != nil, err)
	}
	if n := a.requests(); n != 0 {
		t.Errorf("%d requests, want 0", n)
	}
}

func TestAnErrorMayNameTheGrantType(t *testing.T) {
	a := newAuthServer()
	a.before = func(int) *http.Response {
		return jsonResponse(http.StatusBadRequest, `{"error":"unauthorized_client","error_description":"refresh_token is not allowed"}`)
	}
	_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
	if err == nil || !strings.Contains(err.Error(), "refresh_token is not allowed") {
		t.Errorf("error %v, want the description", err)
	}
}

func TestOnlyTransientErrorsAreRetriedInOneCall(t *testing.T) {
	for status, want := range map[int]int{
		500: 4, 502: 4, 503: 4, 504: 4, 599: 4, 429: 4, 408: 4,
		300: 1, 302: 1, 307: 1, 400: 1, 401: 1, 403: 1, 404: 1, 405: 1, 422: 1,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return jsonResponse(status, "") }
			_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
			var response *oauth2.RetrieveError
			if !errors.As(err, &response) {
				t.Errorf("%d: error %v, want an oauth2.RetrieveError", status, err)
			}
			if errors.Is(err, authn.ErrTokenResponse) {
				t.Errorf("%d: error %v matches ErrTokenResponse", status, err)
			}
			if a.requests() != want {
				t.Errorf("%d: %d requests, want %d", status, a.requests(), want)
			}
		})
	}
}

func TestARejectedRefreshTokenRequiresALoginAndIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.valid = "revoked"
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		for range 3 {
			token, err := source.Token()
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if !errors.Is(err, authn.ErrLoginRequired) {
				t.Fatalf("error %v, want ErrLoginRequired", err)
			}
			if !strings.Contains(err.Error(), "invalid_grant") {
				t.Fatalf("error %v, want invalid_grant in it", err)
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

func TestOtherErrorsDoNotRequireALogin(t *testing.T) {
	for _, body := range []string{`{"error":"invalid_client"}`, `{"error":"unauthorized_client"}`, `{"error":"invalid_request"}`, ``} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return jsonResponse(http.StatusBadRequest, body) }
			_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
			var response *oauth2.RetrieveError
			if errors.Is(err, authn.ErrLoginRequired) {
				t.Errorf("%s: error %v matches ErrLoginRequired", body, err)
			}
			if !errors.As(err, &response) {
				t.Errorf("%s: error %v, want an oauth2.RetrieveError", body, err)
			}
			if a.requests() != 1 {
				t.Errorf("%s: %d requests, want 1", body, a.requests())
			}
		})
	}
}
