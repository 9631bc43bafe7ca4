package clarifyriver

import (
	"context"
	"errors"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
)

// ImportJob is what the arguments of an import are: [ImportArgs], or a type that embeds
// it.
type ImportJob interface {
	river.JobArgs
	importArgs() ImportArgs
}

// ImportWorker works imports with arguments of the type A, of records of the type T as
// in [clarify.Records].
type ImportWorker[A ImportJob, T any] struct {
	Config[A]
	// Open returns the records that a job names, from a position on, which counts all
	// of them from 0. It is called in each run, and must return the same records each
	// time, in the same order. A record that comes with an error is refused; an error
	// of [Unreadable] ends the run. It is required.
	//
	// Open can be called again before the last sequence has ended, in another process.
	// What it opens, the sequence closes.
	Open func(ctx context.Context, args A, from int) (iter.Seq2[T, error], error)
	// Results, if set, receives each record with its outcome, in the transaction in
	// which the progress of the job is saved: exactly once. Index is the position of
	// the record in what the job names. A record of which a killed worker has not
	// saved the outcome is found as one that exists, so that it counts as updated.
	Results func(ctx context.Context, tx pgx.Tx, args A, results []clarify.ImportResult[T]) error
	// Options are further options of the import, such as [clarify.Concurrency],
	// [clarify.CheckedBy] and [clarify.Silent]. MatchOn comes from the arguments.
	// Resume and OnBatch are the worker's own.
	//
	// An import without MatchOn holds 4 batches for each request in flight, and only
	// those of a killed worker have an unknown outcome. Concurrency(1) and a small
	// BatchSize make them few.
	Options func(args A) []clarify.BulkOption
}

// Work does one run of an import.
func (w *ImportWorker[A, T]) Work(ctx context.Context, job *river.Job[A]) error {
	args := job.Args.importArgs()
	if err := errors.Join(checkName("name", args.Name), checkName("object", args.Object), args.Range.check()); err != nil {
		return err
	}
	if w.Open == nil {
		return errors.New("clarify: the worker needs a function Open")
	}
	return w.work(ctx, job, func(ctx context.Context, r *run[A], client *clarify.Client) (bool, error) {
		b, err := newBulk[A, T, T](r, args.Range, args.MatchOn == "")
		if err != nil {
			return false, err
		}
		var opts []clarify.BulkOption
		if w.Options != nil {
			opts = w.Options(job.Args)
		}
		if args.MatchOn != "" {
			opts = append(opts, clarify.MatchOn(args.MatchOn))
		}
		records := clarify.NewRecords[T](client, args.Object)
		b.write = func(ctx context.Context, inputs iter.Seq2[T, error]) iter.Seq2[clarify.ImportResult[T], error] {
			return records.ImportSeq2(ctx, inputs, opts...)
		}
		b.report = w.Results
		if b.records, err = w.Open(ctx, job.Args, b.from()); err != nil {
			return false, err
		}
		return b.do(ctx)
	})
}
