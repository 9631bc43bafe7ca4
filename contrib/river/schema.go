package clarifyriver

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/schemadiff"
	"github.com/clarify-go/clarify/internal/schemafile"
)

// SchemaArgs are the arguments of a check of the schema. They can be embedded as
// [ImportArgs].
type SchemaArgs struct {
	// Name says with which schema to compare. Only the function Saved of the worker
	// knows what it means.
	Name string `json:"name"`
}

// Kind returns clarify_schema.
func (SchemaArgs) Kind() string { return "clarify_schema" }

// InsertOpts makes the job unique until it has ended.
func (SchemaArgs) InsertOpts() river.InsertOpts { return unique() }

func (a SchemaArgs) schemaArgs() SchemaArgs { return a }

// SchemaJob is what the arguments of a check of the schema are: [SchemaArgs], or a type
// that embeds it.
type SchemaJob interface {
	river.JobArgs
	schemaArgs() SchemaArgs
}

// SchemaChange is a difference between the schema of a workspace and a saved one.
type SchemaChange struct {
	// Severity is "breaking" if requests fail that were accepted, or values come that a
	// program does not expect; "compatible" if something was added, or a restriction
	// lifted; or "note" for what only people read.
	Severity string `json:"severity"`
	// Object and Field are what changed. They may be empty.
	Object string `json:"object,omitempty"`
	Field  string `json:"field,omitempty"`
	// Text is the change in words, such as "person.job_title: the field is gone".
	Text string `json:"text"`
}

// SchemaWorker works checks of the schema with arguments of the type A: it compares the
// schema of a workspace with a saved one, as clarify-gen check does. It fits
// [river.PeriodicJob]. The changes are in the [Progress] of the job.
type SchemaWorker[A SchemaJob] struct {
	Config[A]
	// Saved returns the content of a file that clarify-gen pull wrote. It is required.
	Saved func(ctx context.Context, args A) ([]byte, error)
	// Changed, if set, is called with all changes if there are any, in the transaction
	// in which the progress of the job is saved.
	Changed func(ctx context.Context, tx pgx.Tx, args A, changes []SchemaChange) error
}

// Work does a check of the schema.
func (w *SchemaWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	if err := checkName("name", job.Args.schemaArgs().Name); err != nil {
		return err
	}
	if w.Saved == nil {
		return errors.New("clarify: the worker needs a function Saved")
	}
	return w.work(ctx, job, func(ctx context.Context, r *run[A], client *clarify.Client) (bool, error) {
		if len(r.progress.State) > 0 {
			// A run before this one has reported the changes.
			return false, nil
		}
		content, err := w.Saved(ctx, job.Args)
		if err != nil {
			return false, err
		}
		saved, err := schemafile.Decode(content)
		if err != nil {
			return false, river.JobCancel(fmt.Errorf("clarify: invalid schema %q: %w", job.Args.schemaArgs().Name, err))
		}
		live, err := client.Schema(ctx)
		if err != nil {
			return false, err
		}
		// The form of a file leaves out what changes by itself.
		if content, err = schemafile.Encode(live.Documents()); err != nil {
			return false, err
		}
		now, err := schemafile.Decode(content)
		if err != nil {
			return false, err
		}
		var changes []SchemaChange
		for _, c := range schemadiff.Compare(clarify.NewSchema(saved), clarify.NewSchema(now)) {
			changes = append(changes, SchemaChange{c.Severity.String(), c.Object, c.Field, c.String()})
		}
		r.progress.Changed, r.progress.Changes = len(changes), changes[:min(len(changes), maxShown)]
		r.progress.State = []byte(`"reported"`)
		return false, r.save(func(ctx context.Context, tx pgx.Tx) error {
			if w.Changed == nil || len(changes) == 0 {
				return nil
			}
			return w.Changed(ctx, tx, job.Args, changes)
		})
	})
}
