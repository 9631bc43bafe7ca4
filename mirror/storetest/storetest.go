// Package storetest tests whether a [mirror.Store] does what the interface says.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/mirror"
)

// Run runs the tests of a store, each of them with an empty database of its own. create
// makes one and returns a function that opens it. Some tests open it several times, and
// some do not close it before they open it again, as if the process had been killed.
func Run(t *testing.T, create func(t *testing.T) (open func() (mirror.Store, error))) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.test(&database{tb: t, open: create(t)})
		})
	}
}

// tb is the part of testing.TB that the tests use.
type tb interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// cases are the tests, in groups.
var cases = slices.Concat(tableCases, valueCases, rowCases, transactionCases, lockCases)

type testCase struct {
	name string
	test func(d *database)
}

// database is the database of a test.
type database struct {
	tb
	open func() (mirror.Store, error)
}

// store opens the database.
func (d *database) store() mirror.Store {
	d.Helper()
	s, err := d.open()
	if err != nil {
		d.Fatalf("open: %v", err)
	}
	d.Cleanup(func() { _ = s.Close() })
	return s
}

// with opens the database and makes tables.
func (d *database) with(tables ...mirror.Table) mirror.Store {
	d.Helper()
	s := d.store()
	d.migrate(s, tables...)
	return s
}

func (d *database) migrate(s mirror.Store, tables ...mirror.Table) {
	d.Helper()
	if err := s.Migrate(d.Context(), tables); err != nil {
		d.Fatalf("Migrate: %v", err)
	}
}

// in runs a transaction and commits it.
func (d *database) in(s mirror.Store, do func(tx mirror.Tx) error) {
	d.Helper()
	if err := transact(d.Context(), s, do); err != nil {
		d.Fatalf("%v", err)
	}
}

func transact(ctx context.Context, s mirror.Store, do func(tx mirror.Tx) error) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return fmt.Errorf("in Begin: %w", err)
	}
	if err := do(tx); err != nil {
		if r := tx.Rollback(); r != nil {
			return fmt.Errorf("in Rollback: %w", r)
		}
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("in Commit: %w", err)
	}
	return nil
}

// upsert writes rows in a transaction.
func (d *database) upsert(s mirror.Store, table string, rows ...mirror.Row) {
	d.Helper()
	d.in(s, func(tx mirror.Tx) error {
		if err := tx.Upsert(d.Context(), table, rows); err != nil {
			return fmt.Errorf("in Upsert: %w", err)
		}
		return nil
	})
}

// rows reads rows.
func (d *database) rows(s mirror.Store, table string, columns []string, after mirror.Key) []mirror.Row {
	d.Helper()
	var all []mirror.Row
	for row, err := range s.Rows(d.Context(), table, columns, after) {
		if err != nil {
			d.Fatalf("Rows of %s: %v", table, err)
		}
		all = append(all, row)
	}
	return all
}

// has tests that the table notes has certain rows, each of them written as its key and
// its note.
func (d *database) has(s mirror.Store, want ...string) {
	d.Helper()
	var got []string
	for _, row := range d.rows(s, "notes", []string{"_id", "note"}, nil) {
		got = append(got, show(row))
	}
	if !slices.Equal(got, want) {
		d.Fatalf("the rows are %q, must be %q", got, want)
	}
}

// show returns a row as text.
func show(row mirror.Row) string {
	var all []string
	for _, v := range row {
		if !v.Valid {
			v.Text = "null"
		}
		all = append(all, v.Text)
	}
	return strings.Join(all, " ")
}

// notes is a table.
var notes = mirror.Table{Name: "notes", KeyColumns: 1, Columns: []mirror.Column{{Name: "_id", Kind: mirror.Text}, {Name: "note", Kind: mirror.Text}}}

// pairs is a table whose key has two columns.
var pairs = mirror.Table{Name: "pairs", KeyColumns: 2, Columns: []mirror.Column{
	{Name: "left", Kind: mirror.Text}, {Name: "right", Kind: mirror.Text}, {Name: "n", Kind: mirror.Number},
}}

func row(values ...string) mirror.Row {
	r := make(mirror.Row, len(values))
	for i, v := range values {
		r[i] = mirror.TextValue(v)
	}
	return r
}
