package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// Migrate implements [mirror.Store]. It creates the schema if there is none.
func (s *Store) Migrate(ctx context.Context, tables []mirror.Table) error {
	for _, t := range tables {
		if err := check(t); err != nil {
			return err
		}
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if tx.lock != nil {
		tx.lock.catalog = nil
	}
	clear(s.ways)
	if err := tx.migrate(ctx, tables); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit(ctx)
}

func check(t mirror.Table) error {
	if t.Name == catalogTable || t.KeyColumns < 1 || t.KeyColumns > len(t.Columns) {
		return fmt.Errorf("mirror: a table cannot have the name %q and %d key columns of %d", t.Name, t.KeyColumns, len(t.Columns))
	}
	for i, c := range t.Columns {
		if types[c.Kind] == "" || i < t.KeyColumns && c.Kind != mirror.Text || len(t.Search) > 0 && c.Name == searchColumn {
			return fmt.Errorf("mirror: the table %q cannot have a column %q of the kind %q there", t.Name, c.Name, c.Kind)
		}
	}
	for _, name := range t.Search {
		if !slices.ContainsFunc(t.Columns, func(c mirror.Column) bool { return c.Name == name && c.Kind == mirror.Text }) {
			return fmt.Errorf("mirror: the table %q has no column %q of the kind text to search", t.Name, name)
		}
	}
	return nil
}

func (tx *transaction) migrate(ctx context.Context, tables []mirror.Table) error {
	s := tx.store
	if err := tx.prepare(ctx); err != nil {
		return fmt.Errorf("mirror: cannot create the schema %q: %w", s.schema, err)
	}
	have, err := s.readCatalog(ctx, tx.conn)
	if err != nil {
		return err
	}
	wanted := catalog{}
	for _, t := range tables {
		wanted[t.Name] = t
	}
	for name, old := range have {
		if _, ok := wanted[name]; !ok {
			if err := tx.drop(ctx, old); err != nil {
				return fmt.Errorf("mirror: cannot drop the table %q: %w", name, err)
			}
		}
	}
	for _, t := range tables {
		old, exists := have[t.Name]
		if exists && same(old, t) {
			continue
		}
		if err := tx.change(ctx, exists, old, t); err != nil {
			return fmt.Errorf("mirror: cannot make the table %q: %w", t.Name, err)
		}
	}
	return nil
}

// prepare makes the schema and the catalog, and lets others that migrate wait.
func (tx *transaction) prepare(ctx context.Context) error {
	s := tx.store
	if err := tx.exec(ctx, "SELECT pg_advisory_xact_lock($1)", fmt.Sprint(lockKey("migrate", s.schema))); err != nil {
		return err
	}
	// IF NOT EXISTS needs the right to create one even if it exists.
	rows, err := ask(ctx, tx.conn, "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", s.schema)
	if err == nil && len(rows) == 0 {
		err = tx.exec(ctx, "CREATE SCHEMA "+quote(s.schema))
	}
	if err != nil {
		return err
	}
	return tx.exec(ctx, "CREATE TABLE IF NOT EXISTS "+s.name(catalogTable)+` (name text COLLATE "C" PRIMARY KEY, definition json NOT NULL)`)
}

// change makes a table as it was given, and notes that.
func (tx *transaction) change(ctx context.Context, exists bool, old, t mirror.Table) error {
	var err error
	switch {
	case !exists:
		err = tx.create(ctx, t)
	case sameKey(old, t):
		err = tx.alter(ctx, old, t)
	default:
		if err = tx.drop(ctx, old); err == nil {
			err = tx.create(ctx, t)
		}
	}
	if err != nil {
		return err
	}
	definition, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return tx.exec(ctx, "INSERT INTO "+tx.store.name(catalogTable)+" VALUES ($1, $2::json) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition", t.Name, string(definition))
}

func same(a, b mirror.Table) bool {
	return a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns, b.Columns) && slices.Equal(a.Search, b.Search)
}

func sameKey(a, b mirror.Table) bool {
	return a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns[:a.KeyColumns], b.Columns[:b.KeyColumns])
}

func declared(c mirror.Column) string { return quote(column(c)) + " " + types[c.Kind] }

func (tx *transaction) create(ctx context.Context, t mirror.Table) error {
	var parts []string
	for i, c := range t.Columns {
		text := declared(c)
		if i < t.KeyColumns {
			text += ` COLLATE "C"`
		}
		parts = append(parts, text)
	}
	parts = append(parts, "PRIMARY KEY ("+columnList(t.Columns[:t.KeyColumns])+")")
	if err := tx.exec(ctx, "CREATE TABLE "+tx.store.name(t.Name)+" ("+strings.Join(parts, ", ")+")"); err != nil {
		return err
	}
	return tx.createSearch(ctx, t)
}

func (tx *transaction) drop(ctx context.Context, t mirror.Table) error {
	err := tx.dropSearch(ctx, t)
	if err == nil {
		err = tx.free(ctx, t, t.Columns, true)
	}
	if err == nil {
		err = explain(tx.exec(ctx, "DROP TABLE "+tx.store.name(t.Name)))
	}
	if err == nil {
		err = tx.exec(ctx, "DELETE FROM "+tx.store.name(catalogTable)+" WHERE name = $1", t.Name)
	}
	return err
}

// alter drops and adds columns.
func (tx *transaction) alter(ctx context.Context, old, t mirror.Table) error {
	var gone []mirror.Column
	var parts []string
	for _, c := range old.Columns {
		if !slices.Contains(t.Columns, c) {
			gone = append(gone, c)
			parts = append(parts, "DROP COLUMN "+quote(column(c)))
		}
	}
	for _, c := range t.Columns {
		if !slices.Contains(old.Columns, c) {
			parts = append(parts, "ADD COLUMN "+declared(c))
		}
	}
	search := !slices.Equal(old.Search, t.Search) || slices.ContainsFunc(gone, func(c mirror.Column) bool { return slices.Contains(old.Search, c.Name) })
	if search {
		if err := tx.dropSearch(ctx, old); err != nil {
			return err
		}
	}
	if err := tx.free(ctx, t, gone, false); err != nil {
		return err
	}
	if len(parts) > 0 {
		if err := explain(tx.exec(ctx, "ALTER TABLE "+tx.store.name(t.Name)+" "+strings.Join(parts, ", "))); err != nil {
			return err
		}
	}
	if search {
		return tx.createSearch(ctx, t)
	}
	return nil
}
