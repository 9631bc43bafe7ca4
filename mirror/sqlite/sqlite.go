package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"github.com/clarify-go/clarify/mirror"
)

// Store is a database in a file. It is safe for concurrent use.
type Store struct {
	path    string
	writing *sql.DB // one connection
	reading *sql.DB

	slot       chan struct{}        // holds a value while someone writes
	writer     *sql.Conn            // the connection, for the one who has the slot
	statements map[string]*sql.Stmt // by their SQL

	mu      sync.Mutex
	locks   map[*lock]bool
	known   *catalog // what Rows knows of the file
	version int64    // of the tables when it was read
}

var (
	_ mirror.Store   = (*Store)(nil)
	_ mirror.Querier = (*Store)(nil)
)

// Open opens a file, which is created if there is none. Its directory must exist.
// Beside it there are files with the same name and -wal, -shm or .lock after it.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	// The rows are those of a customer's CRM.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	s := &Store{path: path, slot: make(chan struct{}, 1), statements: map[string]*sql.Stmt{}, locks: map[*lock]bool{}}
	// Rows and cursor are in one file, so that a power cut undoes the last transactions as
	// a whole, and the next run resumes before them. A checkpoint copies each page once,
	// however often it was written since the last.
	s.writing, err = sql.Open("sqlite", dsn(path, "rw", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-131072)", "wal_autocheckpoint(8192)"))
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	s.writing.SetMaxOpenConns(1)
	if s.reading, err = sql.Open("sqlite", dsn(path, "rw", "query_only(1)")); err != nil {
		return nil, fmt.Errorf("mirror: %w", errors.Join(err, s.writing.Close()))
	}
	if s.writer, err = s.writing.Conn(ctx); err == nil {
		_, err = s.writer.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+catalogTable+` (name TEXT NOT NULL PRIMARY KEY, definition TEXT NOT NULL)`)
	}
	if err != nil {
		return nil, fmt.Errorf("mirror: %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// dsn returns the name of a connection.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// Close closes the database. A transaction that was not committed is undone, and a lock
// ends.
func (s *Store) Close() error {
	var all []error
	for _, stmt := range s.statements {
		all = append(all, stmt.Close())
	}
	if s.writer != nil {
		all = append(all, s.writer.Close())
	}
	all = append(all, s.reading.Close(), s.writing.Close())
	s.mu.Lock()
	held := s.locks
	s.locks = map[*lock]bool{}
	s.mu.Unlock()
	for l := range held {
		all = append(all, l.file.Close())
	}
	return errors.Join(all...)
}

// acquire waits for the slot to write.
func (s *Store) acquire(ctx context.Context) error {
	select {
	case s.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exec runs a statement on the connection that writes. A statement that is interrupted
// would undo the transaction, so only its caller looks at the context.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := s.writer.ExecContext(context.WithoutCancel(ctx), query, args...)
	return err
}
