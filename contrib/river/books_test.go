package clarifyriver_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/contrib/river"
	"github.com/clarify-go/clarify/internal/processes"
)

// accountant is a process that works the jobs of the books.
type accountant struct {
	ID, Database               string
	Workspace, APIKey, BaseURL string
	// MirrorEvery is how long the mirror waits between two runs.
	MirrorEvery time.Duration

	pool   *pgxpool.Pool
	client *clarify.Client
}

// stages are how often each record is updated after its import.
const stages = 2

// tablesOfBooks have what the processes report. A result that comes twice is rejected by
// their keys.
const tablesOfBooks = `
CREATE TABLE imported (source text, position int, record text, outcome text, PRIMARY KEY (source, position));
CREATE TABLE updated (stage text, position int, outcome text, PRIMARY KEY (stage, position));
CREATE TABLE copy (record text PRIMARY KEY, title text NOT NULL);
CREATE TABLE cursors (name text PRIMARY KEY, cursor text NOT NULL)`

// work works jobs until the process is killed.
func (a *accountant) work() (struct{}, error) {
	ctx := context.Background()
	var err error
	if a.pool, err = pgxpool.New(ctx, a.Database); err != nil {
		return struct{}{}, err
	}
	if a.client, err = clarify.New(a.Workspace, authn.APIKey(a.APIKey), clarify.WithBaseURL(a.BaseURL)); err != nil {
		return struct{}{}, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &importWorker{
		Config:  accountOf[clarifyriver.ImportArgs](a, a.imported),
		Open:    a.open,
		Results: a.keepImported,
		Options: func(clarifyriver.ImportArgs) []clarify.BulkOption {
			return []clarify.BulkOption{clarify.BatchSize(25), clarify.Concurrency(3)}
		},
	})
	river.AddWorker(workers, &clarifyriver.UpdateWorker[clarifyriver.UpdateArgs, clarify.Person]{
		Config:  accountOf[clarifyriver.UpdateArgs](a, a.updated),
		Open:    a.changes,
		Results: a.keepUpdated,
	})
	river.AddWorker(workers, &clarifyriver.MirrorWorker[clarifyriver.MirrorArgs]{
		Config: accountOf[clarifyriver.MirrorArgs](a, nil),
		Run:    a.mirror,
	})
	queue, err := river.NewClient(riverpgxv5.New(a.pool), &river.Config{
		ID: a.ID, Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		FetchCooldown: 20 * time.Millisecond, FetchPollInterval: 200 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return struct{}{}, err
	}
	if err := queue.Start(ctx); err != nil {
		return struct{}{}, err
	}
	<-queue.Stopped()
	return struct{}{}, errors.New("River has stopped")
}

func accountOf[A river.JobArgs](a *accountant, done func(context.Context, pgx.Tx, A, clarifyriver.Progress) error) clarifyriver.Config[A] {
	return clarifyriver.Config[A]{
		DB: a.pool, Done: done, Slice: 10 * time.Second,
		Client: func(context.Context, A) (*clarify.Client, error) { return a.client, nil },
	}
}

// open returns people. Those of the source "once" have nothing to match them on.
func (a *accountant) open(_ context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
	return func(yield func(clarify.Person, error) bool) {
		for at := from; ; at++ {
			p := clarify.Person{Name: clarify.Name{FirstName: args.Name, LastName: strconv.Itoa(at)}, JobTitle: "imported"}
			if args.MatchOn != "" {
				p.EmailAddresses = clarify.Collection{fmt.Sprintf("%s%d@books.example", args.Name, at)}
			}
			if !yield(p, nil) {
				return
			}
		}
	}, nil
}

func (a *accountant) keepImported(ctx context.Context, tx pgx.Tx, args clarifyriver.ImportArgs, results []clarify.ImportResult[clarify.Person]) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"imported"}, []string{"source", "position", "record", "outcome"},
		pgx.CopyFromSlice(len(results), func(i int) ([]any, error) {
			id := ""
			if results[i].Record != nil {
				id = results[i].Record.ID
			}
			return []any{args.Name, results[i].Index, id, results[i].Outcome.String()}, nil
		}))
	return err
}

// imported has the records of a part updated.
func (a *accountant) imported(ctx context.Context, tx pgx.Tx, args clarifyriver.ImportArgs, _ clarifyriver.Progress) error {
	if args.MatchOn == "" {
		return nil
	}
	return insertTx(ctx, tx, clarifyriver.UpdateArgs{Name: "stage 1", Object: "person", Range: args.Range})
}

// updated has them updated once more.
func (a *accountant) updated(ctx context.Context, tx pgx.Tx, args clarifyriver.UpdateArgs, _ clarifyriver.Progress) error {
	if args.Name == lastStage {
		return nil
	}
	return insertTx(ctx, tx, clarifyriver.UpdateArgs{Name: lastStage, Object: "person", Range: args.Range})
}

var lastStage = fmt.Sprint("stage ", stages)

func insertTx(ctx context.Context, tx pgx.Tx, args river.JobArgs) error {
	_, err := river.ClientFromContext[pgx.Tx](ctx).InsertTx(ctx, tx, args, nil)
	return err
}

// changes returns the changes of a part.
func (a *accountant) changes(ctx context.Context, args clarifyriver.UpdateArgs, from int) (iter.Seq2[clarify.Change, error], error) {
	rows, err := a.pool.Query(ctx, "SELECT record FROM imported WHERE source = 'matched' AND position >= $1 AND position < $2 ORDER BY position", from, args.First+args.Count)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return func(yield func(clarify.Change, error) bool) {
		for _, id := range ids {
			if !yield(clarify.Change{ID: id, Changes: clarify.Fields{"job_title": args.Name}}, nil) {
				return
			}
		}
	}, err
}

func (a *accountant) keepUpdated(ctx context.Context, tx pgx.Tx, args clarifyriver.UpdateArgs, results []clarifyriver.UpdateResult[clarify.Person]) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"updated"}, []string{"stage", "position", "outcome"},
		pgx.CopyFromSlice(len(results), func(i int) ([]any, error) {
			return []any{args.Name, results[i].Index, results[i].Outcome.String()}, nil
		}))
	return err
}

// mirror keeps a copy of the people until all other jobs have ended.
func (a *accountant) mirror(ctx context.Context, _ clarifyriver.MirrorArgs, client *clarify.Client) error {
	for {
		var left int
		if err := a.pool.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE finalized_at IS NULL AND kind <> 'clarify_mirror'").Scan(&left); err != nil {
			return err
		}
		if err := a.copy(ctx, client); err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(a.MirrorEvery):
		}
	}
}

// copy copies what has changed.
func (a *accountant) copy(ctx context.Context, client *clarify.Client) error {
	var text string
	err := a.pool.QueryRow(ctx, "SELECT cursor FROM cursors").Scan(&text)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var cursor clarify.Cursor
	if err := cursor.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for change, err := range clarify.People(client).Changes(ctx, cursor, clarify.PageSize(500)) {
		if err != nil {
			return err
		}
		if change.Kind == clarify.RecordWritten {
			batch.Queue("INSERT INTO copy VALUES ($1, $2) ON CONFLICT (record) DO UPDATE SET title = excluded.title", change.Record.ID, change.Record.Attributes.JobTitle)
		}
		if batch.Len() < 500 && change.Kind != clarify.CaughtUp {
			continue
		}
		at, err := change.Cursor.MarshalText()
		if err != nil {
			return err
		}
		batch.Queue("INSERT INTO cursors VALUES ('people', $1) ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor", string(at))
		if err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() }); err != nil {
			return err
		}
		batch = &pgx.Batch{}
	}
	return nil
}

// Five processes import, update and mirror one workspace, and are killed at random, while
// one request in ten goes wrong: nothing is lost, and nothing is there twice. BOOKS says
// how many records are written, 3,000 times if it is not set.
func TestTheBooksOfProcessesThatAreKilled(t *testing.T) {
	operations := 3000
	full := os.Getenv("BOOKS") != ""
	if full {
		var err error
		if operations, err = strconv.Atoi(os.Getenv("BOOKS")); err != nil || operations < 1000 {
			t.Fatalf("BOOKS=%s is not 1000 or more", os.Getenv("BOOKS"))
		}
	}
	// A tenth is imported with nothing to match on, the rest imported and updated.
	once := operations / 10
	matched := (operations - once) / (1 + stages)
	f := newFixture(t, clarifytest.WithoutValidation(), clarifytest.WithTranscript(0))
	if _, err := f.pool.Exec(t.Context(), tablesOfBooks); err != nil {
		t.Fatal(err)
	}
	inserter, err := river.NewClient(riverpgxv5.New(f.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var jobs []river.InsertManyParams
	for _, part := range (clarifyriver.ImportArgs{Name: "matched", Object: "person", MatchOn: "email_addresses"}).Split(matched, max(150, matched/40)) {
		jobs = append(jobs, river.InsertManyParams{Args: part})
	}
	for _, part := range (clarifyriver.ImportArgs{Name: "once", Object: "person"}).Split(once, max(100, once/10)) {
		jobs = append(jobs, river.InsertManyParams{Args: part})
	}
	jobs = append(jobs, river.InsertManyParams{Args: clarifyriver.MirrorArgs{Name: "people"}})
	if _, err := inserter.InsertMany(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
	for i, fault := range []clarifytest.Fault{
		clarifytest.HangUp(), clarifytest.ResetBeforeWork(), clarifytest.ResetDuringWork(), clarifytest.ResetAfterWork(),
		clarifytest.Status(500), clarifytest.Status(503), clarifytest.Status(502).AfterWork(), clarifytest.CutBody(200),
	} {
		f.srv.Inject(fault, clarifytest.Probability(0.1/8, uint64(i)))
	}

	kills, every := 5, 500*time.Millisecond
	if full {
		kills, every = operations/5000, 4*time.Second
	}
	started := 0
	start := func() (*processes.Process, string) {
		started++
		a := accountant{
			ID: fmt.Sprint("accountant-", started), Database: f.pool.Config().ConnString(),
			Workspace: f.srv.Workspace, APIKey: f.srv.APIKey, BaseURL: f.srv.BaseURL, MirrorEvery: every,
		}
		all := processes.Start(t, 1, "accountant", a)
		processes.Run(t, all)
		return all[0], a.ID
	}
	running, ids := make([]*processes.Process, 5), make([]string, 5)
	for i := range running {
		running[i], ids[i] = start()
	}
	began, killed := time.Now(), 0
	for {
		var left int
		if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
		if time.Since(began) > time.Hour || !full && time.Since(began) > 3*time.Minute {
			t.Fatalf("%d jobs have not ended", left)
		}
		time.Sleep(rand.N(every))
		if killed == kills {
			continue
		}
		killed++
		i := rand.N(len(running))
		running[i].Kill()
		// As River does when it rescues jobs, at once.
		if _, err := f.pool.Exec(t.Context(), `UPDATE river_job SET state = 'available', scheduled_at = now()
			WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, ids[i]); err != nil {
			t.Fatal(err)
		}
		running[i], ids[i] = start()
	}
	took := time.Since(began)
	for _, p := range running {
		p.Kill()
	}
	f.srv.Wait()
	f.srv.RemoveFaults()
	unknown := f.checkBooks(matched, once)
	t.Logf("%d records written by 5 processes in %v, %d kills; %d of the %d that nothing matches have an unknown outcome",
		matched*(1+stages)+once, took.Round(time.Second), killed, unknown, once)
	if !t.Failed() {
		t.Log("0 lost, 0 twice")
	}
}

// checkBooks compares what the processes reported with the workspace.
func (f *fixture) checkBooks(matched, once int) (unknown int) {
	t := f.t
	t.Helper()
	there := map[string]string{} // the id of each record, by source and position
	titles := map[string]string{}
	for line := range f.exported() {
		id, name, title := line["_id"], line["name"], line["job_title"]
		if there[name] != "" {
			t.Errorf("%s is there twice", name)
		}
		there[name], titles[id] = id, title
		if want := map[bool]string{true: lastStage, false: "imported"}[strings.HasPrefix(name, "matched")]; title != want {
			t.Errorf("%s has the title %q, want %q", name, title, want)
		}
	}
	var source, record, outcome string
	var position, reported, created int
	rows, err := f.pool.Query(t.Context(), "SELECT source, position, record, outcome FROM imported")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.ForEachRow(rows, []any{&source, &position, &record, &outcome}, func() error {
		reported++
		id := there[fmt.Sprintf("%s %d", source, position)]
		switch {
		case outcome == "unknown" && source == "once":
			if unknown++; id != "" {
				created++
			}
		case outcome == "refused" || outcome == "unknown" || id == "" || id != record:
			t.Errorf("%s %d is reported as %s with the id %q, and is there as %q", source, position, outcome, record, id)
		default:
			created++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if reported != matched+once || created != len(there) {
		t.Errorf("%d records are reported, want %d, and %d of them are there, want %d", reported, matched+once, created, len(there))
	}
	var updates, copied int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM updated WHERE outcome = 'updated'").Scan(&updates); err != nil || updates != stages*matched {
		t.Errorf("%d updates are reported, want %d: %v", updates, stages*matched, err)
	}
	rows, err = f.pool.Query(t.Context(), "SELECT record, title FROM copy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.ForEachRow(rows, []any{&record, &outcome}, func() error {
		if copied++; titles[record] != outcome {
			t.Errorf("the copy of %s has the title %q, want %q", record, outcome, titles[record])
		}
		return nil
	}); err != nil || copied != len(titles) {
		t.Errorf("the copy has %d records, want %d: %v", copied, len(titles), err)
	}
	return unknown
}

// exported returns all people by one request, however many there are.
func (f *fixture) exported() iter.Seq[map[string]string] {
	f.t.Helper()
	var list struct{ Data struct{ ID string } }
	body := map[string]string{"title": "All", "description": "", "layout": "table", "type": "dynamic"}
	if err := f.client.Do(f.t.Context(), "POST", "objects/person/lists", nil, body, &list); err != nil {
		f.t.Fatal(err)
	}
	var content bytes.Buffer
	if _, err := f.client.ExportList(f.t.Context(), "person", list.Data.ID, &content); err != nil {
		f.t.Fatal(err)
	}
	lines := csv.NewReader(&content)
	header, err := lines.Read()
	if err != nil {
		f.t.Fatal(err)
	}
	return func(yield func(map[string]string) bool) {
		for {
			cells, err := lines.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				f.t.Fatal(err)
			}
			line := map[string]string{}
			for i, name := range header {
				line[name] = cells[i]
			}
			if !yield(line) {
				return
			}
		}
	}
}
