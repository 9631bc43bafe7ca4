package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// transaction is the transaction on the connection that writes.
type transaction struct {
	store   *Store
	catalog *catalog
	ctx     context.Context
	done    bool
	args    []any
}

// Begin implements [mirror.Store].
func (s *Store) Begin(ctx context.Context) (mirror.Tx, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	return tx, nil
}

func (s *Store) begin(ctx context.Context) (*transaction, error) {
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	err := s.exec(ctx, "BEGIN IMMEDIATE")
	if err != nil {
		<-s.slot
		return nil, fmt.Errorf("mirror: cannot begin a transaction: %w", err)
	}
	tx := &transaction{store: s, ctx: ctx}
	// Another process may have changed the tables.
	if tx.catalog, err = readCatalog(context.WithoutCancel(ctx), s.writer); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// Commit implements [mirror.Tx].
func (tx *transaction) Commit(ctx context.Context) error {
	if tx.done {
		return errors.New("mirror: the transaction has ended")
	}
	err := errors.Join(tx.ctx.Err(), ctx.Err())
	if err == nil {
		err = tx.store.exec(ctx, "COMMIT")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("mirror: cannot commit: %w", err), tx.Rollback())
	}
	tx.end()
	return nil
}

// Rollback implements [mirror.Tx].
func (tx *transaction) Rollback() error {
	if tx.done {
		return nil
	}
	// SQLite may have undone it already.
	err := tx.store.exec(context.Background(), "ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		err = nil
	}
	tx.store.forget()
	tx.end()
	return err
}

func (tx *transaction) end() {
	tx.done = true
	<-tx.store.slot
}

// Upsert implements [mirror.Tx].
func (tx *transaction) Upsert(ctx context.Context, table string, rows []mirror.Row) error {
	t, err := tx.table(ctx, table)
	if err != nil || len(rows) == 0 {
		return err
	}
	calm := context.WithoutCancel(ctx)
	query, search := upsertOf(t), searchStatements(t)
	for _, row := range rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("mirror: a row of %q has %d values, must be %d", table, len(row), len(t.Columns))
		}
		tx.args = tx.args[:0]
		for i, v := range row {
			switch {
			case !v.Valid:
				tx.args = append(tx.args, nil)
			case t.Columns[i].Kind == mirror.Boolean:
				tx.args = append(tx.args, v.Text == "true")
			default:
				tx.args = append(tx.args, v.Text)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// One row a statement: the driver's time for the arguments is quadratic.
		if len(t.Search) > 0 {
			err = tx.upsertSearched(calm, t, search, tx.args)
		} else {
			_, err = tx.run(calm, query, tx.args...)
		}
		if err != nil {
			return fmt.Errorf("mirror: cannot write %q: %w", table, err)
		}
	}
	return nil
}

// prepare prepares a statement, or returns it if it was prepared before.
func (tx *transaction) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	stmt := tx.store.statements[query]
	if stmt == nil {
		var err error
		if stmt, err = tx.store.writer.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		tx.store.statements[query] = stmt
	}
	return stmt, nil
}

// upsertOf returns the statement that writes a row, unless there is the same one.
func upsertOf(t mirror.Table) string {
	names := quoted("", t.Columns)
	key, others := strings.Join(names[:t.KeyColumns], ", "), names[t.KeyColumns:]
	query := "INSERT INTO " + stored(t) + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ") ON CONFLICT (" + key + ") DO "
	if len(others) == 0 {
		return query + "NOTHING"
	}
	var sets, differ []string
	for _, name := range others {
		sets = append(sets, name+" = excluded."+name)
		differ = append(differ, stored(t)+"."+name+" IS NOT excluded."+name)
	}
	return query + "UPDATE SET " + strings.Join(sets, ", ") + " WHERE " + anyOf(differ)
}

// anyOf joins conditions so that they are not nested too deeply for many columns.
func anyOf(conditions []string) string {
	if n := len(conditions); n > 2 {
		return "(" + anyOf(conditions[:n/2]) + ") OR (" + anyOf(conditions[n/2:]) + ")"
	}
	return strings.Join(conditions, " OR ")
}

// Delete implements [mirror.Tx].
func (tx *transaction) Delete(ctx context.Context, table string, keys []mirror.Key) error {
	t, err := tx.table(ctx, table)
	if err != nil {
		return err
	}
	calm := context.WithoutCancel(ctx)
	for _, key := range keys {
		if len(key) < 1 || len(key) > t.KeyColumns {
			return fmt.Errorf("mirror: a key of %q has %d values, must be 1 to %d", table, len(key), t.KeyColumns)
		}
		tx.args = tx.args[:0]
		for _, v := range key {
			tx.args = append(tx.args, v)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := tx.delete(calm, t, tx.args); err != nil {
			return fmt.Errorf("mirror: cannot delete from %q: %w", table, err)
		}
	}
	return nil
}

// delete deletes the rows that begin with a key.
func (tx *transaction) delete(ctx context.Context, t mirror.Table, key []any) error {
	if len(t.Search) > 0 {
		return tx.deleteSearched(ctx, t, key)
	}
	_, err := tx.run(ctx, "DELETE FROM "+stored(t)+" WHERE "+strings.Join(quoted("", t.Columns[:len(key)]), " = ? AND ")+" = ?", key...)
	return err
}

// Truncate implements [mirror.Tx].
func (tx *transaction) Truncate(ctx context.Context, table string) error {
	t, err := tx.table(ctx, table)
	if err != nil {
		return err
	}
	if len(t.Search) > 0 {
		err = tx.deleteSearched(context.WithoutCancel(ctx), t, nil)
	} else {
		err = tx.store.exec(ctx, "DELETE FROM "+stored(t))
	}
	if err != nil {
		return fmt.Errorf("mirror: cannot delete from %q: %w", table, err)
	}
	return nil
}

func (tx *transaction) table(ctx context.Context, name string) (mirror.Table, error) {
	if tx.done {
		return mirror.Table{}, errors.New("mirror: the transaction has ended")
	}
	if err := errors.Join(ctx.Err(), tx.ctx.Err()); err != nil {
		return mirror.Table{}, err
	}
	return tx.catalog.table(name)
}
