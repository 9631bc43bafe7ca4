package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
	"github.com/clarify-go/clarify/mirror/storetest"
)

// The settings of a role change how PostgreSQL writes and reads dates, times and numbers,
// and how transactions begin. Other tests have the usual ones.
const oddSettings = "&timezone=Asia/Kolkata&datestyle=sql,dmy&bytea_output=escape&intervalstyle=iso_8601&extra_float_digits=-5" +
	"&default_transaction_isolation=serializable&default_transaction_read_only=on&search_path=nowhere"

func TestStore(t *testing.T) {
	url := sharedURL(t) + oddSettings
	storetest.Run(t, func(t *testing.T) func() (mirror.Store, error) {
		schema := postgres.WithSchema(newSchema())
		return func() (mirror.Store, error) { return postgres.Open(t.Context(), url, schema) }
	})
}

func TestAPoolStaysOpen(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), sharedURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for range 2 {
		s, err := postgres.New(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lock(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context(), []mirror.Table{notes}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM clarify.notes").Scan(&n); err != nil || n != 0 {
		t.Fatal(n, err)
	}
}

func TestOpenFails(t *testing.T) {
	url := sharedURL(t)
	for name, c := range map[string]struct {
		url, schema, want string
	}{
		"a URL that is none":       {"postgres://%", "a", "mirror: "},
		"a server that is not":     {"postgres://localhost:1/x", "a", "mirror: cannot open the database"},
		"a schema without a name":  {url, "", "1 to 63 bytes"},
		"a schema with a long one": {url, strings.Repeat("n", 64), "1 to 63 bytes"},
		"another encoding":         {url + "&client_encoding=LATIN1", "a", "must be UTF8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), c.url, postgres.WithSchema(c.schema))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, must have %q", err, c.want)
			}
		})
	}
}

func TestCloseUndoesATransaction(t *testing.T) {
	for _, locked := range []bool{false, true} {
		t.Run(fmt.Sprint("with a lock: ", locked), func(t *testing.T) {
			d := newDatabase(t, sharedURL(t), notes)
			if locked {
				d.lock()
			}
			tx, err := d.store.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := tx.Upsert(t.Context(), "notes", note(0, 1, "a")); err != nil {
				t.Fatal(err)
			}
			if err := d.store.Close(); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(t.Context()); err == nil {
				t.Error("the commit is no error")
			}
			if _, err := d.store.Begin(t.Context()); err == nil {
				t.Error("a new transaction is no error")
			}
			if _, err := d.store.Lock(t.Context(), false); err == nil {
				t.Error("a new lock is no error")
			}
			d.has("SELECT _id FROM notes")
			other := d.open()
			unlock, err := other.Lock(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			if err := unlock(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Many rows are written in other ways than few: into the table or by way of another.
func TestManyRows(t *testing.T) {
	d := newDatabase(t, sharedURL(t), notes, mirror.Table{Name: "keys", KeyColumns: 2, Columns: notes.Columns[:2]})
	unlock := d.lock()
	for _, c := range []struct {
		from, to int
		text     string
	}{{0, 500, "a"}, {500, 1000, "b"}, {900, 1400, "c"}, {1400, 1900, "d"}, {1800, 2200, "e"}, {2200, 2300, "f"}, {2300, 2301, "g"}, {1900, 2700, "h"}} {
		d.in(func(tx mirror.Tx) error {
			// All in one transaction: the ways must not disturb each other.
			return errors.Join(
				tx.Upsert(t.Context(), "notes", note(c.from, c.to, "before")),
				tx.Upsert(t.Context(), "notes", note(c.from, c.to, c.text)),
				tx.Upsert(t.Context(), "keys", keysOf(note(c.from, c.to, ""))),
				tx.Upsert(t.Context(), "keys", keysOf(note(c.from, c.to, ""))),
			)
		})
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	d.has("SELECT left(note, 1) || count(*) FROM notes GROUP BY left(note, 1) ORDER BY 1", "a500", "b400", "c500", "d400", "e100", "h800")
	d.has("SELECT count(*) FROM notes WHERE split_part(note, ' ', 2)::int <> _id::int", "0")
	d.has("SELECT DISTINCT _record::text FROM notes", `{"a":"\\ \" \n"}`)
	d.has("SELECT count(*) FROM keys", "2700")
	d.has("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_clarify%'", "0")
	d.in(func(tx mirror.Tx) error { return tx.Truncate(t.Context(), "notes") })
	d.upsert("notes", note(0, 500, "i")...)
	d.has("SELECT count(*) FROM notes", "500")
}

func keysOf(rows []mirror.Row) []mirror.Row {
	for i := range rows {
		rows[i] = rows[i][:2]
		rows[i][1] = rows[i][0]
	}
	return rows
}

// Rows holds no connection while its loop runs, or a loop in each of many would wait
// for the others.
func TestRowsHoldsNoConnection(t *testing.T) {
	d := newDatabase(t, sharedURL(t)+"&pool_max_conns=1", notes)
	d.upsert("notes", note(0, 1000, "a")...)
	var read func(depth int) int
	read = func(depth int) (n int) {
		for _, err := range d.store.Rows(t.Context(), "notes", []string{"_id"}, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 500 && depth < 5 {
				n += read(depth + 1)
			}
			if n == 500 && depth == 5 {
				wider := notes
				wider.Columns = append(wider.Columns[:3:3], mirror.Column{Name: "more", Kind: mirror.Time})
				if err := d.store.Migrate(t.Context(), []mirror.Table{wider}); err != nil {
					t.Fatal(err)
				}
			}
		}
		return n
	}
	if n := read(0); n != 6000 {
		t.Errorf("there were %d rows, must be 6000", n)
	}
}

// Pages become smaller when rows are large.
func TestRowsOfAnySize(t *testing.T) {
	d := newDatabase(t, sharedURL(t), notes)
	var want []int
	d.in(func(tx mirror.Tx) error {
		for i := range 400 {
			n := 10
			if i > 150 && i < 170 {
				n = 1 << 18
			}
			want = append(want, n)
			if err := tx.Upsert(t.Context(), "notes", []mirror.Row{row(fmt.Sprintf("%03d", i), strings.Repeat("x", n), "{}")}); err != nil {
				return err
			}
		}
		return nil
	})
	i := 0
	for r, err := range d.store.Rows(context.Background(), "notes", []string{"note"}, nil) {
		if err != nil || len(r[0].Text) != want[i] {
			t.Fatal(i, len(r[0].Text), err)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("there were %d rows, must be %d", i, len(want))
	}
}
