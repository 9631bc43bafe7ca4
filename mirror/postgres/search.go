package postgres

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/clarify-go/clarify/mirror"
)

// beside returns the name of something that belongs to a table.
func beside(table, what string) string {
	n := min(len(table), maxName-len(what)-2)
	for n > 0 && n < len(table) && !utf8.RuneStart(table[n]) {
		n--
	}
	return "_" + table[:n] + "_" + what
}

// words is the function that makes a tsvector of a large text. PostgreSQL rejects one of
// more than 1 MB.
const words = ` (text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $_$
BEGIN
	RETURN pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, $1);
EXCEPTION WHEN program_limit_exceeded THEN
	RETURN pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, "left"($1, 100000));
END $_$`

// largeText is how many bytes a text has whose tsvector may be too large. Others take no
// call of the function, which is half of the time that search takes in a first load.
const largeText = 200_000

// createSearch adds full-text search to a table.
func (tx *transaction) createSearch(ctx context.Context, t mirror.Table) error {
	if len(t.Search) == 0 {
		return nil
	}
	var parts []string
	for _, name := range t.Search {
		parts = append(parts, "coalesce("+quote(column(mirror.Column{Name: name}))+", '')")
	}
	text := strings.Join(parts, " || ' ' || ")
	table, function := tx.store.name(t.Name), tx.store.name(beside(t.Name, "words"))
	vector := fmt.Sprintf("CASE WHEN octet_length(%[1]s) < %[2]d THEN to_tsvector('pg_catalog.simple'::regconfig, %[1]s) ELSE %[3]s(%[1]s) END", text, largeText, function)
	for _, query := range []string{
		"CREATE FUNCTION " + function + words,
		"ALTER TABLE " + table + " ADD COLUMN " + searchColumn + " tsvector GENERATED ALWAYS AS (" + vector + ") STORED",
		"CREATE INDEX " + quote(beside(t.Name, "search")) + " ON " + table + " USING gin (" + searchColumn + ")",
	} {
		if err := tx.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) dropSearch(ctx context.Context, t mirror.Table) error {
	if len(t.Search) == 0 {
		return nil
	}
	if err := tx.free(ctx, t, []mirror.Column{{Name: searchColumn}}, false); err != nil {
		return err
	}
	for _, query := range []string{
		"DROP INDEX " + tx.store.name(beside(t.Name, "search")),
		"ALTER TABLE " + tx.store.name(t.Name) + " DROP COLUMN " + searchColumn,
		"DROP FUNCTION " + tx.store.name(beside(t.Name, "words")) + " (text)",
	} {
		if err := explain(tx.exec(ctx, query)); err != nil {
			return err
		}
	}
	return nil
}
