package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// Migrate implements [mirror.Store]. Indexes on a column that has to go are dropped.
func (s *Store) Migrate(ctx context.Context, tables []mirror.Table) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, tx.catalog, tables); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	s.forget()
	return tx.Commit(ctx)
}

// forget closes the statements that are prepared.
func (s *Store) forget() {
	for _, stmt := range s.statements {
		_ = stmt.Close()
	}
	clear(s.statements)
}

func (s *Store) migrate(ctx context.Context, have *catalog, tables []mirror.Table) error {
	wanted := map[string]bool{}
	for _, t := range tables {
		if err := check(t); err != nil {
			return err
		}
		wanted[t.Name] = true
	}
	for name, old := range have.tables {
		if !wanted[name] {
			if err := s.drop(ctx, old); err != nil {
				return err
			}
		}
	}
	for _, t := range tables {
		old, exists := have.tables[t.Name]
		var err error
		switch {
		case exists && same(old, t):
			continue
		case !exists:
			err = s.create(ctx, t)
		case !sameKey(old, t) || !slices.Equal(old.Search, t.Search) || len(t.Search) > 0:
			err = s.replace(ctx, old, t)
		default:
			err = s.alter(ctx, old, t)
		}
		if err != nil {
			return err
		}
		definition, err := json.Marshal(t)
		if err == nil {
			err = s.exec(ctx, `INSERT INTO `+catalogTable+` VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition`, t.Name, string(definition))
		}
		if err != nil {
			return fmt.Errorf("mirror: cannot write the catalog: %w", err)
		}
	}
	return nil
}

func check(t mirror.Table) error {
	if t.KeyColumns < 1 || t.KeyColumns > len(t.Columns) {
		return fmt.Errorf("mirror: the table %q has %d key columns of %d", t.Name, t.KeyColumns, len(t.Columns))
	}
	for i, c := range t.Columns {
		if types[c.Kind] == "" || i < t.KeyColumns && c.Kind != mirror.Text {
			return fmt.Errorf("mirror: the column %q of %q is of the kind %q", c.Name, t.Name, c.Kind)
		}
	}
	return nil
}

func same(a, b mirror.Table) bool {
	return a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns, b.Columns) && slices.Equal(a.Search, b.Search)
}

func sameKey(a, b mirror.Table) bool {
	return a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns[:a.KeyColumns], b.Columns[:b.KeyColumns])
}

// withoutRowID reports whether the rows of a table are nothing but its key.
func withoutRowID(t mirror.Table) bool { return t.KeyColumns == len(t.Columns) }

func declared(c mirror.Column) string { return quote(c.Name) + " " + types[c.Kind] }

func (s *Store) create(ctx context.Context, t mirror.Table) error {
	if err := s.createRows(ctx, t); err != nil {
		return err
	}
	return s.createSearch(ctx, t)
}

func (s *Store) createRows(ctx context.Context, t mirror.Table) error {
	var columns []string
	for i, c := range t.Columns {
		text := declared(c)
		if i < t.KeyColumns {
			text += " NOT NULL"
		}
		columns = append(columns, text)
	}
	columns = append(columns, "PRIMARY KEY ("+strings.Join(quoted("", t.Columns[:t.KeyColumns]), ", ")+")")
	create := "CREATE TABLE " + stored(t) + " (" + strings.Join(columns, ", ") + ")"
	if withoutRowID(t) {
		create += " WITHOUT ROWID"
	}
	if err := s.exec(ctx, create); err != nil {
		return fmt.Errorf("mirror: cannot create the table %q: %w", t.Name, err)
	}
	return nil
}

func (s *Store) drop(ctx context.Context, t mirror.Table) error {
	err := s.dropSearch(ctx, t)
	if err == nil {
		err = s.exec(ctx, "DROP TABLE "+stored(t))
	}
	if err == nil {
		err = s.exec(ctx, "DELETE FROM "+catalogTable+" WHERE name = ?", t.Name)
	}
	if err != nil {
		return fmt.Errorf("mirror: cannot drop the table %q: %w", t.Name, err)
	}
	return nil
}

// replace makes a table anew, with its rows if they have the same key.
func (s *Store) replace(ctx context.Context, old, t mirror.Table) error {
	if !sameKey(old, t) {
		if err := s.drop(ctx, old); err != nil {
			return err
		}
		return s.create(ctx, t)
	}
	err := s.dropSearch(ctx, old)
	const aside = `"_aside"`
	if err == nil {
		err = s.exec(ctx, "ALTER TABLE "+stored(old)+" RENAME TO "+aside)
	}
	if err == nil {
		err = s.createRows(ctx, t)
	}
	var kept []mirror.Column
	for _, c := range t.Columns {
		if slices.Contains(old.Columns, c) {
			kept = append(kept, c)
		}
	}
	columns := strings.Join(quoted("", kept), ", ")
	if err == nil {
		err = s.exec(ctx, "INSERT INTO "+stored(t)+" ("+columns+") SELECT "+columns+" FROM "+aside)
	}
	if err == nil {
		err = s.exec(ctx, "DROP TABLE "+aside)
	}
	if err == nil {
		err = s.createSearch(ctx, t)
	}
	if err != nil {
		return fmt.Errorf("mirror: cannot replace the table %q: %w", t.Name, err)
	}
	return nil
}

// alter drops and adds columns.
func (s *Store) alter(ctx context.Context, old, t mirror.Table) error {
	for _, c := range old.Columns {
		if slices.Contains(t.Columns, c) {
			continue
		}
		if err := s.dropColumn(ctx, t, c); err != nil {
			return fmt.Errorf("mirror: cannot drop the column %q of %q: %w", c.Name, t.Name, err)
		}
	}
	for _, c := range t.Columns {
		if slices.Contains(old.Columns, c) {
			continue
		}
		if err := s.exec(ctx, "ALTER TABLE "+stored(t)+" ADD COLUMN "+declared(c)); err != nil {
			return fmt.Errorf("mirror: cannot add the column %q to %q: %w", c.Name, t.Name, err)
		}
	}
	return nil
}

func (s *Store) dropColumn(ctx context.Context, t mirror.Table, c mirror.Column) error {
	rows, err := s.writer.QueryContext(ctx, `SELECT DISTINCT i.name FROM pragma_index_list(?) i, pragma_index_info(i.name) c WHERE c.name = ? AND i.origin = 'c'`, t.Name, c.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	var indexes []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		indexes = append(indexes, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, name := range indexes {
		if err := s.exec(ctx, "DROP INDEX "+quote(name)); err != nil {
			return err
		}
	}
	return s.exec(ctx, "ALTER TABLE "+stored(t)+" DROP COLUMN "+quote(c.Name))
}
