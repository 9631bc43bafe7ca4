package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
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
func start(ctx context.Context, env map[string]string, args ...string) (stdout string, err error) {
	var out, bar strings.Builder
	err = run(ctx, args, func(name string) string { return env[name] }, &out, &bar)
	return out.String(), err
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reported are the rows of the error report, without its header.
func reported(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path + ".errors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("the report has %v, %v", all, err)
	}
	return all[1:]
}

func people(t *testing.T, s *clarifytest.Server) []clarify.Person {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	var all []clarify.Person
	for p, err := range clarify.People(client).All(t.Context(), clarify.OrderBy("email_addresses", clarify.Ascending)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Attributes)
	}
	return all
}

func TestWithoutAnAccountAndAFileItShowsWhatItDoes(t *testing.T) {
	out, err := start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sandbox", "1000 of 1000 rows: 990 in, 10 refused", "52,refused,email_addresses/items/0: The value must be an email address.,Alan,"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
	if out, err := start(t.Context(), nil, write(t, "job_title\nEngineer\n"), "-quiet"); err == nil || !strings.Contains(err.Error(), "wrong arguments") {
		t.Errorf("flags behind the file: %q, %v", out, err)
	}
	path := write(t, "email_addresses\na@example.com\n")
	if out, err := start(t.Context(), nil, "-quiet", path); err != nil || !strings.Contains(out, "1 of 1 rows: 1 in") {
		t.Errorf("with a file: %q, %v", out, err)
	}
	if _, err := os.Stat(path + ".checkpoint"); err == nil {
		t.Error("a checkpoint is kept of a sandbox that is gone")
	}
}

// addFields gives people some fields more.
func addFields(t *testing.T, s *clarifytest.Server, fields string) {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL))
	if err == nil {
		_, err = client.CreateSchemaPropertiesWithBodyWithResponse(t.Context(), "person", nil, "application/json",
			strings.NewReader(`{"data":{"type":"schema-properties","attributes":`+fields+`}}`))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowsBecomeRecords(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSchemaLag(0, 0))
	addFields(t, server, `{
		"score":{"type":["number","null"]},"ready":{"type":"boolean"},"rank":{"type":["integer","null"]},
		"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}}}`)
	path := write(t, "\ufefffirst_name,name.last_name,E-Mail, job_title ,score,ready:boolean,tags,,labels\r\n"+
		"Ada,Lovelace,ada@example.com; ada@home.example,Engineer,1.50,yes,a;b,ignored,x\n"+
		"Alan,,alan@example.com,,,,,,\n"+
		"too,few\n"+
		",,,,,,,nothing but what is left out,\n"+
		"Bad,,bad@example.com,,many,,,,\n"+
		"Bad,,bad@example.com,,,maybe,,,\n"+
		"Bad,\"quo\"te\",bad@example.com,,,,,,\n"+
		"Nobody,,nobody,,,,,,\r\n"+
		"B\xe4d,,bad@example.com,,,,,,\n"+
		"\"Grace\nBrewster\",Hopper,grace@example.com,,,no,,,\n")
	out, err := start(t.Context(), clitest.Account(server), "-quiet", "-map", "E-Mail=email_addresses", path)
	if !errors.Is(err, errRows) || !strings.Contains(out, "10 of 10 rows: 3 in, 7 refused") {
		t.Fatalf("got %q, %v", out, err)
	}
	all := people(t, server)
	if len(all) != 3 {
		t.Fatalf("got %+v", all)
	}
	ada := all[0]
	if ada.Name.String() != "Ada Lovelace" || !slices.Equal(ada.EmailAddresses, clarify.Collection{"ada@example.com", "ada@home.example"}) ||
		ada.JobTitle != "Engineer" || fmt.Sprintf("%v %v %v", ada.Extra["score"], ada.Extra["ready"], ada.Extra["tags"]) != "1.50 true map[items:[a b]]" || ada.Labels[0] != "x" {
		t.Errorf("got %+v", ada)
	}
	if all[1].Extra != nil || all[1].JobTitle != "" {
		t.Errorf("cells without a value were sent: %+v", all[1])
	}
	if all[2].Name.FirstName != "Grace\nBrewster" {
		t.Errorf("got %+v", all[2])
	}
	report := reported(t, path)
	for i, want := range [][]string{
		{"4", "wrong number of fields"}, {"5", "no value"}, {"6", `"many"`}, {"7", `"maybe"`}, {"8", "\""}, {"9", "must be an email address"}, {"10", "UTF-8"},
	} {
		if report[i][0] != want[0] || report[i][1] != "refused" || !strings.Contains(report[i][2], want[1]) {
			t.Errorf("line %d of the report is %q", i+1, report[i])
		}
	}
	if _, err := os.Stat(path + ".checkpoint"); err == nil {
		t.Error("the checkpoint is left")
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for name, test := range map[string]struct {
		content string
		args    []string
		want    []string
	}{
		"an empty file":              {"", nil, []string{"empty"}},
		"a column twice":             {"first_name,name.first_name\na,b\n", nil, []string{"both for the field name.first_name"}},
		"a name that is not there":   {"a\nb\n", []string{"-map", "x=y"}, []string{`"x"`, "it has a"}},
		"an object that is not":      {"a\nb\n", []string{"-object", "nothing"}, []string{`no object "nothing"`, "person"}},
		"a match that is none":       {"job_title\nb\n", []string{"-match", "job_title"}, []string{"match_on"}},
		"a match that has no column": {"job_title\nb\n", nil, []string{"email_addresses", `-match ""`}},
		"a match that it finds":      {"name\nb\n", []string{"-object", "company"}, []string{"domains"}},
		"no header":                  {"\"", nil, []string{"quote"}},
		"not in UTF-8":               {"Gr\xf6\xdfe\n1\n", nil, []string{"UTF-8"}},
		"wrong names": {"fist_name,Email,email_addresses\na,b,c\n", nil,
			[]string{`"fist_name" is for no field`, `"Email" is for no field`, "name.first_name, name.last_name", `-map "COLUMN=`}},
		"another separator":              {"first_name;email_addresses\na;b\n", nil, []string{"-separator"}},
		"a whole that has members":       {"name,email_addresses\na,b\n", nil, []string{"name.first_name or name.last_name"}},
		"a member that is not":           {"name.nick,email_addresses\na,b\n", nil, []string{"member nick"}},
		"a member that is Clarify's":     {"name.full_name,email_addresses\na,b\n", nil, []string{"name.full_name", "nobody but Clarify"}},
		"a field of the system's":        {"_created_at,email_addresses\na,b\n", nil, []string{"_created_at", "nobody but Clarify"}},
		"a relationship to many":         {"deals,email_addresses\na,b\n", nil, []string{"deals", "several records"}},
		"more at once than there can be": {"email_addresses\na@example.com\n", []string{"-concurrency", "1001"}, []string{"1 to 1000"}},
	} {
		path := write(t, test.content)
		_, err := start(t.Context(), clitest.Account(server), append(append([]string{"-quiet"}, test.args...), path)...)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Start it again") {
				t.Errorf("%s: want %q, got %v", name, want, err)
			}
		}
		if _, err := os.Stat(path + ".checkpoint"); err == nil {
			t.Errorf("%s: there is a checkpoint of nothing", name)
		}
	}
	path := write(t, "email_addresses\na@example.com\n")
	for _, name := range []string{"-errors", "-checkpoint"} {
		if _, err := start(t.Context(), clitest.Account(server), "-quiet", name, path, path); err == nil || !strings.Contains(err.Error(), "the file to import") {
			t.Errorf("%s is the file itself: %v", name, err)
		}
	}
	both := path + ".both"
	if _, err := start(t.Context(), clitest.Account(server), "-quiet", "-errors", both, "-checkpoint", both, path); err == nil || !strings.Contains(err.Error(), "cannot be both") {
		t.Errorf("one file for both: %v", err)
	}
	if runtime.GOOS == "linux" {
		_, err := start(t.Context(), clitest.Account(server), "-quiet", "-errors", os.DevNull, path)
		if err == nil || !strings.Contains(err.Error(), os.DevNull) {
			t.Errorf("a report that cannot be cut off: %v", err)
		}
	}
	for _, args := range [][]string{{"-map", "x"}, {"-batch", "many"}, {"-batch", "0"}, {"-concurrency", "0"}, {"-separator", "ab"}, {"-separator", "\""}, {"a", "b"}, {}} {
		if _, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := start(t.Context(), clitest.Account(server), filepath.Join(t.TempDir(), "nothing.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	server.TakeViolations()
}

func TestColumnsBetweenWhichAnotherCharacterStands(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	for separator, content := range map[string]string{
		";":  "first_name;email_addresses\nAda;\"ada@example.com;ada@home.example\"\n",
		`\t`: "first_name\temail_addresses\nAda\tada@example.com;ada@home.example\n",
	} {
		if out, err := start(t.Context(), clitest.Account(server), "-quiet", "-separator", separator, write(t, content)); err != nil || !strings.Contains(out, "1 in, 0 refused") {
			t.Errorf("%s: %q, %v", separator, out, err)
		}
	}
	if all := people(t, server); len(all) != 1 || len(all[0].EmailAddresses) != 2 || all[0].Name.FirstName != "Ada" {
		t.Errorf("got %+v", all)
	}
}

func TestItGoesOnAfterAnInterrupt(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	path := write(t, string(madeUp(500)))
	ctx, cancel := context.WithCancel(t.Context())
	var requests atomic.Int32
	server.Inject(clarifytest.Latency(time.Hour), clarifytest.Operation("createBulkRecords"), clarifytest.Matching(func(*http.Request) bool {
		if requests.Add(1) != 7 {
			return false
		}
		cancel()
		return true
	}))
	args := []string{"-quiet", "-concurrency", "1", "-batch", "20", path}
	out, err := start(ctx, clitest.Account(server), args...)
	if !errors.Is(err, context.Canceled) || !strings.Contains(out, "20 unknown") || !strings.Contains(err.Error(), "go on after row") {
		t.Fatalf("got %q, %v", out, err)
	}
	out, err = start(t.Context(), clitest.Account(server), args...)
	if !errors.Is(err, errRows) || !strings.Contains(out, "Going on after row ") || !strings.Contains(out, "500 of 500 rows: 495 in, 5 refused") {
		t.Errorf("got %q, %v", out, err)
	}
	if all, report := people(t, server), reported(t, path); len(all) != 495 || len(report) != 5 {
		t.Errorf("%d are in, and %d in the report", len(all), len(report))
	}
}

func TestCheckpointOfSomethingElseIsNotUsed(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	path := write(t, string(madeUp(100)))
	server.Inject(clarifytest.Status(401), clarifytest.Operation("createBulkRecords"), clarifytest.At(2))
	args := []string{"-quiet", "-concurrency", "1", "-batch", "20", path}
	if _, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, clarify.ErrUnauthorized) {
		t.Fatalf("got %v", err)
	}
	for _, change := range []func(){
		func() { args = append([]string{"-match", ""}, args...) },
		func() { args = args[2:]; _ = os.WriteFile(path, madeUp(101), 0o600) },
	} {
		change()
		if _, err := start(t.Context(), clitest.Account(server), args...); err == nil || !strings.Contains(err.Error(), "-restart") {
			t.Errorf("got %v", err)
		}
	}
	other := server.AddWorkspace("other")
	elsewhere := clitest.Account(server)
	elsewhere["CLARIFY_WORKSPACE"], elsewhere["CLARIFY_API_KEY"] = other.Name, other.APIKey
	if err := os.WriteFile(path, madeUp(100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t.Context(), elsewhere, args...); err == nil || !strings.Contains(err.Error(), "-restart") {
		t.Errorf("in another workspace: got %v", err)
	}
	if err := os.WriteFile(path, madeUp(101), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := start(t.Context(), clitest.Account(server), append([]string{"-restart"}, args...)...); !errors.Is(err, errRows) || !strings.Contains(out, "101 of 101 rows: 100 in, 1 refused") {
		t.Errorf("got %q, %v", out, err)
	}
	if err := os.WriteFile(path+".checkpoint", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t.Context(), clitest.Account(server), args...); err == nil || !strings.Contains(err.Error(), "not a checkpoint") {
		t.Errorf("got %v", err)
	}
}

// What was in a report that is gone cannot be had again, and is not made up.
func TestReportThatIsGoneIsNotGoneOnWith(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	path := write(t, string(madeUp(100)))
	server.Inject(clarifytest.Status(401), clarifytest.Operation("createBulkRecords"), clarifytest.Matching(func(r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return bytes.Contains(body, []byte("person99@"))
	}))
	args := []string{"-quiet", "-concurrency", "1", "-batch", "20", path}
	if _, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, clarify.ErrUnauthorized) {
		t.Fatalf("got %v", err)
	}
	for _, change := range []func() error{
		func() error { return os.Truncate(path+".errors.csv", 4) },
		func() error { return os.Remove(path + ".errors.csv") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if out, err := start(t.Context(), clitest.Account(server), args...); err == nil || !strings.Contains(err.Error(), "-restart") || out != "" {
			t.Errorf("got %q, %v", out, err)
		}
	}
	server.RemoveFaults()
	if out, err := start(t.Context(), clitest.Account(server), append([]string{"-restart"}, args...)...); !errors.Is(err, errRows) || len(reported(t, path)) != 1 {
		t.Errorf("got %q, %v", out, err)
	}
}

// A checkpoint never counts on what the error report does not have: the row would
// be in neither.
func TestReportThatCannotBeWrittenIsNotCountedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.csv")
	report, err := openReport(path+".errors.csv", []string{"job_title"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.add(row{line: 2, cells: []string{"Engineer"}}, clarify.Refused, errors.New("No.")); err != nil {
		t.Fatal(err)
	}
	if err := report.file.Close(); err != nil {
		t.Fatal(err)
	}
	im := &importer{state: &checkpoint{path: path + ".checkpoint", Confirmed: 1, ReportBytes: report.size}}
	if err := im.save(report); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(im.state.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a checkpoint: %v", err)
	}
}

// Without a field to match on, a row that may be in is not sent again: somebody
// has to look.
func TestWithoutMatchWhatMayBeInIsLeftToTheReader(t *testing.T) {
	server := clarifytest.NewServer(clarifytest.WithTB(t))
	path := write(t, "job_title\n"+strings.Repeat("Engineer\n", 60))
	server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"), clarifytest.At(2))
	server.Inject(clarifytest.Status(403), clarifytest.Operation("createBulkRecords"), clarifytest.At(4))
	args := []string{"-quiet", "-concurrency", "1", "-batch", "10", "-match", "", path}
	if out, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, clarify.ErrForbidden) || !strings.Contains(out, "20 in, 0 refused, 10 unknown") {
		t.Fatalf("got %q, %v", out, err)
	}
	out, err := start(t.Context(), clitest.Account(server), args...)
	if !errors.Is(err, errRows) || !strings.Contains(out, "Going on after row 30 of 60") || !strings.Contains(out, "60 of 60 rows: 50 in, 0 refused, 10 unknown") {
		t.Fatalf("got %q, %v", out, err)
	}
	if all, report := people(t, server), reported(t, path); len(all) != 60 || len(report) != 10 || report[0][0] != "12" || report[0][1] != "unknown" {
		t.Errorf("%d are in, and the report has %q", len(all), report)
	}
}

// Killed at random and started again, until it ends by itself: then every row is
// in, none twice, and every bad one is in the report, none twice.
// IMPORT_CSV_KILLS says how often it is killed, 6 times if it does not.
func TestKilledAtRandomAndStartedAgainEveryRowIsInOnce(t *testing.T) {
	kills := clitest.Kills(t, "IMPORT_CSV_KILLS", 6)
	killed, imports := 0, 0
	for killed < kills {
		imports++
		const rows = 1500
		server := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithoutValidation(), clarifytest.WithRateLimit(1_000_000))
		server.Inject(clarifytest.Latency(5*time.Millisecond), clarifytest.Operation("createBulkRecords"))
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"), clarifytest.Probability(0.05, uint64(imports)))
		path := write(t, string(madeUp(rows)))
		// There are bad rows.
		if status, output := clitest.Killed(t, server, &killed, kills, "-concurrency", "4", "-batch", "20", path); status != 3 {
			t.Fatalf("it ended with %d:\n%s", status, output)
		}
		seen := map[string]bool{}
		for _, p := range people(t, server) {
			if seen[p.EmailAddresses[0]] {
				t.Errorf("%s is in twice", p.EmailAddresses[0])
			}
			seen[p.EmailAddresses[0]] = true
		}
		lines := map[string]bool{}
		for _, line := range reported(t, path) {
			if lines[line[0]] || line[1] != "refused" {
				t.Errorf("line %s is in the report as %s, and twice: %v", line[0], line[1], lines[line[0]])
			}
			lines[line[0]] = true
		}
		if len(seen) != rows-rows/100 || len(lines) != rows/100 {
			t.Errorf("%d rows are in, and %d in the report", len(seen), len(lines))
		}
		left, err := filepath.Glob(path + ".checkpoint*")
		if err != nil || len(left) > 0 {
			t.Errorf("left are %v, %v", left, err)
		}
	}
	t.Logf("killed %d times in %d imports", killed, imports)
}
