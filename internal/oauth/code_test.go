package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
)

func TestACodeIsTradedAsTheAuthenticationPageSays(t *testing.T) {
	tests := []struct {
		name string
		app  string
		opts []authn.FlowOption
		pkce bool
	}{
		{"private app", privateApp, nil, true},
		{"private app without PKCE", privateApp, []authn.FlowOption{authn.WithoutPKCE()}, false},
		{"public app", publicApp, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(t)
			config := server.app(tt.app)
			flow := server.flow(tt.app, tt.opts...)

			address, login := flow.Start()
			secrets.add(login.State, login.Verifier)
			at, query, _ := strings.Cut(address, "?")
			if want := server.URL + "/oauth2/authorize"; at != want {
				t.Errorf("the user is sent to %s, want %s", at, want)
			}
			asked, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("&"+query+"&", "&scope=openid%20profile%20email%20offline_access&") {
				t.Error("the scope is not written as on the page")
			}
			want := url.Values{
				"response_type": {"code"},
				"client_id":     {tt.app},
				"scope":         {"openid profile email offline_access"},
				"redirect_uri":  {config.RedirectURL},
				"state":         {login.State},
			}
			if tt.pkce {
				hash := sha256.Sum256([]byte(login.Verifier))
				want["code_challenge"] = []string{base64.RawURLEncoding.EncodeToString(hash[:])}
				want["code_challenge_method"] = []string{"S256"}
			}
			if !reflect.DeepEqual(asked, want) {
				t.Errorf("the authorization request has other parameters than those: %q", keys(want))
			}

			callback := server.visit(address, "allow")
			if got, _, _ := strings.Cut(callback.String(), "?"); !strings.HasPrefix(config.RedirectURL, got) {
				t.Errorf("the user comes back to %s, want %s", got, config.RedirectURL)
			}
			token, err := flow.Finish(t.Context(), login, callback.Query())
			if err != nil {
				t.Fatal(err)
			}
			server.wantToken(token)
			if token.Type() != "Bearer" {
				t.Errorf("the token's type is %q, want Bearer", token.Type())
			}
			if left := time.Until(token.Expiry); left < 59*time.Minute || left > time.Hour {
				t.Errorf("the token expires in %v, want an hour", left)
			}

			form := url.Values{
				"grant_type":   {"authorization_code"},
				"code":         {callback.Query().Get("code")},
				"redirect_uri": {config.RedirectURL},
				"client_id":    {tt.app},
			}
			if secret := secretOf[tt.app]; secret != "" {
				form.Set("client_secret", secret)
			}
			if tt.pkce {
				form.Set("code_verifier", login.Verifier)
			}
			wantTokenRequests(t, server, form)
		})
	}
}

// wantTokenRequests checks that the token requests since the last look were
// these, as the authentication page has them: a form, and the client in it.
func wantTokenRequests(t *testing.T, server *server, forms ...url.Values) {
	t.Helper()
	requests := server.tokenRequests()
	if len(requests) != len(forms) {
		t.Fatalf("%d token requests were sent, want %d", len(requests), len(forms))
	}
	for i, r := range requests {
		if r.Method != http.MethodPost || r.URI != "/oauth2/token" {
			t.Errorf("request %d is %s to an address other than POST /oauth2/token", i, r.Method)
		}
		if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
			t.Errorf("request %d has the Content-Type %q", i, got)
		}
		if r.Header.Values("Authorization") != nil {
			t.Errorf("request %d authenticates in its header", i)
		}
		got, err := url.ParseQuery(r.Body)
		if err != nil {
			t.Errorf("the body of request %d is no form: %v", i, err)
		}
		if !reflect.DeepEqual(got, forms[i]) {
			t.Errorf("request %d has the parameters %q, or other values in them, want %q", i, keys(got), keys(forms[i]))
		}
	}
}

func keys(values url.Values) []string {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestACodeIsRefused(t *testing.T) {
	tests := []struct {
		name string
		// prepare changes what the server grants.
		prepare func(*server)
		// finish ends a login of the private app.
		finish func(*testing.T, *server, *authn.CodeFlow, authn.Login, url.Values) error
		status int
		code   string
		again  bool // the user has to log in again
	}{
		{
			name: "with the verifier of another login",
			finish: func(t *testing.T, _ *server, flow *authn.CodeFlow, login authn.Login, callback url.Values) error {
				login.Verifier = oauth2.GenerateVerifier()
				_, err := flow.Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name: "without its verifier",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				_, err := s.flow(privateApp, authn.WithoutPKCE()).Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name: "with another redirect address of the app",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				config := s.app(privateApp)
				config.RedirectURL = otherRedirectURL
				_, err := s.flowOf(config).Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name: "from another app",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				_, err := s.flow(otherApp).Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name:    "that has expired",
			prepare: func(s *server) { s.fosite.AuthorizeCodeLifespan = -time.Minute },
			finish: func(t *testing.T, _ *server, flow *authn.CodeFlow, login authn.Login, callback url.Values) error {
				_, err := flow.Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name: "that was made up",
			finish: func(t *testing.T, _ *server, flow *authn.CodeFlow, login authn.Login, callback url.Values) error {
				callback.Set("code", "made-up-"+callback.Get("code"))
				_, err := flow.Finish(t.Context(), login, callback)
				return err
			},
			status: 400, code: "invalid_grant", again: true,
		},
		{
			name: "with a wrong client secret",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				config := s.app(privateApp)
				config.ClientSecret = otherSecret
				_, err := s.flowOf(config).Finish(t.Context(), login, callback)
				return err
			},
			status: 401, code: "invalid_client",
		},
		{
			name: "without the client secret",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				config := s.app(privateApp)
				config.ClientSecret = ""
				_, err := s.flowOf(config).Finish(t.Context(), login, callback)
				return err
			},
			status: 401, code: "invalid_client",
		},
		{
			name: "with Basic authentication, which the page does not have",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				config := s.app(privateApp)
				config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
				_, err := s.flowOf(config).Finish(t.Context(), login, callback)
				return err
			},
			status: 401, code: "invalid_client",
		},
		{
			name: "from an app that is not registered",
			finish: func(t *testing.T, s *server, _ *authn.CodeFlow, login authn.Login, callback url.Values) error {
				config := s.app(privateApp)
				config.ClientID = "unknown-app"
				_, err := s.flowOf(config).Finish(t.Context(), login, callback)
				return err
			},
			status: 401, code: "invalid_client",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(t)
			if tt.prepare != nil {
				tt.prepare(server)
			}
			flow := server.flow(privateApp)
			login, callback := server.login(flow, "allow")
			wantTokenError(t, tt.finish(t, server, flow, login, callback), tt.status, tt.code, tt.again)
			if n := len(server.tokenRequests()); n != 1 {
				t.Errorf("%d token requests were sent, want 1", n)
			}
		})
	}
}

// wantTokenError checks an error that the token endpoint responded with.
func wantTokenError(t *testing.T, err error, status int, code string, again bool) {
	t.Helper()
	note(err)
	var response *oauth2.RetrieveError
	if !errors.As(err, &response) {
		t.Fatalf("the error is %v, want the token endpoint's response in it", err)
	}
	if got := response.Response.StatusCode; got != status {
		t.Errorf("the status is %d, want %d", got, status)
	}
	if response.ErrorCode != code {
		t.Errorf("the error code is %q, want %q", response.ErrorCode, code)
	}
	if response.ErrorDescription == "" {
		t.Errorf("the error %q has no description", response.ErrorCode)
	}
	if !strings.Contains(err.Error(), code) {
		t.Errorf("the error %q does not say %s", err, code)
	}
	if got := errors.Is(err, authn.ErrLoginRequired); got != again {
		t.Errorf("the error %q matches ErrLoginRequired: %t, want %t", err, got, again)
	}
	if errors.Is(err, authn.ErrCallback) {
		t.Errorf("the error %q matches ErrCallback, though the callback was right", err)
	}
}

func TestACodeThatIsUsedTwiceEndsWhatItLedTo(t *testing.T) {
	server := newServer(t)
	flow := server.flow(privateApp)
	login, callback := server.login(flow, "allow")
	token, err := flow.Finish(t.Context(), login, callback)
	if err != nil {
		t.Fatal(err)
	}
	server.tokenRequests()

	_, err = flow.Finish(t.Context(), login, callback)
	note(err)
	if !errors.Is(err, authn.ErrState) {
		t.Errorf("the error is %v, want ErrState", err)
	}
	if n := len(server.tokenRequests()); n != 0 {
		t.Errorf("the flow that finished the login sent %d requests for it again, want none", n)
	}
	if !server.accepts(token.AccessToken) {
		t.Error("the server does not accept the access token any more")
	}

	// Another process cannot know.
	_, err = server.flow(privateApp).Finish(t.Context(), login, callback)
	wantTokenError(t, err, 400, "invalid_grant", true)
	if server.accepts(token.AccessToken) {
		t.Error("the server still accepts the token")
	}
	source := authn.NewTokenSource(server.app(privateApp), authn.NewMemoryStore(expired(token)), authn.WithLogger(noted))
	_, err = source.TokenContext(t.Context())
	wantTokenError(t, err, 400, "invalid_grant", true)
}
