package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/clarify-go/clarify"
)

const (
	// walkStart is the note of a walk that has not begun.
	walkStart = "@"
	// maxPending is how many records may be pending. Beyond that, everything is read.
	maxPending = 20_000
	// fewPending are asked for one by one.
	fewPending = 20
	// maxFailures is how many records in a row may fail.
	maxFailures = 10
	// chunk is how many records are asked for what belongs to them before that is
	// committed.
	chunk = 200
)

// related brings up to date what belongs to records: links, activities, attachments.
func (e *engine) related(ctx context.Context) error {
	for _, o := range e.model.objects {
		if err := e.tooManyPending(ctx, o); err != nil {
			return fmt.Errorf("mirror: %s: %w", o.name, err)
		}
	}
	for _, o := range e.model.objects {
		var err error
		if e.state[noteLinks+o.name] != "" {
			err = e.allLinks(ctx, o)
		}
		if err == nil {
			err = e.walk(ctx, o)
		}
		if err == nil {
			err = e.pendingOf(ctx, o)
		}
		if err != nil {
			return fmt.Errorf("mirror: %s: %w", o.name, err)
		}
	}
	return nil
}

// pendingIDs returns the ids of pending records, one more than the limit at most.
func (e *engine) pendingIDs(ctx context.Context, o *object, limit int) ([]string, error) {
	var ids []string
	for row, err := range rowsOf(ctx, e.store, pendingTable, []string{"id"}, Key{o.name}) {
		if err != nil {
			return nil, err
		}
		if ids = append(ids, row[0].Text); len(ids) > limit {
			break
		}
	}
	return ids, nil
}

// tooManyPending makes a run read everything instead.
func (e *engine) tooManyPending(ctx context.Context, o *object) error {
	ids, err := e.pendingIDs(ctx, o, maxPending)
	if err != nil || len(ids) <= maxPending {
		return err
	}
	b := newBatch()
	b.removeAll(pendingTable, Key{o.name})
	b.notes[noteSince+o.name] = ""
	for _, l := range o.links {
		b.notes[noteLinks+l.reader().object.name] = "1"
	}
	if e.activities || e.attachments {
		b.notes[noteWalk+o.name] = walkStart
	}
	return e.commit(ctx, b)
}

// pendingOf asks for what belongs to pending records.
func (e *engine) pendingOf(ctx context.Context, o *object) error {
	ids, err := e.pendingIDs(ctx, o, maxPending)
	if err != nil {
		return err
	}
	// Those that failed in this run are asked again by the next.
	ids = slices.DeleteFunc(ids, func(id string) bool { return e.skipped[o.name+" "+id] })
	if len(ids) == 0 {
		return nil
	}
	alone := map[string]bool{}
	for _, id := range ids {
		alone[id] = true
	}
	if len(o.links) > 0 && len(ids) > fewPending {
		if err := e.pendingLinks(ctx, o, alone); err != nil {
			return err
		}
	}
	return e.each(ctx, o, ids, alone, nil)
}

// pendingLinks reads the links of pending records page by page. Those that it does not
// find remain in the set.
func (e *engine) pendingLinks(ctx context.Context, o *object, pending map[string]bool) error {
	records := clarify.NewRecords[json.RawMessage](e.client, o.name)
	opts := append(e.listOptions(), included(o.links))
	if since := e.state[noteSince+o.name]; since != "" {
		opts = append(opts, clarify.Where(columnUpdated, clarify.IsOnOrAfter, since))
	}
	b := newBatch()
	for record, err := range records.All(ctx, opts...) {
		if err != nil {
			return fmt.Errorf("cannot read links: %w", err)
		}
		id := cleanText(record.ID)
		if !pending[id] {
			continue
		}
		delete(pending, id)
		for _, l := range o.links {
			now, err := e.links(ctx, l, &record)
			if err == nil {
				err = e.setLinks(ctx, b, l, id, now)
			}
			if err != nil {
				return fmt.Errorf("cannot read the %s of %s: %w", l.field, id, err)
			}
		}
		if b.count++; b.full(chunk) {
			if err := e.commit(ctx, b); err != nil {
				return err
			}
			b = newBatch()
		}
	}
	return e.commit(ctx, b)
}

// walk asks all records for what belongs to them, from where the last run ended.
func (e *engine) walk(ctx context.Context, o *object) error {
	note := e.state[noteWalk+o.name]
	if note == "" {
		return nil
	}
	var after Key
	if note != walkStart {
		after = Key{note[len(walkStart):]}
	}
	var ids []string
	done := 0
	flush := func(end bool) error {
		n := notes{noteWalk + o.name: ""}
		if !end {
			n[noteWalk+o.name] = walkStart + ids[len(ids)-1]
		}
		err := e.each(ctx, o, ids, nil, n)
		done += len(ids)
		ids = ids[:0]
		e.report(Progress{Object: o.name, Step: "attachments", Done: done, Total: e.totals[o.name]})
		return err
	}
	for row, err := range e.store.Rows(ctx, o.table.Name, []string{columnID}, after) {
		if err != nil {
			return err
		}
		if ids = append(ids, row[0].Text); len(ids) == chunk {
			if err := flush(false); err != nil {
				return err
			}
		}
	}
	return flush(true)
}

// belongings are what belongs to a record.
type belongings struct {
	links map[*link][]string
	rows  map[string][]Row // by table
	err   error
}

// each asks for what belongs to records, concurrently, and commits it with notes. withLinks
// has the records whose links are asked for as well.
func (e *engine) each(ctx context.Context, o *object, ids []string, withLinks map[string]bool, n notes) error {
	failures := 0
	for len(ids) > 0 || n != nil {
		part := ids[:min(len(ids), chunk)]
		ids = ids[len(part):]
		all := e.ask(ctx, o, part, withLinks)
		b := newBatch()
		for i, id := range part {
			switch err := all[i].err; {
			case err == nil:
				failures = 0
				b.remove(pendingTable, Key{o.name, id})
				if err := e.putBelongings(ctx, b, o, id, &all[i]); err != nil {
					return err
				}
			case ctx.Err() != nil:
				return ctx.Err()
			default:
				if failures++; failures > maxFailures || isRefusal(err) {
					return fmt.Errorf("cannot read what belongs to %s: %w", id, err)
				}
				e.skipped[o.name+" "+id] = true
				e.summary.Skipped++
				e.log(ctx, slog.LevelWarn, "what belongs to a record could not be read and will be read again",
					slog.String("object", o.name), slog.String("id", id), slog.String("error", err.Error()))
				b.put(pendingTable, Row{TextValue(o.name), TextValue(id)})
			}
		}
		if len(ids) == 0 {
			for key, value := range n {
				b.notes[key] = value
			}
			n = nil
		}
		if err := e.commit(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// isRefusal reports whether an error is not about a single record.
func isRefusal(err error) bool {
	return errors.Is(err, clarify.ErrUnauthorized) || errors.Is(err, clarify.ErrForbidden) || errors.Is(err, errFiles)
}

// ask asks for what belongs to records.
func (e *engine) ask(ctx context.Context, o *object, ids []string, withLinks map[string]bool) []belongings {
	all := make([]belongings, len(ids))
	slots := make(chan struct{}, e.concurrency)
	var wg sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			all[i] = e.askOne(ctx, o, id, withLinks[id])
			<-slots
		}()
	}
	wg.Wait()
	return all
}

func (e *engine) askOne(ctx context.Context, o *object, id string, withLinks bool) (all belongings) {
	all.rows = map[string][]Row{}
	if withLinks && len(o.links) > 0 {
		all.links = map[*link][]string{}
		record, err := clarify.NewRecords[json.RawMessage](e.client, o.name).Get(ctx, id, included(o.links))
		if errors.Is(err, clarify.ErrNotFound) {
			record, err = &clarify.Record[json.RawMessage]{ID: id}, nil
		}
		for _, l := range o.links {
			if err != nil {
				break
			}
			all.links[l], err = e.links(ctx, l, record)
		}
		if all.err = err; err != nil {
			return all
		}
	}
	if e.activities {
		if all.err = e.askActivities(ctx, o, id, &all); all.err != nil {
			return all
		}
	}
	if e.attachments {
		all.err = e.askAttachments(ctx, o, id, &all)
	}
	return all
}

// putBelongings writes what belongs to a record.
func (e *engine) putBelongings(ctx context.Context, b *batch, o *object, id string, all *belongings) error {
	for l, now := range all.links {
		if err := e.setLinks(ctx, b, l, id, now); err != nil {
			return err
		}
	}
	for table, rows := range all.rows {
		t := tableOf(table)
		b.removeAll(t, Key{o.name, id})
		for _, row := range rows {
			b.put(t, row)
		}
	}
	return nil
}
