package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/clarify-go/clarify"
)

var listRowsTable = tableOf(tableListRows)

// noteRows is the note of the rows of a list: when they were read, and when the list had
// been updated then.
const noteRows = "rows/"

// lists brings the rows of lists up to date: of those that changed, and of all when a
// refresh is due.
func (e *engine) lists(ctx context.Context) error {
	there := map[string]bool{}
	for row, err := range e.store.Rows(ctx, tableLists, []string{columnID, "object", columnUpdated}, nil) {
		if err != nil {
			return err
		}
		id, o := row[0].Text, e.model.byName[row[1].Text]
		if o == nil {
			continue
		}
		there[id] = true
		read, updated, _ := strings.Cut(e.state[noteRows+id], " ")
		if updated == row[2].Text && !e.dueSince(read) {
			continue
		}
		if err := e.listOf(ctx, o, id, row[2].Text); err != nil {
			return fmt.Errorf("mirror: the list %s: %w", id, err)
		}
	}
	return e.dropLists(ctx, there)
}

// listOf reads the rows of a list.
func (e *engine) listOf(ctx context.Context, o *object, id, updated string) error {
	kind := "list " + id
	b, done := newBatch(), 0
	b.removeAll(seenTable, Key{kind})
	for record, err := range clarify.NewRecords[struct{}](e.client, o.name).InList(ctx, id, e.listOptions()...) {
		if errors.Is(err, clarify.ErrNotFound) {
			break // the list was deleted meanwhile
		}
		if err != nil {
			return err
		}
		row := TextValue(cleanText(record.ID))
		b.put(listRowsTable, Row{TextValue(o.name), row, TextValue(id)})
		b.put(seenTable, Row{TextValue(kind), TextValue(o.name), row})
		if b.count++; b.full(e.batch) {
			if err := e.commit(ctx, b); err != nil {
				return err
			}
			done += b.count
			e.report(Progress{Object: o.name, Step: "lists", Done: done})
			b = newBatch()
		}
	}
	if err := e.commit(ctx, b); err != nil {
		return err
	}
	b = newBatch()
	err := unseen(ctx, e.store, e.rowsOfList(ctx, o, id), Key{kind}, func(key Key) error {
		b.remove(listRowsTable, Key{key[0], key[1], id})
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
	b.removeAll(seenTable, Key{kind})
	b.notes[noteRows+id] = e.now() + " " + updated
	return e.commit(ctx, b)
}

// rowsOfList yields the object and the id of the rows of a list.
func (e *engine) rowsOfList(ctx context.Context, o *object, id string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range rowsOf(ctx, e.store, listRowsTable, []string{"id", "list_id"}, Key{o.name}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if row[1].Text == id && !yield(Row{TextValue(o.name), row[0]}, nil) {
				return
			}
		}
	}
}

// dropLists removes the rows of lists that are gone.
func (e *engine) dropLists(ctx context.Context, there map[string]bool) error {
	b, some := newBatch(), false
	for key := range e.state {
		if id, ok := strings.CutPrefix(key, noteRows); ok && !there[id] {
			b.notes[key], some = "", true
		}
	}
	if !some {
		return nil
	}
	for row, err := range e.store.Rows(ctx, tableListRows, columnNames(listRowsTable), nil) {
		if err != nil {
			return err
		}
		if !there[row[2].Text] {
			b.remove(listRowsTable, row.Key(3))
		}
	}
	return e.commit(ctx, b)
}
