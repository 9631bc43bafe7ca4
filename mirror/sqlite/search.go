package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// A table with full-text search has its rows in one table, and the index, which has the
// name of the table, takes them from there. Triggers would keep the index up to date as
// well, but SQLite writes the index to disk at each statement with a trigger.

// createSearch makes the index of a table.
func (s *Store) createSearch(ctx context.Context, t mirror.Table) error {
	if len(t.Search) == 0 {
		return nil
	}
	var columns []string
	for _, c := range t.Columns {
		if slices.Contains(t.Search, c.Name) {
			columns = append(columns, quote(c.Name))
		} else {
			columns = append(columns, quote(c.Name)+" UNINDEXED")
		}
	}
	index := quote(t.Name)
	for _, query := range []string{
		"CREATE VIRTUAL TABLE " + index + " USING fts5(" + strings.Join(columns, ", ") + ", content=" + stored(t) + ", tokenize=\"unicode61 remove_diacritics 2\")",
		// Words are merged into the index when there are many of them.
		"INSERT INTO " + index + " (" + index + ", rank) VALUES ('hashsize', 16777216)",
		"INSERT INTO " + index + " (" + index + ") VALUES ('rebuild')",
	} {
		if err := s.exec(ctx, query); err != nil {
			return fmt.Errorf("mirror: cannot create the index of %q: %w", t.Name, err)
		}
	}
	return nil
}

func (s *Store) dropSearch(ctx context.Context, t mirror.Table) error {
	if len(t.Search) == 0 {
		return nil
	}
	return s.exec(ctx, "DROP TABLE "+quote(t.Name))
}

// searchSQL are the statements for a table with an index.
type searchSQL struct{ insert, update, remove, find, index, unindex string }

func searchStatements(t mirror.Table) *searchSQL {
	index, rows, names := quote(t.Name), stored(t), quoted("", t.Columns)
	all, marks := strings.Join(names, ", "), "?"+strings.Repeat(", ?", len(names)-1)
	return &searchSQL{
		insert:  "INSERT INTO " + rows + " (" + all + ") VALUES (" + marks + ") ON CONFLICT DO NOTHING",
		update:  "UPDATE " + rows + " SET " + strings.Join(names, " = ?, ") + " = ? WHERE rowid = ?",
		remove:  "DELETE FROM " + rows + " WHERE rowid = ?",
		find:    "SELECT rowid, " + all + " FROM " + rows,
		index:   "INSERT INTO " + index + " (rowid, " + all + ") VALUES (?, " + marks + ")",
		unindex: "INSERT INTO " + index + " (" + index + ", rowid, " + all + ") VALUES ('delete', ?, " + marks + ")",
	}
}

// run runs a statement that is prepared once.
func (tx *transaction) run(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := tx.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// upsertSearched writes a row of a table with an index.
func (tx *transaction) upsertSearched(ctx context.Context, t mirror.Table, q *searchSQL, values []any) error {
	result, err := tx.run(ctx, q.insert, values...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		rowid, idErr := result.LastInsertId()
		if err = errors.Join(err, idErr); err == nil {
			_, err = tx.run(ctx, q.index, append([]any{rowid}, values...)...)
		}
		return err
	}
	rowids, old, err := tx.searched(ctx, t, q, values[:t.KeyColumns])
	if err != nil || len(rowids) != 1 || slices.Equal(old[0], values) {
		return err
	}
	_, err = tx.run(ctx, q.unindex, append([]any{rowids[0]}, old[0]...)...)
	if err == nil {
		_, err = tx.run(ctx, q.update, append(slices.Clone(values), rowids[0])...)
	}
	if err == nil {
		_, err = tx.run(ctx, q.index, append([]any{rowids[0]}, values...)...)
	}
	return err
}

// deleteSearched deletes the rows of a table with an index that begin with a key, all of
// them if it is empty.
func (tx *transaction) deleteSearched(ctx context.Context, t mirror.Table, key []any) error {
	q := searchStatements(t)
	rowids, rows, err := tx.searched(ctx, t, q, key)
	for i := 0; err == nil && i < len(rowids); i++ {
		if _, err = tx.run(ctx, q.unindex, append([]any{rowids[i]}, rows[i]...)...); err == nil {
			_, err = tx.run(ctx, q.remove, rowids[i])
		}
	}
	return err
}

// searched returns the rows that begin with a key.
func (tx *transaction) searched(ctx context.Context, t mirror.Table, q *searchSQL, key []any) (rowids []any, rows [][]any, err error) {
	query := q.find
	if len(key) > 0 {
		query += " WHERE " + strings.Join(quoted("", t.Columns[:len(key)]), " = ? AND ") + " = ?"
	}
	stmt, err := tx.prepare(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	found, err := stmt.QueryContext(ctx, key...)
	if err != nil {
		return nil, nil, err
	}
	defer found.Close()
	for found.Next() {
		row := make([]any, len(t.Columns)+1)
		pointers := make([]any, len(row))
		for i := range row {
			pointers[i] = &row[i]
		}
		if err := found.Scan(pointers...); err != nil {
			return nil, nil, err
		}
		rowids, rows = append(rowids, row[0]), append(rows, row[1:])
	}
	return rowids, rows, found.Err()
}
