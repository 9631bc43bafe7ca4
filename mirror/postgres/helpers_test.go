package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
)

// shared is the server of all tests but those that stop it.
var shared = sync.OnceValues(func() (*servers.Server, error) { return servers.StartPostgres() })

func TestMain(m *testing.M) {
	code := m.Run()
	if server, err := shared(); err == nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// sharedURL returns the URL of the shared server.
func sharedURL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	switch {
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "", errors.Is(err, errors.ErrUnsupported):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return server.URL
}

// schemas counts schemas, of which each test has one.
var schemas atomic.Int64

func newSchema() string { return fmt.Sprintf(`The "mirror" %d`, schemas.Add(1)) }

// database is a schema and a connection to look at it.
type database struct {
	testing.TB
	url, schema string
	store       *postgres.Store
	sql         *pgx.Conn
}

// newDatabase opens a new schema.
func newDatabase(t testing.TB, url string, tables ...mirror.Table) *database {
	t.Helper()
	d := &database{TB: t, url: url, schema: newSchema()}
	d.store = d.open()
	d.connect()
	if err := d.store.Migrate(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *database) open() *postgres.Store {
	d.Helper()
	s, err := postgres.Open(d.Context(), d.url, postgres.WithSchema(d.schema))
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = s.Close() })
	return s
}

func (d *database) connect() {
	d.Helper()
	url, _, _ := strings.Cut(d.url, "&") // without the settings of the store
	var err error
	if d.sql, err = pgx.Connect(d.Context(), url); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = d.sql.Close(context.Background()) })
	d.exec(`SELECT set_config('search_path', quote_ident($1), false)`, d.schema)
}

func (d *database) exec(query string, args ...any) {
	d.Helper()
	if _, err := d.sql.Exec(d.Context(), query, args...); err != nil {
		d.Fatalf("%s: %v", query, err)
	}
}

// ask returns the first column of a query, as text.
func (d *database) ask(query string, args ...any) []string {
	d.Helper()
	rows, err := d.sql.Query(d.Context(), query, args...)
	if err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		if err != nil {
			return "", err
		}
		return fmt.Sprint(values[0]), nil
	})
	if err != nil {
		d.Fatalf("%s: %v", query, err)
	}
	return all
}

// has tests what a query returns.
func (d *database) has(query string, want ...string) {
	d.Helper()
	if got := d.ask(query); !slices.Equal(got, want) {
		d.Errorf("%s: %q, must be %q", query, got, want)
	}
}

func (d *database) lock() (unlock func() error) {
	d.Helper()
	unlock, err := d.store.Lock(d.Context(), true)
	if err != nil {
		d.Fatal(err)
	}
	return unlock
}

// in runs a transaction and commits it.
func (d *database) in(do func(tx mirror.Tx) error) {
	d.Helper()
	if err := transact(d.Context(), d.store, do); err != nil {
		d.Fatal(err)
	}
}

func transact(ctx context.Context, s mirror.Store, do func(tx mirror.Tx) error) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit(ctx)
}

func (d *database) upsert(table string, rows ...mirror.Row) {
	d.Helper()
	d.in(func(tx mirror.Tx) error { return tx.Upsert(d.Context(), table, rows) })
}

// fails tests that an error names something.
func (d *database) fails(err error, names ...string) {
	d.Helper()
	if err == nil {
		d.Errorf("no error, must have one with %q", names)
		return
	}
	said := strings.ReplaceAll(err.Error(), pgx.Identifier{d.schema}.Sanitize()+".", "")
	for _, name := range names {
		if !strings.Contains(said, name) {
			d.Errorf("the error is %q, must have %q", err, name)
		}
	}
}

// notes is a table.
var notes = mirror.Table{Name: "notes", KeyColumns: 1, Columns: []mirror.Column{
	{Name: "_id", Kind: mirror.Text}, {Name: "note", Kind: mirror.Text}, {Name: "_record", Kind: mirror.JSON},
}}

// without returns a table without a column.
func without(t mirror.Table, column string) mirror.Table {
	t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c mirror.Column) bool { return c.Name == column })
	return t
}

func row(values ...string) mirror.Row {
	r := make(mirror.Row, len(values))
	for i, v := range values {
		r[i] = mirror.TextValue(v)
	}
	return r
}

// note returns many rows of notes, from one number to another.
func note(from, to int, text string) []mirror.Row {
	var rows []mirror.Row
	for i := from; i < to; i++ {
		rows = append(rows, row(fmt.Sprintf("%06d", i), fmt.Sprint(text, " ", i), `{"a":"\\ \" \n"}`))
	}
	return rows
}
