package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/clarify-go/clarify/mirror"
)

const (
	catalogTable = "_tables" // has the definitions of the tables that Migrate made
	searchColumn = "_search" // is the tsvector of a table with full-text search
	maxName      = 63        // bytes
)

// types are the types of columns.
var types = map[mirror.Kind]string{
	mirror.Text: "text", mirror.Number: "numeric", mirror.Boolean: "boolean",
	mirror.Date: "date", mirror.Time: "timestamptz(3)", mirror.JSON: "json",
}

// catalog has the tables of the mirror, by name.
type catalog map[string]mirror.Table

func (c catalog) table(name string) (mirror.Table, error) {
	t, ok := c[name]
	if !ok {
		return t, fmt.Errorf("mirror: no table %q", name)
	}
	return t, nil
}

// readCatalog reads what Migrate made: nothing in a database without the schema.
func (s *Store) readCatalog(ctx context.Context, conn *pgconn.PgConn) (catalog, error) {
	there, err := ask(ctx, conn, `SELECT pg_catalog.to_regclass($1)`, s.name(catalogTable))
	if err == nil && there[0][0] == nil {
		return catalog{}, nil
	}
	var rows [][][]byte
	if err == nil {
		rows, err = ask(ctx, conn, `SELECT name, definition FROM `+s.name(catalogTable))
	}
	if err != nil {
		return nil, fmt.Errorf("mirror: cannot read the catalog: %w", err)
	}
	c := catalog{}
	for _, row := range rows {
		var t mirror.Table
		if err := json.Unmarshal(row[1], &t); err != nil {
			return nil, fmt.Errorf("mirror: cannot read the catalog: %w", err)
		}
		c[string(row[0])] = t
	}
	return c, nil
}

// Tables implements [mirror.Store].
func (s *Store) Tables(ctx context.Context) ([]mirror.Table, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	defer conn.Release()
	c, err := s.readCatalog(ctx, conn.Conn().PgConn())
	if err != nil {
		return nil, err
	}
	var all []mirror.Table
	for _, t := range c {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b mirror.Table) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// quote returns a name for use in SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal returns a string for use in SQL where there can be no parameter.
func literal(text string) string {
	return `E'` + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + `'`
}

// name returns the name of a table or function with its schema.
func (s *Store) name(name string) string { return quote(s.schema) + "." + quote(name) }

// systemColumns are columns that each table has. No other can have their names.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

// column returns the name of a column: its own, or with an underscore after it.
func column(c mirror.Column) string {
	if slices.Contains(systemColumns, c.Name) {
		return c.Name + "_"
	}
	return c.Name
}

// columns returns the quoted names of columns with something before each of them.
func columns(before string, all []mirror.Column) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = before + quote(column(c))
	}
	return names
}

// columnList returns the quoted names of columns as a list.
func columnList(all []mirror.Column) string { return strings.Join(columns("", all), ", ") }

// Codes of errors.
const (
	uniqueViolation  = "23505"
	dependentObjects = "2BP01"
)

func hasCode(err error, code string) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.Code == code
}
