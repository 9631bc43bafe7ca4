package clarifyriver_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
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

// slowly is people, with a channel that lets the rest of them be read.
func slowly(n, first int, rest <-chan struct{}) func(context.Context, clarifyriver.ImportArgs, int) (iter.Seq2[clarify.Person, error], error) {
	return func(ctx context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
		seq, err := people(n)(ctx, args, from)
		return func(yield func(clarify.Person, error) bool) {
			at := from
			for p, err := range seq {
				if at == first {
					select {
					case <-rest:
					case <-ctx.Done():
						return
					}
				}
				if at++; !yield(p, err) {
					return
				}
			}
		}, err
	}
}

// small makes the batches of an import small, so that their results come while it is
// reading.
func small(clarifyriver.ImportArgs) []clarify.BulkOption {
	return []clarify.BulkOption{clarify.BatchSize(10), clarify.Concurrency(1)}
}

func TestAJobWaitsForTheRateLimitOutsideOfTheWorker(t *testing.T) {
	f := newFixture(t)
	f.srv.Inject(clarifytest.RateLimited(time.Second), clarifytest.Operation("createBulkRecords"), clarifytest.At(3))
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: people(100), Options: small}
	w.MaxWait = 500 * time.Millisecond
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, matched)
	began := time.Now()
	row, p := f.awaitState(client, id, rivertype.JobStateCompleted)
	f.wantOnce(100)
	if took := time.Since(began); took < time.Second {
		t.Errorf("it took only %v", took)
	}
	// A snooze is no attempt, and no error.
	if row.Attempt != 1 || len(row.Errors) != 0 || p.Runs != 2 || !strings.Contains(string(row.Metadata), `"snoozes": 1`) {
		t.Errorf("attempt %d, %d runs, errors %v, metadata %s", row.Attempt, p.Runs, row.Errors, row.Metadata)
	}
}

func TestAJobIsCancelledWithItsProgress(t *testing.T) {
	f := newFixture(t)
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: slowly(1000, 300, nil), Options: small}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, matched)
	for len(f.srv.Requests()) < 26 {
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := client.JobCancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	_, p := f.awaitState(client, id, rivertype.JobStateCancelled)
	if p.Done < 250 || p.Done > 300 || len(f.names()) < p.Done {
		t.Errorf("%d people are there, and the progress is %+v", len(f.names()), p)
	}
	// Another job with the same arguments can be inserted now.
	if inserted, err := client.Insert(t.Context(), matched, &river.InsertOpts{ScheduledAt: time.Now().Add(time.Hour)}); err != nil || inserted.UniqueSkippedAsDuplicate {
		t.Errorf("the next job is %+v: %v", inserted, err)
	}
}

func TestAJobThatHasNotEndedIsUnique(t *testing.T) {
	f := newFixture(t)
	rest := make(chan struct{})
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: slowly(20, 10, rest)}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, matched)
	f.awaitState(client, id, rivertype.JobStateRunning)
	again, err := client.Insert(t.Context(), matched, nil)
	if err != nil || !again.UniqueSkippedAsDuplicate || again.Job.ID != id {
		t.Errorf("the same job again is %+v: %v", again, err)
	}
	other := matched
	other.First, other.Count = 10, 10
	if another, err := client.Insert(t.Context(), other, nil); err != nil || another.UniqueSkippedAsDuplicate {
		t.Errorf("another part is %+v: %v", another, err)
	}
	close(rest)
	f.awaitState(client, id, rivertype.JobStateCompleted)
	f.wantOnce(20)
}

func TestAProcessThatEndsGivesItsJobBack(t *testing.T) {
	f := newFixture(t)
	rest := make(chan struct{})
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: slowly(1000, 300, rest), Options: small}
	f.recordResults(w)
	first := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(first, clarifyriver.ImportArgs{Name: "people", Object: "person"})
	for len(f.srv.Requests()) < 26 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := first.StopAndCancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	row, err := first.JobGet(t.Context(), id)
	if err != nil || row.State != rivertype.JobStateAvailable || len(row.Errors) > 0 {
		t.Fatalf("the job is %+v: %v", row, err)
	}
	close(rest)
	second := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	row, p := f.awaitState(second, id, rivertype.JobStateCompleted)
	if p.Runs != 2 || row.Attempt != 1 {
		t.Errorf("the progress is %+v, in attempt %d", p, row.Attempt)
	}
	f.results(1000)
	// Of the request in flight it is not known whether the API carried it out.
	if p.Unknown == 0 {
		f.wantOnce(1000)
	}
}

// A worker that River took for dead, and that is not, changes nothing any more.
func TestAWorkerThatHasLostItsJobSavesNothing(t *testing.T) {
	f := newFixture(t)
	rest := make(chan struct{})
	w := &importWorker{Config: config[clarifyriver.ImportArgs](f), Open: slowly(400, 200, rest), Options: small}
	f.recordResults(w)
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, clarifyriver.ImportArgs{Name: "people", Object: "person"})
	f.await(client, id, "in flight", func(_ *rivertype.JobRow, p clarifyriver.Progress) bool { return p.Done >= 50 })
	// Another worker takes it.
	if _, err := f.pool.Exec(t.Context(), "UPDATE river_job SET attempt = attempt + 1, attempted_at = now() WHERE id = $1", id); err != nil {
		t.Fatal(err)
	}
	before, _ := client.JobGet(t.Context(), id)
	sent := len(f.srv.Requests())
	close(rest)
	time.Sleep(300 * time.Millisecond)
	after, err := client.JobGet(t.Context(), id)
	if err != nil || string(after.Metadata) != string(before.Metadata) || after.State != rivertype.JobStateRunning {
		t.Errorf("it was %s, and became %s in the state %s: %v", before.Metadata, after.Metadata, after.State, err)
	}
	if more := len(f.srv.Requests()) - sent; more > 12 {
		t.Errorf("it sent %d more requests", more)
	}
	p, err := clarifyriver.ProgressOf(after)
	if err != nil {
		t.Fatal(err)
	}
	f.results(p.Done)
	// The other one dies, and its job is rescued as River does it.
	if _, err := f.pool.Exec(t.Context(), "UPDATE river_job SET state = 'available', scheduled_at = now() WHERE id = $1", id); err != nil {
		t.Fatal(err)
	}
	_, p = f.awaitState(client, id, rivertype.JobStateCompleted)
	outcomes := f.results(400)
	there := map[string]int{}
	for _, name := range f.names() {
		there[name]++
	}
	for at, outcome := range outcomes {
		if n := there[fmt.Sprint("p", at)]; n > 1 || n == 0 && outcome != "unknown" {
			t.Errorf("%d is there %d times, and its outcome is %s", at, n, outcome)
		}
	}
	if p.Unknown == 0 {
		t.Errorf("the progress is %+v", p)
	}
}

// tenantArgs show that the arguments of a job can be more than those of the package.
type tenantArgs struct {
	clarifyriver.ImportArgs
	Tenant string `json:"tenant"`
}

func (tenantArgs) Kind() string { return "import_of_a_tenant" }

func TestArgumentsCanBeEmbeddedAndDoneFollowsOnce(t *testing.T) {
	f := newFixture(t)
	var done atomic.Int64
	fails := errors.New("not yet")
	w := &clarifyriver.ImportWorker[tenantArgs, clarify.Person]{
		Config: clarifyriver.Config[tenantArgs]{
			DB: f.pool,
			Client: func(_ context.Context, args tenantArgs) (*clarify.Client, error) {
				if args.Tenant != "acme" {
					return nil, fmt.Errorf("there is no tenant %q", args.Tenant)
				}
				return f.client, nil
			},
			Done: func(ctx context.Context, tx pgx.Tx, args tenantArgs, p clarifyriver.Progress) error {
				if _, err := tx.Exec(ctx, "INSERT INTO done VALUES ($1, $2)", args.Tenant, p.Done); err != nil {
					return err
				}
				if done.Add(1) == 1 {
					return fails
				}
				return nil
			},
		},
		Open: func(ctx context.Context, args tenantArgs, from int) (iter.Seq2[clarify.Person, error], error) {
			return people(30)(ctx, args.ImportArgs, from)
		},
	}
	if _, err := f.pool.Exec(t.Context(), "CREATE TABLE done (tenant text, records int)"); err != nil {
		t.Fatal(err)
	}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, tenantArgs{ImportArgs: matched, Tenant: "acme"})
	f.awaitError(client, id, "not yet")
	f.awaitState(client, id, rivertype.JobStateCompleted)
	var rows, records int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*), min(records) FROM done WHERE tenant = 'acme'").Scan(&rows, &records); err != nil || rows != 1 || records != 30 {
		t.Errorf("Done was called for good %d times with %d records: %v", rows, records, err)
	}
	f.wantOnce(30)
}

func TestRetriesWaitLongerTheLessAJobGets(t *testing.T) {
	w := &importWorker{}
	for _, test := range []struct {
		attempt  int
		metadata string
		want     time.Duration
	}{
		{1, `{}`, time.Second},
		{4, `{}`, 8 * time.Second},
		{40, `{}`, 5 * time.Minute},
		{40, `{"output":{"attempt":40}}`, time.Second},
		{40, `{"output":{"attempt":38}}`, 2 * time.Second},
		{1, `{"output":7}`, time.Second},
	} {
		row := &rivertype.JobRow{Attempt: test.attempt, Metadata: []byte(test.metadata)}
		got := time.Until(w.NextRetry(&river.Job[clarifyriver.ImportArgs]{JobRow: row}))
		if got > test.want || got < test.want*7/10 {
			t.Errorf("attempt %d with %s is retried in %v, want about %v", test.attempt, test.metadata, got, test.want)
		}
	}
	if got := w.Timeout(nil); got != 90*time.Second {
		t.Errorf("the timeout is %v", got)
	}
}
