package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify/mirror"
)

// transaction is the transaction of the one who has the slot.
type transaction struct {
	store   *Store
	conn    *pgconn.PgConn
	pooled  *pgxpool.Conn // nil if the connection is that of the lock
	lock    *lock         // nil if the store has none
	catalog catalog
	ctx     context.Context
	done    bool
	stages  map[string]string // the names of tables for rows that are on their way, by table
	encoder encoder
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
	tx := &transaction{store: s, ctx: ctx, stages: map[string]string{}}
	if err := tx.begin(ctx); err != nil {
		return nil, fmt.Errorf("mirror: cannot begin a transaction: %w", errors.Join(err, tx.Rollback()))
	}
	return tx, nil
}

// begin begins the transaction in the session of the lock, if the store holds it.
func (tx *transaction) begin(ctx context.Context) error {
	s := tx.store
	if err := tx.connect(ctx); err != nil {
		return err
	}
	query := "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	if tx.lock != nil {
		query += "; " + s.holds()
	}
	results, err := tx.conn.Exec(ctx, query).ReadAll()
	if err != nil {
		return err
	}
	if tx.lock == nil {
		tx.catalog, err = s.readCatalog(ctx, tx.conn)
		return err
	}
	if rows := results[len(results)-1].Rows; len(rows) != 1 || string(rows[0][0]) == "0" {
		return errLost
	}
	// Only the holder of the lock changes the tables.
	if tx.lock.catalog == nil {
		tx.lock.catalog, err = s.readCatalog(ctx, tx.conn)
	}
	tx.catalog = tx.lock.catalog
	return err
}

var errLost = errors.New("the lock is lost, and another run may be writing to the database")

// connect sets the connection.
func (tx *transaction) connect(ctx context.Context) (err error) {
	s := tx.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	for _, l := range s.locks {
		if l.conn.IsClosed() {
			return errLost
		}
		tx.lock, tx.conn = l, l.conn.PgConn()
	}
	if tx.lock == nil {
		s.mu.Unlock()
		tx.pooled, err = s.pool.Acquire(ctx)
		s.mu.Lock()
		if err != nil {
			return err
		}
		tx.conn = tx.pooled.Conn().PgConn()
	}
	s.tx = tx
	return nil
}

// Commit implements [mirror.Tx].
func (tx *transaction) Commit(ctx context.Context) error {
	if tx.done {
		return errEnded
	}
	err := errors.Join(tx.ctx.Err(), ctx.Err())
	if err == nil {
		var results []*pgconn.Result
		results, err = tx.conn.Exec(ctx, "COMMIT").ReadAll()
		// The end of a transaction in which a statement has failed is no error.
		if err == nil && results[0].CommandTag.String() != "COMMIT" {
			err = errors.New("a statement has failed before")
		}
	}
	if err != nil {
		return fmt.Errorf("mirror: cannot commit: %w", errors.Join(err, tx.Rollback()))
	}
	tx.end()
	return nil
}

var errEnded = errors.New("mirror: the transaction has ended")

// Rollback implements [mirror.Tx].
func (tx *transaction) Rollback() error {
	if tx.done {
		return nil
	}
	defer tx.end()
	if tx.conn == nil || tx.conn.IsClosed() {
		return nil // The server undoes it.
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if _, err := tx.conn.Exec(ctx, "ROLLBACK").ReadAll(); err != nil && !tx.conn.IsClosed() {
		return fmt.Errorf("mirror: cannot roll back: %w", err)
	}
	return nil
}

func (tx *transaction) end() {
	s := tx.store
	tx.done = true
	if tx.pooled != nil {
		tx.pooled.Release()
	}
	s.mu.Lock()
	s.tx = nil
	s.mu.Unlock()
	<-s.slot
}

// exec runs a statement.
func (tx *transaction) exec(ctx context.Context, query string, args ...string) error {
	_, err := ask(ctx, tx.conn, query, args...)
	return err
}

func (tx *transaction) table(ctx context.Context, name string) (mirror.Table, error) {
	if tx.done {
		return mirror.Table{}, errEnded
	}
	if err := errors.Join(ctx.Err(), tx.ctx.Err()); err != nil {
		return mirror.Table{}, err
	}
	return tx.catalog.table(name)
}

// Delete implements [mirror.Tx].
func (tx *transaction) Delete(ctx context.Context, table string, keys []mirror.Key) error {
	t, err := tx.table(ctx, table)
	if err != nil {
		return err
	}
	byLength := make([][]mirror.Key, t.KeyColumns+1)
	for _, key := range keys {
		if len(key) < 1 || len(key) > t.KeyColumns {
			return fmt.Errorf("mirror: a key of %q has %d values, must be 1 to %d", table, len(key), t.KeyColumns)
		}
		byLength[len(key)] = append(byLength[len(key)], key)
	}
	for n, keys := range byLength {
		if len(keys) == 0 {
			continue
		}
		if err := tx.delete(ctx, t, n, keys); err != nil {
			return fmt.Errorf("mirror: cannot delete from %q: %w", table, err)
		}
	}
	return nil
}

// delete deletes the rows whose keys begin with n values.
func (tx *transaction) delete(ctx context.Context, t mirror.Table, n int, keys []mirror.Key) error {
	names := columns("t.", t.Columns[:n])
	if n == 1 {
		return tx.exec(ctx, "DELETE FROM "+tx.store.name(t.Name)+" t WHERE "+names[0]+" = ANY ($1::text[])", array(len(keys), func(i int) mirror.Value { return mirror.TextValue(keys[i][0]) }))
	}
	var same, args []string
	for i := range n {
		same = append(same, fmt.Sprintf("%s = k.v%d", names[i], i))
		args = append(args, array(len(keys), func(j int) mirror.Value { return mirror.TextValue(keys[j][i]) }))
	}
	return tx.exec(ctx, "DELETE FROM "+tx.store.name(t.Name)+" t USING "+unnest("k", n)+" WHERE "+strings.Join(same, " AND "), args...)
}

// Truncate implements [mirror.Tx]. It is DELETE: others can read the rows until the
// commit, and TRUNCATE would make them wait.
func (tx *transaction) Truncate(ctx context.Context, table string) error {
	t, err := tx.table(ctx, table)
	if err != nil {
		return err
	}
	if err := tx.exec(ctx, "DELETE FROM "+tx.store.name(t.Name)); err != nil {
		return fmt.Errorf("mirror: cannot delete from %q: %w", table, err)
	}
	delete(tx.store.ways, table)
	return nil
}
