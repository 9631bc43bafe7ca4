package authn_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestNewConfigIsWhatClarifyDocuments(t *testing.T) {
	want := &oauth2.Config{
		ClientID:     "client",
		ClientSecret: "secret",
		RedirectURL:  "https://partner.example/callback",
		Scopes:       []string{"openid", "profile", "email", "offline_access"},
		Endpoint: oauth2.Endpoint{
			AuthURL:   "https://auth1.clarify.ai/oauth2/authorize",
			TokenURL:  "https://auth1.clarify.ai/oauth2/token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	got := authn.NewConfig("client", "secret", "https://partner.example/callback")
	if !reflect.DeepEqual(got, want) {
		t.Error("the configuration differs from the documented one")
	}
	if got.Endpoint != authn.Endpoint {
		t.Error("the endpoint is not Endpoint")
	}
}

func TestScopesAreTheCallersOwn(t *testing.T) {
	want := []string{"openid", "profile", "email", "offline_access"}
	for range 2 {
		scopes, config := authn.Scopes(), authn.NewConfig("", "", "")
		if !slices.Equal(scopes, want) || !slices.Equal(config.Scopes, want) {
			t.Fatalf("scopes %q and %q, want %q", scopes, config.Scopes, want)
		}
		scopes[0], config.Scopes[1] = "changed", "changed"
		_ = append(scopes[:1], "changed")
	}
}

func TestTheAuthorizationRequestIsTheDocumentedOne(t *testing.T) {
	config := authn.NewConfig("your client", "s3cr3t", "https://partner.example/callback?a=b&c=d")
	got, err := url.Parse(config.AuthCodeURL(""))
	if err != nil {
		t.Fatal(err)
	}
	if at := got.Scheme + "://" + got.Host + got.Path; at != "https://auth1.clarify.ai/oauth2/authorize" {
		t.Errorf("authorization endpoint %s", at)
	}
	want := url.Values{
		"response_type": {"code"},
		"client_id":     {"your client"},
		"scope":         {"openid profile email offline_access"},
		"redirect_uri":  {"https://partner.example/callback?a=b&c=d"},
	}
	if !reflect.DeepEqual(got.Query(), want) {
		t.Errorf("parameters %v, want %v", got.Query(), want)
	}
}

// tokenEndpoint records the requests it gets, and responds to each with a token.
func tokenEndpoint(t *testing.T, requests *[]*http.Request) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		*requests = append(*requests, r)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"at-%d","token_type":"bearer","refresh_token":"rt-%[1]d","expires_in":3600}`, len(*requests))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestTokenRequestsAreTheDocumentedOnes(t *testing.T) {
	const redirect = "https://partner.example/callback"
	tests := []struct {
		name   string
		secret string
		ask    func(*oauth2.Config) (*oauth2.Token, error)
		want   url.Values
	}{
		{"authorization code", "c&s=s3cr3t", func(c *oauth2.Config) (*oauth2.Token, error) {
			return c.Exchange(t.Context(), "the code")
		}, url.Values{
			"grant_type": {"authorization_code"}, "code": {"the code"}, "redirect_uri": {redirect},
			"client_id": {"client:1"}, "client_secret": {"c&s=s3cr3t"},
		}},
		{"authorization code of a public app with PKCE", "", func(c *oauth2.Config) (*oauth2.Token, error) {
			return c.Exchange(t.Context(), "the code", oauth2.VerifierOption("v3rifier"))
		}, url.Values{
			"grant_type": {"authorization_code"}, "code": {"the code"}, "redirect_uri": {redirect},
			"client_id": {"client:1"}, "code_verifier": {"v3rifier"},
		}},
		{"refresh", "c&s=s3cr3t", func(c *oauth2.Config) (*oauth2.Token, error) {
			return c.TokenSource(t.Context(), &oauth2.Token{RefreshToken: "rt-0", Expiry: time.Unix(1, 0)}).Token()
		}, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {"rt-0"},
			"client_id": {"client:1"}, "client_secret": {"c&s=s3cr3t"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var requests []*http.Request
			server := tokenEndpoint(t, &requests)
			config := authn.NewConfig("client:1", tt.secret, redirect)
			config.Endpoint.TokenURL = server.URL + "/oauth2/token"

			token, err := tt.ask(config)
			if err != nil {
				t.Fatal(err)
			}
			if token.AccessToken != "at-1" {
				t.Errorf("access token %q, want at-1", token.AccessToken)
			}
			if token.RefreshToken != "rt-1" {
				t.Errorf("refresh token %q, want rt-1", token.RefreshToken)
			}
			if !token.Valid() {
				t.Errorf("the token is not valid: it expires %v", token.Expiry)
			}
			if len(requests) != 1 {
				t.Fatalf("%d requests, want 1", len(requests))
			}
			r := requests[0]
			if r.Method != http.MethodPost || r.URL.String() != "/oauth2/token" {
				t.Errorf("%s %s, want POST /oauth2/token", r.Method, r.URL)
			}
			if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type %q", got)
			}
			if _, ok := r.Header["Authorization"]; ok {
				t.Error("the client authenticates in the header")
			}
			if !reflect.DeepEqual(r.PostForm, tt.want) {
				t.Errorf("form %v, want %v", r.PostForm, tt.want)
			}
		})
	}
}

func TestARefreshedTokenIsSentAtOnce(t *testing.T) {
	var requests []*http.Request
	auth := tokenEndpoint(t, &requests)
	api := httptest.NewServer(recorder())
	defer api.Close()

	config := authn.NewConfig("client", "secret", "")
	config.Endpoint.TokenURL = auth.URL
	expired := &oauth2.Token{AccessToken: "at-0", RefreshToken: "rt-0", Expiry: time.Now().Add(-time.Minute)}
	editor := authn.TokenSource(config.TokenSource(t.Context(), expired))
	for range 3 {
		if got := send(t, api.Client(), request(t, api.URL), editor); got != `["Bearer at-1"]` {
			t.Errorf("Authorization arrived as %s", got)
		}
	}
	if len(requests) != 1 {
		t.Errorf("%d token requests for 3 API requests, want 1", len(requests))
	}
}
