package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
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

	client *http.Client // http.DefaultClient if nil
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
	response, err := cmp.Or(s.client, http.DefaultClient).Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode != status {
		s.t.Fatalf("%s %s: got %s, want %d: %s", request.Method, request.URL, response.Status, status, body)
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
	s := start(t, "-records", "7")
	resources := s.root + "/v1/workspaces/acme/objects/person/resources"

	if !strings.Contains(s.stdout, ", with 3 people, 1 company, 1 deal, 1 meeting and 1 task.\n") {
		t.Errorf("it does not say what there is: %s", s.stdout)
	}
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

func TestASchemaOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schema.json")
	content := `{"format":"clarify-schema","version":1,"schemas":[{"id":"https://getclarify.ai/schemas/entities/c_boat","attributes":{
		"$id":"https://getclarify.ai/schemas/entities/c_boat","type":"object","properties":{"rig":{"type":["string","null"],"enum":["Sloop"],"xClarifyPrimary":true}}}}]}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-schema", path, "-records", "3")
	if !strings.Contains(s.stdout, " and 0 tasks, and 3 other records.\n") {
		t.Errorf("it does not say what there is: %s", s.stdout)
	}
	boats := s.curl(200, s.root+"/v1/workspaces/acme/objects/c_boat/resources", "Authorization: api-key "+s.key)["data"].([]any)
	if len(boats) != 3 || boats[0].(map[string]any)["attributes"].(map[string]any)["rig"] != "Sloop" {
		t.Errorf("the boats are %v", boats)
	}
	s.curl(404, s.root+"/v1/workspaces/acme/objects/person/resources", "Authorization: api-key "+s.key)

	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-schema", path + ".gone"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "schema.json.gone") {
		t.Errorf("for a missing file it ends with %v", err)
	}
}

func TestFlags(t *testing.T) {
	s := start(t, "-workspace", "it's", "-api-key", "K", "-access-token", "T", "-records", "2001")
	people := s.curl(200, s.root+"/v1/workspaces/it%27s/objects/person/resources?page[limit]=1", "Authorization: api-key K")
	workspaceKey := "Authorization: api-key " + s.printed("Workspace key")
	s.curl(200, s.root+"/v1/workspaces/it%27s/users", workspaceKey)
	s.curl(403, s.root+"/v1/workspaces/it%27s/objects/meeting/access", workspaceKey)
	if total := people["meta"].(map[string]any)["total_records"]; total != 1061.0 {
		t.Errorf("there are %v people", total)
	}
	s.curl(200, s.root+"/v1/workspaces/it%27s/objects/person/resources", "Authorization: Bearer T")
	if !strings.Contains(s.stdout, `export CLARIFY_WORKSPACE='it'\''s'`) {
		t.Errorf("the workspace is not quoted: %s", s.stdout)
	}
}

// Several workspaces have credentials of their own and see nothing of each other.
func TestSeveralWorkspaces(t *testing.T) {
	s := start(t, "-workspace", "one", "-workspace", "the other", "-records", "10")
	match := regexp.MustCompile(`(?m)^workspace: +the other\nAPI key: +(\S+)\nWorkspace key: +\S+\naccess token: +(\S+)$`).FindStringSubmatch(s.stdout)
	if match == nil || s.printed("workspace") != "one" {
		t.Fatalf("the workspaces are not printed: %s", s.stdout)
	}
	for path, want := range map[string]map[string]int{
		"/v1/workspaces/one/users":           {"api-key " + s.key: 200, "Bearer " + s.token: 200, "api-key " + match[1]: 403, "Bearer " + match[2]: 403},
		"/v1/workspaces/the%20other/users":   {"api-key " + s.key: 403, "Bearer " + s.token: 403, "api-key " + match[1]: 200, "Bearer " + match[2]: 200},
		"/v1/workspaces/another%20one/users": {"api-key " + s.key: 404},
	} {
		for authorization, status := range want {
			s.curl(status, s.root+path, "Authorization: "+authorization)
		}
	}
	people := s.curl(200, s.root+"/v1/workspaces/the%20other/objects/person/resources", "Authorization: api-key "+match[1])
	if n := len(people["data"].([]any)); n != 0 {
		t.Errorf("the other workspace has %d people", n)
	}
}

func TestTheLog(t *testing.T) {
	s := start(t, "-fault", "reset-before@at=4", "-fault", "status:500@after,at=5")
	s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources?page[limit]=1", "Authorization: api-key "+s.key)
	s.curl(401, s.root+"/v1/workspaces/acme/objects/person/resources", "Authorization: api-key wrong")
	s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources?silent=true", "Authorization: api-key "+s.key)
	if _, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(s.root); err == nil {
		t.Error("there is a response in spite of the fault")
	}
	s.curl(500, s.root+"/v1/workspaces/acme/users", "Authorization: api-key "+s.key)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	line := func(status, operation, target string) string {
		return `\d\d:\d\d:\d\d\.\d{3} GET    ` + status + ` +[0-9.]+(µs|ms|s) ` + operation + ` +` + target + `\n`
	}
	const resources = `/v1/workspaces/acme/objects/person/resources`
	want := regexp.MustCompile(`^` + line("200", "getResources", resources+`\?page\[limit\]=1`) + line("401", "getResources", resources) +
		line("200", "getResources", resources+`\?silent=true`) + ` +violates the contract: .*"silent".*\n` +
		line("---", "-", `/ \[reset before work\]`) +
		line("500", "getUsers", `/v1/workspaces/acme/users \[status 500 after work; it was done\]`) + `$`)
	if got := s.stderr.String(); !want.MatchString(got) {
		t.Errorf("the log is %q", got)
	}
}

func TestASeedRepeatsWhatThereIs(t *testing.T) {
	people := func(s *sandbox) string {
		page := s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources", "Authorization: api-key "+s.key)
		var names []string
		for _, person := range page["data"].([]any) {
			names = append(names, person.(map[string]any)["id"].(string))
		}
		return strings.Join(names, " ")
	}
	first := start(t, "-records", "20")
	again := start(t, "-records", "20", "-seed", first.printed("seed"))
	other := start(t, "-records", "20")
	if again.key != first.key || again.token != first.token || people(again) != people(first) {
		t.Error("the printed seed does not repeat it")
	}
	if other.key == first.key || people(other) == people(first) {
		t.Error("without a seed it repeats itself")
	}
	if !strings.Contains(first.stdout, ", with 11 people, 3 companies, 3 deals, 2 meetings and 1 task.") {
		t.Errorf("it does not say what there is: %s", first.stdout)
	}
}

func TestLoginPage(t *testing.T) {
	const address = "?response_type=code&client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback"
	for _, test := range []struct {
		args   []string
		status int
	}{{nil, 302}, {[]string{"-login-page"}, 200}} {
		s := start(t, test.args...)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Get(s.printed("authorize URL") + address)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%q: got %s, want %d", test.args, response.Status, test.status)
		}
		if said := strings.Contains(s.stdout, "log in with:   admin@sandbox.example and the password sandbox\n"); said != (test.status == 200) {
			t.Errorf("%q: it says who can log in: %v", test.args, said)
		}
	}
}

func TestPort(t *testing.T) {
	s := start(t, "-port", "0")
	if !strings.HasPrefix(s.root, "http://127.0.0.1:") || strings.HasSuffix(s.root, ":8080") {
		t.Errorf("it is at %s", s.root)
	}
}

func TestStop(t *testing.T) {
	s := start(t)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(s.root); err == nil {
		t.Error("it still responds")
	}
}

func TestStopWhileSeeding(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-addr", "127.0.0.1:0", "-records", "10000"}, io.Discard, io.Discard); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-nothing"}, {"extra"}, {"-records", "-1"}, {"-records", "10000001"}, {"-records", "many"}, {"-seed", "-1"},
		{"-port", "65536"}, {"-port", "-1"}, {"-port", "1", "-addr", "nowhere"}, {"-latency", "-1s"}, {"-latency", "1"}, {"-rate-limit", "0"},
		{"-fault", "status:200"}, {"-fault", "status"}, {"-fault", "framework:1"}, {"-fault", "html:x"}, {"-fault", "nothing"}, {"-fault", ""},
		{"-fault", "hang-up:1"}, {"-fault", "latency:1"}, {"-fault", "rate-limited"}, {"-fault", "redirect"}, {"-fault", "redirect:http://[@at=1"},
		{"-fault", "cut:-1"}, {"-fault", "slow:0/1s"}, {"-fault", "slow:1"}, {"-fault", "revoke@p=2"}, {"-fault", "revoke@p=x"},
		{"-fault", "revoke@at=0"}, {"-fault", "revoke@times=0"}, {"-fault", "revoke@operation=nothing"}, {"-fault", "revoke@after"}, {"-fault", "revoke@when=now"},
		{"-fault", "revoke@method=FETCH"}, {"-fault", "revoke@method="}, {"-fault", "revoke@workspace="}, {"-fault", "status:503@storage=yes"},
		{"-fault", "status:503@after=1"}, {"-fault", "revoke@workspace=b"}, {"-workspace", "a", "-fault", "revoke@workspace=acme"},
		{"-fault", "revoke@storage"}, {"-fault", "framework:400@storage"}, {"-fault", "status:503@storage,operation=getUsers"}, {"-fault", "status:503@workspace=acme,storage"},
		{"-workspace", ""}, {"-workspace", ".."}, {"-workspace", "a", "-workspace", "a"},
		{"-quirk", "custom-object-patch"}, {"-quirk", "custom-object-patch=yes"}, {"-quirk", "nothing=on"}, {"-quirk", ""},
	} {
		stderr := newBuffer()
		if err := run(t.Context(), args, io.Discard, stderr); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
		if !strings.Contains(stderr.String(), "Usage: clarify-sandbox") {
			t.Errorf("%q: no usage in %s", args, stderr)
		}
	}
	for _, args := range [][]string{{"-addr", "nowhere"}, {"-api-key", "a b"}, {"-addr", "127.0.0.1:0", "-tls", t.TempDir()}} {
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
	for _, text := range []string{"Usage: clarify-sandbox", "-addr host:port", "127.0.0.1:8080", "-workspace name", "-api-key key", "-access-token token", "-records number", "-seed number", "-port number",
		"-latency time", "-fault fault", "reset-after", "operation=a+b", "-rate-limit number", "-tls file", "-quirk oddity", "custom-object-patch=on", "-login-page"} {
		if !strings.Contains(stderr.String(), text) {
			t.Errorf("%q is not in the help: %s", text, stderr)
		}
	}
}
