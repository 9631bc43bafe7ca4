package clarifypostgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// limiterKey is what the server counts requests by.
type limiterKey struct{ workspace, operation string }

// limiterStore has the windows in the database.
type limiterStore struct {
	pool                 *pgxpool.Pool
	window               time.Duration
	lock, insert, update string
}

func newLimiterStore(pool *pgxpool.Pool, o options) *limiterStore {
	table := o.table("rate_limits")
	return &limiterStore{
		pool:   pool,
		window: o.window,
		lock:   "SELECT state FROM " + table + " WHERE workspace = $1 AND operation = $2 FOR UPDATE",
		insert: "INSERT INTO " + table + " (workspace, operation) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		update: "UPDATE " + table + " SET state = $3, updated_at = clock_timestamp() WHERE workspace = $1 AND operation = $2",
	}
}

// settings of a transaction. A process that is stopped while it has the row locked
// keeps the others waiting no longer than they would wait for the database, and what a
// crash of the database loses, the next responses report.
const settings = `SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', $1, true),
	set_config('idle_in_transaction_session_timeout', $1, true)`

// exchange locks the row of an endpoint, changes it, and stores it: two round trips.
func (s *limiterStore) exchange(ctx context.Context, key limiterKey, a ask) (g grant, err error) {
	err = s.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		w, now, err := s.locked(ctx, conn, key)
		if err != nil {
			return err
		}
		g = w.exchange(now, a)
		state, err := w.encode()
		if err != nil {
			return err
		}
		var batch pgx.Batch
		batch.Queue(s.update, key.workspace, key.operation, string(state))
		batch.Queue("COMMIT")
		return conn.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return grant{}, fmt.Errorf("clarify: the database that has the rate limit failed: %w", err)
	}
	return g, nil
}

// locked begins a transaction and returns the window of an endpoint, which is locked,
// and the time.
func (s *limiterStore) locked(ctx context.Context, conn *pgxpool.Conn, key limiterKey) (*window, int64, error) {
	bound := DefaultTimeout
	if deadline, ok := ctx.Deadline(); ok {
		bound = max(time.Until(deadline), time.Millisecond)
	}
	for range 2 {
		var state *string
		var now time.Time
		var batch pgx.Batch
		batch.Queue("BEGIN")
		batch.Queue(settings, fmt.Sprint(bound.Milliseconds()+1))
		batch.Queue(s.lock, key.workspace, key.operation).QueryRow(func(row pgx.Row) error { return row.Scan(&state) })
		// In a statement of its own: it is the time at which the row was locked.
		batch.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
		err := conn.SendBatch(ctx, &batch).Close()
		switch {
		case err == nil:
			var stored []byte
			if state != nil {
				stored = []byte(*state)
			}
			w, err := decodeWindow(stored, s.window.Milliseconds())
			return w, now.UnixMilli(), err
		case !errors.Is(err, pgx.ErrNoRows):
			return nil, 0, err
		}
		if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
			return nil, 0, err
		}
		if _, err := conn.Exec(ctx, s.insert, key.workspace, key.operation); err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, errors.New("the row of the endpoint is deleted again and again")
}
