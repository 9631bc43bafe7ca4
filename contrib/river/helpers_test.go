package clarifyriver_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/contrib/river"
	"github.com/clarify-go/clarify/internal/processes"
	"github.com/clarify-go/clarify/internal/servers"
)

// postgres is the server of all tests, nil if PostgreSQL is not installed.
var postgres *servers.Server

func TestMain(m *testing.M) {
	processes.Main("accountant", func(a accountant) (struct{}, error) { return a.work() })
	os.Exit(func() int {
		s, err := servers.StartPostgres()
		if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" || errors.Is(err, errors.ErrUnsupported) {
			return m.Run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = s.Stop() }()
		if err := prepare(context.Background(), s.URL); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		postgres = s
		return m.Run()
	}())
}

// prepare makes a database with River's tables, which is copied for each test.
func prepare(ctx context.Context, url string) error {
	admin, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "CREATE DATABASE river"); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, database(url, "river"))
	if err != nil {
		return err
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// database returns the URL of another database of a server.
func database(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

var databases atomic.Int64

// newPool returns a pool of a new database with River's tables.
func newPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	if postgres == nil {
		t.Skip("PostgreSQL is not installed")
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	name := fmt.Sprint("test", databases.Add(1))
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE river"); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, database(postgres.URL, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// fixture is a sandbox, a client of it, and a database.
type fixture struct {
	t      *testing.T
	srv    *clarifytest.Server
	client *clarify.Client
	pool   *pgxpool.Pool
}

func newFixture(t *testing.T, opts ...clarifytest.Option) *fixture {
	t.Helper()
	pool := newPool(t)
	srv := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t), clarifytest.WithRateLimit(1_000_000)}, opts...)...)
	client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL), clarify.WithLimiter(clarify.NewLimiter()))
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{t, srv, client, pool}
}

func clientOf[A any](f *fixture) func(context.Context, A) (*clarify.Client, error) {
	return func(context.Context, A) (*clarify.Client, error) { return f.client, nil }
}

// config returns the part of a worker that is the same in most tests.
func config[A river.JobArgs](f *fixture) clarifyriver.Config[A] {
	return clarifyriver.Config[A]{DB: f.pool, Client: clientOf[A](f)}
}

// people is a source of people for imports, whose names are their positions.
func people(n int) func(context.Context, clarifyriver.ImportArgs, int) (iter.Seq2[clarify.Person, error], error) {
	return func(_ context.Context, _ clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
		return func(yield func(clarify.Person, error) bool) {
			for i := from; i < n; i++ {
				if !yield(person(i), nil) {
					return
				}
			}
		}, nil
	}
}

func person(i int) clarify.Person {
	return clarify.Person{
		Name:           clarify.Name{FirstName: fmt.Sprint("p", i)},
		EmailAddresses: clarify.Collection{fmt.Sprintf("p%d@jobs.example", i)},
	}
}

// queue starts a River client with workers.
func (f *fixture) queue(add func(*river.Workers)) *river.Client[pgx.Tx] {
	f.t.Helper()
	workers := river.NewWorkers()
	add(workers)
	client, err := river.NewClient(riverpgxv5.New(f.pool), &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 5}},
		Workers:           workers,
		FetchCooldown:     10 * time.Millisecond,
		FetchPollInterval: 50 * time.Millisecond,
		Logger:            slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := client.Start(context.Background()); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := client.StopAndCancel(context.Background()); err != nil {
			f.t.Error(err)
		}
	})
	return client
}

// insert inserts a job, and returns its id.
func (f *fixture) insert(client *river.Client[pgx.Tx], args river.JobArgs) int64 {
	f.t.Helper()
	inserted, err := client.Insert(f.t.Context(), args, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return inserted.Job.ID
}

// await waits until a job satisfies a condition.
func (f *fixture) await(client *river.Client[pgx.Tx], id int64, what string, ok func(*rivertype.JobRow, clarifyriver.Progress) bool) (*rivertype.JobRow, clarifyriver.Progress) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		row, err := client.JobGet(f.t.Context(), id)
		if err != nil {
			f.t.Fatal(err)
		}
		progress, err := clarifyriver.ProgressOf(row)
		if err != nil {
			f.t.Fatal(err)
		}
		if ok(row, progress) {
			return row, progress
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("the job is not %s: it is %s, with %+v and %v", what, row.State, progress, row.Errors)
		}
	}
}

func (f *fixture) awaitState(client *river.Client[pgx.Tx], id int64, state rivertype.JobState) (*rivertype.JobRow, clarifyriver.Progress) {
	f.t.Helper()
	return f.await(client, id, string(state), func(row *rivertype.JobRow, _ clarifyriver.Progress) bool { return row.State == state })
}

// awaitError waits until an attempt of a job has failed.
func (f *fixture) awaitError(client *river.Client[pgx.Tx], id int64, want string) clarifyriver.Progress {
	f.t.Helper()
	row, p := f.await(client, id, "failed", func(row *rivertype.JobRow, _ clarifyriver.Progress) bool { return len(row.Errors) > 0 })
	if got := row.Errors[0].Error; !strings.Contains(got, want) {
		f.t.Errorf("the error is %q, want %q", got, want)
	}
	return p
}

// names returns the first names of all people in the sandbox that an import made,
// sorted.
func (f *fixture) names() []string {
	f.t.Helper()
	var names []string
	for p, err := range clarify.People(f.client).All(f.t.Context(), clarify.PageSize(200)) {
		if err != nil {
			f.t.Fatal(err)
		}
		if name := p.Attributes.Name.FirstName; strings.HasPrefix(name, "p") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// wantOnce checks that each of n people is there once.
func (f *fixture) wantOnce(n int) {
	f.t.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint("p", i))
	}
	slices.Sort(want)
	if got := f.names(); !slices.Equal(got, want) {
		f.t.Errorf("there are %d people, %d of them different, want each of %d once", len(got), len(slices.Compact(slices.Clone(got))), n)
	}
}
