package login_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"github.com/clarify-go/clarify/clarifytest"
	"golang.org/x/oauth2"
)

// freePort is a port that nothing listens on.
func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("this machine has no %s", host)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

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
				if p := a.get(address); p.status != http.StatusOK || !strings.Contains(p.body, "You are logged in") {
					t.Errorf("the page is %d %s", p.status, p.body)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if !token.Valid() || token.RefreshToken == "" {
				t.Error("the token is not what was issued")
			}
			if !reflect.DeepEqual(*config, before) {
				t.Error("the configuration was changed")
			}
			if redirect.Hostname() != tt.host || redirect.RequestURI() != tt.rest && redirect.Path != tt.rest || redirect.Port() == "" || redirect.Port() == "0" {
				t.Errorf("the redirect URL is %s", redirect)
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

func TestThePortIsOnTheLoopbackInterfaceAlone(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthServer(t)
	for _, redirectURL := range []string{"", "http://localhost/"} {
		_, err = a.run(t.Context(), a.config(redirectURL), func(address string) {
			back, err := url.Parse(parameters(t, address).Get("redirect_uri"))
			if err != nil {
				t.Fatal(err)
			}
			for _, addr := range addrs {
				ip := addr.(*net.IPNet).IP
				if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
					continue
				}
				if conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), back.Port()), 5*time.Second); err == nil {
					conn.Close()
					t.Errorf("%q: the port is open on %s", redirectURL, ip)
				}
			}
			a.get(address)
		})
		if err != nil {
			t.Fatal(err)
		}
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
		if authorize.Get("code_challenge_method") != "S256" || authorize.Get("code_challenge") == "" || authorize.Get("prompt") != "login" {
			t.Errorf("the authorization request is %v", authorize)
		}
		want := url.Values{
			"grant_type": {"authorization_code"}, "code": {testCode}, "client_id": {"client"},
			"redirect_uri":  {authorize.Get("redirect_uri")},
			"code_verifier": {exchange.Get("code_verifier")},
		}
		if secret != "" {
			want.Set("client_secret", secret)
		}
		if exchange.Get("code_verifier") == "" || !reflect.DeepEqual(exchange, want) {
			t.Error("the token request is not the documented one")
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
			if err == nil || token != nil || !strings.Contains(err.Error(), tt.want) {
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

func TestOnlyTheCallbackEndsTheLogin(t *testing.T) {
	type request struct {
		name   string
		method string
		path   string // instead of the callback's
		query  func(state string) string
		host   string
		status int
	}
	const get, head, post = http.MethodGet, http.MethodHead, http.MethodPost
	right := func(state string) string { return url.Values{"code": {testCode}, "state": {state}}.Encode() }
	text := func(query string) func(string) string { return func(string) string { return query } }
	requests := []request{
		{"a favicon", get, "/favicon.ico", text(""), "", 404},
		{"the root", get, "/", right, "", 404},
		{"a path below", get, "/callback/x", right, "", 404},
		{"another method", post, "", right, "", 405},
		{"the head alone", head, "", right, "", 405},
		{"a name of somebody else's", get, "", right, "evil.example", 421},
		{"such a name with the port", get, "", right, "evil.example:PORT", 421},
		{"another port", get, "", right, "127.0.0.1:1", 421},
		{"no state", get, "", text("code=" + testCode), "", 400},
		{"another state", get, "", text("code=" + testCode + "&state=foreign"), "", 400},
		{"an empty state", get, "", text("code=" + testCode + "&state="), "", 400},
		{"an error without a state", get, "", text("error=access_denied"), "", 400},
		{"an error with another state", get, "", text("error=access_denied&state=foreign"), "", 400},
		{"two states", get, "", func(state string) string { return right(state) + "&state=" + state }, "", 400},
		{"a malformed query", get, "", func(state string) string { return right(state) + "&x=%zz" }, "", 400},
		{"nothing at all", get, "", text(""), "", 400},
	}
	a := newAuthServer(t)
	token, err := a.run(t.Context(), a.config(""), func(address string) {
		state, back := parameters(t, address).Get("state"), parameters(t, address).Get("redirect_uri")
		for _, r := range requests {
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			if r.path != "" {
				u.Path = r.path
			}
			u.RawQuery = r.query(state)
			req, err := http.NewRequest(r.method, u.String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = strings.ReplaceAll(r.host, "PORT", u.Port())
			p := a.do(req)
			if p.status != r.status {
				t.Errorf("%s: got %d, want %d", r.name, p.status, r.status)
			}
			if r.status == 405 && p.header.Get("Allow") != "GET" {
				t.Errorf("%s: Allow is %q", r.name, p.header.Get("Allow"))
			}
		}
		if _, exchange := a.sent(); exchange != nil {
			t.Error("a code was traded")
		}
		a.get(address)
	})
	if err != nil || token.AccessToken != testToken {
		t.Errorf("error %v", err)
	}
}

func TestTheHostHeaderMayBeInAnyCase(t *testing.T) {
	a := newAuthServer(t)
	_, err := a.run(t.Context(), a.config("http://localhost/back"), func(address string) {
		back := parameters(t, address).Get("redirect_uri")
		req, err := http.NewRequest(http.MethodGet, withQuery(t, back, a.callback(parameters(t, address).Get("state"))), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = strings.ToUpper(req.URL.Host)
		if p := a.do(req); p.status != http.StatusOK {
			t.Errorf("got %d", p.status)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestALoginTimesOut(t *testing.T) {
	t.Run("when nobody came", func(t *testing.T) {
		a := newAuthServer(t)
		token, err := a.run(t.Context(), a.config(""), func(string) {}, login.WithTimeout(time.Millisecond))
		if !errors.Is(err, login.ErrTimeout) || token != nil {
			t.Fatalf("error %v", err)
		}
		if want := "login: the login timed out: 1ms"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
	t.Run("when only foreign callbacks came", func(t *testing.T) {
		a := newAuthServer(t)
		expired := make(chan time.Time)
		_, err := a.run(t.Context(), a.config(""), func(address string) {
			back := parameters(t, address).Get("redirect_uri")
			a.get(back + "?error=access_denied")
			a.get(back + "?error=access_denied&error_description=%3Cscript%3E&state=foreign")
			close(expired)
		}, login.WithExpiry(expired))
		if !errors.Is(err, login.ErrTimeout) {
			t.Fatalf("error %v", err)
		}
		if want := "ignored callbacks: 2, the last one because the state of the callback is not that of the login"; !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	})
	t.Run("while the code is being traded", func(t *testing.T) {
		a := newAuthServer(t)
		expired := make(chan time.Time)
		response := a.token
		a.token = func(w http.ResponseWriter, r *http.Request) {
			// Received at once: the login has nothing else to wait for.
			expired <- time.Now()
			response(w, r)
		}
		token, err := a.run(t.Context(), a.config(""), func(address string) {
			if p := a.get(address); p.status != http.StatusOK {
				t.Errorf("the page is %d %s", p.status, p.body)
			}
		}, login.WithExpiry(expired))
		if err != nil || token.AccessToken != testToken {
			t.Errorf("error %v", err)
		}
	})
}

func TestTheContextEndsTheLogin(t *testing.T) {
	t.Run("before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a := newAuthServer(t)
		_, err := login.Run(ctx, a.config(""), login.WithBrowser(func(context.Context, string) error {
			t.Error("the browser was opened")
			return nil
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("while the user is away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		_, err := a.run(ctx, a.config(""), func(address string) {
			a.get(parameters(t, address).Get("redirect_uri") + "?state=foreign")
			cancel()
		})
		if !errors.Is(err, context.Canceled) || errors.Is(err, login.ErrTimeout) || !strings.Contains(err.Error(), "ignored callbacks: 1") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("while the code is being traded", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		a.token = func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}
		_, err := a.run(ctx, a.config(""), func(address string) {
			if p := a.get(address); p.status != http.StatusBadGateway || !strings.Contains(p.body, "You are not logged in") {
				t.Errorf("the page is %d %s", p.status, p.body)
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("and the browser's", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		a := newAuthServer(t)
		opening := make(chan error, 1)
		_, err := login.Run(ctx, a.config(""), login.WithOutput(io.Discard), login.WithBrowser(func(ctx context.Context, _ string) error {
			cancel()
			<-ctx.Done()
			opening <- ctx.Err()
			return ctx.Err()
		}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if err := <-opening; err != context.Canceled {
			t.Errorf("the browser's context: %v", err)
		}
	})
}

func TestARefusalEndsTheLogin(t *testing.T) {
	const nasty = `<script>alert(1)</script>`
	tests := []struct {
		name   string
		change func(*authServer)
		status int
		text   string
		check  func(error) bool
	}{
		{"the user did not consent", func(a *authServer) {
			a.callback = func(state string) url.Values {
				return url.Values{"error": {"access_denied"}, "error_description": {nasty}, "state": {state}}
			}
		}, 200, "was not allowed", func(err error) bool {
			var rejected *authn.AuthorizationError
			return errors.As(err, &rejected) && rejected.Code == "access_denied" && errors.Is(err, authn.ErrCallback)
		}},
		{"the authorization server failed", func(a *authServer) {
			a.callback = func(state string) url.Values {
				return url.Values{"error": {nasty}, "state": {state}}
			}
		}, 502, "The login failed", func(err error) bool {
			return errors.Is(err, authn.ErrCallback) && !errors.Is(err, authn.ErrState)
		}},
		{"there is no code", func(a *authServer) {
			a.callback = func(state string) url.Values { return url.Values{"state": {state}} }
		}, 502, "The login failed", func(err error) bool { return errors.Is(err, authn.ErrCallback) }},
		{"the code is not accepted", func(a *authServer) {
			a.token = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":"invalid_grant","error_description":%q}`, r.PostForm.Get("code")+r.PostForm.Get("code_verifier"))
			}
		}, 502, "The login failed", func(err error) bool {
			var response *oauth2.RetrieveError
			return errors.Is(err, authn.ErrLoginRequired) && errors.As(err, &response) && response.Response.StatusCode == 400
		}},
		{"the token endpoint talks nonsense", func(a *authServer) {
			a.token = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, nasty+testToken) }
		}, 502, "The login failed", func(err error) bool { return err != nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthServer(t)
			tt.change(a)
			var output bytes.Buffer
			got := make(chan page, 1)
			token, err := login.Run(t.Context(), a.config(""), login.WithOutput(&output), login.WithHTTPClient(a.client),
				login.WithBrowser(func(_ context.Context, address string) error {
					got <- a.get(address)
					return nil
				}))
			if err == nil || token != nil || !tt.check(err) {
				t.Errorf("error %v", err)
			}
			p := <-got
			if p.status != tt.status || !strings.Contains(p.body, "You are not logged in") || !strings.Contains(p.body, tt.text) {
				t.Errorf("the page is %d %s", p.status, p.body)
			}
			// The error quotes what the server said; a terminal does not run it.
			a.show(output.String() + strings.ReplaceAll(fmt.Sprintf("%v %+v", err, err), nasty, ""))
		})
	}
}

func TestTheURLIsPrinted(t *testing.T) {
	t.Run("beside opening the browser", func(t *testing.T) {
		a := newAuthServer(t)
		var output bytes.Buffer
		var opened string
		if _, err := a.run(t.Context(), a.config(""), func(address string) {
			opened = address
			a.get(address)
		}, login.WithOutput(&output)); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(output.String(), "\n    "+opened+"\n"); n != 1 {
			t.Errorf("the URL is printed %d times:\n%s", n, output.String())
		}
		a.show(output.String())
	})
	for _, tt := range []struct {
		name, want string
		open       func(context.Context, string) error
	}{
		{"instead of it", "To log in, open this URL", nil},
		{"and what kept the browser from opening", "The browser did not open: no such browser", func(context.Context, string) error { return errors.New("no such browser") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthServer(t)
			read, write := io.Pipe()
			var output bytes.Buffer
			wg := sync.WaitGroup{}
			wg.Go(func() {
				buf := make([]byte, 1<<12)
				for seen := false; ; {
					n, err := read.Read(buf)
					output.Write(buf[:n])
					if err != nil {
						return
					}
					if !seen && strings.Contains(output.String(), tt.want) {
						seen = true
						for _, word := range strings.Fields(output.String()) {
							if strings.HasPrefix(word, a.server.URL) {
								a.get(word)
							}
						}
					}
				}
			})
			token, err := login.Run(t.Context(), a.config(""), login.WithOutput(write), login.WithHTTPClient(a.client), login.WithBrowser(tt.open))
			write.Close()
			wg.Wait()
			if err != nil || token.AccessToken != testToken {
				t.Errorf("error %v", err)
			}
			a.show(output.String())
		})
	}
	t.Run("or it is an error", func(t *testing.T) {
		a := newAuthServer(t)
		_, write := io.Pipe()
		_ = write.Close()
		if _, err := login.Run(t.Context(), a.config(""), login.WithoutBrowser(), login.WithOutput(write)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error %v", err)
		}
		if _, err := a.run(t.Context(), a.config(""), func(address string) { a.get(address) }, login.WithOutput(write)); err != nil {
			t.Errorf("with a browser: %v", err)
		}
	})
}

func TestConnectionsThatSendNothingDoNotHoldUpTheEnd(t *testing.T) {
	a := newAuthServer(t)
	var conns []net.Conn
	began := time.Now()
	if _, err := a.run(t.Context(), a.config(""), func(address string) {
		back, err := url.Parse(parameters(t, address).Get("redirect_uri"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			conn, err := net.Dial("tcp", back.Host)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
		}
		a.get(address)
	}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("something was sent")
		}
		conn.Close()
	}
}

func TestARequestThatIsTooLargeDoesNotEndTheLogin(t *testing.T) {
	a := newAuthServer(t)
	if _, err := a.run(t.Context(), a.config(""), func(address string) {
		back := parameters(t, address).Get("redirect_uri")
		res, err := a.client.Get(back + "?code=" + strings.Repeat("x", 1<<17))
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("got %d", res.StatusCode)
			}
		}
		a.get(address)
	}); err != nil {
		t.Error(err)
	}
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
			if err != nil || token.AccessToken != testToken {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
}

// TestWhereItListens has a kernel with other ports free than this one's.
func TestWhereItListens(t *testing.T) {
	unavailable := errors.New("no such address")
	type listener = func(ctx context.Context, host, port string) (net.Listener, error)
	lacking := func(lacks string) listener {
		return func(ctx context.Context, host, port string) (net.Listener, error) {
			if host == lacks {
				return nil, unavailable
			}
			return net.Listen("tcp", net.JoinHostPort(host, port))
		}
	}
	tests := []struct {
		name, redirectURL string
		tcp               listener
		want              string // the hosts listened on, the first in the redirect URL unless that names localhost
	}{
		{"127.0.0.1 by itself", "", lacking(""), "127.0.0.1"},
		{"[::1] where there is no IPv4", "", lacking("127.0.0.1"), "::1"},
		{"no other address than the one that was asked for", "http://127.0.0.1/", lacking("127.0.0.1"), ""},
		{"both for localhost", "http://localhost/", lacking(""), "127.0.0.1 ::1"},
		{"both for localhost, where the first port is taken", "http://localhost/", func() listener {
			tries := 0
			return func(ctx context.Context, host, port string) (net.Listener, error) {
				if tries++; host == "::1" && port != "0" && tries < 4 {
					return nil, unavailable
				}
				return net.Listen("tcp", net.JoinHostPort(host, port))
			}
		}(), "127.0.0.1 ::1"},
		{"what there is of localhost", "http://localhost/", lacking("::1"), "127.0.0.1"},
		{"what there is of localhost, without IPv4", "http://localhost/", lacking("127.0.0.1"), "::1"},
		{"nothing", "", func(context.Context, string, string) (net.Listener, error) { return nil, unavailable }, ""},
		{"nothing of localhost", "http://localhost/", func(context.Context, string, string) (net.Listener, error) { return nil, unavailable }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			freePort(t, "::1")
			address, addresses, err := login.Listen(t.Context(), tt.redirectURL, tt.tcp)
			if tt.want == "" {
				if !errors.Is(err, unavailable) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var hosts []string
			for _, addr := range addresses {
				host, port, err := net.SplitHostPort(addr)
				if err != nil {
					t.Fatal(err)
				}
				hosts = append(hosts, host)
				u, err := url.Parse(address)
				if err != nil || u.Port() != port || u.Hostname() != host && u.Hostname() != "localhost" {
					t.Errorf("the redirect URL is %s, and %s is listened on", address, addr)
				}
			}
			if got := strings.Join(hosts, " "); got != tt.want {
				t.Errorf("it listens on %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTheBrowserPrintsToStandardErrorAlone(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("only where the browser is a program in the PATH")
	}
	const address = "http://127.0.0.1:1/authorize?a=b&c=d%20e"
	dir := t.TempDir()
	script := "#!/bin/sh\necho out of the browser\necho \"opened $1\" >&2\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, display := range []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0", ""} {
		cmd := exec.Command(self)
		cmd.Env = []string{"LOGIN_TEST_OPEN=" + address, "PATH=" + dir + ":/bin:/usr/bin", display}
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if stdout.Len() > 0 {
			t.Errorf("%q: standard output has %q", display, stdout.String())
		}
		want := "opened " + address
		if display == "" {
			want = "there is no display"
		}
		if (err == nil) != (display != "") || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: %v, and standard error has %q, want %q", display, err, stderr.String(), want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := login.OpenBrowser(ctx, address); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	var none context.Context
	if err := login.OpenBrowser(none, address); err == nil {
		t.Error("a nil context: no error")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAPanicOfTheHTTPClientIsTheCallers(t *testing.T) {
	a := newAuthServer(t)
	defer func() {
		if p := recover(); p != "s3cr3t plans" {
			t.Errorf("it panicked with %v", p)
		}
	}()
	_, err := login.Run(t.Context(), a.config(""), login.WithOutput(io.Discard),
		login.WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("s3cr3t plans") })}),
		login.WithBrowser(func(_ context.Context, address string) error {
			if res, err := a.client.Get(address); err == nil {
				res.Body.Close()
				t.Error("there is a page")
			}
			return nil
		}))
	t.Errorf("it returned %v", err)
}

func TestALoginMayTakeForEver(t *testing.T) {
	a := newAuthServer(t)
	if _, err := a.run(t.Context(), a.config(""), func(address string) { a.get(address) }, login.WithTimeout(1<<63-1)); err != nil {
		t.Error(err)
	}
}

// FuzzRequest holds whatever comes to the port to: it ends the login if it is a
// GET of the callback with the login's state, and else not; and no page repeats
// anything of it.
func FuzzRequest(f *testing.F) {
	const host, path, state = "127.0.0.1:1234", "/callback", "st4te-7Hq-s3cr3t"
	for _, query := range []string{
		"", "state=" + state, "code=c0de&state=" + state, "code=c0de&state=" + state + "&state=" + state, "error=%3Cscript%3E&state=" + state,
		"state=%73t4te-7Hq-s3cr3t", "state=" + state + ";code=x", "code=%zz&state=" + state, "State=" + state,
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			f.Add(method, host, path, query)
		}
	}
	f.Add("GET", "[127.0.0.1]:1234", path, "code=c0de&state="+state)
	f.Add("GET", "LOCALHOST:1234", path, "state="+state)
	f.Add("GET", "127.0.0.1", "/favicon.ico", "")
	f.Add("GET", "[::1]:1234", "//callback", "")
	f.Fuzz(func(t *testing.T, method, hostHeader, target, query string) {
		config := authn.NewConfig("client", "", "http://"+host+path)
		flow, err := authn.NewCodeFlow(config, authn.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }),
		}))
		if err != nil {
			t.Fatal(err)
		}
		handler, ended := login.Handler(flow, authn.Login{State: state, Verifier: "v3rifier", Expires: time.Now().Add(time.Hour)}, host, path)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{Method: method, Host: hostHeader, URL: &url.URL{Path: target, RawQuery: query}, Header: http.Header{}})

		values, err := url.ParseQuery(query)
		here := hostHeader == host || hostHeader == "[127.0.0.1]:1234"
		right := method == "GET" && here && target == path && err == nil && slices.Equal(values["state"], []string{state})
		if ended() != right {
			t.Errorf("%q %q %q %q: the login has ended: %t, want %t", method, hostHeader, target, query, ended(), right)
		}
		body := w.Body.String()
		page{w.Code, w.Header(), body}.check(t)
		for _, text := range append([]string{state, "v3rifier"}, values["code"]...) {
			if len(text) > 20 && strings.Contains(body, text) {
				t.Errorf("the page repeats %q: %s", text, body)
			}
		}
	})
}
