package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/servers"
)

// asProgram makes the test binary run as the program.
const asProgram = "CLARIFY_EXAMPLE_BE_THE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// world is what the processes share.
type world struct {
	t    *testing.T
	srv  *clarifytest.Server
	pool *pgxpool.Pool
	url  string // of the database
}

func newWorld(t *testing.T) *world {
	t.Helper()
	database := servers.Postgres(t)
	srv := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithRateLimit(1_000_000), clarifytest.WithoutValidation(), clarifytest.WithTranscript(0))
	pool, err := pgxpool.New(t.Context(), database.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &world{t, srv, pool, database.URL}
}

// process is a run of the program.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	page   string
}

// start starts the program, and waits until its page is there.
func (w *world) start(args ...string) *process {
	w.t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL="+w.url,
		"CLARIFY_WORKSPACE="+w.srv.Workspace, "CLARIFY_API_KEY="+w.srv.APIKey, "CLARIFY_BASE_URL="+w.srv.BaseURL)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.kill()
		w.t.Fatalf("the program does not start: %v\n%s", err, &p.stderr)
	}
	p.page = strings.TrimSpace(line)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// interrupt ends the program in good order.
func (w *world) interrupt(p *process) {
	w.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		w.t.Errorf("the program ends with %v\n%s", err, &p.stderr)
	}
}

// rescue gives the jobs of a killed process to the others at once, as River does after
// a minute or more.
func (w *world) rescue(p *process) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), `UPDATE river_job SET state = 'available', scheduled_at = now()
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, fmt.Sprintf("worker-%d", p.cmd.Process.Pid)); err != nil {
		w.t.Fatal(err)
	}
}

// left returns how many jobs have not ended.
func (w *world) left() (n int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is not a positive number", variable, text)
	}
	return n
}

// Three processes are killed at random and started again, until every row is in exactly
// once. WORKER_ROWS says how many rows there are, 6000 if it is not set, and then River's
// own rescue is waited for.
func TestKilledAtRandomTheProcessesImportEachRowOnce(t *testing.T) {
	rows := number(t, "WORKER_ROWS", 6000)
	full := os.Getenv("WORKER_ROWS") != ""
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "people.csv")
	args := []string{"-file", file, "-rows", strconv.Itoa(rows), "-part", strconv.Itoa(max(rows/20, 500)), "-slice", "20s", "-rescue", "1m"}
	kills, every := 6, 50*time.Millisecond
	if full {
		kills, every = 10, 15*time.Second
	}
	w.srv.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createBulkRecords"), clarifytest.Probability(0.05, 1))
	processes := []*process{w.start(args...), w.start(args...), w.start(args...)}
	defer func() {
		for _, p := range processes {
			p.kill()
		}
	}()
	began := time.Now()
	killed := 0
	for w.left() > 0 {
		if time.Since(began) > 30*time.Minute {
			t.Fatalf("%d jobs have not ended\n%s", w.left(), &processes[0].stderr)
		}
		time.Sleep(rand.N(every))
		if killed == kills {
			continue
		}
		killed++
		i := rand.N(len(processes))
		processes[i].kill()
		if !full {
			w.rescue(processes[i])
		}
		processes[i] = w.start(args...)
	}
	t.Logf("%d rows, %d kills, %v", rows, killed, time.Since(began).Round(time.Second))
	w.check(rows)
	w.checkPage(processes[0], rows)
	for _, p := range processes {
		w.interrupt(p)
	}
}

// check compares what is in the workspace and in the database with the file.
func (w *world) check(rows int) {
	w.t.Helper()
	client, err := clarify.New(w.srv.Workspace, authn.APIKey(w.srv.APIKey), clarify.WithBaseURL(w.srv.BaseURL))
	if err != nil {
		w.t.Fatal(err)
	}
	// One request for all of them, however many there are.
	var list struct{ Data struct{ ID string } }
	body := map[string]string{"title": "All", "description": "", "layout": "table", "type": "dynamic"}
	if err := client.Do(w.t.Context(), http.MethodPost, "objects/person/lists", nil, body, &list); err != nil {
		w.t.Fatal(err)
	}
	var exported bytes.Buffer
	if _, err := client.ExportList(w.t.Context(), "person", list.Data.ID, &exported); err != nil {
		w.t.Fatal(err)
	}
	ids := map[string]string{} // of the records, by email address
	lines := csv.NewReader(&exported)
	header, err := lines.Read()
	if err != nil {
		w.t.Fatal(err)
	}
	id, email := slices.Index(header, "_id"), slices.Index(header, "email_addresses")
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.t.Fatal(err)
		}
		if ids[line[email]] != "" {
			w.t.Errorf("%s is there twice", line[email])
		}
		ids[line[email]] = line[id]
	}
	if len(ids) != rows {
		w.t.Errorf("%d people are there, want %d", len(ids), rows)
	}
	results, err := w.pool.Query(w.t.Context(), "SELECT position, coalesce(record, ''), outcome FROM results")
	if err != nil {
		w.t.Fatal(err)
	}
	var n, position int
	var record, outcome string
	if _, err := pgx.ForEachRow(results, []any{&position, &record, &outcome}, func() error {
		if n++; record == "" || record != ids[fmt.Sprintf("person%d@example.com", position)] {
			w.t.Errorf("row %d is %s as %q", position, outcome, record)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	if n != rows {
		w.t.Errorf("%d rows have results, want %d", n, rows)
	}
}

func (w *world) checkPage(p *process, rows int) {
	w.t.Helper()
	response, err := http.Get(p.page)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf("<h1>%d of %d rows</h1>", rows, rows), "<td>completed<td>0<td>", "0 refused"} {
		if !strings.Contains(string(html), want) {
			w.t.Errorf("the page lacks %q:\n%s", want, html)
		}
	}
}

func TestRowsThatAreWrongAreRefused(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("Ada,Lovelace,ada@example.com\nGrace,Hopper\nAlan,Turing,nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := w.start("-file", file, "-rows", "3")
	for w.left() > 0 {
		time.Sleep(20 * time.Millisecond)
	}
	w.interrupt(p)
	var refused, in int
	if err := w.pool.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE outcome = 'refused' AND error <> ''), count(record) FROM results").Scan(&refused, &in); err != nil || refused != 2 || in != 1 {
		t.Errorf("%d are in, and %d refused: %v", in, refused, err)
	}
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-rows", "0"}, {"-part", "0"}, {"-slice", "0s"}, {"-rows", "many"}} {
		var said bytes.Buffer
		if err := run(context.Background(), args, func(string) string { return "" }, io.Discard, &said); !errors.Is(err, errUsage) || said.Len() == 0 {
			t.Errorf("%q: %q, %v", args, &said, err)
		}
	}
	for missing, environment := range map[string]map[string]string{
		"CLARIFY_WORKSPACE is not set": nil,
		"DATABASE_URL is not set":      {"CLARIFY_WORKSPACE": "acme", "CLARIFY_API_KEY": "key"},
	} {
		err := run(context.Background(), nil, func(name string) string { return environment[name] }, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("with %v: got %v, want %q", environment, err, missing)
		}
	}
}
