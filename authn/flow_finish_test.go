package authn_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestFinishSendsTheDocumentedTokenRequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		secret string
		opts   []authn.FlowOption
		style  oauth2.AuthStyle
	}{
		{"a private app", clientSecret, nil, oauth2.AuthStyleInParams},
		{"a private app without PKCE", clientSecret, []authn.FlowOption{authn.WithoutPKCE()}, oauth2.AuthStyleInParams},
		{"a public app", "", nil, oauth2.AuthStyleInParams},
		{"a style that is to be detected", clientSecret, nil, oauth2.AuthStyleAutoDetect},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, nil)
			config := e.config(tt.secret)
			config.Endpoint.AuthStyle = tt.style
			flow := newFlow(t, config, tt.opts...)
			_, login := flow.Start()
			token, err := flow.Finish(t.Context(), login, callback(login))
			if err != nil {
				t.Fatal(err)
			}
			if token.AccessToken != testToken+"-1" {
				t.Errorf("access token %q, want %q", token.AccessToken, testToken+"-1")
			}
			if token.RefreshToken != testRefresh {
				t.Errorf("refresh token %q, want %q", token.RefreshToken, testRefresh)
			}
			if !token.Valid() {
				t.Errorf("the token is not valid: it expires %v", token.Expiry)
			}
			want := url.Values{"grant_type": {"authorization_code"}, "code": {testCode}, "redirect_uri": {redirect}, "client_id": {"client-1"}}
			if tt.secret != "" {
				want.Set("client_secret", tt.secret)
			}
			if login.Verifier != "" {
				want.Set("code_verifier", login.Verifier)
			}
			if e.requests() != 1 {
				t.Fatalf("%d requests, want 1", e.requests())
			}
			if !reflect.DeepEqual(e.forms[0], want) {
				t.Fatalf("the form has %v, want %v", e.forms[0], want)
			}
			r := e.reqs[0]
			if r.Method != http.MethodPost {
				t.Errorf("method %s, want POST", r.Method)
			}
			if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type %q, want application/x-www-form-urlencoded", got)
			}
			if got := r.Header.Get("Authorization"); got != "" {
				t.Errorf("Authorization %q, want none", got)
			}
		})
	}
}

func TestAnInvalidCallbackIsRejected(t *testing.T) {
	e := newEndpoint(t, nil)
	flow := newFlow(t, e.config(clientSecret))
	_, other := flow.Start()
	for _, tt := range []struct {
		name  string
		query func(authn.Login) url.Values
		state bool // whether the state is what is wrong
		want  string
	}{
		{"another login's state", func(authn.Login) url.Values { return callback(other) }, true, "is not that of the login"},
		{"no state", func(authn.Login) url.Values { return url.Values{"code": {testCode}} }, true, "has no state"},
		{"an empty state", func(authn.Login) url.Values { return url.Values{"code": {testCode}, "state": {""}} }, true, "has no state"},
		{"two states", func(l authn.Login) url.Values {
			return url.Values{"code": {testCode}, "state": {l.State, other.State}}
		}, true, "more than one state"},
		{"a beginning of the state", func(l authn.Login) url.Values {
			return url.Values{"code": {testCode}, "state": {l.State[:20]}}
		}, true, "is not that of the login"},
		{"an error with another state", func(authn.Login) url.Values {
			return url.Values{"error": {"access_denied"}, "state": {other.State}}
		}, true, "is not that of the login"},
		{"no query", func(authn.Login) url.Values { return nil }, true, "has no state"},
		{"no code", func(l authn.Login) url.Values { return url.Values{"state": {l.State}} }, false, "has no code"},
		{"an empty code", func(l authn.Login) url.Values { return url.Values{"state": {l.State}, "code": {""}} }, false, "has no code"},
		{"two codes", func(l authn.Login) url.Values {
			return url.Values{"state": {l.State}, "code": {testCode, "another"}}
		}, false, "more than one code"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, login := flow.Start()
			token, err := flow.Finish(t.Context(), login, tt.query(login))
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if !errors.Is(err, authn.ErrCallback) {
				t.Fatalf("error %v, want ErrCallback", err)
			}
			if got := errors.Is(err, authn.ErrState); got != tt.state {
				t.Errorf("error %v: errors.Is(err, ErrState) = %t, want %t", err, got, tt.state)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			wantSafe(t, err, testCode, login.State, login.Verifier, other.State, clientSecret)
		})
	}
	if e.requests() != 0 {
		t.Errorf("%d token requests were sent", e.requests())
	}
}

func TestALoginThatIsNotThereIsRefused(t *testing.T) {
	flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect))
	_, login := flow.Start()
	for name, l := range map[string]authn.Login{
		"none":        {},
		"no verifier": {State: login.State, Expires: login.Expires},
		"no state":    {Verifier: login.Verifier, Expires: login.Expires},
		"no expiry":   {State: login.State, Verifier: login.Verifier},
	} {
		if _, err := flow.Finish(t.Context(), l, callback(l)); !errors.Is(err, authn.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	//lint:ignore SA1012 a nil context is what is tested
	if _, err := flow.Finish(nil, login, callback(login)); err == nil {
		t.Error("a nil context: no error")
	}
}

func TestALoginIsFinishedOnce(t *testing.T) {
	var e *endpoint
	e = newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if e.requests() == 2 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		giveToken(w, testToken, "", 60)
	})
	flow := newFlow(t, e.config(clientSecret))
	finish := func(login authn.Login, query url.Values) error {
		_, err := flow.Finish(t.Context(), login, query)
		return err
	}
	for name, first := range map[string]func(authn.Login) error{
		"and it succeeded":        func(l authn.Login) error { return finish(l, callback(l)) },
		"and the exchange failed": func(l authn.Login) error { return finish(l, callback(l)) },
		"and the user did not consent": func(l authn.Login) error {
			return finish(l, url.Values{"error": {"access_denied"}, "state": {l.State}})
		},
		"and the code was missing": func(l authn.Login) error { return finish(l, url.Values{"state": {l.State}}) },
	} {
		_, login := flow.Start()
		_ = first(login)
		before := e.requests()
		if err := finish(login, callback(login)); !errors.Is(err, authn.ErrState) {
			t.Errorf("%s: error %v, want ErrState", name, err)
		}
		if n := e.requests() - before; n != 0 {
			t.Errorf("%s: %d requests, want none", name, n)
		}
	}
	_, login := flow.Start()
	_ = finish(login, url.Values{"code": {testCode}, "state": {"forged"}})
	if err := finish(login, callback(login)); err != nil {
		t.Errorf("a forged callback ends the login: %v", err)
	}
}

func TestOneOfManyCallbacksAtOnceFinishesTheLogin(t *testing.T) {
	e := newEndpoint(t, nil)
	flow := newFlow(t, e.config(""))
	_, login := flow.Start()
	var finished atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := flow.Finish(t.Context(), login, callback(login)); err == nil {
				finished.Add(1)
			} else if !errors.Is(err, authn.ErrState) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := finished.Load(); n != 1 {
		t.Errorf("%d calls finished the login, want 1", n)
	}
	if e.requests() != 1 {
		t.Errorf("%d requests, want 1", e.requests())
	}
}

func TestALoginEndsWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect), authn.WithLoginTimeout(time.Minute))
		_, login := flow.Start()
		time.Sleep(time.Minute)
		_, err := flow.Finish(t.Context(), login, callback(login))
		if !errors.Is(err, authn.ErrState) {
			t.Fatalf("error %v, want ErrState", err)
		}
		if !strings.Contains(err.Error(), "too long") {
			t.Errorf(`error %v, want "too long" in it`, err)
		}
	})
}

func TestALoginHasAllOfItsTime(t *testing.T) {
	for _, has := range []time.Duration{time.Minute, time.Second, 200 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(999 * time.Millisecond)
			flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect), authn.WithLoginTimeout(has))
			_, login := flow.Start()
			time.Sleep(has - 1)
			denied := url.Values{"state": {login.State}, "error": {"access_denied"}}
			if _, err := flow.Finish(t.Context(), login, denied); errors.Is(err, authn.ErrState) {
				t.Errorf("a nanosecond before %s are over: %v", has, err)
			}
		})
	}
}

func TestARefusalOfTheAuthorizationServerIsTyped(t *testing.T) {
	flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect))
	_, login := flow.Start()
	_, err := flow.Finish(t.Context(), login, url.Values{
		"error": {"access_denied"}, "error_description": {"The user\nsaid no."}, "error_uri": {"https://auth.example/why"},
		"state": {login.State}, "code": {testCode},
	})
	var rejected *authn.AuthorizationError
	if !errors.As(err, &rejected) {
		t.Fatalf("error %v, want an AuthorizationError", err)
	}
	if !errors.Is(err, authn.ErrCallback) {
		t.Fatalf("error %v, want ErrCallback", err)
	}
	if errors.Is(err, authn.ErrState) {
		t.Fatalf("error %v matches ErrState", err)
	}
	if *rejected != (authn.AuthorizationError{Code: "access_denied", Description: "The user\nsaid no.", URI: "https://auth.example/why"}) {
		t.Errorf("%#v", *rejected)
	}
	if want := `authn: the authorization server rejected the login: error "access_denied", error_description "The user\nsaid no."`; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}

	_, login = flow.Start()
	_, err = flow.Finish(t.Context(), login, url.Values{
		"error": {"invalid_request " + testCode}, "error_description": {"state=" + login.State}, "error_uri": {"https://e.example/" + login.Verifier},
		"state": {login.State}, "code": {testCode},
	})
	if !errors.As(err, &rejected) {
		t.Fatalf("error %v", err)
	}
	wantSafe(t, err, testCode, login.State, login.Verifier)
	wantSafe(t, *rejected, testCode, login.State, login.Verifier)
}

// FuzzCallback holds Finish to: whatever the query, there is a token only if the
// state is the login's and there is one code, and no error shows a secret.
func FuzzCallback(f *testing.F) {
	const state = "STATE"
	for _, seed := range []string{
		"code=c&state=STATE", "code=c", "state=STATE", "error=access_denied&state=STATE", "code=c&code=d&state=STATE", "code=c&state=STATE&state=x",
		"error=%00&error_description=STATE&state=STATE", "code=%zz&state=STATE", "code=;state=STATE", "error=&state=STATE&code=c", "",
	} {
		f.Add(seed)
	}
	e := newEndpoint(f, nil)
	flow := newFlow(f, e.config(clientSecret))
	f.Fuzz(func(t *testing.T, raw string) {
		_, login := flow.Start()
		query, _ := url.ParseQuery(strings.ReplaceAll(raw, state, login.State))
		before := e.requests()
		token, err := flow.Finish(t.Context(), login, query)
		good := len(query["state"]) == 1 && query.Get("state") == login.State && len(query["code"]) == 1 && query.Get("code") != "" && !query.Has("error")
		if (err == nil) != good {
			t.Fatalf("good: %t, error %v", good, err)
		}
		if (token != nil) != good {
			t.Fatalf("good: %t, token: %t", good, token != nil)
		}
		if (e.requests() == before+1) != good {
			t.Fatalf("good: %t, %d requests", good, e.requests()-before)
		}
		if err != nil {
			if !errors.Is(err, authn.ErrCallback) {
				t.Fatalf("error %v", err)
			}
			wantSafe(t, err, login.State, login.Verifier, clientSecret)
		}
	})
}
