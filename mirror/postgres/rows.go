package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/mirror"
)

const (
	firstPage = 128     // rows
	maxPage   = 8192    // rows
	pageSize  = 1 << 20 // about how many bytes a page has
)

// Rows implements [mirror.Store].
func (s *Store) Rows(ctx context.Context, table string, columns []string, after mirror.Key) iter.Seq2[mirror.Row, error] {
	return func(yield func(mirror.Row, error) bool) {
		r, err := s.reader(ctx, table, columns)
		if err == nil && after != nil && len(after) != r.table.KeyColumns {
			err = fmt.Errorf("a key has %d values, must be %d", len(after), r.table.KeyColumns)
		}
		for limit := firstPage; err == nil; {
			var page []mirror.Row
			var size int
			if page, size, err = r.page(ctx, after, limit); err != nil {
				break
			}
			for _, row := range page {
				if err := ctx.Err(); err != nil {
					yield(nil, fmt.Errorf("mirror: cannot read %q: %w", table, err))
					return
				}
				if !yield(row[:len(columns):len(columns)], nil) {
					return
				}
			}
			if len(page) < limit {
				return
			}
			after = r.key(page[limit-1])
			limit = max(1, min(limit*pageSize/max(size, 1), 4*limit, maxPage))
		}
		yield(nil, fmt.Errorf("mirror: cannot read %q: %w", table, err))
	}
}

// reader reads a table page by page.
type reader struct {
	store   *Store
	table   mirror.Table
	columns []mirror.Column // those that were asked for, and then the key
	formats []int16
	from    string // the query without the key after which it begins
}

func (s *Store) reader(ctx context.Context, table string, names []string) (*reader, error) {
	rows, err := s.definition(ctx, table)
	if err != nil {
		return nil, err
	}
	r := &reader{store: s, table: rows}
	for _, name := range names {
		i := slices.IndexFunc(r.table.Columns, func(c mirror.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q", name)
		}
		r.columns = append(r.columns, r.table.Columns[i])
	}
	r.columns = append(r.columns, r.table.Columns[:r.table.KeyColumns]...)
	for _, c := range r.columns {
		r.formats = append(r.formats, formats[c.Kind])
	}
	r.from = "SELECT " + columnList(r.columns) + " FROM " + s.name(table)
	return r, nil
}

// definition returns what Migrate was given for a table.
func (s *Store) definition(ctx context.Context, table string) (mirror.Table, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return mirror.Table{}, err
	}
	defer conn.Release()
	c, err := s.readCatalog(ctx, conn.Conn().PgConn())
	if err != nil {
		return mirror.Table{}, err
	}
	return c.table(table)
}

// key returns the key of a row of a page.
func (r *reader) key(row mirror.Row) mirror.Key {
	return row[len(row)-r.table.KeyColumns:].Key(r.table.KeyColumns)
}

// page reads rows, and returns how many bytes they have.
func (r *reader) page(ctx context.Context, after mirror.Key, limit int) (page []mirror.Row, size int, err error) {
	key := columnList(r.table.Columns[:r.table.KeyColumns])
	query := r.from
	if after != nil {
		var values []string
		for i := range after {
			values = append(values, fmt.Sprintf("$%d::text", i+1))
		}
		query += " WHERE (" + key + ") > (" + strings.Join(values, ", ") + ")"
	}
	query += fmt.Sprintf(" ORDER BY %s LIMIT %d", key, limit)
	conn, err := r.store.pool.Acquire(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Release()
	result := conn.Conn().PgConn().ExecParams(ctx, query, parameters(after), nil, nil, r.formats)
	var text []byte
	ends := make([]int, len(r.columns))
	for result.NextRow() {
		text = text[:0]
		values := result.Values()
		for i, v := range values {
			if text, err = r.append(text, r.columns[i].Kind, v); err != nil {
				_, _ = result.Close()
				return nil, 0, err
			}
			ends[i] = len(text)
		}
		whole := string(text)
		row := make(mirror.Row, len(values))
		begin := 0
		for i, v := range values {
			if v != nil {
				row[i] = mirror.TextValue(whole[begin:ends[i]])
			}
			begin = ends[i]
		}
		page = append(page, row)
		size += len(whole)
	}
	_, err = result.Close()
	return page, size, err
}

const (
	textFormat   = 0
	binaryFormat = 1
)

// formats are in which format values are read: text if it is what a value is, and binary
// if its text depends on settings.
var formats = map[mirror.Kind]int16{
	mirror.Text: textFormat, mirror.Number: textFormat, mirror.JSON: textFormat,
	mirror.Boolean: binaryFormat, mirror.Date: binaryFormat, mirror.Time: binaryFormat,
}

// sizes are how many bytes the values in binary format have.
var sizes = map[mirror.Kind]int{mirror.Boolean: 1, mirror.Date: 4, mirror.Time: 8}

// epoch is the zero of dates and times.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// append appends the text of a value that was read.
func (r *reader) append(b []byte, kind mirror.Kind, v []byte) ([]byte, error) {
	switch {
	case v == nil || formats[kind] == textFormat:
		return append(b, v...), nil
	case len(v) != sizes[kind]:
		return nil, fmt.Errorf("a %s has %d bytes, must be %d", kind, len(v), sizes[kind])
	case kind == mirror.Date:
		days := int32(binary.BigEndian.Uint32(v))
		return epoch.AddDate(0, 0, int(days)).AppendFormat(b, time.DateOnly), nil
	case kind == mirror.Time:
		µs := int64(binary.BigEndian.Uint64(v))
		const day = 24 * 60 * 60 * 1_000_000
		// A duration has at most 292 years.
		at := epoch.AddDate(0, 0, int(µs/day)).Add(time.Duration(µs%day) * time.Microsecond)
		return at.AppendFormat(b, "2006-01-02T15:04:05.000Z"), nil
	case v[0] == 0:
		return append(b, "false"...), nil
	}
	return append(b, "true"...), nil
}
