package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// program is one run of the program.
type program struct {
	code           int
	stdout, stderr string
}

// output may be written and read concurrently.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func start(t *testing.T, variables map[string]string, args ...string) program {
	t.Helper()
	var stdout, stderr output
	code := run(t.Context(), &environment{func(name string) string { return variables[name] }, &stdout, &stderr}, args)
	return program{code, stdout.String(), stderr.String()}
}

// check checks the exit code, and what the outputs contain; nothing means that they are
// empty.
func (p program) check(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if p.code != code {
		t.Errorf("it exited with %d, want %d", p.code, code)
	}
	for _, output := range []struct{ got, want string }{{p.stdout, stdout}, {p.stderr, stderr}} {
		if !strings.Contains(output.got, output.want) || output.want == "" && output.got != "" {
			t.Errorf("it wrote %q, want %q", output.got, output.want)
		}
	}
}

// sandbox returns a server and the variables that lead to it.
func sandbox(t *testing.T, opts ...clarifytest.Option) (*clarifytest.Server, map[string]string) {
	t.Helper()
	srv := clarifytest.NewServer(append(opts, clarifytest.WithTB(t), clarifytest.WithRateLimit(1<<30))...)
	return srv, map[string]string{"CLARIFY_WORKSPACE": srv.Workspace, "CLARIFY_API_KEY": srv.APIKey, "CLARIFY_BASE_URL": srv.BaseURL}
}

func clientOf(t *testing.T, srv *clarifytest.Server) *clarify.Client {
	t.Helper()
	client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTheHelpNamesEveryCommand(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"-help"}, {"--help"}} {
		for _, c := range commands {
			start(t, nil, args...).check(t, exitDone, "", c.name+" ")
		}
	}
	start(t, nil).check(t, exitUsage, "", "Usage: clarify-mirror COMMAND")
	start(t, nil, "rum").check(t, exitUsage, "", `unknown command "rum": run clarify-mirror help`)
	for _, c := range commands {
		start(t, nil, c.name, "-help").check(t, exitDone, "", "Usage: clarify-mirror "+c.name+" ")
		start(t, nil, c.name, "-h").check(t, exitDone, "", "Usage: clarify-mirror "+c.name+" ")
		start(t, nil, c.name, "-unknown").check(t, exitUsage, "", "flag provided but not defined: -unknown")
	}
}

func TestAWrongCallSaysWhatIsRight(t *testing.T) {
	file := filepath.Join(t.TempDir(), "crm.sqlite")
	env := map[string]string{"CLARIFY_WORKSPACE": "acme", "CLARIFY_API_KEY": "k"}
	for _, test := range []struct {
		want string
		args []string
		code int
	}{
		{"neither -db nor CLARIFY_MIRROR_DB is set", []string{"run"}, exitUsage},
		{"invalid -db: must be a file or begin with postgres://", []string{"run", "-db", "mysql://x"}, exitUsage},
		{"-schema is only for PostgreSQL", []string{"run", "-db", file, "-schema", "x"}, exitUsage},
		{"-follow must be more than 0s", []string{"run", "-db", file, "-follow", "-1s"}, exitUsage},
		{`unexpected argument "x": run takes only flags`, []string{"run", "x"}, exitUsage},
		{"sql takes 1 argument after the flags, not 0", []string{"sql", "-db", file}, exitUsage},
		{"-csv and -json exclude each other", []string{"sql", "-csv", "-json", "select 1"}, exitUsage},
		{"does not exist: make it with clarify-mirror run", []string{"sql", "-db", file, "select 1"}, exitFailed},
		{"does not exist: make it with clarify-mirror run", []string{"status", "-db", file}, exitFailed},
		{"does not exist: make it with clarify-mirror run", []string{"verify", "-db", file}, exitFailed},
		{"-samples must be 1 or more", []string{"verify", "-samples", "0"}, exitUsage},
		{"-dir is not set", []string{"export", "-db", file}, exitUsage},
		{`invalid -format "xml": must be ndjson, csv or both`, []string{"export", "-db", file, "-dir", "x", "-format", "xml"}, exitUsage},
		{"-dir is not set", []string{"backup"}, exitUsage},
		{"-dir is not set", []string{"restore"}, exitUsage},
		{"must be that of a backup that ended", []string{"restore", "-dir", t.TempDir()}, exitFailed},
	} {
		start(t, env, test.args...).check(t, test.code, "", test.want)
	}
	for _, name := range []string{"run", "verify", "backup", "restore"} {
		args := []string{name, "-dir", t.TempDir()}
		if name == "run" || name == "verify" {
			args = []string{name, "-db", file}
		}
		start(t, nil, args...).check(t, exitUsage, "", "CLARIFY_WORKSPACE is not set")
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a wrong call made the database: %v", err)
	}
}

func TestAMirrorIsMadeAskedExportedAndVerified(t *testing.T) {
	srv, env := sandbox(t)
	seeded := srv.Seed(t, 60)
	dir := t.TempDir()
	file := filepath.Join(dir, "crm.sqlite")
	env["CLARIFY_MIRROR_DB"] = file

	start(t, env, "run").check(t, exitDone, " written, 0 deleted", "person records: ")
	start(t, env, "run", "-quiet").check(t, exitDone, ": 0 written, 0 deleted", "")

	p := start(t, env, "status")
	p.check(t, exitDone, "follows changes", "")
	var tables []tableStatus
	if err := json.Unmarshal([]byte(start(t, env, "status", "-json").stdout), &tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Table == "person" && table.Rows != int64(seeded.People) {
			t.Errorf("%+v", table)
		}
	}

	start(t, env, "sql", "select 1 as one, 'a\nb' as two, null as three").check(t, exitDone, "one  two  three\n---  ---  -----\n1    a␤b\n(1 rows)\n", "")
	start(t, env, "sql", "-csv", "select 1 as one, 'a,b' as two").check(t, exitDone, "one,two\n1,\"a,b\"\n", "")
	start(t, env, "sql", "-json", "select 1 as one, 'a' as one, null as x").check(t, exitDone, "[\n{\"one\":1,\"one_2\":\"a\",\"x\":null}\n]\n", "")
	start(t, env, "sql", "-json", "select 1 where 1 = 0").check(t, exitDone, "[\n]\n", "")
	if p := start(t, env, "sql", "delete from person"); p.code != exitFailed || p.stderr == "" {
		t.Errorf("a statement that writes: %+v", p)
	}

	out := filepath.Join(dir, "out")
	start(t, env, "export", "-dir", out, "-quiet").check(t, exitDone, "person", "")
	ndjson, err := os.ReadFile(filepath.Join(out, "person.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(ndjson)), "\n")
	var first map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != seeded.People || first["_id"] == nil {
		t.Errorf("%d lines, %v, %v", len(lines), first, err)
	}
	content, err := os.ReadFile(filepath.Join(out, "person.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll(); err != nil || len(rows) != seeded.People+1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	start(t, env, "export", "-dir", out, "-tables", "nothing").check(t, exitUsage, "", `the database has no table "nothing"`)
	some := filepath.Join(dir, "some")
	start(t, env, "export", "-dir", some, "-tables", "deal", "-format", "csv", "-quiet").check(t, exitDone, "deal", "")
	if entries, err := os.ReadDir(some); err != nil || len(entries) != 1 || entries[0].Name() != "deal.csv" {
		t.Errorf("%v, %v", entries, err)
	}

	start(t, env, "verify", "-all", "-quiet").check(t, exitDone, "no differences", "")
	s, err := (&database{env: &environment{getenv: func(name string) string { return env[name] }}}).open(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin(t.Context())
	if err == nil {
		err = tx.Truncate(t.Context(), "deal")
	}
	if err == nil {
		err = tx.Commit(t.Context())
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	start(t, env, "verify", "-quiet").check(t, exitDiffers, "missing", "")
	start(t, env, "verify", "-repair", "-quiet").check(t, exitDone, "repaired", "")
	start(t, env, "verify", "-all", "-quiet").check(t, exitDone, "no differences", "")
}

func TestFollowRunsUntilItIsInterrupted(t *testing.T) {
	srv, env := sandbox(t)
	srv.Seed(t, 5)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := &signalled{cancel: cancel, after: 3}
	code := run(ctx, &environment{func(name string) string { return env[name] }, stdout, &output{}},
		[]string{"run", "-db", filepath.Join(t.TempDir(), "crm.sqlite"), "-follow", "1ms", "-quiet"})
	if code != exitDone || stdout.lines < 3 {
		t.Errorf("it exited with %d after %d lines", code, stdout.lines)
	}
}

// signalled cancels a context after some writes.
type signalled struct {
	cancel       context.CancelFunc
	lines, after int
}

func (s *signalled) Write(p []byte) (int, error) {
	if s.lines++; s.lines == s.after {
		s.cancel()
	}
	return len(p), nil
}

func TestAnInterruptedRunSaysSo(t *testing.T) {
	srv, env := sandbox(t)
	srv.Seed(t, 5)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr output
	code := run(ctx, &environment{func(name string) string { return env[name] }, &output{}, &stderr}, []string{"run", "-db", filepath.Join(t.TempDir(), "crm.sqlite")})
	if code != exitFailed || !strings.Contains(stderr.String(), "interrupted: run it again to resume") {
		t.Errorf("it exited with %d: %s", code, stderr.String())
	}
}

func TestABackupIsRestored(t *testing.T) {
	from, env := sandbox(t)
	seeded := from.Seed(t, 40)
	to, into := sandbox(t, clarifytest.WithWorkspace("copy"))
	dir := filepath.Join(t.TempDir(), "backup")
	start(t, env, "backup", "-dir", dir, "-files", "-grants", "-quiet").check(t, exitDone, "records person", "")
	start(t, env, "backup", "-dir", dir).check(t, exitFailed, "", "has a backup already")
	start(t, env, "restore", "-dir", dir, "-quiet").check(t, exitFailed, "", "the workspace is not empty")

	report := filepath.Join(t.TempDir(), "report.json")
	start(t, into, "restore", "-dir", dir, "-quiet", "-report", report).check(t, exitDone, "the system sets them", "")
	n := 0
	for _, err := range clarify.People(clientOf(t, to)).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != seeded.People {
		t.Errorf("%d people were restored, want %d", n, seeded.People)
	}
	// To restore it again changes nothing.
	start(t, into, "restore", "-dir", dir, "-quiet").check(t, exitDone, "records/person", "")
	for range clarify.People(clientOf(t, to)).All(t.Context()) {
		n--
	}
	if n != 0 {
		t.Errorf("a restore that was done restored %d people again", -n)
	}
	content, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(content), `"restored"`) {
		t.Errorf("%s, %v", content, err)
	}
}
