package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// createSearch makes the full-text index of a table. It has the name of the table, and
// the rows are in another one, from which triggers keep the index up to date.
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
	index, rows := quote(t.Name), stored(t)
	names := strings.Join(quoted("", t.Columns), ", ")
	remove := "INSERT INTO " + index + " (" + index + ", rowid, " + names + ") VALUES ('delete', old.rowid, " + strings.Join(quoted("old.", t.Columns), ", ") + "); "
	add := "INSERT INTO " + index + " (rowid, " + names + ") VALUES (new.rowid, " + strings.Join(quoted("new.", t.Columns), ", ") + "); "
	trigger := func(event, do string) string {
		return "CREATE TRIGGER " + quote("_"+t.Name+"_"+strings.ToLower(event)) + " AFTER " + event + " ON " + rows + " BEGIN " + do + "END"
	}
	for _, query := range []string{
		"CREATE VIRTUAL TABLE " + index + " USING fts5(" + strings.Join(columns, ", ") + ", content=" + rows + ", tokenize=\"unicode61 remove_diacritics 2\")",
		// Words are merged into the index when there are many of them.
		"INSERT INTO " + index + " (" + index + ", rank) VALUES ('hashsize', 16777216)",
		trigger("INSERT", add),
		trigger("UPDATE", remove+add),
		trigger("DELETE", remove),
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
	for _, event := range []string{"insert", "update", "delete"} {
		if err := s.exec(ctx, "DROP TRIGGER "+quote("_"+t.Name+"_"+event)); err != nil {
			return err
		}
	}
	return s.exec(ctx, "DROP TABLE "+quote(t.Name))
}
