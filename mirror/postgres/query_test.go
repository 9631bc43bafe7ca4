package postgres_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/mirror"
)

// query returns what a query returns.
func (d *database) query(ctx context.Context, query string) (columns []string, all [][]any, err error) {
	columns, rows, err := d.store.Query(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	for row, err := range rows {
		if err != nil {
			return nil, nil, err
		}
		all = append(all, row)
	}
	return columns, all, nil
}

func TestQueryValues(t *testing.T) {
	d := newDatabase(t, sharedURL(t)+oddSettings, notes)
	for query, want := range map[string]any{
		"NULL": nil, "true": true, "false": false, "1": int64(1), "1::int8": int64(1), "(-32768)::int2": int64(-32768), "1::oid": int64(1),
		"1.5::float4": 1.5, "0.1::float8": 0.1, "'Infinity'::float8": math.Inf(1),
		"12::numeric": int64(12), "1.50::numeric(10,2)": 1.5, "-0.25": -0.25, "100.00": 100.0, "12345678901234567890": "12345678901234567890", "0.12345678901234567890": "0.12345678901234567890", "'NaN'::numeric": "NaN",
		"1e20::numeric": 1e20, "'a'": "a", "''::text": "", "'2026-01-02'::date": "2026-01-02", "'infinity'::date": "infinity",
		"'2026-01-02T15:04:05.678Z'::timestamptz": time.Date(2026, 1, 2, 15, 4, 5, 678e6, time.UTC), "'infinity'::timestamptz": "infinity", "'0044-03-15 BC'::timestamptz": "0044-03-15 00:00:00+00 BC",
		"'2026-01-02 03:04:05'::timestamp": "2026-01-02 03:04:05", "'1 day'::interval": "1 day", `'{"a": 1}'::json`: `{"a": 1}`, `'\x00ff'::bytea`: []byte{0, 255}, "ARRAY['a', 'b c']": `{a,"b c"}`,
	} {
		_, rows, err := d.query(t.Context(), "SELECT "+query+" AS x")
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v, %v", query, rows, err)
			continue
		}
		if !reflect.DeepEqual(rows[0][0], want) {
			t.Errorf("%s is %#v, must be %#v", query, rows[0][0], want)
		}
	}
}

func TestQuery(t *testing.T) {
	d := newDatabase(t, sharedURL(t)+"&pool_max_conns=3", notes)
	d.upsert("notes", note(0, 3000, "a")...)
	d.lock()
	columns, rows, err := d.query(t.Context(), "SELECT _id, note AS text FROM notes WHERE _id >= '002998' ORDER BY _id; ")
	if want := [][]any{{"002998", "a 2998"}, {"002999", "a 2999"}}; err != nil || !reflect.DeepEqual(columns, []string{"_id", "text"}) || !reflect.DeepEqual(rows, want) {
		t.Errorf("%v, %v, %v", columns, rows, err)
	}
	// What is left early, or is stopped, leaves nothing behind.
	for range 10 {
		_, rows, err := d.store.Query(t.Context(), "SELECT a.note FROM notes a, notes b")
		if err != nil {
			t.Fatal(err)
		}
		for range rows {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, unread, err := d.store.Query(ctx, "SELECT a.note FROM notes a, notes b")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, err := range unread {
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		if n := d.ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT a.note%' AND state <> 'idle'"); n[0] == "0" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%s queries are running", n)
		}
	}
	if _, _, err := d.query(t.Context(), "SELECT 1 / (3 - i) FROM generate_series(1, 5) i"); err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("the error is %v", err)
	}
}

func TestQueryOnlyReads(t *testing.T) {
	d := newDatabase(t, sharedURL(t), notes)
	d.upsert("notes", note(0, 1, "a")...)
	d.exec("CREATE FUNCTION mine() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM notes; RETURN 1; END $$; CREATE PROCEDURE ours(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN COMMIT; DELETE FROM notes; END $$; CREATE SEQUENCE numbers")
	for _, query := range []string{
		"", ";", "-- nothing", "SELEC", "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM notes", "SELECT $1::text",
		"DELETE FROM notes", "DELETE FROM notes RETURNING *", "WITH d AS (DELETE FROM notes RETURNING 1) SELECT * FROM d", "INSERT INTO notes (_id) VALUES ('9') RETURNING 1",
		"UPDATE notes SET note = 'x' RETURNING 1", "TRUNCATE notes", "DROP TABLE notes", "CREATE TABLE other (a int)", "CREATE TEMPORARY TABLE other (a int)", "SELECT * INTO other FROM notes",
		"EXPLAIN ANALYZE DELETE FROM notes", "SELECT * FROM notes FOR UPDATE", "SELECT mine()", "CALL ours(1)", "DO $$ BEGIN DELETE FROM notes; END $$",
		"SELECT nextval('numbers')", "SELECT setval('numbers', 7)", "COMMIT", "ROLLBACK", "BEGIN", "SET TRANSACTION READ WRITE", "SET transaction_read_only = off",
		"SELECT set_config('transaction_read_only', 'off', true)", "WITH s AS (SELECT set_config('transaction_read_only', 'off', false)) SELECT mine() FROM s",
		"COPY notes TO STDOUT", "COPY notes FROM STDIN", "COPY notes TO PROGRAM 'cat'", "COPY notes TO '/tmp/notes'", "LISTEN a", "NOTIFY a", "VACUUM notes", "LOCK notes", "PREPARE p AS SELECT 1",
		"ALTER SYSTEM SET work_mem = '1MB'", "GRANT ALL ON notes TO public",
	} {
		if _, rows, err := d.query(t.Context(), query); err == nil {
			t.Errorf("%q returned %v, must be an error", query, rows)
		}
		d.has("SELECT note FROM notes", "a 0")
	}
	// What a query sets or locks ends with it.
	for _, query := range []string{"SELECT set_config('search_path', 'nowhere', false)", "SELECT pg_advisory_lock(42)", "SELECT set_config('default_transaction_read_only', 'on', false)"} {
		if _, _, err := d.query(t.Context(), query); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
	for range 8 {
		if _, rows, err := d.query(t.Context(), "SELECT note FROM notes"); err != nil || len(rows) != 1 {
			t.Errorf("%v, %v", rows, err)
		}
		d.in(func(tx mirror.Tx) error { return tx.Upsert(t.Context(), "notes", note(0, 1, "a")) })
	}
	d.exec("SELECT pg_advisory_lock(42)")
}
