package clarifyriver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clarify-go/clarify"
)

const (
	defaultSlice   = time.Minute
	defaultMaxWait = 20 * time.Second
	// grace is how long a run may take beyond its slice, to end its requests and to
	// save its progress.
	grace = 30 * time.Second
	// saveTimeout bounds saving the progress after the context of the run has ended.
	saveTimeout = 10 * time.Second
	// saveEvery is how long a run works until it saves its progress.
	saveEvery = time.Second
	// maxAttempts makes a job that gets nowhere fail for good after three days.
	maxAttempts = 1000
	maxRetry    = 5 * time.Minute
)

// DB is the database that River uses, such as a [pgxpool.Pool].
//
// [pgxpool.Pool]: https://pkg.go.dev/github.com/jackc/pgx/v5/pgxpool#Pool
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Config is what all workers of this package have. A is the type of the arguments of
// their jobs.
type Config[A river.JobArgs] struct {
	// DB is the database that the River client uses. It is required.
	DB DB
	// Client returns the client of the workspace that a job is about. It is required,
	// and called at the start of each run. It must not make a client each time:
	// clients share the rate limit, but not the tokens of a user.
	Client func(ctx context.Context, args A) (*clarify.Client, error)
	// Done, if set, is called in the transaction in which a job is completed, to do
	// what follows it, such as to insert the next job: exactly once for each job.
	Done func(ctx context.Context, tx pgx.Tx, args A, progress Progress) error
	// Slice is how long a job runs at a time, a minute by default. Others go first
	// after that. It must be shorter than River's RescueStuckJobsAfter by more than
	// half a minute.
	Slice time.Duration
	// MaxWait is how long a request may take, with its retries and its wait for the
	// rate limit, 20 seconds by default. If the rate limit has no room for longer,
	// the job is snoozed until there is some.
	MaxWait time.Duration
}

// Middleware returns no middleware.
func (c *Config[A]) Middleware(*rivertype.JobRow) []rivertype.WorkerMiddleware { return nil }

// Timeout returns the longest time of a run: the slice, and half a minute to end it.
func (c *Config[A]) Timeout(*river.Job[A]) time.Duration { return c.slice() + grace }

// NextRetry returns when a job that failed is tried again: after a second, and twice as
// long for each attempt that failed since the job made progress, up to five minutes.
func (c *Config[A]) NextRetry(job *river.Job[A]) time.Time {
	failed := 1
	if p, err := ProgressOf(job.JobRow); err == nil {
		failed = max(1, job.Attempt-p.Attempt)
	}
	delay := maxRetry
	if failed < 9 {
		delay = time.Second << (failed - 1)
	}
	return time.Now().Add(delay - rand.N(delay/4))
}

func (c *Config[A]) slice() time.Duration {
	if c.Slice > 0 {
		return c.Slice
	}
	return defaultSlice
}

func (c *Config[A]) maxWait() time.Duration {
	if c.MaxWait > 0 {
		return c.MaxWait
	}
	return defaultMaxWait
}

// work does one run of a job. more reports whether the job has more to do after a run
// that ended with its slice.
func (c *Config[A]) work(ctx context.Context, job *river.Job[A], do func(context.Context, *run[A], *clarify.Client) (more bool, err error)) error {
	if c.DB == nil || c.Client == nil {
		return errors.New("clarify: the worker needs a DB and a Client")
	}
	r, err := newRun(ctx, c, job)
	if err != nil {
		return river.JobCancel(err)
	}
	ctx = clarify.WithCallTimeout(clarify.WithClass(ctx, clarify.Bulk), c.maxWait())
	client, err := c.Client(ctx, job.Args)
	if err == nil && client == nil {
		err = errors.New("clarify: the function Client returns no client")
	}
	if err != nil {
		return err
	}
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	more, err := do(ctx, r, client)
	if err == nil && !more {
		err = r.complete()
	}
	if errors.Is(err, errLost) {
		r.stayAway()
		return err
	}
	if err == nil && more {
		return river.JobSnooze(0)
	}
	return explain(ctx, err)
}

// explain returns what River is told of a run that ended with err.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var canceled *rivertype.JobCancelError
	var throttled *clarify.ThrottledError
	var e *clarify.Error
	switch {
	case errors.As(err, &canceled), errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
		return err
	case errors.As(err, &throttled):
		return snooze(throttled.Delay)
	case errors.As(err, &e) && errors.Is(err, clarify.ErrRateLimited):
		return snooze(e.RetryAfter)
	case errors.Is(ctx.Err(), context.Canceled):
		// The process ends.
		return river.JobSnooze(0)
	}
	return err
}

// snooze lets a job wait for the rate limit. The jobs that wait do not come back all
// together.
func snooze(d time.Duration) error {
	d = max(d, time.Second)
	return river.JobSnooze(d + rand.N(d/10+time.Second))
}

// unique are the options of jobs that are unique until they have ended.
func unique() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: maxAttempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}

// checkName returns an error for arguments without a name or an object.
func checkName(what, value string) error {
	if value == "" {
		return river.JobCancel(fmt.Errorf("clarify: invalid job: the %s is empty", what))
	}
	return nil
}
