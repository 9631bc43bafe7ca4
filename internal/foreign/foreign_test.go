// Package foreign has clients that were not written here speak with
// clarify-sandbox: curl, with requests as the vendor's documents have them, and
// one in TypeScript that others generate from openapi.yaml.
//
// They need curl, and node with the packages of package.json, which "npm ci"
// installs. Where one is missing its test is skipped, but not in CI.
package foreign

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sandbox is the program, running on a port.
type sandbox struct {
	t                *testing.T
	url, key, token  string
	tokenURL, origin string

	wrong []string // violations of the contract that are on purpose, a part of each
}

func start(t *testing.T, args ...string) *sandbox {
	t.Helper()
	program := filepath.Join(t.TempDir(), "clarify-sandbox")
	build := exec.Command("go", "build", "-o", program, "./cmd/clarify-sandbox")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, append([]string{"-port", "0", "-seed", "1"}, args...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	var log bytes.Buffer
	command.Stderr = &log
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	s := &sandbox{t: t}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
		if t.Failed() || s.violated(log.String()) {
			t.Errorf("the log of the sandbox:\n%s", &log)
		}
	})
	introduction := make([]byte, 0, 1<<13)
	for !bytes.Contains(introduction, []byte("/objects/person/records'")) {
		n, err := out.Read(introduction[len(introduction):cap(introduction)])
		introduction = introduction[:len(introduction)+n]
		if err != nil {
			t.Fatalf("%v after %s", err, introduction)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	printed := func(label string) string {
		match := regexp.MustCompile(`(?m)^` + label + `: +(\S+)$`).FindSubmatch(introduction)
		if match == nil {
			t.Fatalf("there is no %s in %s", label, introduction)
		}
		return string(match[1])
	}
	base := printed("base URL")
	s.url = base + "/workspaces/" + printed("workspace")
	s.key = printed("API key")
	s.token = printed("access token")
	s.tokenURL = printed("token URL")
	s.origin = strings.TrimSuffix(base, "/v1")
	return s
}

// violated tells whether something in a log violates the contract that is not
// wrong on purpose.
func (s *sandbox) violated(log string) bool {
	for line := range strings.Lines(log) {
		onPurpose := slices.ContainsFunc(s.wrong, func(part string) bool { return strings.Contains(line, part) })
		if strings.Contains(line, "violates the contract") && !onPurpose {
			return true
		}
	}
	return false
}

// need skips a test where a program is missing, and fails it in CI.
func need(t *testing.T, what string, there bool) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("%s is missing", what)
	default:
		t.Skipf("%s is missing", what)
	}
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// curl runs curl and returns the body of a response that has the status.
func (s *sandbox) curl(status string, args ...string) string {
	s.t.Helper()
	const mark = "\n-- "
	command := exec.Command("curl", append([]string{"-sS", "-g", "--noproxy", "*", "-w", mark + "%{http_code}"}, args...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	body, got, _ := strings.Cut(string(out), mark)
	if err != nil || got != status {
		s.t.Fatalf("curl %s: %v, got %s, want %s: %s%s", strings.Join(args, " "), err, got, status, body, &stderr)
	}
	return body
}

// json is curl for a response in JSON, of which it returns what is at a path of
// members and indexes.
func (s *sandbox) json(status string, path []any, args ...string) any {
	s.t.Helper()
	body := s.curl(status, args...)
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		s.t.Fatalf("%v in %s", err, body)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			array, _ := value.([]any)
			if step >= len(array) {
				s.t.Fatalf("there is nothing at %v in %s", path, body)
			}
			value = array[step]
		}
	}
	return value
}

func (s *sandbox) auth() []string { return []string{"-H", "Authorization: api-key " + s.key} }

// with are the arguments for a request with the key and a body.
func (s *sandbox) with(method, path, body string) []string {
	args := append(s.auth(), "-X", method, s.url+path)
	if body != "" {
		args = append(args, "-H", "Content-Type: application/json", "-d", body)
	}
	return args
}

func at(path ...any) []any { return path }

func TestCurl(t *testing.T) {
	need(t, "curl", installed("curl"))
	s := start(t, "-records", "40")
	wants := func(want, got any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}

	// Authentication, in the order of the vendor's page.
	people := s.url + "/objects/person/resources"
	wants(22, s.json("200", at("meta", "total_records"), "-H", "Authorization: api-key "+s.key, people))
	wants("401", s.json("401", at("errors", 0, "status"), "-H", "Authorization: Bearer "+s.key, people))
	location := s.curl("302", "-o", "/dev/null", "-w", "%{redirect_url}\n-- %{http_code}",
		s.origin+"/oauth2/authorize?response_type=code&client_id=your_client_id&scope=openid%20profile%20email%20offline_access&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback")
	_, code, _ := strings.Cut(location, "code=")
	code, _, _ = strings.Cut(code, "&")
	tokens, _ := s.json("200", nil, "-X", "POST", s.tokenURL,
		"-H", "Content-Type: application/x-www-form-urlencoded",
		"-d", "grant_type=authorization_code", "-d", "code="+code, "-d", "redirect_uri=http://127.0.0.1:1/callback",
		"-d", "client_id=your_client_id", "-d", "client_secret=your_client_secret").(map[string]any)
	wants(22, s.json("200", at("meta", "total_records"), "-H", fmt.Sprint("Authorization: Bearer ", tokens["access_token"]), people))
	token := s.json("200", at("access_token"), "-X", "POST", s.tokenURL,
		"-d", "grant_type=refresh_token", "-d", fmt.Sprint("refresh_token=", tokens["refresh_token"]),
		"-d", "client_id=your_client_id", "-d", "client_secret=your_client_secret")
	wants(22, s.json("200", at("meta", "total_records"), "-H", fmt.Sprint("Authorization: Bearer ", token), people))
	wants("401", s.json("401", at("errors", 0, "status"), "-H", "Authorization: api-key "+s.token, people))
	wants("401", s.json("401", at("errors", 0, "status"), people))
	s.wrong = append(s.wrong, "the contract has no such path")
	s.curl("404", append(s.auth(), strings.Replace(people, "/v1/", "/", 1))...)

	// Pages, sorting, filters and includes, with brackets as they are and escaped.
	get := func(path []any, query string) any {
		t.Helper()
		return s.json("200", path, append(s.auth(), people+"?"+query)...)
	}
	wants(2, get(at("meta", "limit"), "page[limit]=2&page[offset]=0"))
	wants(2, get(at("meta", "limit"), "page%5Blimit%5D=2&page%5Boffset%5D=0"))
	newest := get(at("data", 0, "attributes", "_created_at"), "sortOrder[column]=_created_at&sortOrder[dir]=DESC")
	oldest := get(at("data", 0, "attributes", "_created_at"), "sortOrder[column]=_created_at&sortOrder[dir]=ASC")
	if fmt.Sprint(newest) <= fmt.Sprint(oldest) {
		t.Errorf("the newest is of %v, the oldest of %v", newest, oldest)
	}
	wants("company", get(at("included", 0, "type"), "include=company_id&filter[company_id][Is%20not%20empty]="))
	wants(0, get(at("meta", "total_records"), "filter[person.company_id.name][Is]=Nobody"))
	wants("400", s.json("400", at("errors", 0, "status"), append(s.auth(), people+"?filter[name][Equals]=x")...))

	// Writes.
	const ada = `{"data":{"type":"person","attributes":{"name":{"first_name":"Ada","last_name":"Lovelace"},"email_addresses":{"items":["ada@analytical.example"]}}}`
	id := fmt.Sprint(s.json("201", at("data", "id"), s.with("POST", "/objects/person/records", ada+`,"match_on":"email_addresses"}`)...))
	wants(id, s.json("201", at("data", "id"), s.with("POST", "/objects/person/records", ada+`,"match_on":"email_addresses"}`)...))
	wants("400", s.json("400", at("errors", 0, "status"), s.with("POST", "/objects/person/records", ada+`}`)...))
	update := fmt.Sprintf(`{"data":{"type":"person","id":%q,"attributes":{"job_title":"Countess"}}}`, id)
	wants("Countess", s.json("200", at("data", "attributes", "job_title"), s.with("PATCH", "/objects/person/records/"+id, update)...))
	wants(2, s.json("201", at("meta", "total_records"), s.with("POST", "/objects/deal/records/bulk",
		`{"data":[{"type":"deal","attributes":{"name":"A"}},{"type":"deal","attributes":{"name":"B"}}]}`)...))

	// A file goes to the address that the API signs, and comes back whole.
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(file, []byte("On the analytical engine"), 0o600); err != nil {
		t.Fatal(err)
	}
	signed, _ := s.json("200", at("data"), s.with("PUT", "/objects/person/records/"+id+"/attachments", `{"name":"notes.txt"}`)...).(map[string]any)
	s.curl("200", "-T", file, fmt.Sprint(signed["signedUrl"]))
	s.curl("201", s.with("POST", "/objects/person/records/"+id+"/attachments",
		fmt.Sprintf(`{"name":"notes.txt","key":%q,"attachmentId":%q}`, signed["key"], signed["attachmentId"]))...)
	download := s.json("200", at("data", "url"), s.with("GET", fmt.Sprintf("/objects/person/records/%s/attachments/%s", id, signed["attachmentId"]), "")...)
	wants("On the analytical engine", s.curl("200", fmt.Sprint(download)))
	wants("analytical", s.curl("206", "-r", "7-16", fmt.Sprint(download)))
	wants(true, strings.Contains(s.curl("403", "-T", file, fmt.Sprint(download)), "<Code>SignatureDoesNotMatch</Code>"))
	s.wrong = append(s.wrong, "a credential was sent to storage")
	wants(true, strings.Contains(s.curl("400", append(s.auth(), fmt.Sprint(download))...), "<Code>InvalidArgument</Code>"))

	// A recording goes by a form, with the file last.
	meeting := fmt.Sprint(s.json("201", at("data", "id"), s.with("POST", "/objects/meeting/records", `{"data":{"type":"meeting","attributes":{}}}`)...))
	media, _ := s.json("201", at("data"), s.with("POST", "/meetings/"+meeting+"/recordings/media", `{"contentType":"audio/mpeg"}`)...).(map[string]any)
	upload, _ := media["upload"].(map[string]any)
	fields, _ := upload["fields"].(map[string]any)
	form := []string{}
	for name, value := range fields {
		form = append(form, "--form-string", fmt.Sprintf("%s=%s", name, value))
	}
	s.curl("204", append(form, "-F", "file=@"+file+";type=audio/mpeg", fmt.Sprint(upload["url"]))...)
	s.curl("200", s.with("POST", fmt.Sprintf("/meetings/%s/recordings/media/%s", meeting, media["recordingId"]), "")...)
	video := s.json("201", at("data", "videoUrl"), s.with("POST", fmt.Sprintf("/meetings/%s/recordings/%s/artifacts", meeting, media["recordingId"]), "")...)
	wants("On the analytical engine", s.curl("200", fmt.Sprint(video)))

	// Rows of a list as CSV.
	list := s.json("200", at("data", 0, "id"), s.with("GET", "/objects/person/lists", "")...)
	rows := s.curl("200", s.with("POST", fmt.Sprintf("/objects/person/lists/%s/rows/csv", list), `{"search":{"query":"lovelace"}}`)...)
	wants(2, strings.Count(rows, "\r\n"))

	// An id that must be escaped in a path.
	user := fmt.Sprint(s.json("200", at("data", 0, "id"), s.with("GET", "/users", "")...))
	wants(user, s.json("200", at("data", "id"), s.with("GET", "/users/"+strings.ReplaceAll(user, "|", "%7C"), "")...))

	s.curl("204", s.with("DELETE", "/objects/person/records/"+id, "")...)
	wants("404", s.json("404", at("errors", 0, "status"), s.with("GET", "/objects/person/records/"+id, "")...))
	wants(id, s.json("200", at("data", 0, "id"), s.with("GET", "/objects/person/deleted-resources?filter[_deleted_at][Is%20after]=0", "")...))
}

func TestTypeScript(t *testing.T) {
	need(t, "node", installed("node") && installed("npm"))
	_, err := os.Stat("node_modules/openapi-fetch")
	need(t, "what npm ci installs", err == nil)
	// The second client has the types of the objects of workspace.json.
	generate := exec.Command("go", "run", "./cmd/clarify-gen", "openapi", "-schema", "internal/foreign/workspace.json", "-o", "internal/foreign/workspace.yaml")
	generate.Dir = "../.."
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	build := exec.Command("npm", "run", "--silent", "build")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for client, flags := range map[string][]string{"client": nil, "workspace": {"-schema", "workspace.json"}} {
		t.Run(client, func(t *testing.T) {
			s := start(t, flags...)
			program := exec.Command("node", "--test", "build/"+client+".js")
			program.Env = append(os.Environ(), "CLARIFY_URL="+s.url, "CLARIFY_API_KEY="+s.key, "NO_PROXY=*")
			if out, err := program.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
