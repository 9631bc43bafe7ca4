package clarifyriver

import (
	"context"
	"errors"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
)

// UpdateJob is what the arguments of an update are: [UpdateArgs], or a type that embeds
// it.
type UpdateJob interface {
	river.JobArgs
	updateArgs() UpdateArgs
}

// UpdateResult is the result of one change of an update.
type UpdateResult[T any] = clarify.BulkResult[clarify.Change, T]

// UpdateWorker works updates with arguments of the type A, of records of the type T as
// in [clarify.Records]. What a killed worker had sent is sent again, so that a change
// that somebody else made meanwhile is replaced.
type UpdateWorker[A UpdateJob, T any] struct {
	Config[A]
	// Open returns the changes that a job names, as that of [ImportWorker] does.
	Open func(ctx context.Context, args A, from int) (iter.Seq2[clarify.Change, error], error)
	// Results, if set, receives each change with its outcome, as that of
	// [ImportWorker] does.
	Results func(ctx context.Context, tx pgx.Tx, args A, results []UpdateResult[T]) error
	// Options are further options of the update.
	Options func(args A) []clarify.BulkOption
}

// Work does one run of an update.
func (w *UpdateWorker[A, T]) Work(ctx context.Context, job *river.Job[A]) error {
	args := job.Args.updateArgs()
	if err := errors.Join(checkName("name", args.Name), checkName("object", args.Object), args.Range.check()); err != nil {
		return err
	}
	if w.Open == nil {
		return errors.New("clarify: the worker needs a function Open")
	}
	return w.work(ctx, job, func(ctx context.Context, r *run[A], client *clarify.Client) (bool, error) {
		b, err := newBulk[A, clarify.Change, T](r, args.Range, false)
		if err != nil {
			return false, err
		}
		var opts []clarify.BulkOption
		if w.Options != nil {
			opts = w.Options(job.Args)
		}
		records := clarify.NewRecords[T](client, args.Object)
		b.write = func(ctx context.Context, changes iter.Seq2[clarify.Change, error]) iter.Seq2[UpdateResult[T], error] {
			return records.BulkUpdateSeq2(ctx, changes, opts...)
		}
		b.report = w.Results
		if b.records, err = w.Open(ctx, job.Args, b.from()); err != nil {
			return false, err
		}
		return b.do(ctx)
	})
}
