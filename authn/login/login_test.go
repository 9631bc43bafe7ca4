package login_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn/login"
	"github.com/clarify-go/clarify/clarifytest"
	"golang.org/x/oauth2"
)

func TestALoginEndsWithAToken(t *testing.T) {
	fixed := "http://127.0.0.1:" + freePort(t, "127.0.0.1")
	tests := []struct {
		name, redirectURL string
		host, rest        string
	}{
		{"a port of the kernel's choice", "", "127.0.0.1", "/callback"},
		{"a path without a port", "http://127.0.0.1/back/here", "127.0.0.1", "/back/here"},
		{"port 0", "http://127.0.0.1:0/back", "127.0.0.1", "/back"},
		{"a port and a path", fixed + "/back?app=1", "127.0.0.1", "/back?app=1"},
		{"a port without a path", fixed, "127.0.0.1", ""},
		{"localhost", "http://localhost/back", "localhost", "/back"},
		{"IPv6", "http://[::1]/back", "::1", "/back"},
		{"IPv6, spelled out", "http://[0:0::1]:" + freePort(t, "::1") + "/back", "0:0::1", "/back"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sandbox := clarifytest.NewServer(clarifytest.WithTB(t))
			a := newAuthServer(t)
			config := a.config(tt.redirectURL)
			config.Endpoint.AuthURL, config.Endpoint.TokenURL = sandbox.AuthorizeURL, sandbox.TokenURL
			before := *config
			var redirect *url.URL
			token, err := a.run(t.Context(), config, func(address string) {
				var err error
				if redirect, err = url.Parse(parameters(t, address).Get("redirect_uri")); err != nil {
					t.Fatal(err)
				}
				a.get(address).shows(t, http.StatusOK, "You are logged in")
			})
			if err != nil {
				t.Fatal(err)
			}
			if !token.Valid() {
				t.Errorf("the token is not valid: it expires %v", token.Expiry)
			}
			if token.RefreshToken == "" {
				t.Error("there is no refresh token")
			}
			if !reflect.DeepEqual(*config, before) {
				t.Error("the configuration was changed")
			}
			if redirect.Hostname() != tt.host {
				t.Errorf("the redirect URL is %s, want host %s", redirect, tt.host)
			}
			if redirect.RequestURI() != tt.rest && redirect.Path != tt.rest {
				t.Errorf("the redirect URL is %s, want %q after the host", redirect, tt.rest)
			}
			if redirect.Port() == "" || redirect.Port() == "0" {
				t.Errorf("the redirect URL is %s, want a port", redirect)
			}
			if tt.redirectURL == fixed && redirect.String() != fixed {
				t.Errorf("the redirect URL is %s, want what was given", redirect)
			}
			if conn, err := net.Dial("tcp", redirect.Host); err == nil {
				conn.Close()
				t.Error("the port is still open")
			}
		})
	}
}

func TestPKCEIsUsedWithASecretToo(t *testing.T) {
	for _, secret := range []string{"", testSecret} {
		a := newAuthServer(t)
		config := a.config("")
		config.ClientSecret = secret
		if _, err := a.run(t.Context(), config, func(address string) { a.get(address) },
			login.WithAuthCodeOptions(oauth2.SetAuthURLParam("prompt", "login"))); err != nil {
			t.Fatal(err)
		}
		authorize, exchange := a.sent()
		if got := authorize.Get("code_challenge_method"); got != "S256" {
			t.Errorf("code_challenge_method is %q, want S256", got)
		}
		if authorize.Get("code_challenge") == "" {
			t.Errorf("the authorization request has no code_challenge: %v", authorize)
		}
		if got := authorize.Get("prompt"); got != "login" {
			t.Errorf("prompt is %q, want login", got)
		}
		want := url.Values{
			"grant_type": {"authorization_code"}, "code": {testCode}, "client_id": {"client"},
			"redirect_uri":  {authorize.Get("redirect_uri")},
			"code_verifier": {exchange.Get("code_verifier")},
		}
		if secret != "" {
			want.Set("client_secret", secret)
		}
		if exchange.Get("code_verifier") == "" {
			t.Error("the token request has no code_verifier")
		}
		if !reflect.DeepEqual(exchange, want) {
			t.Errorf("the token request has %v, want %v", exchange, want)
		}
	}
}

func TestInvalidArgumentsAreRejectedBeforeTheBrowserOpens(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, takenPort, _ := net.SplitHostPort(taken.Addr().String())
	a := newAuthServer(t)
	redirect := func(redirectURL string) func() (*oauth2.Config, []login.Option) {
		return func() (*oauth2.Config, []login.Option) { return a.config(redirectURL), nil }
	}
	option := func(opt login.Option) func() (*oauth2.Config, []login.Option) {
		return func() (*oauth2.Config, []login.Option) { return a.config(""), []login.Option{opt} }
	}
	const place, port = "is not a loopback URL", "has an invalid port"
	tests := []struct {
		name string
		with func() (*oauth2.Config, []login.Option)
		want string
	}{
		{"another host", redirect("http://partner.example/callback"), place},
		{"every interface", redirect("http://0.0.0.0:0/callback"), place},
		{"every interface, IPv6", redirect("http://[::]/callback"), place},
		{"a private network", redirect("http://10.0.0.1/callback"), place},
		{"IPv4 in IPv6", redirect("http://[::ffff:127.0.0.1]/callback"), place},
		{"a zone", redirect("http://[::1%25lo]/callback"), place},
		{"a name that ends like localhost", redirect("http://evil.localhost/callback"), place},
		{"https", redirect("https://127.0.0.1/callback"), place},
		{"a private-use scheme", redirect("com.example.app:/callback"), place},
		{"no scheme", redirect("127.0.0.1:80/callback"), place},
		{"a user", redirect("http://u:s3cr3t@127.0.0.1/callback"), place},
		{"a fragment", redirect("http://127.0.0.1/callback#x"), place},
		{"a port that is too large", redirect("http://127.0.0.1:65536/callback"), port},
		{"a port in use", redirect("http://127.0.0.1:" + takenPort + "/callback"), "cannot listen on the port of the RedirectURL"},
		{"a port of localhost in use", redirect("http://localhost:" + takenPort + "/callback"), "cannot listen on the port of the RedirectURL"},
		{"no time", option(login.WithTimeout(0)), "the time must be positive"},
		{"less than no time", option(login.WithTimeout(-time.Second)), "-1s"},
		{"no output", option(login.WithOutput(nil)), "io.Discard"},
		{"no configuration", func() (*oauth2.Config, []login.Option) { return nil, nil }, "the OAuth 2.0 configuration is nil"},
		{"no client id", func() (*oauth2.Config, []login.Option) {
			config := a.config("")
			config.ClientID = ""
			return config, nil
		}, "no ClientID"},
		{"a token endpoint over plain http", func() (*oauth2.Config, []login.Option) {
			config := a.config("")
			config.Endpoint.TokenURL = "http://auth.example/token"
			return config, nil
		}, "TokenURL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, opts := tt.with()
			opened := make(chan struct{})
			opts = append([]login.Option{login.WithOutput(io.Discard), login.WithBrowser(func(context.Context, string) error {
				close(opened)
				return nil
			})}, opts...)
			token, err := login.Run(t.Context(), config, opts...)
			if token != nil {
				t.Error("there is a token beside the error")
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error shows a password: %v", err)
			}
			select {
			case <-opened:
				t.Error("the browser was opened")
			default:
			}
		})
	}
	t.Run("no context", func(t *testing.T) {
		var none context.Context
		if _, err := login.Run(none, a.config("")); err == nil {
			t.Error("no error")
		}
	})
}

func TestLoginsDoNotMeet(t *testing.T) {
	const logins = 8
	a := newAuthServer(t)
	var wg sync.WaitGroup
	for range logins {
		wg.Go(func() {
			token, err := login.Run(t.Context(), a.config(""), login.WithOutput(io.Discard), login.WithHTTPClient(a.client),
				login.WithBrowser(func(_ context.Context, address string) error {
					a.get(address)
					return nil
				}))
			if err != nil {
				t.Errorf("error %v", err)
			} else if token.AccessToken != testToken {
				t.Errorf("access token %q, want %q", token.AccessToken, testToken)
			}
		})
	}
	wg.Wait()
}
