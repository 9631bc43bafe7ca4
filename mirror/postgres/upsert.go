package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// fewRows is up to how many rows a single statement writes. It saves the table that
// more rows pass through.
const fewRows = 100

// Upsert implements [mirror.Tx].
func (tx *transaction) Upsert(ctx context.Context, table string, rows []mirror.Row) error {
	t, err := tx.table(ctx, table)
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, row := range rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("mirror: a row of %q has %d values, must be %d", table, len(row), len(t.Columns))
		}
	}
	if len(rows) <= fewRows {
		err = tx.upsertFew(ctx, t, rows)
	} else {
		err = tx.upsertMany(ctx, t, rows)
	}
	if err != nil {
		return fmt.Errorf("mirror: cannot write %q: %w", table, err)
	}
	return nil
}

// upsertFew writes rows by one statement.
func (tx *transaction) upsertFew(ctx context.Context, t mirror.Table, rows []mirror.Row) error {
	var values, args []string
	for i, c := range t.Columns {
		values = append(values, fmt.Sprintf("r.v%d::%s", i, types[c.Kind]))
		args = append(args, array(len(rows), func(j int) mirror.Value {
			v := rows[j][i]
			v.Text = textOf(c.Kind, v.Text)
			return v
		}))
	}
	from := "SELECT " + strings.Join(values, ", ") + " FROM " + unnest("r", len(values))
	return tx.exec(ctx, tx.upsert(t, from), args...)
}

// upsert returns the statement that writes rows that a query yields.
func (tx *transaction) upsert(t mirror.Table, from string) string {
	query := "INSERT INTO " + tx.store.name(t.Name) + " AS t (" + columnList(t.Columns) + ") " + from + " ON CONFLICT (" + columnList(t.Columns[:t.KeyColumns]) + ") DO "
	var sets, differ []string
	for _, c := range t.Columns[t.KeyColumns:] {
		name, cast := quote(column(c)), ""
		if c.Kind == mirror.JSON {
			cast = "::text" // json has no operator =
		}
		sets = append(sets, name+" = excluded."+name)
		differ = append(differ, "t."+name+cast+" IS DISTINCT FROM excluded."+name+cast)
	}
	if len(sets) == 0 {
		return query + "NOTHING"
	}
	return query + "UPDATE SET " + strings.Join(sets, ", ") + " WHERE " + strings.Join(differ, " OR ")
}

// way is how many rows are written to a table: by COPY into it, which fails if there is
// a row with the same key, or by COPY into a temporary table and an upsert from there.
// The first load has almost only new rows. After rows that were not, some calls take
// the other way, and the more of them the more often it happened.
type way struct{ penalty, skip int }

const maxPenalty = 64

// manyWords lets new words wait in a list, of 64 MB instead of 4, until they are put
// into the index of a full-text search together. The next few rows, or a vacuum, put
// them there.
const manyWords = "SET LOCAL gin_pending_list_limit = 65536"

func (tx *transaction) upsertMany(ctx context.Context, t mirror.Table, rows []mirror.Row) error {
	w, err := tx.way(ctx, t)
	if err != nil {
		return err
	}
	if w.skip > 0 {
		w.skip--
		return tx.upsertStaged(ctx, t, rows)
	}
	begin := "SAVEPOINT direct"
	if len(t.Search) > 0 {
		begin += "; " + manyWords
	}
	if _, err := tx.conn.Exec(ctx, begin).ReadAll(); err != nil {
		return err
	}
	err = tx.copy(ctx, tx.store.name(t.Name), t, rows)
	if err == nil {
		w.penalty /= 2
		return tx.exec(ctx, "RELEASE direct")
	}
	if !hasCode(err, uniqueViolation) {
		return err
	}
	w.penalty = min(2*w.penalty+1, maxPenalty)
	w.skip = w.penalty
	if err := tx.exec(ctx, "ROLLBACK TO direct"); err != nil {
		return err
	}
	return tx.upsertStaged(ctx, t, rows)
}

// way returns the way of a table. That of a table which has rows begins as if there had
// been failures.
func (tx *transaction) way(ctx context.Context, t mirror.Table) (*way, error) {
	if w := tx.store.ways[t.Name]; w != nil {
		return w, nil
	}
	rows, err := ask(ctx, tx.conn, "SELECT EXISTS (SELECT FROM "+tx.store.name(t.Name)+")")
	if err != nil {
		return nil, err
	}
	w := &way{}
	if string(rows[0][0]) == "t" {
		w.penalty, w.skip = maxPenalty/4, maxPenalty/4
	}
	tx.store.ways[t.Name] = w
	return w, nil
}

// copy writes rows to a table that has none of them.
func (tx *transaction) copy(ctx context.Context, name string, t mirror.Table, rows []mirror.Row) error {
	tx.encoder.reset(t, rows)
	_, err := tx.conn.CopyFrom(ctx, &tx.encoder, "COPY "+name+" ("+columnList(t.Columns)+") FROM STDIN (ENCODING 'UTF8')")
	tx.encoder.rows = nil
	return err
}

// upsertStaged writes rows by way of a temporary table, which ends with the transaction.
func (tx *transaction) upsertStaged(ctx context.Context, t mirror.Table, rows []mirror.Row) error {
	stage := tx.stages[t.Name]
	var err error
	if stage == "" {
		stage = fmt.Sprintf("pg_temp._clarify_%d", len(tx.stages))
		err = tx.exec(ctx, "CREATE TEMPORARY TABLE "+stage+" ON COMMIT DROP AS SELECT "+columnList(t.Columns)+" FROM "+tx.store.name(t.Name)+" WITH NO DATA")
		tx.stages[t.Name] = stage
	} else {
		err = tx.exec(ctx, "TRUNCATE "+stage)
	}
	if err == nil {
		err = tx.copy(ctx, stage, t, rows)
	}
	if err != nil {
		return err
	}
	return tx.exec(ctx, tx.upsert(t, "SELECT "+columnList(t.Columns)+" FROM "+stage))
}
