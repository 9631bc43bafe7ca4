package browser

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

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
	// Some examples are modules of their own.
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join("..", "..", "examples", example)
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
