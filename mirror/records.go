package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/clarify-go/clarify"
)

// object brings the records of an object up to date.
func (e *engine) object(ctx context.Context, o *object) error {
	var cursor clarify.Cursor
	if err := cursor.UnmarshalText([]byte(e.state[noteCursor+o.name])); err != nil {
		return err
	}
	if cursor.Loaded() && e.state[noteSweep+o.name] == "" && e.due(noteRefreshed+o.name) {
		if err := e.restart(ctx, o); err != nil {
			return err
		}
		cursor = clarify.Cursor{}
	}
	err := e.changes(ctx, o, cursor)
	if errors.Is(err, clarify.ErrCursorExpired) {
		e.log(ctx, slog.LevelWarn, "the cursor has expired, so everything is read again", slog.String("object", o.name))
		if err := e.restart(ctx, o); err != nil {
			return err
		}
		err = e.changes(ctx, o, clarify.Cursor{})
	}
	if errors.Is(err, clarify.ErrCursorInvalid) {
		return fmt.Errorf("the database cannot be resumed, it may be the mirror of another workspace: %w", err)
	}
	return err
}

// restart prepares to read all records again, and to delete those that are no longer
// there.
func (e *engine) restart(ctx context.Context, o *object) error {
	b := newBatch()
	b.removeAll(seenTable, Key{seenRecord, o.name})
	b.notes[noteCursor+o.name] = ""
	b.notes[noteSweep+o.name] = "1"
	return e.commit(ctx, b)
}

// changes applies what has changed since a cursor.
func (e *engine) changes(ctx context.Context, o *object, since clarify.Cursor) error {
	r := &changesReader{engine: e, object: o, sweep: e.state[noteSweep+o.name] != "", since: e.state[noteSince+o.name], batch: newBatch()}
	r.writer = newWriter(ctx, e, o)
	err := r.read(r.writer.ctx, since)
	// What was read before an error counts.
	if !errors.Is(err, errKilled) && ctx.Err() == nil {
		err = errors.Join(err, r.flush())
	}
	if failed := r.writer.close(); failed != nil {
		// The reader's error is a consequence.
		return failed
	}
	if err != nil || !r.caughtUp {
		return err
	}
	return e.caughtUp(ctx, o, r)
}

// changesReader makes batches of changes.
type changesReader struct {
	*engine
	object   *object
	sweep    bool
	since    string // a time before the changes of all pending records
	batch    *batch
	cursor   clarify.Cursor
	writer   *writer
	caughtUp bool
}

func (r *changesReader) read(ctx context.Context, since clarify.Cursor) error {
	records := clarify.NewRecords[json.RawMessage](r.client, r.object.name)
	r.cursor = since
	loaded := since.Loaded()
	for change, err := range records.Changes(ctx, since, r.queryOptions()...) {
		if err != nil {
			return err
		}
		if err := r.apply(ctx, &change, loaded); err != nil {
			return err
		}
		r.cursor, loaded = change.Cursor, loaded || change.Cursor.Loaded()
		if r.batch.full(r.engine.batch) {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply adds a change to the batch. The record belongs to the first load unless loaded.
func (r *changesReader) apply(ctx context.Context, change *clarify.RecordChange[json.RawMessage], loaded bool) error {
	o, summary := r.object, r.of(r.object)
	if change.Kind == clarify.CaughtUp {
		r.caughtUp = true
		return nil
	}
	r.batch.count++
	rec := newRecord(&change.Record)
	r.putHistory(r.batch, o, change, &rec)
	switch change.Kind {
	case clarify.RecordWritten:
		summary.Written++
		r.putRecord(r.batch, o, &rec, !loaded && !r.sweep)
		if r.sweep {
			r.batch.put(seenTable, Row{TextValue(seenRecord), TextValue(o.name), TextValue(rec.id)})
		}
		if loaded && (len(o.links) > 0 || r.activities || r.attachments) {
			r.pend(rec.id, timeValue(change.At).Text)
		}
		return nil
	case clarify.RecordDeleted:
		summary.Deleted++
	case clarify.RecordMerged:
		summary.Merged++
	}
	return r.removeRecord(ctx, r.batch, o, rec.id)
}

// pend notes that the API has to be asked for what belongs to a record.
func (r *changesReader) pend(id, at string) {
	r.batch.put(pendingTable, Row{TextValue(r.object.name), TextValue(id)})
	if r.since == "" || at < r.since {
		r.since = at
		r.batch.notes[noteSince+r.object.name] = at
	}
}

// flush hands the batch to the writer, with the cursor.
func (r *changesReader) flush() error {
	b := r.batch
	if r.cursor.IsZero() {
		return nil
	}
	r.batch = newBatch()
	b.notes[noteCursor+r.object.name] = r.cursor.String()
	return r.writer.write(b)
}

// writer writes batches while the next ones are read.
type writer struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	batches chan *batch
	done    chan struct{}
	err     error
}

func newWriter(ctx context.Context, e *engine, o *object) *writer {
	w := &writer{batches: make(chan *batch), done: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	go func() {
		defer close(w.done)
		done := 0
		for b := range w.batches {
			if w.err != nil {
				continue
			}
			n, more := b.count, e.group-1
			w.err = e.commitGroup(ctx, b, func() (b *batch) {
				if more == 0 {
					return nil
				}
				select {
				case b = <-w.batches: // nil after the last one
				default:
				}
				if b != nil {
					n += b.count
					more--
				}
				return b
			})
			if w.err != nil {
				w.cancel(w.err)
				continue
			}
			done += n
			e.report(Progress{Object: o.name, Step: "records", Done: done, Total: e.totals[o.name]})
		}
	}()
	return w
}

func (w *writer) write(b *batch) error {
	select {
	case w.batches <- b:
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}

// close waits for the writer, and returns its error.
func (w *writer) close() error {
	close(w.batches)
	<-w.done
	w.cancel(nil)
	return w.err
}

// caughtUp ends the reading of all records.
func (e *engine) caughtUp(ctx context.Context, o *object, r *changesReader) error {
	if e.state[noteRefreshed+o.name] != "" && !r.sweep {
		return nil
	}
	if r.sweep {
		if err := e.sweep(ctx, o); err != nil {
			return fmt.Errorf("cannot remove what is no longer there: %w", err)
		}
	}
	e.of(o).Refreshed = true
	b := newBatch()
	b.notes[noteSweep+o.name] = ""
	b.notes[noteRefreshed+o.name] = e.now()
	if len(o.links) > 0 {
		b.notes[noteLinks+o.name] = "1"
	}
	if e.activities || e.attachments {
		b.notes[noteWalk+o.name] = walkStart
	}
	// Everything is asked for all records, so that none is pending.
	b.removeAll(pendingTable, Key{o.name})
	b.removeAll(seenTable, Key{seenRecord, o.name})
	b.notes[noteSince+o.name] = ""
	return e.commit(ctx, b)
}

// sweep deletes the records that were not seen since everything was read again.
func (e *engine) sweep(ctx context.Context, o *object) error {
	b, done := newBatch(), 0
	flush := func() error {
		err := e.commit(ctx, b)
		done += b.count
		e.of(o).Swept += b.count
		e.report(Progress{Object: o.name, Step: "sweep", Done: done})
		b = newBatch()
		return err
	}
	err := unseen(ctx, e.store, e.store.Rows(ctx, o.table.Name, []string{columnID}, nil), Key{seenRecord, o.name}, func(key Key) error {
		b.count++
		if err := e.removeRecord(ctx, b, o, key[0]); err != nil {
			return err
		}
		if b.full(e.batch) {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
