package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
)

// open reads the notes of the last run.
func (e *engine) open(ctx context.Context) error {
	tables, err := e.store.Tables(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(tables, func(t Table) bool { return t.Name == tableState }) {
		e.state, err = readState(ctx, e.store)
		return err
	}
	e.state = state{}
	return nil
}

// prepare reads the schema, and makes the tables for it.
func (e *engine) prepare(ctx context.Context) error {
	schema, err := e.client.Schema(ctx)
	if err != nil {
		return fmt.Errorf("mirror: cannot read the schema: %w", err)
	}
	e.schema = schema
	absent := notes{}
	wanted := map[string]bool{}
	for _, o := range schema.Objects() {
		if e.objects != nil && !slices.Contains(e.objects, o.Name) {
			continue
		}
		if wanted[o.Name], err = e.hasRecords(ctx, o.Name, absent); err != nil {
			return fmt.Errorf("mirror: %s: %w", o.Name, err)
		}
	}
	for _, name := range e.objects {
		if !wanted[name] {
			return fmt.Errorf("mirror: the workspace has no records of the object %q", name)
		}
	}
	e.model = newModel(schema, func(name string) bool { return wanted[name] })
	if err := e.migrate(ctx, absent); err != nil {
		return err
	}
	for _, o := range e.model.objects {
		e.of(o)
		if err := e.backfill(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// hasRecords reports whether an object has records: schemas list some that have none
// (docs/live-api.md, R4).
func (e *engine) hasRecords(ctx context.Context, name string, absent notes) (bool, error) {
	if e.state[noteCursor+name] != "" {
		return true, nil
	}
	if e.state[noteAbsent+name] != "" && !e.due(noteAbsent+name) {
		return false, nil
	}
	for page, err := range clarify.NewRecords[json.RawMessage](e.client, name).Pages(ctx, clarify.PageSize(1), clarify.Limit(1)) {
		if errors.Is(err, clarify.ErrNotFound) {
			absent[noteAbsent+name] = e.now()
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if n := page.Meta.TotalRecords; n != nil {
			e.totals[name] = *n
		}
	}
	if e.state[noteAbsent+name] != "" {
		absent[noteAbsent+name] = ""
	}
	return true, nil
}

// migrate makes the tables, and notes which rows must be made again. It does so before,
// because the process may end after.
func (e *engine) migrate(ctx context.Context, absent notes) error {
	have, err := e.store.Tables(ctx)
	if err != nil {
		return err
	}
	wanted := e.model.tables()
	old := map[string]Table{}
	for _, t := range have {
		old[t.Name] = t
	}
	changed := map[string]bool{}
	for _, t := range wanted {
		if before, known := old[t.Name]; !known || !equalTables(before, t) {
			changed[t.Name] = true
		}
		delete(old, t.Name)
	}
	for name := range old {
		changed[name] = true
	}
	b := newBatch()
	b.notes = e.state.forget(func(object string) bool { return e.model.byName[object] == nil })
	for key, value := range absent {
		b.notes[key] = value
	}
	for _, o := range e.model.objects {
		if before := e.state[noteForm+o.name]; before != o.form {
			b.notes[noteForm+o.name] = o.form
			if e.state[noteCursor+o.name] != "" {
				b.notes[noteBackfill+o.name] = "1"
			}
		}
		for _, l := range o.links {
			if changed[l.table.Name] && e.state[noteCursor+o.name] != "" {
				b.notes[noteLinks+l.reader().object.name] = "1"
			}
		}
	}
	if len(have) > 0 {
		e.dropRelated(b)
		if err := e.commit(ctx, b); err != nil {
			return err
		}
		b = newBatch()
	}
	if len(changed) == 0 {
		return nil
	}
	if err := e.store.Migrate(ctx, wanted); err != nil {
		return err
	}
	for name := range changed {
		e.summary.Migrated = append(e.summary.Migrated, name)
		// What it has is written again.
		if e.state[noteDigest+name] != "" {
			b.notes[noteDigest+name] = ""
		}
	}
	slices.Sort(e.summary.Migrated)
	e.log(ctx, slog.LevelInfo, "tables were migrated", slog.Int("tables", len(changed)))
	e.report(Progress{Step: "migrate", Done: len(changed), Total: len(changed)})
	return e.commit(ctx, b)
}

// dropRelated removes what belongs to objects that are gone.
func (e *engine) dropRelated(b *batch) {
	for key := range b.notes {
		if name, ok := strings.CutPrefix(key, noteCursor); ok {
			b.removeAll(seenTable, Key{seenRecord, name})
			for _, t := range relatedTables {
				b.removeAll(t, Key{name})
			}
		}
	}
}

func equalTables(a, b Table) bool {
	return a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns, b.Columns) && slices.Equal(a.Search, b.Search)
}

// backfill makes the rows of an object again, from the records that they have.
func (e *engine) backfill(ctx context.Context, o *object) error {
	if e.state[noteBackfill+o.name] == "" {
		return nil
	}
	b, done := newBatch(), 0
	flush := func() error {
		err := e.commit(ctx, b)
		done += b.count
		e.report(Progress{Object: o.name, Step: "migrate", Done: done})
		b = newBatch()
		return err
	}
	for row, err := range e.store.Rows(ctx, o.table.Name, []string{columnID, columnRecord}, nil) {
		if err != nil {
			return err
		}
		r := readRecord(row[0].Text, row[1].Text)
		e.putRecord(b, o, &r, false)
		b.count++
		if b.full(e.batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	b.notes[noteBackfill+o.name] = ""
	return flush()
}
