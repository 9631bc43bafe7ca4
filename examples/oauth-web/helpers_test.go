package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// output is what the program prints, for several goroutines.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	grew chan struct{}
}

func newOutput() *output { return &output{grew: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// started is the program, running.
type started struct {
	origin      string
	out, errors *output
}

func start(t *testing.T, env map[string]string, args ...string) *started {
	t.Helper()
	s := &started{out: newOutput(), errors: newOutput()}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), s.out, s.errors, func(name string) string { return env[name] })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	address := regexp.MustCompile(`The app is at (\S+)/ until`)
	for {
		if found := address.FindStringSubmatch(s.out.String()); found != nil {
			s.origin = found[1]
			return s
		}
		select {
		case <-s.out.grew:
		case err := <-ended:
			ended <- nil
			t.Fatalf("the program ended with %v: %s%s", err, s.out, s.errors)
		case <-time.After(10 * time.Second):
			t.Fatalf("the program does not start: %s%s", s.out, s.errors)
		}
	}
}

// browser has cookies and follows redirects.
type browser struct {
	t      *testing.T
	client *http.Client
	seen   strings.Builder // all pages
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, client: &http.Client{Jar: jar, Transport: transport}}
}

type shown struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (b *browser) do(req *http.Request) shown {
	b.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.seen.Write(body)
	return shown{res.StatusCode, res.Request.URL, res.Header, string(body)}
}

func (b *browser) get(address string) shown {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

func (b *browser) post(address string, form url.Values, header ...string) shown {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.do(req)
}

var hiddenID = regexp.MustCompile(`name="login" value="([^"]+)"`)

// decide fills in the login page that the app leads to.
func (b *browser) decide(s *started, name, decision string) shown {
	b.t.Helper()
	page := b.get(s.origin + "/login")
	id := hiddenID.FindStringSubmatch(page.body)
	if id == nil {
		b.t.Fatalf("/login leads to %s: %s", page.url, page.body)
	}
	form, _, _ := strings.Cut(page.url.String(), "?")
	return b.post(form, url.Values{
		"login": {id[1]}, "username": {name}, "password": {clarifytest.LoginPassword}, "decision": {decision},
	})
}

func (p shown) has(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: got %d, want %d", p.url.Path, p.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%s: the page has no %q: %s", p.url.Path, text, p.body)
		}
	}
}

// account is an authorization server and workspace that stand for the real ones.
func account(t *testing.T, opts ...clarifytest.Option) (*clarifytest.Server, map[string]string) {
	t.Helper()
	sandbox := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t), clarifytest.WithLoginPage()}, opts...)...)
	if err := addPeople(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	return sandbox, map[string]string{
		"CLARIFY_CLIENT_ID": "client", "CLARIFY_CLIENT_SECRET": "cs-s3cr3t", "CLARIFY_WORKSPACE": sandbox.Workspace,
		"CLARIFY_AUTHORIZE_URL": sandbox.AuthorizeURL, "CLARIFY_TOKEN_URL": sandbox.TokenURL, "CLARIFY_BASE_URL": sandbox.BaseURL,
	}
}

// eavesdropper hands on requests to the token endpoint, and keeps what is secret
// in them and in their responses.
type eavesdropper struct {
	mu      sync.Mutex
	secrets []string
	access  string // the token given last
	refresh string
}

var members = regexp.MustCompile(`"(access_token|refresh_token)":"([^"]+)"`)

func (e *eavesdropper) listen(t *testing.T, tokenURL string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		res, err := http.PostForm(tokenURL, r.PostForm)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, name := range []string{"code", "code_verifier", "client_secret", "refresh_token"} {
			if value := r.PostForm.Get(name); value != "" {
				e.secrets = append(e.secrets, value)
			}
		}
		for _, member := range members.FindAllStringSubmatch(string(body), -1) {
			e.secrets = append(e.secrets, member[2])
			if member[1] == "access_token" {
				e.access = member[2]
			} else {
				e.refresh = member[2]
			}
		}
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
