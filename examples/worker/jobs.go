package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/contrib/river"
)

// tables are those of this program: the files that were enqueued, and a row for each
// record of them that has an outcome.
const tables = `
CREATE TABLE IF NOT EXISTS files (name text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS results (
	position bigint PRIMARY KEY,
	record   text,
	outcome  text NOT NULL,
	error    text
)`

// lockKey is the lock under which one process at a time migrates.
const lockKey = 5_251_117_804

// migrate makes the tables of River and of this program, unless they are there.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey); err != nil {
			return err
		}
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
		if err != nil {
			return err
		}
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, tables)
		return err
	})
}

// newQueue returns a client of River that works imports.
func newQueue(pool *pgxpool.Pool, client *clarify.Client, s *settings, logger *slog.Logger) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	err := river.AddWorkerSafely(workers, &clarifyriver.ImportWorker[clarifyriver.ImportArgs, clarify.Person]{
		Config: clarifyriver.Config[clarifyriver.ImportArgs]{
			DB:     pool,
			Client: func(context.Context, clarifyriver.ImportArgs) (*clarify.Client, error) { return client, nil },
			Slice:  s.slice,
		},
		Open:    open,
		Results: keep,
	})
	if err != nil {
		return nil, err
	}
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:                   fmt.Sprintf("worker-%d", os.Getpid()),
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers:              workers,
		FetchPollInterval:    250 * time.Millisecond,
		RescueStuckJobsAfter: s.rescue,
		Logger:               logger,
	})
}

// keep keeps the outcome of each record. If it were called twice for one, the key of the
// table would reject that.
func keep(ctx context.Context, tx pgx.Tx, _ clarifyriver.ImportArgs, results []clarify.ImportResult[clarify.Person]) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"results"}, []string{"position", "record", "outcome", "error"},
		pgx.CopyFromSlice(len(results), func(i int) ([]any, error) {
			r := results[i]
			row := []any{r.Index, nil, r.Outcome.String(), nil}
			if r.Record != nil {
				row[1] = r.Record.ID
			}
			if r.Err != nil {
				row[3] = r.Err.Error()
			}
			return row, nil
		}))
	return err
}

// enqueue inserts the jobs of the file, unless a process has done so.
func enqueue(ctx context.Context, pool *pgxpool.Pool, queue *river.Client[pgx.Tx], s *settings) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		inserted, err := tx.Exec(ctx, "INSERT INTO files (name) VALUES ($1) ON CONFLICT DO NOTHING", s.file)
		if err != nil || inserted.RowsAffected() == 0 {
			return err
		}
		whole := clarifyriver.ImportArgs{Name: s.file, Object: "person", MatchOn: "email_addresses"}
		var jobs []river.InsertManyParams
		for _, part := range whole.Split(s.rows, s.part) {
			jobs = append(jobs, river.InsertManyParams{Args: part})
		}
		_, err = queue.InsertManyTx(ctx, tx, jobs)
		return err
	})
}
