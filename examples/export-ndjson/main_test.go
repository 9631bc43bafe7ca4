package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, main) }

// start runs the program in this process.
func start(ctx context.Context, env map[string]string, args ...string) (stdout, stderr string, err error) {
	var out, messages strings.Builder
	err = run(ctx, args, func(name string) string { return env[name] }, &out, &messages)
	return out.String(), messages.String(), err
}

func clientOf(t *testing.T, s *clarifytest.Server) *clarify.Client {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// exported are the ids in an export, in its order. It fails the test if a line is
// no record, is out of order, or comes twice.
func exported(t *testing.T, content string) []string {
	t.Helper()
	var ids []string
	seen := map[string]bool{}
	last := ""
	lines := bufio.NewScanner(strings.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record struct {
			Type, ID   string
			Attributes struct {
				CreatedAt string `json:"_created_at"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil || record.Type != "person" || record.ID == "" {
			t.Fatalf("line %d is no record: %v, %s", len(ids)+1, err, lines.Text())
		}
		if seen[record.ID] {
			t.Errorf("%s comes twice", record.ID)
		}
		if record.Attributes.CreatedAt < last {
			t.Errorf("%s is out of order", record.ID)
		}
		seen[record.ID], last = true, record.Attributes.CreatedAt
		ids = append(ids, record.ID)
	}
	return ids
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestWithoutAnAccountItExportsFromASandbox(t *testing.T) {
	out, messages, err := start(t.Context(), nil, "-made-up", "300", "-page", "20")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(messages, "sandbox") {
		t.Fatalf("it does not say that it uses a sandbox: %q", messages)
	}
	if strings.Contains(messages, "\r") {
		t.Fatalf("the messages have a progress bar: %q", messages)
	}
	if ids := exported(t, out); len(ids) < 150 || !strings.Contains(messages, fmt.Sprintf("%d records, %d of them new", len(ids), len(ids))) {
		t.Errorf("%d records, and it says %q", len(ids), messages)
	}
	if !strings.Contains(out, `"email_addresses":{"items":["`) {
		t.Errorf("the attributes are not there: %.300s", out)
	}
}

func TestItOnlyReads(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	server.Seed(t, 200)
	if _, _, err := start(t.Context(), clitest.Account(server), "-quiet"); err != nil {
		t.Fatal(err)
	}
	if len(server.Requests()) == 0 {
		t.Error("nothing was read")
	}
	for _, r := range server.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
}

func TestAFileThatIsThereIsNotOverwrittenUnasked(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	server.Seed(t, 200)
	path := filepath.Join(t.TempDir(), "people.ndjson")
	args := []string{"-quiet", "-o", path, "-page", "10"}
	if _, _, err := start(t.Context(), clitest.Account(server), args...); err != nil {
		t.Fatal(err)
	}
	first := read(t, path)
	if _, _, err := start(t.Context(), clitest.Account(server), args...); err == nil || !strings.Contains(err.Error(), "-resume") {
		t.Errorf("again: error %v, want -resume in it", err)
	}
	if _, messages, err := start(t.Context(), clitest.Account(server), append(args, "-replace")...); err != nil {
		t.Errorf("replaced: %q, %v", messages, err)
	}
	if got := read(t, path); got != first {
		t.Errorf("replaced: the file has %d bytes, want the same %d as before", len(got), len(first))
	}
	resume := func(want string) {
		t.Helper()
		_, messages, err := start(t.Context(), clitest.Account(server), append(args, "-resume")...)
		if err != nil {
			t.Errorf("resumed: %v", err)
		}
		if !strings.Contains(messages, want) {
			t.Errorf("resumed: it says %q, want %q in it", messages, want)
		}
	}
	resume("0 of them new")
	if got := read(t, path); got != first {
		t.Errorf("nothing is new: the file has %d bytes, want the same %d as before", len(got), len(first))
	}
	if _, err := clarify.People(clientOf(t, server)).Create(t.Context(), clarify.Person{JobTitle: "New"}); err != nil {
		t.Fatal(err)
	}
	resume("1 of them new")
	if !strings.HasPrefix(read(t, path), first) {
		t.Error("one is new: the file does not begin with what was there")
	}
	complete := read(t, path)
	_, _, err := start(t.Context(), clitest.Account(server), append(args, "-resume", "-object", "company")...)
	if err == nil || !strings.Contains(err.Error(), "-object person") {
		t.Errorf("of another object: error %v, want -object person in it", err)
	}
	if _, err := os.Stat(path + ".partial"); err == nil {
		t.Error("of another object: a partial file is left")
	}
	if read(t, path) != complete {
		t.Error("of another object: the file was changed")
	}
	for _, content := range []string{"{}\n", "hello\n", `{"id":"x","attributes":{}}` + "\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := start(t.Context(), clitest.Account(server), append(args, "-resume")...); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: got %v", content, err)
		}
		if _, err := os.Stat(path + ".partial"); err == nil {
			t.Errorf("%q: a partial file is left", content)
		}
		if got := read(t, path); got != content {
			t.Errorf("%q: the file was changed to %q", content, got)
		}
	}
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-resume"}, {"-resume", "-replace", "-o", "x"}, {"-attempts", "0"}, {"-concurrency", "0"}, {"-page", "0"}, {"-page", "many"}} {
		if _, messages, err := start(t.Context(), nil, args...); !errors.Is(err, errUsage) || messages == "" {
			t.Errorf("%q: %q, %v", args, messages, err)
		}
	}
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for _, args := range [][]string{{"-page", "501"}, {"-concurrency", "1001"}, {"-since", "tomorrow"}, {"-object", "nothing"}} {
		if _, _, err := start(t.Context(), clitest.Account(server), append(args, "-quiet", "-o", filepath.Join(t.TempDir(), "out"))...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	server.TakeViolations()
}

func TestSinceLeavesOutWhatIsOlder(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	server.Seed(t, 400)
	all, _, err := start(t.Context(), clitest.Account(server), "-quiet")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Now().AddDate(-1, 0, 0).UTC().Format(time.DateOnly)
	some, _, err := start(t.Context(), clitest.Account(server), "-quiet", "-since", day)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(all, some) {
		t.Error("what is exported since a day is not the end of everything")
	}
	if len(some) == 0 || len(some) == len(all) {
		t.Errorf("%d bytes of %d, want a part", len(some), len(all))
	}
}

// A failure is reported, and the export resumes where it was.
func TestFailuresAreNotedAndTheExportGoesOn(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	server.Seed(t, 1000)
	path := filepath.Join(t.TempDir(), "people.ndjson")
	args := []string{"-quiet", "-o", path, "-page", "20", "-concurrency", "1"}
	// The client retries 500 itself.
	failing := server.Inject(clarifytest.Status(501), clarifytest.At(3, 7, 8, 12))
	if _, _, err := start(t.Context(), clitest.Account(server), args...); err != nil {
		t.Fatal(err)
	}
	want, _, err := start(t.Context(), clitest.Account(server), "-quiet")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(exported(t, read(t, path)), exported(t, want)) {
		t.Error("the export is not the same as one without failures")
	}
	notes := strings.Split(strings.TrimSpace(read(t, path+".errors.ndjson")), "\n")
	var first failure
	if err := json.Unmarshal([]byte(notes[0]), &first); err != nil {
		t.Errorf("the first note is %q: %v", notes[0], err)
	}
	if len(notes) != failing.Struck() {
		t.Errorf("%d failures are noted, want %d: %q", len(notes), failing.Struck(), notes)
	}
	if first.Records == 0 {
		t.Errorf("the first note does not count the records: %q", notes[0])
	}
	if !strings.Contains(first.Error, "501") {
		t.Errorf("the first note's error is %q, want 501 in it", first.Error)
	}

	complete := read(t, path)
	server.Inject(clarifytest.Status(403))
	_, _, err = start(t.Context(), clitest.Account(server), append(args, "-replace")...)
	if !errors.Is(err, clarify.ErrForbidden) {
		t.Fatalf("error %v, want %v", err, clarify.ErrForbidden)
	}
	if !strings.Contains(err.Error(), "-resume") {
		t.Errorf("error %v, want -resume in it", err)
	}
	if read(t, path) != complete {
		t.Error("an export that failed has replaced one that did not")
	}
	if _, _, err := start(t.Context(), clitest.Account(server), "-quiet", "-o", filepath.Join(t.TempDir(), "no", "such", "directory")); err == nil {
		t.Error("it writes to where there is no directory")
	}
	server.RemoveFaults()
	stuck := server.Inject(clarifytest.Status(501))
	if _, _, err := start(t.Context(), clitest.Account(server), append(args, "-replace", "-attempts", "3")...); err == nil {
		t.Error("there is no error though every attempt failed")
	}
	if got := stuck.Struck(); got != 3 {
		t.Errorf("%d attempts, want 3", got)
	}
}

func TestItGoesOnAfterAnInterrupt(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	server.Seed(t, 1000)
	path := filepath.Join(t.TempDir(), "people.ndjson")
	args := []string{"-quiet", "-o", path, "-page", "20"}
	ctx, cancel := context.WithCancel(t.Context())
	var requests atomic.Int32
	server.Inject(clarifytest.Latency(time.Hour), clarifytest.Matching(func(*http.Request) bool {
		if requests.Add(1) != 15 {
			return false
		}
		cancel()
		return true
	}))
	if _, _, err := start(ctx, clitest.Account(server), args...); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("an export that did not end is under its name")
	}
	if _, _, err := start(t.Context(), clitest.Account(server), args...); err == nil || !strings.Contains(err.Error(), ".partial is of an export that did not end") {
		t.Errorf("got %v", err)
	}
	if _, messages, err := start(t.Context(), clitest.Account(server), append(args, "-resume")...); err != nil || !strings.Contains(messages, "Going on after") {
		t.Fatalf("got %q, %v", messages, err)
	}
	want, _, err := start(t.Context(), clitest.Account(server), "-quiet")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(exported(t, read(t, path)), exported(t, want)) {
		t.Error("the export is not the same as one without an interrupt")
	}
}

// Killed at random and started again, while others add and delete, until it ends
// by itself: then every record that was there all the time is in the file once.
// EXPORT_NDJSON_KILLS says how often it is killed, 4 times if it does not.
func TestKilledAtRandomAndStartedAgainTheExportIsComplete(t *testing.T) {
	kills := clitest.Kills(t, "EXPORT_NDJSON_KILLS", 4)
	killed, exports := 0, 0
	for killed < kills {
		exports++
		server := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithoutValidation(), clarifytest.WithRateLimit(1_000_000))
		server.Seed(t, 3000)
		all, _, err := start(t.Context(), clitest.Account(server), "-quiet")
		if err != nil {
			t.Fatal(err)
		}
		before := exported(t, all)
		server.Inject(clarifytest.Latency(4*time.Millisecond), clarifytest.Operation("getResources"))
		server.Inject(clarifytest.CutBody(3000), clarifytest.Operation("getResources"), clarifytest.Probability(0.03, uint64(exports)))

		// Every fifth is deleted meanwhile.
		stays := map[string]bool{}
		var goes []string
		for i, id := range before {
			if i%5 == 0 {
				goes = append(goes, id)
			} else {
				stays[id] = true
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		meddled := make(chan struct{})
		people := clarify.People(clientOf(t, server))
		go func() {
			defer close(meddled)
			for _, id := range goes {
				if people.Delete(ctx, id) != nil {
					return
				}
				if _, err := people.Create(ctx, clarify.Person{JobTitle: "New"}); err != nil {
					return
				}
			}
		}()

		path := filepath.Join(t.TempDir(), "people.ndjson")
		if status, output := clitest.Killed(t, server, &killed, kills, "-resume", "-o", path, "-page", "20", "-concurrency", "4"); status != 0 {
			t.Fatalf("it ended with %d:\n%s", status, output)
		}
		stop()
		<-meddled
		found := map[string]bool{}
		for _, id := range exported(t, read(t, path)) {
			found[id] = true
		}
		for id := range stays {
			if !found[id] {
				t.Errorf("%s is not in the export", id)
			}
		}
	}
	t.Logf("killed %d times in %d exports", killed, exports)
}
