package postgres

import (
	"context"
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

// words is the function that makes a tsvector of text. PostgreSQL rejects one of more
// than 1 MB, which less than 200,000 bytes cannot have.
const words = ` (text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $_$
BEGIN
	IF octet_length($1) < 200000 THEN
		RETURN pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, $1);
	END IF;
	BEGIN
		RETURN pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, $1);
	EXCEPTION WHEN program_limit_exceeded THEN
		RETURN pg_catalog.to_tsvector('pg_catalog.simple'::regconfig, "left"($1, 100000));
	END;
END $_$`

// createSearch adds full-text search to a table.
func (tx *transaction) createSearch(ctx context.Context, t mirror.Table) error {
	if len(t.Search) == 0 {
		return nil
	}
	var parts []string
	for _, name := range t.Search {
		parts = append(parts, "coalesce("+quote(column(mirror.Column{Name: name}))+", '')")
	}
	table, function := tx.store.name(t.Name), tx.store.name(beside(t.Name, "words"))
	for _, query := range []string{
		"CREATE FUNCTION " + function + words,
		"ALTER TABLE " + table + " ADD COLUMN " + searchColumn + " tsvector GENERATED ALWAYS AS (" + function + "(" + strings.Join(parts, " || ' ' || ") + ")) STORED",
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
	for _, query := range []string{
		"DROP INDEX " + tx.store.name(beside(t.Name, "search")),
		"ALTER TABLE " + tx.store.name(t.Name) + " DROP COLUMN " + searchColumn,
		"DROP FUNCTION " + tx.store.name(beside(t.Name, "words")) + " (text)",
	} {
		if query[:5] == "ALTER" {
			if err := tx.free(ctx, t, []mirror.Column{{Name: searchColumn}}, false); err != nil {
				return err
			}
		}
		if err := explain(tx.exec(ctx, query)); err != nil {
			return err
		}
	}
	return nil
}
