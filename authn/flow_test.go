package authn_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

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
		if got := login.Verifier != ""; got != pkce {
			t.Errorf("PKCE %t: the login has a verifier: %t", pkce, got)
		}
		if strings.Contains(address, "verifier") {
			t.Errorf("PKCE %t: the URL has a verifier: %s", pkce, address)
		}
		if pkce && strings.Contains(address, login.Verifier) {
			t.Errorf("the URL has the login's verifier: %s", address)
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
			raw, err := base64.RawURLEncoding.DecodeString(secret)
			if err != nil {
				t.Fatalf("a state or verifier is not in base64url: %v", err)
			}
			if len(raw) < 32 {
				t.Fatalf("a state or verifier has %d bytes, want 32 or more", len(raw))
			}
			if seen[secret] {
				t.Fatalf("the state or verifier %q comes twice", secret)
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

func TestAPlusInTheAddressOfTheServerStays(t *testing.T) {
	config := authn.NewConfig("a+b", clientSecret, redirect)
	config.Endpoint.AuthURL = "https://auth.example/a+b/authorize?tenant=1%2B1"
	address, _ := newFlow(t, config).Start()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.Path != "/a+b/authorize" {
		t.Errorf("path %q, want /a+b/authorize", u.Path)
	}
	for name, want := range map[string]string{"tenant": "1+1", "client_id": "a+b"} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
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
			if flow != nil {
				t.Error("there is a flow beside the error")
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q in it", err, tt.want)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Fatalf("error %v does not match %v", err, tt.kind)
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
