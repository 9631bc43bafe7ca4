package authn_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

const (
	clientSecret = "cl13nt-s3cr3t-value"
	testCode     = "c0d3-from-the-callback"
	testRefresh  = "r3fr3sh-t0k3n-value"
	redirect     = "https://partner.example/callback"
)

// endpoint is a token endpoint on loopback.
type endpoint struct {
	*httptest.Server
	mu    sync.Mutex
	forms []url.Values
	reqs  []*http.Request
}

// newEndpoint responds to each request by handle, or with a token if that is nil.
func newEndpoint(t testing.TB, handle http.HandlerFunc) *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		e.mu.Lock()
		e.forms, e.reqs = append(e.forms, r.PostForm), append(e.reqs, r)
		n := len(e.forms)
		e.mu.Unlock()
		if handle != nil {
			handle(w, r)
			return
		}
		giveToken(w, fmt.Sprintf("%s-%d", testToken, n), testRefresh, 3600)
	}))
	t.Cleanup(e.Close)
	return e
}

func giveToken(w http.ResponseWriter, access, refresh string, seconds int) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "token_type": "bearer", "refresh_token": refresh, "expires_in": seconds})
}

func (e *endpoint) requests() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.forms)
}

func (e *endpoint) config(secret string) *oauth2.Config {
	config := authn.NewConfig("client-1", secret, redirect)
	config.Endpoint.TokenURL = e.URL + "/oauth2/token"
	return config
}

func newFlow(t testing.TB, config *oauth2.Config, opts ...authn.FlowOption) *authn.CodeFlow {
	t.Helper()
	flow, err := authn.NewCodeFlow(config, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

func callback(login authn.Login) url.Values {
	return url.Values{"code": {testCode}, "state": {login.State}}
}

func TestTheAddressOfALoginHasTheDocumentedParametersStateAndChallenge(t *testing.T) {
	for _, pkce := range []bool{true, false} {
		var opts []authn.FlowOption
		if !pkce {
			opts = append(opts, authn.WithoutPKCE())
		}
		flow := newFlow(t, authn.NewConfig("your client", clientSecret, redirect), opts...)
		address, login := flow.Start(nil, oauth2.SetAuthURLParam("prompt", "consent"))
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{
			"response_type": {"code"}, "client_id": {"your client"}, "redirect_uri": {redirect},
			"scope": {"openid profile email offline_access"}, "state": {login.State}, "prompt": {"consent"},
		}
		if pkce {
			sum := sha256.Sum256([]byte(login.Verifier))
			want.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
			want.Set("code_challenge_method", "S256")
		}
		if got := u.Query(); !reflect.DeepEqual(got, want) {
			t.Errorf("PKCE %t: parameters %v, want %v", pkce, got, want)
		}
		if (login.Verifier != "") != pkce || strings.Contains(address, "verifier") || pkce && strings.Contains(address, login.Verifier) {
			t.Errorf("PKCE %t: the verifier is not where it belongs", pkce)
		}
		if strings.Contains(address, clientSecret) {
			t.Error("the URL has the client secret")
		}
	}
}

func TestEachLoginHasAStateAndAVerifierOfItsOwn(t *testing.T) {
	flow := newFlow(t, authn.NewConfig("client", "", redirect))
	seen := map[string]bool{}
	for range 100 {
		_, login := flow.Start()
		for _, secret := range []string{login.State, login.Verifier} {
			if raw, err := base64.RawURLEncoding.DecodeString(secret); err != nil || len(raw) < 32 || seen[secret] {
				t.Fatal("a state or verifier is short, not in base64url, or not random")
			}
			seen[secret] = true
		}
	}
}

func TestALoginSurvivesItsSession(t *testing.T) {
	e := newEndpoint(t, nil)
	flow := newFlow(t, e.config(""))
	for name, through := range map[string]func(authn.Login) (got authn.Login, err error){
		"JSON": func(login authn.Login) (got authn.Login, err error) {
			data, err := json.Marshal(login)
			if err != nil {
				return got, err
			}
			return got, json.Unmarshal(data, &got)
		},
		"gob": func(login authn.Login) (got authn.Login, err error) {
			var b bytes.Buffer
			if err := gob.NewEncoder(&b).Encode(login); err != nil {
				return got, err
			}
			return got, gob.NewDecoder(&b).Decode(&got)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, login := flow.Start()
			kept, err := through(login)
			if err != nil {
				t.Fatal(err)
			}
			if kept != login {
				t.Error("the login changed")
			}
			if _, err := flow.Finish(t.Context(), kept, callback(login)); err != nil {
				t.Error(err)
			}
		})
	}
}

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
			if token.AccessToken != testToken+"-1" || token.RefreshToken != testRefresh || !token.Valid() {
				t.Error("the token is not the one that was issued")
			}
			want := url.Values{"grant_type": {"authorization_code"}, "code": {testCode}, "redirect_uri": {redirect}, "client_id": {"client-1"}}
			if tt.secret != "" {
				want.Set("client_secret", tt.secret)
			}
			if login.Verifier != "" {
				want.Set("code_verifier", login.Verifier)
			}
			if e.requests() != 1 || !reflect.DeepEqual(e.forms[0], want) {
				t.Fatalf("%d requests, or the form has other parameters than %d", e.requests(), len(want))
			}
			r := e.reqs[0]
			if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Authorization") != "" {
				t.Errorf("%s as %s, Authorization %t", r.Method, r.Header.Get("Content-Type"), r.Header.Get("Authorization") != "")
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
			if token != nil || !errors.Is(err, authn.ErrCallback) || errors.Is(err, authn.ErrState) != tt.state || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("token %t, error %v", token != nil, err)
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
		if err := finish(login, callback(login)); !errors.Is(err, authn.ErrState) || e.requests() != before {
			t.Errorf("%s: error %v", name, err)
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
	if finished.Load() != 1 || e.requests() != 1 {
		t.Errorf("%d finished with %d requests", finished.Load(), e.requests())
	}
}

func TestALoginEndsWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect), authn.WithLoginTimeout(time.Minute))
		_, login := flow.Start()
		time.Sleep(time.Minute)
		_, err := flow.Finish(t.Context(), login, callback(login))
		if !errors.Is(err, authn.ErrState) || !strings.Contains(err.Error(), "too long") {
			t.Errorf("error %v", err)
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

func TestAPlusInTheAddressOfTheServerStays(t *testing.T) {
	config := authn.NewConfig("a+b", clientSecret, redirect)
	config.Endpoint.AuthURL = "https://auth.example/a+b/authorize?tenant=1%2B1"
	address, _ := newFlow(t, config).Start()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.Path != "/a+b/authorize" || u.Query().Get("tenant") != "1+1" || u.Query().Get("client_id") != "a+b" {
		t.Errorf("the user is sent to %s", u.Redacted())
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
	if !errors.As(err, &rejected) || !errors.Is(err, authn.ErrCallback) || errors.Is(err, authn.ErrState) {
		t.Fatalf("error %v", err)
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

func TestACodeThatIsNotAcceptedIsTypedAndShowsNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		login  bool
		want   string
	}{
		{"an invalid code", 400, `{"error":"invalid_grant","error_description":"The code has expired."}`, true, `400 Bad Request: error "invalid_grant", error_description "The code has expired."`},
		{"an unknown client", 401, `{"error":"invalid_client"}`, false, `401 Unauthorized: error "invalid_client"`},
		{"an error that is no error", 200, `{"error":"invalid_grant"}`, true, `200 OK: error "invalid_grant"`},
		{"a page", 502, `<html>%s</html>`, false, "502 Bad Gateway"},
		{"a redirect", 307, ``, false, "token requests follow no redirects"},
		{"what was sent", 400, `{"error":"%s","error_description":"%s"}`, false, "contains a credential"},
		{"what was sent, as a form", 400, `error=%s&error_description=%s`, false, "contains a credential"},
		{"no token", 200, `{"token_type":"bearer"}`, false, "access_token"},
		{"a token of another type", 200, `{"access_token":"other-access-token","token_type":"mac"}`, false, "not Bearer"},
		{"a token that cannot be sent", 200, `{"access_token":"other-access\ntoken","token_type":"bearer"}`, false, "cannot be sent"},
		{"no JSON", 200, `%s`, false, "cannot parse"},
		{"nothing", 200, ``, false, "cannot parse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var elsewhere atomic.Int64
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
			defer other.Close()
			e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
				body := tt.body
				if strings.Contains(body, "%s") {
					body = strings.Replace(body, "%s", r.PostFormValue("code"), 1)
					body = strings.Replace(body, "%s", r.PostFormValue("code_verifier")+r.PostFormValue("client_secret"), 1)
				}
				w.Header().Set("Content-Type", "application/json")
				if strings.HasPrefix(body, "error=") {
					w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
				}
				w.Header().Set("Location", other.URL)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, body)
			})
			flow := newFlow(t, e.config(clientSecret))
			_, login := flow.Start()
			token, err := flow.Finish(t.Context(), login, callback(login))
			if token != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("token %t, error %v, want %q in it", token != nil, err, tt.want)
			}
			if errors.Is(err, authn.ErrLoginRequired) != tt.login {
				t.Errorf("errors.Is(err, ErrLoginRequired) = %t", !tt.login)
			}
			if unusable := tt.status == 200 && !tt.login; errors.Is(err, authn.ErrTokenResponse) != unusable {
				t.Errorf("errors.Is(err, ErrTokenResponse) = %t", !unusable)
			}
			var response *oauth2.RetrieveError
			if hasResponse := tt.status != 200 || tt.login; errors.As(err, &response) != hasResponse {
				t.Errorf("it has an oauth2.RetrieveError: %t", !hasResponse)
			} else if hasResponse && response.Response.StatusCode != tt.status {
				t.Errorf("status %d", response.Response.StatusCode)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				wantSafe(t, e, testCode, login.State, login.Verifier, clientSecret, "other-access")
			}
			if elsewhere.Load() != 0 {
				t.Error("the request followed a redirect")
			}
		})
	}
}

func TestAnEndpointThatIsNotThereIsNamedByItsHostOnly(t *testing.T) {
	e := newEndpoint(t, nil)
	flow := newFlow(t, e.config(clientSecret))
	e.Close()
	_, login := flow.Start()
	_, err := flow.Finish(t.Context(), login, callback(login))
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Fatalf("error %v", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		wantSafe(t, e, testCode, login.Verifier, clientSecret)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, login = flow.Start()
	if _, err := flow.Finish(ended, login, callback(login)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAFlowThatCannotWorkIsRefused(t *testing.T) {
	with := func(change func(*oauth2.Config)) *oauth2.Config {
		config := authn.NewConfig("client", clientSecret, redirect)
		change(config)
		return config
	}
	redirectTo := func(address string) *oauth2.Config {
		return with(func(c *oauth2.Config) { c.RedirectURL = address })
	}
	for _, tt := range []struct {
		name   string
		config *oauth2.Config
		opts   []authn.FlowOption
		kind   error
		want   string
	}{
		{"no configuration", nil, nil, authn.ErrCredential, "nil"},
		{"no client id", with(func(c *oauth2.Config) { c.ClientID = "" }), nil, authn.ErrCredential, "ClientID"},
		{"a public app without PKCE", with(func(c *oauth2.Config) { c.ClientSecret = "" }), []authn.FlowOption{authn.WithoutPKCE()}, authn.ErrCredential, "PKCE"},
		{"an insecure token endpoint", with(func(c *oauth2.Config) { c.Endpoint.TokenURL = "http://auth1.clarify.ai/oauth2/token" }), nil, authn.ErrInsecureAddress, "TokenURL"},
		{"no token endpoint", with(func(c *oauth2.Config) { c.Endpoint.TokenURL = "" }), nil, authn.ErrInsecureAddress, "TokenURL"},
		{"a malformed token endpoint", with(func(c *oauth2.Config) { c.Endpoint.TokenURL = "https://a b/" }), nil, authn.ErrInsecureAddress, "TokenURL"},
		{"an insecure authorization endpoint", with(func(c *oauth2.Config) { c.Endpoint.AuthURL = "http://auth1.clarify.ai/" }), nil, authn.ErrInsecureAddress, "AuthURL"},
		{"no redirect URL", redirectTo(""), nil, authn.ErrInsecureAddress, "RedirectURL"},
		{"a relative redirect URL", redirectTo("/callback"), nil, authn.ErrInsecureAddress, "absolute"},
		{"a redirect URL without a host", redirectTo("https:///callback"), nil, authn.ErrInsecureAddress, "host"},
		{"a redirect URL with a fragment", redirectTo(redirect + "#a"), nil, authn.ErrInsecureAddress, "fragment"},
		{"an insecure redirect URL", redirectTo("http://partner.example/callback"), nil, authn.ErrInsecureAddress, "https"},
		{"a redirect URL that runs", redirectTo("javascript:alert(1)"), nil, authn.ErrInsecureAddress, "host"},
		{"no time", redirectTo(redirect), []authn.FlowOption{authn.WithLoginTimeout(0)}, nil, "positive"},

		{"a loopback redirect URL", redirectTo("http://127.0.0.1:1234/callback"), nil, nil, ""},
		{"a redirect URL of a private scheme", redirectTo("com.example.app:/callback"), nil, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			flow, err := authn.NewCodeFlow(tt.config, tt.opts...)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if flow != nil || err == nil || !strings.Contains(err.Error(), tt.want) || tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Fatalf("error %v", err)
			}
			wantSafe(t, err, clientSecret)
		})
	}
}

func TestAFlowKeepsTheConfigurationItWasGiven(t *testing.T) {
	e := newEndpoint(t, nil)
	config := e.config(clientSecret)
	flow := newFlow(t, config)
	config.ClientID, config.Endpoint.TokenURL, config.Scopes[0] = "changed", "http://evil.example/", "changed"
	address, login := flow.Start()
	if strings.Contains(address, "changed") {
		t.Error("the URL has what was changed later")
	}
	if _, err := flow.Finish(t.Context(), login, callback(login)); err != nil {
		t.Error(err)
	}
}

func TestTheHTTPClientOfTheContextOrOptionSendsTheTokenRequest(t *testing.T) {
	e := newEndpoint(t, nil)
	var used atomic.Int64
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		used.Add(1)
		return http.DefaultTransport.RoundTrip(r)
	})}
	for _, tt := range []struct {
		ctx  context.Context
		opts []authn.FlowOption
	}{
		{context.WithValue(t.Context(), oauth2.HTTPClient, client), nil},
		{t.Context(), []authn.FlowOption{authn.WithHTTPClient(client)}},
	} {
		flow := newFlow(t, e.config(clientSecret), tt.opts...)
		_, login := flow.Start()
		if _, err := flow.Finish(tt.ctx, login, callback(login)); err != nil {
			t.Fatal(err)
		}
	}
	if used.Load() != 2 {
		t.Errorf("the client was used %d times, want 2", used.Load())
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNothingPrintsTheSecretsOfALogin(t *testing.T) {
	flow := newFlow(t, authn.NewConfig("client", clientSecret, redirect))
	_, login := flow.Start()
	store := authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken, RefreshToken: testRefresh})
	source := authn.NewTokenSource(authn.NewConfig("client", clientSecret, redirect), store)
	secrets := []string{login.State, login.Verifier, clientSecret, testToken, testRefresh}
	for _, value := range []any{flow, login, &login, store, source, struct{ L authn.Login }{login}, []authn.Login{login}, map[string]*authn.Source{"a": source}} {
		wantSafe(t, value, secrets...)
		var log strings.Builder
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("message", "value", value)
		}
		if _, isStruct := value.(struct{ L authn.Login }); isStruct {
			continue // as JSON it is what a session keeps
		}
		if _, isSlice := value.([]authn.Login); !isSlice && containsAny(log.String(), secrets) {
			t.Errorf("a log of a %T shows a secret", value)
		}
	}
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
		if good != (err == nil) || good != (token != nil) || good != (e.requests() == before+1) {
			t.Fatalf("good: %t, error %v, %d requests", good, err, e.requests()-before)
		}
		if err != nil {
			if !errors.Is(err, authn.ErrCallback) {
				t.Fatalf("error %v", err)
			}
			wantSafe(t, err, login.State, login.Verifier, clientSecret)
		}
	})
}
