package clarifyriver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// errLost is the error of a run whose job another worker has.
var errLost = errors.New("clarify: another worker has taken over the job, which this one did not work for too long")

// run is one run of a job.
type run[A river.JobArgs] struct {
	config   *Config[A]
	queue    *river.Client[pgx.Tx]
	job      *river.Job[A]
	ctx      context.Context
	cancel   context.CancelCauseFunc
	progress Progress
	ends     time.Time // the slice
	saved    time.Time // when progress was saved last
}

func newRun[A river.JobArgs](ctx context.Context, c *Config[A], job *river.Job[A]) (*run[A], error) {
	queue, err := river.ClientFromContextSafely[pgx.Tx](ctx)
	if err != nil {
		return nil, err
	}
	r := &run[A]{config: c, queue: queue, job: job, ctx: ctx, ends: time.Now().Add(c.slice()), saved: time.Now()}
	if r.progress, err = ProgressOf(job.JobRow); err != nil {
		return nil, err
	}
	r.progress.Runs++
	return r, nil
}

// over reports whether the slice has ended, or the whole run.
func (r *run[A]) over(ctx context.Context) bool { return ctx.Err() != nil || time.Now().After(r.ends) }

// due reports whether it is time to save the progress.
func (r *run[A]) due() bool { return time.Since(r.saved) >= saveEvery }

// save saves the progress, and in the same transaction what f writes. It does so too if
// the context of the run has ended, and fails if another worker has the job.
func (r *run[A]) save(f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), saveTimeout)
	defer cancel()
	tx, err := r.config.DB.Begin(ctx)
	if err != nil {
		return fmt.Errorf("clarify: the progress cannot be saved: %w", err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	// Nobody else changes the row until the transaction ends.
	row, err := r.queue.JobUpdateTx(ctx, tx, r.job.ID, &river.JobUpdateParams{Output: &r.progress})
	switch {
	case err != nil:
		return fmt.Errorf("clarify: the progress cannot be saved: %w", err)
	case !r.has(row):
		return errLost
	}
	if f != nil {
		if err := f(ctx, tx); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("clarify: the progress cannot be saved: %w", err)
	}
	// For NextRetry.
	r.job.Metadata = row.Metadata
	r.saved = time.Now()
	return nil
}

// has reports whether the job is still worked by this run.
func (r *run[A]) has(row *rivertype.JobRow) bool {
	return row.State == rivertype.JobStateRunning && row.Attempt == r.job.Attempt &&
		row.AttemptedAt != nil && r.job.AttemptedAt != nil && row.AttemptedAt.Equal(*r.job.AttemptedAt)
}

// complete completes the job.
func (r *run[A]) complete() error {
	r.progress.Attempt = r.job.Attempt
	r.progress.State = nil
	return r.save(func(ctx context.Context, tx pgx.Tx) error {
		if r.config.Done != nil {
			if err := r.config.Done(ctx, tx, r.job.Args, r.progress); err != nil {
				return err
			}
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, r.job)
		return err
	})
}

// stayAway waits until nobody works the job that this run has lost: what a run returns,
// River does to the job, even if another worker has it.
func (r *run[A]) stayAway() {
	for end := time.Now().Add(2 * (r.config.slice() + grace)); time.Now().Before(end); time.Sleep(saveEvery / 4) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), saveTimeout)
		row, err := r.queue.JobGet(ctx, r.job.ID)
		cancel()
		if err == nil && row.State != rivertype.JobStateRunning || errors.Is(err, rivertype.ErrNotFound) {
			return
		}
		if errors.Is(r.ctx.Err(), context.Canceled) {
			// The process ends, and waits for this.
			return
		}
	}
}
