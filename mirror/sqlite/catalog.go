package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// catalogTable has the definitions of the tables that Migrate made.
const catalogTable = "_tables"

// catalog has the tables of the mirror, by name.
type catalog struct{ tables map[string]mirror.Table }

func (c *catalog) table(name string) (mirror.Table, error) {
	t, ok := c.tables[name]
	if !ok {
		return t, fmt.Errorf("mirror: no table %q", name)
	}
	return t, nil
}

// queryer is what reads the catalog.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readCatalog(ctx context.Context, from queryer) (*catalog, error) {
	rows, err := from.QueryContext(ctx, `SELECT name, definition FROM `+catalogTable)
	if err != nil {
		return nil, fmt.Errorf("mirror: cannot read the catalog: %w", err)
	}
	defer rows.Close()
	c := &catalog{map[string]mirror.Table{}}
	for rows.Next() {
		var name, definition string
		var t mirror.Table
		err := rows.Scan(&name, &definition)
		if err == nil {
			err = json.Unmarshal([]byte(definition), &t)
		}
		if err != nil {
			return nil, fmt.Errorf("mirror: cannot read the catalog: %w", err)
		}
		c.tables[name] = t
	}
	return c, rows.Err()
}

// readable returns the catalog for reading. SQLite counts the changes of tables, also
// those of other processes, so that it need not be read again.
func (s *Store) readable(ctx context.Context) (*catalog, error) {
	var version int64
	if err := s.reading.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version); err != nil {
		return nil, fmt.Errorf("mirror: cannot read the catalog: %w", err)
	}
	s.mu.Lock()
	known, of := s.known, s.version
	s.mu.Unlock()
	if known != nil && of == version {
		return known, nil
	}
	c, err := readCatalog(ctx, s.reading)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.known, s.version = c, version
	s.mu.Unlock()
	return c, nil
}

// Tables implements [mirror.Store].
func (s *Store) Tables(ctx context.Context) ([]mirror.Table, error) {
	c, err := readCatalog(ctx, s.reading)
	if err != nil {
		return nil, err
	}
	var all []mirror.Table
	for _, t := range c.tables {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b mirror.Table) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// quote returns a name for use in SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoted returns names with something before each of them.
func quoted(before string, columns []mirror.Column) []string {
	var all []string
	for _, c := range columns {
		all = append(all, before+quote(c.Name))
	}
	return all
}

// stored returns the name of the table with the rows of t.
func stored(t mirror.Table) string {
	if len(t.Search) > 0 {
		return quote("_" + t.Name)
	}
	return quote(t.Name)
}

// types are how columns are declared. A type with TEXT in it keeps text as it is, and
// NUMERIC makes numbers of it.
var types = map[mirror.Kind]string{
	mirror.Text: "TEXT", mirror.Number: "NUMERIC", mirror.Boolean: "BOOLEAN",
	mirror.Date: "DATE TEXT", mirror.Time: "TIMESTAMP TEXT", mirror.JSON: "JSON TEXT",
}
