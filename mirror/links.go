package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/clarify-go/clarify"
)

// reader returns the end of a relationship from which the links of all records are read.
func (l *link) reader() *link {
	if l.whole || l.other == nil {
		return l
	}
	return l.other
}

// add adds a link from the record a, to both tables.
func (l *link) add(b *batch, from, to string) {
	b.put(l.table, Row{TextValue(from), TextValue(to)})
	if l.other != nil {
		b.put(l.other.table, Row{TextValue(to), TextValue(from)})
	}
}

func (l *link) remove(b *batch, from, to string) {
	b.remove(l.table, Key{from, to})
	if l.other != nil {
		b.remove(l.other.table, Key{to, from})
	}
}

// linked returns the records that a record is linked to, as the mirror has it.
func (e *engine) linked(ctx context.Context, l *link, id string) (map[string]bool, error) {
	all := map[string]bool{}
	for row, err := range rowsOf(ctx, e.store, l.table, []string{l.table.Columns[1].Name}, Key{id}) {
		if err != nil {
			return nil, err
		}
		all[row[0].Text] = true
	}
	return all, nil
}

// removeLinks removes the links of a record that is gone.
func (e *engine) removeLinks(ctx context.Context, b *batch, l *link, id string) error {
	all, err := e.linked(ctx, l, id)
	if err != nil {
		return err
	}
	for to := range all {
		l.remove(b, id, to)
	}
	return nil
}

// setLinks makes the links of a record those that it has now.
func (e *engine) setLinks(ctx context.Context, b *batch, l *link, id string, now []string) error {
	before, err := e.linked(ctx, l, id)
	if err != nil {
		return err
	}
	for _, to := range now {
		if !before[to] {
			l.add(b, id, to)
		}
		delete(before, to)
	}
	for to := range before {
		l.remove(b, id, to)
	}
	return nil
}

// included is the option that makes the API send links.
func included(links []*link) clarify.QueryOption {
	var names []string
	for _, l := range links {
		names = append(names, l.field)
	}
	return clarify.Include(names...)
}

// links returns the ids that a record is linked to, from the relationships that came
// with it if they are complete.
func (e *engine) links(ctx context.Context, l *link, r *clarify.Record[json.RawMessage]) ([]string, error) {
	ids := map[string]bool{}
	relationship, sent := r.Relationships[l.field]
	refs := r.Relationships.Many(l.field)
	if count, counted := relationship.Count(); sent && (!counted || count <= len(refs)) {
		for _, ref := range refs {
			ids[cleanText(ref.ID)] = true
		}
		return slices.Sorted(maps.Keys(ids)), nil
	}
	records := clarify.NewRecords[json.RawMessage](e.client, l.object.name)
	for record, err := range records.Related(ctx, r.ID, l.field, clarify.PageSize(maxRelated)) {
		if errors.Is(err, clarify.ErrNotFound) {
			break // the record was deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		ids[cleanText(record.ID)] = true
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// maxRelated is how many linked records a request reads.
const maxRelated = 100

// allLinks reads the links of all records of an object, and removes those that are gone.
func (e *engine) allLinks(ctx context.Context, o *object) error {
	var links []*link
	for _, l := range o.links {
		if l.whole {
			links = append(links, l)
		}
	}
	b := newBatch()
	for _, l := range links {
		b.removeAll(seenTable, Key{l.table.Name})
	}
	if len(links) > 0 {
		done := 0
		records := clarify.NewRecords[json.RawMessage](e.client, o.name)
		opts := append(e.listOptions(), clarify.Stable(), included(links))
		for record, err := range records.All(ctx, opts...) {
			if err != nil {
				return fmt.Errorf("cannot read links: %w", err)
			}
			for _, l := range links {
				ids, err := e.links(ctx, l, &record)
				if err != nil {
					return fmt.Errorf("cannot read the %s of %s: %w", l.field, record.ID, err)
				}
				for _, id := range ids {
					l.add(b, cleanText(record.ID), id)
					b.put(seenTable, Row{TextValue(l.table.Name), TextValue(cleanText(record.ID)), TextValue(id)})
				}
				b.count += len(ids)
			}
			if b.full(e.batch) {
				if err := e.commit(ctx, b); err != nil {
					return err
				}
				done += b.count
				e.report(Progress{Object: o.name, Step: "links", Done: done})
				b = newBatch()
			}
		}
	}
	if err := e.commit(ctx, b); err != nil {
		return err
	}
	return e.sweepLinks(ctx, o, links)
}

// sweepLinks removes the links that were not seen.
func (e *engine) sweepLinks(ctx context.Context, o *object, links []*link) error {
	b := newBatch()
	for _, l := range links {
		err := unseen(ctx, e.store, e.store.Rows(ctx, l.table.Name, columnNames(l.table), nil), Key{l.table.Name}, func(key Key) error {
			l.remove(b, key[0], key[1])
			if b.count++; b.full(e.batch) {
				err := e.commit(ctx, b)
				b = newBatch()
				return err
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.removeAll(seenTable, Key{l.table.Name})
	}
	b.notes[noteLinks+o.name] = ""
	return e.commit(ctx, b)
}
