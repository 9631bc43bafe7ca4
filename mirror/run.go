package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/clarify-go/clarify"
)

// Run makes a database equal to the workspace, as far as that has changed since the last
// run. The first run reads everything. A run that fails or is killed resumes where it was
// when Run is called again.
//
// The rows and the place where the next run resumes are committed in one transaction, so
// that at any time the database is as the workspace was, object by object.
//
// If another run is writing to the database, Run waits for it; see [WithoutWaiting].
// A database is the mirror of one workspace: that of another one is an error. The
// summary says what was done, also if there is an error.
func Run(ctx context.Context, client *clarify.Client, store Store, opts ...Option) (Summary, error) {
	c, err := newConfig(opts)
	if err != nil {
		return Summary{}, err
	}
	return run(ctx, client, store, c)
}

// Follow does a run, waits, and does the next one, until ctx ends or a run fails with an
// error that does not pass. It waits for the interval, or, after a run that failed with
// an error that may pass, up to eight times as long: an error of the network, 408, 429,
// 5xx, a database that restarts ([Store]). done is called after each run; it may be nil.
func Follow(ctx context.Context, client *clarify.Client, store Store, interval time.Duration, done func(Summary, error), opts ...Option) error {
	if interval <= 0 {
		return fmt.Errorf("mirror: invalid interval %v: must be more than 0s", interval)
	}
	c, err := newConfig(opts)
	if err != nil {
		return err
	}
	wait := interval
	for {
		summary, err := run(ctx, client, store, c)
		if done != nil {
			done(summary, err)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			wait = interval
		case !mayPass(err) && !store.Transient(err):
			return err
		default:
			wait = min(2*wait, 8*interval)
			var e *clarify.Error
			if errors.As(err, &e) {
				wait = max(wait, e.RetryAfter)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// mayPass reports whether a later run may not have the error. Without a response that is
// an error of the network, which may pass.
func mayPass(err error) bool {
	var e *clarify.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.StatusCode == 0 || e.StatusCode == 429 || e.StatusCode == 408 || e.StatusCode >= 500
}

// Summary is what a run did.
type Summary struct {
	// Objects has each object of the mirror, by name.
	Objects map[string]*ObjectSummary
	// Migrated are the names of the tables that were created, changed or dropped.
	Migrated []string
	// Skipped is how many records could not be asked for what belongs to them, such as
	// their attachments, although the API has them. The next run asks again.
	Skipped  int
	Duration time.Duration
}

// ObjectSummary is what a run did to the records of an object.
type ObjectSummary struct {
	// Written, Deleted and Merged count the changes that were applied, a record as often
	// as it changed.
	Written, Deleted, Merged int
	// Swept is how many records a refresh deleted because the API no longer has them.
	Swept int
	// Refreshed is whether everything was read.
	Refreshed bool
}

// Total returns the sum of all objects.
func (s Summary) Total() (total ObjectSummary) {
	for _, o := range s.Objects {
		total.Written += o.Written
		total.Deleted += o.Deleted
		total.Merged += o.Merged
		total.Swept += o.Swept
		total.Refreshed = total.Refreshed || o.Refreshed
	}
	return total
}

// Progress is how far a run is.
type Progress struct {
	// Object is the name of an object, or empty for what belongs to the workspace.
	Object string
	// Step is what the run does: "migrate", "records", "sweep", "links", "lists" or
	// "attachments".
	Step string
	// Done is how much of that is committed: records, or rows of links.
	Done int
	// Total is how much there is at least, or 0 if it is not known.
	Total int
}

// engine is one run.
type engine struct {
	*config
	client  *clarify.Client
	store   Store
	state   state
	model   *model
	schema  *clarify.Schema
	summary Summary
	start   time.Time
	totals  map[string]int  // how many records an object had at first
	skipped map[string]bool // records that could not be asked
}

func newEngine(client *clarify.Client, store Store, c *config) *engine {
	e := &engine{config: c, client: client, store: store, start: time.Now(), totals: map[string]int{}, skipped: map[string]bool{}}
	e.summary.Objects = map[string]*ObjectSummary{}
	return e
}

func run(ctx context.Context, client *clarify.Client, store Store, c *config) (summary Summary, err error) {
	e := newEngine(client, store, c)
	defer func() { e.summary.Duration = time.Since(e.start); summary = e.summary }()
	unlock, err := store.Lock(ctx, c.wait)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return e.summary, e.run(ctx)
}

func (e *engine) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{e.open, e.prepare, e.workspace, e.records, e.related, e.lists} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// records brings the records of all objects up to date.
func (e *engine) records(ctx context.Context) error {
	for _, o := range e.model.objects {
		if err := e.object(ctx, o); err != nil {
			return fmt.Errorf("mirror: %s: %w", o.name, err)
		}
	}
	return nil
}

func (e *engine) of(o *object) *ObjectSummary {
	s := e.summary.Objects[o.name]
	if s == nil {
		s = &ObjectSummary{}
		e.summary.Objects[o.name] = s
	}
	return s
}

func (e *engine) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	if e.logger != nil {
		e.logger.LogAttrs(ctx, level, "mirror: "+message, attrs...)
	}
}

// errKilled ends a run that a test kills.
var errKilled = errors.New("mirror: killed")

// commit writes a batch in a transaction.
func (e *engine) commit(ctx context.Context, b *batch) error { return e.commitGroup(ctx, b, nil) }

// commitGroup writes a batch in a transaction, and the ones that next returns, until it
// returns nil. next may be nil.
func (e *engine) commitGroup(ctx context.Context, b *batch, next func() *batch) error {
	if b.empty() {
		return nil
	}
	if e.habits.cursorsFirst {
		first := newBatch()
		first.notes, b.notes = b.notes, notes{}
		if err := e.transact(ctx, first, nil); err != nil {
			return err
		}
		next = nil
	}
	return e.transact(ctx, b, next)
}

func (e *engine) transact(ctx context.Context, b *batch, next func() *batch) error {
	tx, err := e.store.Begin(ctx)
	if err != nil {
		return err
	}
	var written []notes
	for err == nil && b != nil {
		if err = b.write(ctx, tx); err == nil && e.habits.killed != nil && e.habits.killed() {
			err = errKilled
		}
		written = append(written, b.notes)
		b = nil
		if err == nil && next != nil {
			b = next()
		}
	}
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	for _, n := range written {
		e.state.take(n)
	}
	return nil
}
