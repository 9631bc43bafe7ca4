package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify/mirror"
)

// DefaultSchema is the schema of the mirror without [WithSchema].
const DefaultSchema = "clarify"

// Store is a schema of a database. It is safe for concurrent use.
type Store struct {
	pool   *pgxpool.Pool
	owned  bool // whether Close closes the pool
	schema string

	slot chan struct{}   // holds a value while someone writes
	ways map[string]*way // by table; of the one who has the slot

	mu     sync.Mutex
	locks  []*lock
	tx     *transaction // the one that is open
	closed bool
}

var (
	_ mirror.Store   = (*Store)(nil)
	_ mirror.Querier = (*Store)(nil)
)

// Option is an option of [Open] and [New].
type Option func(*Store)

// WithSchema sets the schema of the mirror. A database can have several mirrors, each in
// a schema of its own.
func WithSchema(name string) Option { return func(s *Store) { s.schema = name } }

// Open opens a database. The URL is such as postgres://user@host:5432/database, or a
// connection string of libpq, and may have the settings of [pgxpool.ParseConfig]. Open
// changes nothing in the database.
func Open(ctx context.Context, url string, opts ...Option) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "clarify-mirror"
	}
	// After a restart of the server all connections of the pool are of no use.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true }
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	s, err := New(ctx, pool, opts...)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.owned = true
	return s, nil
}

// New returns a store on a pool of connections, which Close does not close. The pool
// must have at least 3 connections. A lock takes one out of the pool for as long as it
// is held, and a query one for its duration.
func New(ctx context.Context, pool *pgxpool.Pool, opts ...Option) (*Store, error) {
	s := &Store{pool: pool, schema: DefaultSchema, slot: make(chan struct{}, 1), ways: map[string]*way{}}
	for _, o := range opts {
		o(s)
	}
	if s.schema == "" || len(s.schema) > maxName {
		return nil, fmt.Errorf("mirror: the name of the schema %q must have 1 to %d bytes", s.schema, maxName)
	}
	rows, err := s.ask(ctx, `SELECT current_setting('server_encoding'), current_setting('client_encoding')`)
	if err != nil {
		return nil, fmt.Errorf("mirror: cannot open the database: %w", err)
	}
	for i, what := range []string{"database", "connection"} {
		if encoding := string(rows[0][i]); encoding != "UTF8" {
			return nil, fmt.Errorf("mirror: the encoding of the %s is %s, must be UTF8", what, encoding)
		}
	}
	return s, nil
}

// Close closes the database. A transaction that was not committed is undone, and a lock
// ends.
func (s *Store) Close() error {
	s.mu.Lock()
	locks, tx := s.locks, s.tx
	s.locks, s.closed = nil, true
	s.mu.Unlock()
	if tx != nil {
		// Its goroutine may be using the connection. What ends the transaction is that
		// the network connection ends.
		_ = tx.conn.Conn().Close()
	}
	var all []error
	for _, l := range locks {
		all = append(all, l.release())
	}
	switch {
	case s.owned && tx != nil:
		go s.pool.Close() // waits for Rollback
	case s.owned:
		s.pool.Close()
	}
	return errors.Join(all...)
}

var errClosed = errors.New("mirror: the database is closed")

// acquire waits for the slot to write.
func (s *Store) acquire(ctx context.Context) error {
	select {
	case s.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask runs a statement on a connection of the pool, and returns its rows as text.
func (s *Store) ask(ctx context.Context, query string, args ...string) (rows [][][]byte, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	return ask(ctx, conn.Conn().PgConn(), query, args...)
}

// ask runs one statement, and returns its rows as text. It uses the extended protocol
// without names, which works with any pooler, and the same way for all settings of pgx.
func ask(ctx context.Context, conn *pgconn.PgConn, query string, args ...string) (rows [][][]byte, err error) {
	r := conn.ExecParams(ctx, query, parameters(args), nil, nil, nil).Read()
	return r.Rows, r.Err
}

func parameters(args []string) [][]byte {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a)
	}
	return values
}
