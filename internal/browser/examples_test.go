// Package browser drives the examples that log users in, and docs/reference.html,
// with a real browser: what a browser does with cookies, redirects, forms and
// policies, no other client does. It is a module of its own, so that nobody who
// uses the client downloads what drives the browser.
package browser

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/clarify-go/clarify/clarifytest"
)

// patience is how long one test may take.
const patience = 2 * time.Minute

// output is what a program prints, or everything somebody gets to see.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
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

// program is an example that runs.
type program struct {
	t      *testing.T
	ctx    context.Context
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	ended  chan error
}

var (
	buildMu sync.Mutex
	built   = map[string]string{}
	binDir  string
)

// TestMain makes a place for the programs.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if binDir, err = os.MkdirTemp("", "clarify-examples-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binDir)
		return m.Run()
	}())
}

// build returns the path of an example's program.
func build(t *testing.T, example string) string {
	t.Helper()
	buildMu.Lock()
	defer buildMu.Unlock()
	if path := built[example]; path != "" {
		return path
	}
	path := filepath.Join(binDir, example)
	cmd := exec.Command("go", "build", "-o", path, "./examples/"+example)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", example, err, out)
	}
	built[example] = path
	return path
}

// start starts an example with nothing of Clarify in its environment but env.
func start(t *testing.T, ctx context.Context, example string, env []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, ctx: ctx, stdout: newOutput(), stderr: newOutput(), ended: make(chan error, 1)}
	p.cmd = exec.Command(build(t, example), args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "CLARIFY_") {
			p.cmd.Env = append(p.cmd.Env, variable)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	})
	return p
}

// prints waits for the program to print what matches, and returns the first
// group.
func (p *program) prints(o *output, pattern string) string {
	p.t.Helper()
	match := regexp.MustCompile(pattern)
	for {
		if found := match.FindStringSubmatch(o.String()); found != nil {
			return found[1]
		}
		select {
		case <-o.grew:
		case err := <-p.ended:
			p.ended <- err
			p.t.Fatalf("the program ended (%v) and had not printed %s:\n%s%s", err, pattern, p.stdout, p.stderr)
		case <-p.ctx.Done():
			p.t.Fatalf("the program does not print %s:\n%s%s", pattern, p.stdout, p.stderr)
		}
	}
}

// wait waits for the program to end, and returns its exit code.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		return p.cmd.ProcessState.ExitCode()
	case <-p.ctx.Done():
		p.t.Fatalf("the program does not end:\n%s%s", p.stdout, p.stderr)
		return 0
	}
}

// browsers are the names under which Chromium and its like are installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// tab is a browser of its own, with one tab.
type tab struct {
	t    *testing.T
	ctx  context.Context
	seen *output // the pages, as they were shown
}

func openTab(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	path := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		const missing = "there is no Chromium: install Debian's package chromium, as .ci/run does, to drive the examples in a browser"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// The pages are ours, and root, or a container, cannot have the sandbox.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		// It reaches nothing but this machine.
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, cancel := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	tabCtx, cancelTab := chromedp.NewContext(allocator)
	t.Cleanup(cancelTab)
	b := &tab{t: t, ctx: tabCtx, seen: newOutput()}
	b.do()
	return b
}

// do takes some steps, the first of which starts the browser.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%v; the pages before were:\n%s", err, b.seen)
	}
}

// read asks the page for something.
func read[T any](b *tab, what chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, what)
	if err != nil {
		b.t.Fatalf("%v; the pages before were:\n%s", err, b.seen)
	}
	return value
}

// shows waits for a page with a heading, and returns its text and its address.
func (b *tab) shows(heading string) (text string, address *url.URL) {
	b.t.Helper()
	b.do(chromedp.WaitReady(fmt.Sprintf("//h1[text()=%q]", heading)))
	fmt.Fprintln(b.seen, read(b, chromedp.OuterHTML(chromedp.CSS("html"))))
	text = read(b, chromedp.Text(chromedp.CSS("main")))
	address, err := url.Parse(read(b, chromedp.Location()))
	if err != nil {
		b.t.Fatal(err)
	}
	return text, address
}

// logIn fills in the sandbox's login page.
func (b *tab) logIn(name string) {
	b.t.Helper()
	b.shows("Log in to the Clarify sandbox")
	b.do(
		chromedp.SendKeys(chromedp.CSS("#username"), name),
		chromedp.SendKeys(chromedp.CSS("#password"), clarifytest.LoginPassword),
		chromedp.Click(chromedp.CSS("#allow")),
	)
}

func (b *tab) deny() {
	b.t.Helper()
	b.shows("Log in to the Clarify sandbox")
	b.do(chromedp.Click(chromedp.CSS("#deny")))
}

// account is an authorization server and a workspace that stand for the real
// ones, and what is secret of all that goes to and comes from the token endpoint.
type account struct {
	t       *testing.T
	sandbox *clarifytest.Server
	env     []string

	mu      sync.Mutex
	secrets []string
}

const clientSecret = "cs-2Mv-s3cr3t"

var tokens = regexp.MustCompile(`"(?:access_token|refresh_token)":"([^"]+)"`)

func newAccount(t *testing.T) *account {
	t.Helper()
	sandbox := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithLoginPage())
	a := &account{t: t, sandbox: sandbox}
	target, err := url.Parse(sandbox.TokenURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL = target },
		ModifyResponse: func(res *http.Response) error {
			body := new(bytes.Buffer)
			if _, err := body.ReadFrom(res.Body); err != nil {
				return err
			}
			res.Body = readCloser{body}
			for _, token := range tokens.FindAllStringSubmatch(body.String(), -1) {
				a.note(token[1])
			}
			return nil
		},
	}
	eavesdropper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		if _, err := body.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(body.String())
		if err != nil {
			t.Error(err)
		}
		for _, name := range []string{"code", "code_verifier", "client_secret", "refresh_token"} {
			a.note(form.Get(name))
		}
		r.Body = readCloser{body}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(eavesdropper.Close)
	a.env = []string{
		"CLARIFY_CLIENT_ID=client", "CLARIFY_CLIENT_SECRET=" + clientSecret, "CLARIFY_WORKSPACE=" + sandbox.Workspace,
		"CLARIFY_AUTHORIZE_URL=" + sandbox.AuthorizeURL, "CLARIFY_TOKEN_URL=" + eavesdropper.URL, "CLARIFY_BASE_URL=" + sandbox.BaseURL,
	}
	return a
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

func (a *account) note(secret string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if secret != "" {
		a.secrets = append(a.secrets, secret)
	}
}

// showsNothing holds everything that was printed, logged or shown to having none
// of the secrets, of which there must be some.
func (a *account) showsNothing(want int, where ...*output) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.secrets) < want {
		a.t.Errorf("only %d secrets went over the wire, want %d", len(a.secrets), want)
	}
	for _, secret := range a.secrets {
		for _, form := range []string{secret, url.QueryEscape(secret)} {
			for _, o := range where {
				if strings.Contains(o.String(), form) {
					a.t.Errorf("a secret is shown:\n%s", strings.ReplaceAll(o.String(), form, "[HERE]"))
				}
			}
		}
	}
}

const (
	printedAddress = `\s(http://127\.0\.0\.1:\d+/oauth2/authorize\?\S+)\n`
	printedOrigin  = `The app is at (http://127\.0\.0\.1:\d+/)`
)

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestOAuthLoginIsAllowed(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	a := newAccount(t)
	a.sandbox.Seed(t, 3)
	file := filepath.Join(t.TempDir(), "token.json")

	p := start(t, ctx, "oauth-login", a.env, "-no-browser", "-token-file", file)
	printed := p.prints(p.stderr, printedAddress)
	login, err := url.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	public := []string{"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
	if names := slices.Sorted(maps.Keys(login.Query())); !slices.Equal(names, public) {
		t.Errorf("the address has the parameters %q, want %q", names, public)
	}
	b.do(chromedp.Navigate(printed))
	b.logIn(clarifytest.LoginName)
	text, back := b.shows("You are logged in")
	if !strings.Contains(text, "You can close this window") {
		t.Errorf("the page says %q", text)
	}
	if code := p.wait(); code != 0 || !strings.Contains(p.stdout.String(), "The first people in the workspace acme:\n   ") {
		t.Errorf("the program ended with %d:\n%s%s", code, p.stdout, p.stderr)
	}
	if back.Hostname() != "127.0.0.1" || back.Path != "/callback" {
		t.Errorf("the browser is at %s", back.Redacted())
	}
	if _, err := http.Get("http://" + back.Host); err == nil {
		t.Error("the port for the callback is still open")
	}

	again := start(t, ctx, "oauth-login", a.env, "-no-browser", "-token-file", file)
	if code := again.wait(); code != 0 || again.stderr.String() != "" {
		t.Errorf("with a token it ended with %d:\n%s%s", code, again.stdout, again.stderr)
	}
	// The code, the verifier, the client secret, and two tokens.
	a.showsNothing(5, p.stdout, p.stderr, again.stdout, again.stderr, b.seen)
}

func TestOAuthLoginIsDenied(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	p := start(t, ctx, "oauth-login", nil, "-no-browser")
	b.do(chromedp.Navigate(p.prints(p.stderr, printedAddress)))
	b.deny()
	if text, _ := b.shows("You are not logged in"); !strings.Contains(text, "was not allowed to act for you") || strings.Contains(text, "consent") {
		t.Errorf("the page says %q", text)
	}
	if code := p.wait(); code != 1 || !strings.Contains(p.stderr.String(), "access_denied") {
		t.Errorf("the program ended with %d:\n%s%s", code, p.stdout, p.stderr)
	}
}

func TestOAuthWebIsAllowed(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	a := newAccount(t)
	a.sandbox.Seed(t, 3)

	p := start(t, ctx, "oauth-web", a.env, "-addr", "127.0.0.1:0")
	origin := p.prints(p.stdout, printedOrigin)
	b.do(chromedp.Navigate(origin))
	b.shows("You are not logged in")
	b.do(chromedp.Click(chromedp.CSS("#login")))
	b.logIn(clarifytest.LoginName)
	text, address := b.shows("People in acme")
	if address.String() != origin {
		t.Errorf("the browser is at %s", address.Redacted())
	}
	if strings.Contains(text, "nobody yet") {
		t.Errorf("the page says %q", text)
	}
	if cookies := read(b, chromedp.Evaluate[string]("document.cookie")); cookies != "" {
		t.Error("scripts can read the session's cookie")
	}
	b.do(chromedp.Reload())
	b.shows("People in acme")

	// The browser's own headers are what the app tells its own pages by.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>x</title><h1>Elsewhere</h1><main><form method="post" action="%slogout"><button id="attack">x</button></form></main>`, origin)
	}))
	defer elsewhere.Close()
	b.do(chromedp.Navigate(elsewhere.URL))
	b.shows("Elsewhere")
	b.do(
		chromedp.Click(chromedp.CSS("#attack")),
		chromedp.WaitReady("//*[contains(text(),'cross-origin')]"),
		chromedp.Navigate(origin),
	)
	b.shows("People in acme")

	b.do(chromedp.Click(chromedp.CSS("#logout")))
	b.shows("You are not logged in")
	b.do(chromedp.Reload())
	b.shows("You are not logged in")
	a.showsNothing(5, p.stdout, p.stderr, b.seen)
}

func TestOAuthWebIsDenied(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	p := start(t, ctx, "oauth-web", nil, "-addr", "127.0.0.1:0")
	b.do(chromedp.Navigate(p.prints(p.stdout, printedOrigin)))
	b.shows("You are not logged in")
	b.do(chromedp.Click(chromedp.CSS("#login")))
	b.deny()
	if text, _ := b.shows("You are not logged in"); !strings.Contains(text, "You did not allow the app to act for you") {
		t.Errorf("the page says %q", text)
	}
}
