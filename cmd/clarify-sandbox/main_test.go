package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// buffer is a bytes.Buffer for several goroutines that can be waited on.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func newBuffer() *buffer { return &buffer{grew: make(chan struct{}, 1)} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.grew <- struct{}{}:
	default:
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// sandbox is the program, started with some flags, and what it printed.
type sandbox struct {
	t          *testing.T
	root       string // the address up to the path
	key, token string
	stdout     string
	stderr     *buffer
	stop       func() error
}

func start(t *testing.T, args ...string) *sandbox {
	t.Helper()
	stdout, stderr := newBuffer(), newBuffer()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, stderr) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	for !strings.Contains(stdout.String(), "/objects/person/records'") {
		select {
		case <-stdout.grew:
		case err := <-ended:
			t.Fatalf("the program ended with %v: %s", err, stderr)
		}
	}
	s := &sandbox{t: t, stdout: stdout.String(), stderr: stderr, stop: stop}
	s.root = strings.TrimSuffix(s.printed("base URL"), "/v1")
	s.key, s.token = s.printed("API key"), s.printed("access token")
	return s
}

// printed is what stands behind a label.
func (s *sandbox) printed(label string) string {
	s.t.Helper()
	match := regexp.MustCompile(`(?m)^` + label + `: +(\S+)$`).FindStringSubmatch(s.stdout)
	if match == nil {
		s.t.Fatalf("there is no %s in %s", label, s.stdout)
	}
	return match[1]
}

// curl sends what curl would send with these headers.
func (s *sandbox) curl(status int, address string, headers ...string) map[string]any {
	s.t.Helper()
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("User-Agent", "curl/8.5.0")
	request.Header.Set("Accept", "*/*")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return s.send(status, request)
}

func (s *sandbox) send(status int, request *http.Request) map[string]any {
	s.t.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != status {
		s.t.Fatalf("%s %s: got %s, want %d: %s", request.Method, request.URL, answer.Status, status, body)
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		s.t.Fatalf("%v in %s", err, body)
	}
	return doc
}

// The requests of the vendor's page on authentication, in its order, with
// another host.
func TestTheVendorsAuthenticationPage(t *testing.T) {
	s := start(t, "-people", "3")
	resources := s.root + "/v1/workspaces/acme/objects/person/resources"

	people := s.curl(200, resources, "Authorization: api-key "+s.key)
	if n := len(people["data"].([]any)); n != 3 {
		t.Errorf("there are %d people", n)
	}

	noRedirect := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back, err := noRedirect.Get(s.root + "/oauth2/authorize?response_type=code&client_id=your_client_id&scope=openid%20profile%20email%20offline_access&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback")
	if err != nil {
		t.Fatal(err)
	}
	defer back.Body.Close()
	location, err := back.Location()
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {location.Query().Get("code")},
		"redirect_uri":  {"http://127.0.0.1:1/callback"},
		"client_id":     {"your_client_id"},
		"client_secret": {"your_client_secret"},
	}
	request, err := http.NewRequest("POST", s.root+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	token := s.send(200, request)["access_token"].(string)

	s.curl(200, resources, "Authorization: Bearer "+token)
	s.curl(200, resources, "Authorization: Bearer "+s.token)
	s.curl(401, resources, "Authorization: Bearer "+s.key)
	s.curl(401, resources, "Authorization: api-key "+s.token)
}

// What is printed to be pasted works as it stands.
func TestThePrintedCommands(t *testing.T) {
	s := start(t)
	one := regexp.MustCompile(`(?m)^curl -H '([^']+)' \\\n  '([^']+)'$`).FindAllStringSubmatch(s.stdout, -1)
	if len(one) != 2 {
		t.Fatalf("there are %d commands that read: %s", len(one), s.stdout)
	}
	for _, match := range one {
		s.curl(200, match[2], match[1])
	}
	create := regexp.MustCompile(`(?m)^curl -X POST -H '([^']+)' \\\n  -H '([^']+)' \\\n  -d '([^']+)' \\\n  '([^']+)'$`).FindStringSubmatch(s.stdout)
	if create == nil {
		t.Fatalf("there is no command that creates: %s", s.stdout)
	}
	request, err := http.NewRequest("POST", create[4], strings.NewReader(create[3]))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range create[1:3] {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	s.send(201, request)
	for _, export := range []string{
		"export CLARIFY_BASE_URL='" + s.root + "/v1'",
		"export CLARIFY_WORKSPACE='acme'",
		"export CLARIFY_API_KEY='" + s.key + "'",
	} {
		if !strings.Contains(s.stdout, "\n"+export+"\n") {
			t.Errorf("%s is not printed", export)
		}
	}
}

func TestFlags(t *testing.T) {
	s := start(t, "-workspace", "it's", "-api-key", "K", "-access-token", "T", "-people", "2001")
	people := s.curl(200, s.root+"/v1/workspaces/it%27s/objects/person/resources?page[limit]=1", "Authorization: api-key K")
	if total := people["meta"].(map[string]any)["total_records"]; total != 2001.0 {
		t.Errorf("there are %v people", total)
	}
	s.curl(200, s.root+"/v1/workspaces/it%27s/objects/person/resources", "Authorization: Bearer T")
	if !strings.Contains(s.stdout, `export CLARIFY_WORKSPACE='it'\''s'`) {
		t.Errorf("the workspace is not quoted: %s", s.stdout)
	}
}

func TestTheLog(t *testing.T) {
	s := start(t, "-people", "1")
	s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources?page[limit]=1", "Authorization: api-key "+s.key)
	s.curl(401, s.root+"/v1/workspaces/acme/objects/person/resources", "Authorization: api-key wrong")
	s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources?silent=true", "Authorization: api-key "+s.key)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	line := `\d\d:\d\d:\d\d GET    /v1/workspaces/acme/objects/person/resources`
	want := regexp.MustCompile(`^` + line + `\?page\[limit\]=1 200 [0-9.]+(µs|ms)\n` + line + ` 401 [0-9.]+(µs|ms)\n` +
		line + `\?silent=true 200 [0-9.]+(µs|ms)\n +violates the contract: .*"silent".*\n$`)
	if got := s.stderr.String(); !want.MatchString(got) {
		t.Errorf("the log is %q", got)
	}
}

func TestStop(t *testing.T) {
	s := start(t)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(s.root); err == nil {
		t.Error("it still answers")
	}
}

func TestStopWhileAddingPeople(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-addr", "127.0.0.1:0", "-people", "100000"}, io.Discard, io.Discard); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"extra"}, {"-people", "-1"}, {"-people", "100001"}, {"-people", "many"}} {
		stderr := newBuffer()
		if err := run(t.Context(), args, io.Discard, stderr); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
		if !strings.Contains(stderr.String(), "Usage: clarify-sandbox") {
			t.Errorf("%q: no usage in %s", args, stderr)
		}
	}
	for _, args := range [][]string{{"-addr", "nowhere"}, {"-workspace", ""}, {"-api-key", "a b"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestHelp(t *testing.T) {
	stderr := newBuffer()
	if err := run(t.Context(), []string{"-help"}, io.Discard, stderr); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("the error is %v", err)
	}
	for _, text := range []string{"Usage: clarify-sandbox", "-addr host:port", "127.0.0.1:8080", "-workspace name", "-api-key key", "-access-token token", "-people number"} {
		if !strings.Contains(stderr.String(), text) {
			t.Errorf("%q is not in the help: %s", text, stderr)
		}
	}
}
