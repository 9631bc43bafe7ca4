package login_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
	"golang.org/x/oauth2"
)

// TestMain looks, once all tests have run, for goroutines that they left behind.
// As a browser it is what TestTheBrowserPrintsToStandardErrorAlone starts.
func TestMain(m *testing.M) {
	if address := os.Getenv("LOGIN_TEST_OPEN"); address != "" {
		if err := login.OpenBrowser(context.Background(), address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	code := m.Run()
	if left := leftover(); left != "" {
		fmt.Println("FAIL: goroutines are left after all tests:\n\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leftover returns the goroutines that do not end within a few seconds.
func leftover() string {
	var left []string
	for range 100 {
		left = nil
		buf := make([]byte, 4<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "clarify-go/clarify") && !strings.Contains(g, "login_test.leftover") || strings.Contains(g, "net/http.") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return ""
		}
		time.Sleep(50 * time.Millisecond)
	}
	return strings.Join(left, "\n\n")
}

const (
	testCode    = "c0de-7Hq-s3cr3t"
	testToken   = "at-9Kx-s3cr3t"
	testRefresh = "rt-4Lw-s3cr3t"
	testSecret  = "cs-2Mv-s3cr3t"
)

// authServer is an authorization server that does as it is told, and everything
// that the login shows to anybody.
type authServer struct {
	t      *testing.T
	server *httptest.Server
	client *http.Client // for token requests, and as the browser

	// callback is what the user comes back with; state is the one to send.
	callback func(state string) url.Values
	// token responds a token request.
	token http.HandlerFunc

	mu        sync.Mutex
	authorize url.Values // of the last authorization request
	exchange  url.Values // of the last token request
	shown     strings.Builder
}

func newAuthServer(t *testing.T) *authServer {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	a := &authServer{
		t:        t,
		client:   &http.Client{Transport: transport},
		callback: func(state string) url.Values { return url.Values{"code": {testCode}, "state": {state}} },
		token: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","refresh_token":%q,"expires_in":3600}`, testToken, testRefresh)
		},
	}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if r.URL.Path == "/token" {
			a.exchange = r.PostForm
			a.token(w, r)
			return
		}
		a.authorize = r.Form
		http.Redirect(w, r, withQuery(t, r.Form.Get("redirect_uri"), a.callback(r.Form.Get("state"))), http.StatusFound)
	}))
	t.Cleanup(a.server.Close)
	t.Cleanup(func() { a.nothingSecretShows() })
	return a
}

func withQuery(t testing.TB, address string, query url.Values) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query.Encode()
	return u.String()
}

func (a *authServer) config(redirectURL string) *oauth2.Config {
	config := authn.NewConfig("client", testSecret, redirectURL)
	config.Endpoint.AuthURL, config.Endpoint.TokenURL = a.server.URL+"/authorize", a.server.URL+"/token"
	return config
}

// sent returns what the authorization and token endpoints were last asked for.
func (a *authServer) sent() (authorize, exchange url.Values) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.authorize, a.exchange
}

// show notes what somebody gets to see.
func (a *authServer) show(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shown.WriteString(text + "\n")
}

// nothingSecretShows holds all pages, prints and errors to that.
func (a *authServer) nothingSecretShows() {
	a.mu.Lock()
	defer a.mu.Unlock()
	secrets := []string{testCode, testToken, testRefresh, testSecret, "<script>"}
	if v := a.exchange.Get("code_verifier"); v != "" {
		secrets = append(secrets, v)
	}
	for _, secret := range secrets {
		if strings.Contains(a.shown.String(), secret) {
			a.t.Errorf("%q shows in\n%s", secret, a.shown.String())
		}
	}
}

// page is what a browser got.
type page struct {
	status int
	header http.Header
	body   string
}

// get has the browser open an address and follow where it leads.
func (a *authServer) get(address string) page {
	a.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.do(req)
}

func (a *authServer) do(req *http.Request) page {
	a.t.Helper()
	res, err := a.client.Do(req)
	if err != nil {
		a.t.Error(err)
		return page{}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Error(err)
	}
	a.show(fmt.Sprint(string(body), res.Header))
	p := page{res.StatusCode, res.Header, string(body)}
	if res.Request.URL.Host != strings.TrimPrefix(a.server.URL, "http://") {
		p.check(a.t)
	}
	return p
}

// check holds a page to what is promised of every one.
func (p page) check(t testing.TB) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Cache-Control":           "no-store",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
		"Set-Cookie":              "",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{`<html lang="en">`, "<title>", "<h1>", "<main>"} {
		if p.body != "" && !strings.Contains(p.body, want) {
			t.Errorf("the page has no %s: %s", want, p.body)
		}
	}
	for _, not := range []string{"<script", "src=", "href=", "http:", "https:"} {
		if strings.Contains(p.body, not) {
			t.Errorf("the page has %q: %s", not, p.body)
		}
	}
}

// run runs a login whose user does what browser does, and returns when both are
// done.
func (a *authServer) run(ctx context.Context, config *oauth2.Config, browser func(address string), opts ...login.Option) (*oauth2.Token, error) {
	a.t.Helper()
	var output bytes.Buffer
	done := make(chan struct{})
	opts = append([]login.Option{
		login.WithOutput(&output),
		login.WithTimeout(20 * time.Second),
		login.WithHTTPClient(a.client),
		login.WithBrowser(func(_ context.Context, address string) error {
			defer close(done)
			browser(address)
			return nil
		}),
	}, opts...)
	token, err := login.Run(ctx, config, opts...)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		a.t.Error("the browser was not opened, or does not end")
	}
	a.show(output.String())
	if err != nil {
		a.show(fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	return token, err
}

// parameters are those of the authorization request that an address makes.
func parameters(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// shows checks the status of a page, and that its body has each of the strings.
func (p page) shows(t *testing.T, status int, want ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("the page's status is %d, want %d", p.status, status)
	}
	for _, s := range want {
		if !strings.Contains(p.body, s) {
			t.Errorf("the page has no %q: %s", s, p.body)
		}
	}
}
