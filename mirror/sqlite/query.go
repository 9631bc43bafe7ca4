package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Query implements [mirror.Querier]. The database is opened in read-only mode, and no
// other can be attached.
func (s *Store) Query(ctx context.Context, query string) (columns []string, rows iter.Seq2[[]any, error], err error) {
	db, err := sql.Open("sqlite", dsn(s.path, "ro", "query_only(1)"))
	if err != nil {
		return nil, nil, fmt.Errorf("mirror: %w", err)
	}
	fail := func(err error) ([]string, iter.Seq2[[]any, error], error) {
		return nil, nil, fmt.Errorf("mirror: %w", errors.Join(err, db.Close()))
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fail(err)
	}
	if _, err := driver.Limit(conn, lib.SQLITE_LIMIT_ATTACHED, 0); err != nil {
		return fail(err)
	}
	result, err := conn.QueryContext(ctx, query)
	if err != nil {
		return fail(err)
	}
	if columns, err = result.Columns(); err != nil {
		return fail(err)
	}
	return columns, func(yield func([]any, error) bool) {
		defer db.Close()
		defer conn.Close()
		defer result.Close()
		for result.Next() {
			values := make([]any, len(columns))
			pointers := make([]any, len(columns))
			for i := range values {
				pointers[i] = &values[i]
			}
			if err := result.Scan(pointers...); err != nil {
				yield(nil, fmt.Errorf("mirror: %w", err))
				return
			}
			if !yield(values, nil) {
				return
			}
		}
		if err := result.Err(); err != nil {
			yield(nil, fmt.Errorf("mirror: %w", err))
		}
	}, nil
}
