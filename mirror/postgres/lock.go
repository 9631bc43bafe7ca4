package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/clarify-go/clarify/mirror"
)

// lock is an advisory lock of a session. The transactions of its holder run in the same
// session: when it ends, so do they, and nothing else has to be compared.
type lock struct {
	store   *Store
	conn    *pgx.Conn
	catalog catalog // what the schema has, if it was read; of the one who has the slot
	once    sync.Once
	err     error // of the release
}

// endTimeout is how long something may take that ends what was done before.
const endTimeout = 10 * time.Second

// lockKey returns the key of an advisory lock for a purpose and a schema.
func lockKey(purpose, schema string) int64 {
	sum := sha256.Sum256([]byte("clarify " + purpose + " " + schema))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// lockSession prepares a session that holds a lock: it may be idle for long, and the
// server notices within minutes if the machine of the client is gone. A setting that a
// version does not have is left out.
const lockSession = `SELECT set_config(s.name, v.setting, false) FROM pg_catalog.pg_settings s JOIN (VALUES
	('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
	('statement_timeout', '0'), ('lock_timeout', '0'),
	('tcp_keepalives_idle', '60'), ('tcp_keepalives_interval', '20'), ('tcp_keepalives_count', '3')
) v (name, setting) ON v.name = s.name`

// Lock implements [mirror.Store].
func (s *Store) Lock(ctx context.Context, wait bool) (unlock func() error, err error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("mirror: cannot lock the database: %w", err)
	}
	l := &lock{store: s, conn: pooled.Hijack()}
	if err := l.acquire(ctx, wait); err != nil {
		l.end()
		return nil, err
	}
	s.mu.Lock()
	if s.closed {
		err = errClosed
	} else {
		s.locks = append(s.locks, l)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l.unlock, nil
}

func (l *lock) acquire(ctx context.Context, wait bool) error {
	conn := l.conn.PgConn()
	_, err := ask(ctx, conn, lockSession)
	do := "pg_try_advisory_lock"
	if wait {
		do = "pg_advisory_lock"
	}
	var rows [][][]byte
	if err == nil {
		rows, err = ask(ctx, conn, "SELECT "+do+"($1)", fmt.Sprint(lockKey("mirror", l.store.schema)))
	}
	if err == nil {
		// What the role says of statements holds for all but the wait.
		_, err = conn.Exec(ctx, "RESET statement_timeout; RESET lock_timeout").ReadAll()
	}
	switch {
	case err != nil:
		return fmt.Errorf("mirror: cannot lock the database: %w", errors.Join(err, ctx.Err()))
	case string(rows[0][0]) == "f":
		return fmt.Errorf("%w: schema %q", mirror.ErrLocked, l.store.schema)
	}
	return nil
}

// holds is a query for whether the session holds the lock.
func (s *Store) holds() string {
	key := uint64(lockKey("mirror", s.schema))
	return fmt.Sprintf(`SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid = %d AND objid = %d
		AND granted AND pid = pg_catalog.pg_backend_pid() AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`, key>>32, key&(1<<32-1))
}

func (l *lock) unlock() error {
	s := l.store
	s.mu.Lock()
	s.locks = slices.DeleteFunc(s.locks, func(other *lock) bool { return other == l })
	s.mu.Unlock()
	return l.release()
}

// release gives the lock back, if it is not lost. The session's end alone would do that
// as well, but later.
func (l *lock) release() error {
	l.once.Do(func() {
		s := l.store
		select {
		case s.slot <- struct{}{}:
			defer func() { <-s.slot }()
		default:
			// Its transaction is open, and is undone.
			_ = l.conn.PgConn().Conn().Close()
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		defer cancel()
		if !l.conn.IsClosed() {
			_, l.err = ask(ctx, l.conn.PgConn(), "SELECT pg_advisory_unlock($1)", fmt.Sprint(lockKey("mirror", s.schema)))
		}
		if l.conn.IsClosed() {
			l.err = nil // It is lost, and so nobody has it.
		}
		l.end()
	})
	return l.err
}

// end ends the session.
func (l *lock) end() {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_ = l.conn.Close(ctx)
}
