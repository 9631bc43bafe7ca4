package clarifyriver

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
)

// MirrorArgs are the arguments of a mirror. They can be embedded as [ImportArgs].
type MirrorArgs struct {
	// Name says what to mirror. Only the function Run of the worker knows what it means.
	Name string `json:"name"`
}

// Kind returns clarify_mirror.
func (MirrorArgs) Kind() string { return "clarify_mirror" }

// InsertOpts makes the job unique until it has ended.
func (MirrorArgs) InsertOpts() river.InsertOpts { return unique() }

func (a MirrorArgs) mirrorArgs() MirrorArgs { return a }

// MirrorJob is what the arguments of a mirror are: [MirrorArgs], or a type that embeds
// it.
type MirrorJob interface {
	river.JobArgs
	mirrorArgs() MirrorArgs
}

// MirrorWorker works with arguments of the type A what keeps its own checkpoint, such as
// a mirror of a workspace: [Run] of the module mirror does.
//
// [Run]: https://pkg.go.dev/github.com/clarify-go/clarify/mirror#Run
type MirrorWorker[A MirrorJob] struct {
	Config[A]
	// Run does the work, and resumes where it was when it is called again. The job
	// ends when it returns nil. Its context ends with the slice; what it returns then
	// does not matter, and the job resumes. One that never returns nil keeps a mirror
	// up to date, with one run after the other in whatever process. It is required.
	Run func(ctx context.Context, args A, client *clarify.Client) error
}

// Work does one run.
func (w *MirrorWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	if err := checkName("name", job.Args.mirrorArgs().Name); err != nil {
		return err
	}
	if w.Run == nil {
		return errors.New("clarify: the worker needs a function Run")
	}
	return w.work(ctx, job, func(ctx context.Context, r *run[A], client *clarify.Client) (more bool, err error) {
		if err := r.save(nil); err != nil {
			return false, err
		}
		slice, cancel := context.WithCancel(ctx)
		defer cancel()
		// Not a deadline, with which a wait for the rate limit beyond it would fail at once.
		timer := time.AfterFunc(time.Until(r.ends), cancel)
		defer timer.Stop()
		err = w.Run(slice, job.Args, client)
		if err != nil && slice.Err() != nil && ctx.Err() == nil {
			return true, nil
		}
		return false, err
	})
}
