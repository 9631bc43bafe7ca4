package clarifyriver_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/contrib/river"
)

type importWorker = clarifyriver.ImportWorker[clarifyriver.ImportArgs, clarify.Person]

var matched = clarifyriver.ImportArgs{Name: "people", Object: "person", MatchOn: "email_addresses"}

// recordResults makes a worker write its results to a table.
func (f *fixture) recordResults(w *importWorker) {
	f.t.Helper()
	if _, err := f.pool.Exec(f.t.Context(), "CREATE TABLE results (position int, outcome text)"); err != nil {
		f.t.Fatal(err)
	}
	w.Results = func(ctx context.Context, tx pgx.Tx, _ clarifyriver.ImportArgs, results []clarify.ImportResult[clarify.Person]) error {
		var rows [][]any
		for _, r := range results {
			rows = append(rows, []any{r.Index, r.Outcome.String()})
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"results"}, []string{"position", "outcome"}, pgx.CopyFromRows(rows))
		return err
	}
}

// results returns the outcome of each position, and checks that each has one.
func (f *fixture) results(n int) map[int]string {
	f.t.Helper()
	rows, err := f.pool.Query(f.t.Context(), "SELECT position, outcome FROM results")
	if err != nil {
		f.t.Fatal(err)
	}
	outcomes := map[int]string{}
	var position int
	var outcome string
	if _, err := pgx.ForEachRow(rows, []any{&position, &outcome}, func() error {
		if _, twice := outcomes[position]; twice {
			f.t.Errorf("record %d has two results", position)
		}
		outcomes[position] = outcome
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	if len(outcomes) != n {
		f.t.Errorf("%d records have results, want %d", len(outcomes), n)
	}
	return outcomes
}

func TestAnImportWritesEachRecordOnce(t *testing.T) {
	for name, args := range map[string]clarifyriver.ImportArgs{
		"with a field to match on": matched,
		"without one":              {Name: "people", Object: "person"},
		"a part":                   {Name: "people", Object: "person", Range: clarifyriver.Range{Count: 700}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: people(700)}
			f.recordResults(w)
			client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
			_, p := f.awaitState(client, f.insert(client, args), rivertype.JobStateCompleted)
			f.wantOnce(700)
			f.results(700)
			if p.Done != 700 || p.Created+p.Written != 700 || p.Runs != 1 || p.State != nil {
				t.Errorf("the progress is %+v", p)
			}
		})
	}
}

func TestRefusedRecordsAreInTheProgressAndInTheResults(t *testing.T) {
	f := newFixture(t)
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f)}
	w.Open = func(context.Context, clarifyriver.ImportArgs, int) (iter.Seq2[clarify.Person, error], error) {
		return func(yield func(clarify.Person, error) bool) {
			bad := person(1)
			bad.EmailAddresses[0] = "nobody"
			_ = yield(person(0), nil) && yield(bad, nil) && yield(clarify.Person{}, errors.New("line 3 has no columns")) && yield(person(3), nil)
		}, nil
	}
	f.recordResults(w)
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	args := matched
	args.First = 40
	_, p := f.awaitState(client, f.insert(client, args), rivertype.JobStateCompleted)
	outcomes := f.results(4)
	if outcomes[41] != "refused" || outcomes[42] != "refused" || outcomes[43] == "refused" {
		t.Errorf("the outcomes are %v", outcomes)
	}
	if p.Refused != 2 || len(p.Problems) != 2 || p.Problems[0].Index != 41 || !strings.Contains(p.Problems[1].Error, "line 3 has no columns") {
		t.Errorf("the progress is %+v", p)
	}
}

// dying is a database that loses its connection, as a worker does that is killed.
type dying struct {
	clarifyriver.DB
	begun atomic.Int64
	dies  int64 // at which transaction, 0 for never; atomic
}

func (d *dying) Begin(ctx context.Context) (pgx.Tx, error) {
	if n, dies := d.begun.Add(1), atomic.LoadInt64(&d.dies); dies > 0 && n >= dies {
		return nil, errors.New("the worker is gone")
	}
	return d.DB.Begin(ctx)
}

// A worker that could save nothing any more sent records that the next one does not
// know of.
func TestAfterACrashNothingIsLostAndNothingIsThereTwice(t *testing.T) {
	// A run with a field to match on saves its progress at its end, and then completes
	// the job. One without saves it for each 100 records before.
	for matchOn, all := range map[string][]int64{"email_addresses": {1, 2}, "": {1, 2, 4, 6}} {
		for _, dies := range all {
			t.Run(fmt.Sprintf("matched on %q, at transaction %d", matchOn, dies), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				db := &dying{DB: f.pool, dies: dies}
				w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: people(400)}
				w.DB = db
				w.Options = func(clarifyriver.ImportArgs) []clarify.BulkOption {
					return []clarify.BulkOption{clarify.BatchSize(10), clarify.Concurrency(2)}
				}
				f.recordResults(w)
				client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
				id := f.insert(client, clarifyriver.ImportArgs{Name: "people", Object: "person", MatchOn: matchOn})
				f.awaitError(client, id, "the worker is gone")
				db.begun.Store(-1000)
				_, p := f.awaitState(client, id, rivertype.JobStateCompleted)
				outcomes := f.results(400)
				if matchOn != "" {
					f.wantOnce(400)
					return
				}
				there := map[string]int{}
				for _, name := range f.names() {
					there[name]++
				}
				for at, outcome := range outcomes {
					n := there[fmt.Sprint("p", at)]
					if n > 1 || n == 0 && outcome != "unknown" {
						t.Errorf("%d is there %d times, and its outcome is %s", at, n, outcome)
					}
				}
				if few := dies == 1 || dies == 6; few != (p.Unknown == 0) || p.Unknown > 200 || p.Done != 400 {
					t.Errorf("the progress is %+v", p)
				}
			})
		}
	}
}

// A run that ends before it has read what a killed one may have sent leaves it to the
// next one to report.
func TestWhatMayHaveBeenSentIsNotSentAgainByAnyLaterRun(t *testing.T) {
	f := newFixture(t)
	db := &dying{DB: f.pool, dies: 2}
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f)}
	w.DB = db
	opened := 0
	w.Open = func(ctx context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
		seq, err := people(50)(ctx, args, from)
		if opened++; opened != 2 {
			return seq, err
		}
		db.begun.Store(-1000)
		return func(yield func(clarify.Person, error) bool) {
			_ = yield(person(from), nil) && yield(clarify.Person{}, clarifyriver.Unreadable(errors.New("the disk is gone")))
		}, err
	}
	f.recordResults(w)
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, clarifyriver.ImportArgs{Name: "people", Object: "person"})
	_, p := f.awaitState(client, id, rivertype.JobStateCompleted)
	f.wantOnce(50)
	f.results(50)
	if p.Unknown != 50 || p.Runs != 3 || opened != 3 {
		t.Errorf("it was opened %d times, and the progress is %+v", opened, p)
	}
}

// The run takes only some records at a time, and errors of the API do not lose any.
func TestAnImportResumesAfterEachSliceAndEachError(t *testing.T) {
	for name, matchOn := range map[string]string{"with a field to match on": "email_addresses", "without one": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, clarifytest.WithoutValidation())
			f.srv.Inject(clarifytest.Status(403), clarifytest.Operation("createBulkRecords"), clarifytest.At(4, 20))
			// 40 batches, 3 at a time, take more than 120 ms, which is 6 slices.
			f.srv.Inject(clarifytest.Latency(10*time.Millisecond), clarifytest.Operation("createBulkRecords"))
			w := &importWorker{Config: config[clarifyriver.ImportArgs](f)}
			w.Slice = 20 * time.Millisecond
			w.Options = func(clarifyriver.ImportArgs) []clarify.BulkOption {
				return []clarify.BulkOption{clarify.BatchSize(10), clarify.Concurrency(3)}
			}
			var mu sync.Mutex
			var opened []int
			broken := false
			w.Open = func(ctx context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
				mu.Lock()
				defer mu.Unlock()
				opened = append(opened, from)
				seq, err := people(400)(ctx, args, from)
				if from < 150 || broken {
					return seq, err
				}
				return func(yield func(clarify.Person, error) bool) {
					n := 0
					for p, err := range seq {
						if n++; n == 2 {
							broken = true
							yield(clarify.Person{}, clarifyriver.Unreadable(errors.New("the disk is gone")))
							return
						}
						if !yield(p, err) {
							return
						}
					}
				}, err
			}
			f.recordResults(w)
			client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
			id := f.insert(client, clarifyriver.ImportArgs{Name: "people", Object: "person", MatchOn: matchOn})
			row, _ := f.awaitState(client, id, rivertype.JobStateCompleted)
			f.wantOnce(400)
			outcomes := f.results(400)
			for at, outcome := range outcomes {
				if outcome == "unknown" || outcome == "refused" {
					t.Errorf("the outcome of %d is %s", at, outcome)
				}
			}
			if len(row.Errors) < 2 || !strings.Contains(fmt.Sprint(row.Errors), "the disk is gone") {
				t.Errorf("the errors are %+v", row.Errors)
			}
			if len(opened) < 5 {
				t.Errorf("the records were opened at %v, want some slices", opened)
			}
		})
	}
}

func TestAnImportOfFewerRecordsThanItsPartIsCancelled(t *testing.T) {
	f := newFixture(t)
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: people(10)}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	args := matched
	args.Range = clarifyriver.Range{First: 5, Count: 6}
	row, p := f.awaitState(client, f.insert(client, args), rivertype.JobStateCancelled)
	if p.Done != 5 || !strings.Contains(row.Errors[0].Error, "it is for 6 records, and there are only 5") {
		t.Errorf("the progress is %+v, and the errors are %+v", p, row.Errors)
	}
}

func TestInvalidJobsAreCancelled(t *testing.T) {
	f := newFixture(t)
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: people(10)}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	for want, args := range map[string]clarifyriver.ImportArgs{
		"the name is empty":   {Object: "person"},
		"the object is empty": {Name: "people"},
		"first is -1":         {Name: "people", Object: "person", Range: clarifyriver.Range{First: -1}},
	} {
		row, _ := f.awaitState(client, f.insert(client, args), rivertype.JobStateCancelled)
		if !strings.Contains(row.Errors[0].Error, want) {
			t.Errorf("the error is %q, want %q", row.Errors[0].Error, want)
		}
	}
	if n := len(f.srv.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestSplitCoversEachRecordOnce(t *testing.T) {
	for _, test := range []struct {
		part          clarifyriver.Range
		records, size int
		want          []clarifyriver.Range
	}{
		{clarifyriver.Range{}, 25, 10, []clarifyriver.Range{{Count: 10}, {First: 10, Count: 10}, {First: 20, Count: 5}}},
		{clarifyriver.Range{First: 10}, 25, 10, []clarifyriver.Range{{First: 10, Count: 10}, {First: 20, Count: 5}}},
		{clarifyriver.Range{First: 10, Count: 5}, 25, 10, []clarifyriver.Range{{First: 10, Count: 5}}},
		{clarifyriver.Range{First: 20, Count: 10}, 25, 10, []clarifyriver.Range{{First: 20, Count: 5}}},
		{clarifyriver.Range{}, 0, 10, nil},
		{clarifyriver.Range{}, 10, 0, nil},
	} {
		var got []clarifyriver.Range
		for _, part := range (clarifyriver.ImportArgs{Name: "x", Range: test.part}).Split(test.records, test.size) {
			if part.Name != "x" {
				t.Errorf("a part has the name %q", part.Name)
			}
			got = append(got, part.Range)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%d records of %v by %d are %v, want %v", test.records, test.part, test.size, got, test.want)
		}
		var updates []clarifyriver.Range
		for _, part := range (clarifyriver.UpdateArgs{Range: test.part}).Split(test.records, test.size) {
			updates = append(updates, part.Range)
		}
		if fmt.Sprint(updates) != fmt.Sprint(test.want) {
			t.Errorf("%d updates of %v by %d are %v, want %v", test.records, test.part, test.size, updates, test.want)
		}
	}
}
