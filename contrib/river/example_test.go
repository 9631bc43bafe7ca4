package clarifyriver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/contrib/river"
)

// oneWorkspace returns the function Client of the workers of a program for one
// workspace.
func oneWorkspace[A any](client *clarify.Client) func(context.Context, A) (*clarify.Client, error) {
	return func(context.Context, A) (*clarify.Client, error) { return client, nil }
}

// A program that works imports, and inserts one. Other processes run the same program.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}

	workers := river.NewWorkers()
	river.AddWorker(workers, &clarifyriver.ImportWorker[clarifyriver.ImportArgs, clarify.Person]{
		Config: clarifyriver.Config[clarifyriver.ImportArgs]{
			DB:     pool,
			Client: func(context.Context, clarifyriver.ImportArgs) (*clarify.Client, error) { return client, nil },
		},
		Open: openPeople,
	})
	queue, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 10}},
		Workers:              workers,
		RescueStuckJobsAfter: 3 * time.Minute,
		SoftStopTimeout:      5 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := queue.Start(ctx); err != nil {
		log.Fatal(err)
	}

	_, err = queue.Insert(ctx, clarifyriver.ImportArgs{Name: "people.ndjson", Object: "person", MatchOn: "email_addresses"}, nil)
	if err != nil {
		log.Fatal(err)
	}
}

// openPeople reads people from a file with one JSON object in each line.
func openPeople(_ context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
	file, err := os.Open(filepath.Join("uploads", filepath.Base(args.Name)))
	if err != nil {
		return nil, err
	}
	return func(yield func(clarify.Person, error) bool) {
		defer file.Close()
		decoder := json.NewDecoder(file)
		for at := 0; ; at++ {
			var person clarify.Person
			err := decoder.Decode(&person)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				// Nothing after it can be read.
				yield(person, clarifyriver.Unreadable(err))
				return
			}
			if at >= from && !yield(person, nil) {
				return
			}
		}
	}, nil
}

// The outcome of each record is kept in a table: exactly once, also when the worker is
// killed.
func ExampleImportWorker_results() {
	worker := &clarifyriver.ImportWorker[clarifyriver.ImportArgs, clarify.Person]{Open: openPeople}
	worker.Results = func(ctx context.Context, tx pgx.Tx, args clarifyriver.ImportArgs, results []clarify.ImportResult[clarify.Person]) error {
		for _, r := range results {
			if r.Err == nil {
				continue
			}
			_, err := tx.Exec(ctx, "INSERT INTO import_errors (file, position, outcome, error) VALUES ($1, $2, $3, $4)", args.Name, r.Index, r.Outcome.String(), r.Err.Error())
			if err != nil {
				return err
			}
		}
		return nil
	}
	worker.Done = func(ctx context.Context, tx pgx.Tx, args clarifyriver.ImportArgs, p clarifyriver.Progress) error {
		_, err := tx.Exec(ctx, "UPDATE uploads SET imported = $1 WHERE file = $2", p.Done-p.Refused, args.Name)
		return err
	}
}

// An import is divided into jobs that several processes work at the same time.
func ExampleImportArgs_Split() {
	whole := clarifyriver.ImportArgs{Name: "people.ndjson", Object: "person", MatchOn: "email_addresses"}
	for _, part := range whole.Split(25_000, 10_000) {
		fmt.Println(part.First, part.Count)
	}
	// Output:
	// 0 10000
	// 10000 10000
	// 20000 5000
}

// Each job is for one of the tenants of the program.
func ExampleImportArgs_embedded() {
	clients := map[string]*clarify.Client{}
	workers := river.NewWorkers()
	river.AddWorker(workers, &clarifyriver.ImportWorker[dealsArgs, clarify.Deal]{
		Config: clarifyriver.Config[dealsArgs]{
			Client: func(_ context.Context, args dealsArgs) (*clarify.Client, error) {
				client, ok := clients[args.Tenant]
				if !ok {
					return nil, fmt.Errorf("there is no tenant %q", args.Tenant)
				}
				return client, nil
			},
		},
	})
}

type dealsArgs struct {
	clarifyriver.ImportArgs
	Tenant string `json:"tenant"`
}

func (dealsArgs) Kind() string { return "import_deals" }

// An export into a file of a folder. What is after the offset was written by a worker
// that was killed before it could save that.
func ExampleExportWorker() {
	var client *clarify.Client
	var pool *pgxpool.Pool
	worker := &clarifyriver.ExportWorker[clarifyriver.ExportArgs]{
		Config: clarifyriver.Config[clarifyriver.ExportArgs]{DB: pool, Client: oneWorkspace[clarifyriver.ExportArgs](client)},
		Create: func(_ context.Context, args clarifyriver.ExportArgs, offset int64) (io.WriteCloser, error) {
			file, err := os.OpenFile(filepath.Join("exports", filepath.Base(args.Name)), os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				return nil, err
			}
			if err := file.Truncate(offset); err != nil {
				return nil, errors.Join(err, file.Close())
			}
			_, err = file.Seek(offset, io.SeekStart)
			return file, err
		},
	}
	river.AddWorker(river.NewWorkers(), worker)
}

// The schema is compared with the file that the program was built with, each hour.
func ExampleSchemaWorker() {
	var client *clarify.Client
	var pool *pgxpool.Pool
	var schema []byte // of schema.json, by go:embed
	worker := &clarifyriver.SchemaWorker[clarifyriver.SchemaArgs]{
		Config: clarifyriver.Config[clarifyriver.SchemaArgs]{DB: pool, Client: oneWorkspace[clarifyriver.SchemaArgs](client)},
		Saved:  func(context.Context, clarifyriver.SchemaArgs) ([]byte, error) { return schema, nil },
		Changed: func(ctx context.Context, tx pgx.Tx, _ clarifyriver.SchemaArgs, changes []clarifyriver.SchemaChange) error {
			_, err := tx.Exec(ctx, "INSERT INTO alerts (text) VALUES ($1)", "the schema of the workspace has changed: "+changes[0].Text)
			return err
		},
	}
	hourly := river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) {
		return clarifyriver.SchemaArgs{Name: "schema.json"}, nil
	}, nil)
	_, _ = worker, hourly
}

// Mirror stands for Run of the module mirror, with a store.
type Mirror func(ctx context.Context, client *clarify.Client) error

// A mirror is brought up to date every ten minutes, by whichever process is free.
func ExampleMirrorWorker() {
	var client *clarify.Client
	var pool *pgxpool.Pool
	var mirror Mirror
	worker := &clarifyriver.MirrorWorker[clarifyriver.MirrorArgs]{
		Config: clarifyriver.Config[clarifyriver.MirrorArgs]{DB: pool, Client: oneWorkspace[clarifyriver.MirrorArgs](client)},
		Run: func(ctx context.Context, _ clarifyriver.MirrorArgs, client *clarify.Client) error {
			return mirror(ctx, client)
		},
	}
	often := river.NewPeriodicJob(river.PeriodicInterval(10*time.Minute), func() (river.JobArgs, *river.InsertOpts) {
		return clarifyriver.MirrorArgs{Name: "acme"}, nil
	}, nil)
	_, _ = worker, often
}
