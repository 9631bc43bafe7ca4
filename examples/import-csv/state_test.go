package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

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
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want %v", err, context.Canceled)
	}
	if !strings.Contains(err.Error(), "go on after row") {
		t.Fatalf(`error %v, want "go on after row" in it`, err)
	}
	if !strings.Contains(out, "20 unknown") {
		t.Fatalf(`it says %q, want "20 unknown" in it`, out)
	}
	out, err = start(t.Context(), clitest.Account(server), args...)
	if !errors.Is(err, errRows) {
		t.Errorf("error %v, want %v", err, errRows)
	}
	for _, want := range []string{"Going on after row ", "500 of 500 rows: 495 in, 5 refused"} {
		if !strings.Contains(out, want) {
			t.Errorf("it says %q, want %q in it", out, want)
		}
	}
	if n := len(people(t, server)); n != 495 {
		t.Errorf("%d are in, want 495", n)
	}
	if n := len(reported(t, path)); n != 5 {
		t.Errorf("%d are in the report, want 5", n)
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
	if out, err := start(t.Context(), clitest.Account(server), args...); !errors.Is(err, clarify.ErrForbidden) {
		t.Fatalf("error %v, want %v", err, clarify.ErrForbidden)
	} else if want := "20 in, 0 refused, 10 unknown"; !strings.Contains(out, want) {
		t.Fatalf("it says %q, want %q in it", out, want)
	}
	out, err := start(t.Context(), clitest.Account(server), args...)
	if !errors.Is(err, errRows) {
		t.Fatalf("error %v, want %v", err, errRows)
	}
	for _, want := range []string{"Going on after row 30 of 60", "60 of 60 rows: 50 in, 0 refused, 10 unknown"} {
		if !strings.Contains(out, want) {
			t.Fatalf("it says %q, want %q in it", out, want)
		}
	}
	if n := len(people(t, server)); n != 60 {
		t.Errorf("%d are in, want 60", n)
	}
	report := reported(t, path)
	if len(report) != 10 {
		t.Fatalf("%d are in the report, want 10: %q", len(report), report)
	}
	if report[0][0] != "12" || report[0][1] != "unknown" {
		t.Errorf("the report begins with %q, want row 12, unknown", report[0])
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
			if lines[line[0]] {
				t.Errorf("line %s is in the report twice", line[0])
			}
			if line[1] != "refused" {
				t.Errorf("line %s is in the report as %s, want refused", line[0], line[1])
			}
			lines[line[0]] = true
		}
		if want := rows - rows/100; len(seen) != want {
			t.Errorf("%d rows are in, want %d", len(seen), want)
		}
		if want := rows / 100; len(lines) != want {
			t.Errorf("%d rows are in the report, want %d", len(lines), want)
		}
		left, err := filepath.Glob(path + ".checkpoint*")
		if err != nil || len(left) > 0 {
			t.Errorf("left are %v, %v", left, err)
		}
	}
	t.Logf("killed %d times in %d imports", killed, imports)
}
