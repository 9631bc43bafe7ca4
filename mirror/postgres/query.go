package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Query implements [mirror.Querier]. Names without a schema are those of the mirror
// first. Times are time.Time in UTC, and numerics are int64 or float64 if these are
// exact, and otherwise text. Values of other types, such as dates, JSON or arrays, are
// the text of PostgreSQL. Where a query is stopped, its connection ends.
func (s *Store) Query(ctx context.Context, query string) (columns []string, rows iter.Seq2[[]any, error], err error) {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("mirror: %w", err)
	}
	// What the query sets or locks ends with the connection.
	conn := pooled.Hijack()
	// The query may never be read.
	stop := context.AfterFunc(ctx, func() { _ = conn.PgConn().Conn().Close() })
	end := func() {
		stop()
		endQuery(conn)
	}
	fields, err := s.prepare(ctx, conn.PgConn(), query)
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("mirror: %w", errors.Join(err, ctx.Err()))
	}
	for _, f := range fields {
		columns = append(columns, f.Name)
	}
	result := conn.PgConn().ExecPrepared(ctx, "", nil, nil, nil)
	return columns, func(yield func([]any, error) bool) {
		defer end()
		for result.NextRow() {
			values := make([]any, len(fields))
			for i, v := range result.Values() {
				values[i] = valueOf(fields[i].DataTypeOID, v)
			}
			if !yield(values, nil) {
				return
			}
		}
		if _, err := result.Close(); err != nil {
			yield(nil, fmt.Errorf("mirror: %w", errors.Join(err, ctx.Err())))
		}
	}, nil
}

// endQuery ends a connection whose query may not have ended, without waiting for it.
func endQuery(conn *pgx.Conn) {
	if conn.PgConn().IsBusy() {
		ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
		defer cancel()
		_ = conn.PgConn().CancelRequest(ctx)
		_ = conn.PgConn().Conn().Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// prepare begins a transaction that can only read, and prepares the query: it is one
// statement, and has columns, unlike SET, COMMIT, COPY or DO. The texts of values do not
// depend on the settings of the role.
func (s *Store) prepare(ctx context.Context, conn *pgconn.PgConn, query string) ([]pgconn.FieldDescription, error) {
	_, err := conn.Exec(ctx, "SET DateStyle = ISO; SET TimeZone = UTC; SET IntervalStyle = postgres; SET bytea_output = hex; SET extra_float_digits = 1; BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SELECT set_config('search_path', concat_ws(', ', "+
		literal(quote(s.schema))+", nullif(current_setting('search_path'), '')), true)").ReadAll()
	if err != nil {
		return nil, err
	}
	statement, err := conn.Prepare(ctx, "", query, nil)
	switch {
	case err != nil:
		return nil, err
	case len(statement.ParamOIDs) > 0:
		return nil, fmt.Errorf("the query has %d parameters, must have none", len(statement.ParamOIDs))
	case len(statement.Fields) == 0:
		return nil, errors.New("the statement returns no columns: only queries are possible")
	}
	return statement.Fields, nil
}

// valueOf returns a value in the text format as a value of Go. A text that the type of
// Go cannot have, such as an infinite time, remains text.
func valueOf(oid uint32, v []byte) any {
	if v == nil {
		return nil
	}
	text := string(v)
	var value any
	var err error
	switch oid {
	case pgtype.BoolOID:
		return text == "t"
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID:
		value, err = strconv.ParseInt(text, 10, 64)
	case pgtype.Float4OID, pgtype.Float8OID:
		value, err = strconv.ParseFloat(text, 64)
	case pgtype.NumericOID:
		return numberOf(text)
	case pgtype.TimestamptzOID:
		value, err = time.Parse("2006-01-02 15:04:05.999999999Z07", text)
		if at, ok := value.(time.Time); ok {
			value = at.UTC()
		}
	case pgtype.ByteaOID:
		value, err = hex.DecodeString(strings.TrimPrefix(text, `\x`))
	default:
		return text
	}
	if err != nil {
		return text
	}
	return value
}

// numberOf returns a numeric as a number of Go if that is exact.
func numberOf(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return text
	}
	digits := text
	if strings.Contains(digits, ".") {
		digits = strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
	}
	if strconv.FormatFloat(f, 'f', -1, 64) != digits {
		return text
	}
	return f
}
