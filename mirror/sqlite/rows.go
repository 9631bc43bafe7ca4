package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// Rows implements [mirror.Store].
func (s *Store) Rows(ctx context.Context, table string, columns []string, after mirror.Key) iter.Seq2[mirror.Row, error] {
	return func(yield func(mirror.Row, error) bool) {
		rows, kinds, err := s.rows(ctx, table, columns, after)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		values := make([]any, len(columns))
		pointers := make([]any, len(columns))
		for i := range values {
			pointers[i] = &values[i]
		}
		for rows.Next() {
			row := make(mirror.Row, len(columns))
			err := rows.Scan(pointers...)
			for i := 0; err == nil && i < len(values); i++ {
				row[i], err = textOf(kinds[i], values[i])
			}
			if err != nil {
				yield(nil, fmt.Errorf("mirror: cannot read %q: %w", table, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := errors.Join(rows.Err(), ctx.Err()); err != nil {
			yield(nil, fmt.Errorf("mirror: cannot read %q: %w", table, err))
		}
	}
}

func (s *Store) rows(ctx context.Context, table string, columns []string, after mirror.Key) (*sql.Rows, []mirror.Kind, error) {
	c, err := s.readable(ctx)
	if err != nil {
		return nil, nil, err
	}
	t, err := c.table(table)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	var kinds []mirror.Kind
	for _, name := range columns {
		// A quoted name that is no column would be a string.
		i := slices.IndexFunc(t.Columns, func(c mirror.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, nil, fmt.Errorf("mirror: the table %q has no column %q", table, name)
		}
		names, kinds = append(names, quote(name)), append(kinds, t.Columns[i].Kind)
	}
	key := strings.Join(quoted("", t.Columns[:t.KeyColumns]), ", ")
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + stored(t)
	var args []any
	if after != nil {
		if len(after) != t.KeyColumns {
			return nil, nil, fmt.Errorf("mirror: a key of %q has %d values, must be %d", table, len(after), t.KeyColumns)
		}
		query += " WHERE (" + key + ") > (?" + strings.Repeat(", ?", len(after)-1) + ")"
		for _, v := range after {
			args = append(args, v)
		}
	}
	rows, err := s.reading.QueryContext(ctx, query+" ORDER BY "+key, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("mirror: cannot read %q: %w", table, err)
	}
	return rows, kinds, nil
}

// textOf returns a value of SQLite as text.
func textOf(kind mirror.Kind, value any) (mirror.Value, error) {
	switch v := value.(type) {
	case nil:
		return mirror.Value{}, nil
	case string:
		return mirror.TextValue(v), nil
	case []byte:
		return mirror.TextValue(string(v)), nil
	case bool:
		return mirror.TextValue(strconv.FormatBool(v)), nil
	case int64:
		if kind == mirror.Boolean {
			return mirror.TextValue(strconv.FormatBool(v != 0)), nil
		}
		return mirror.TextValue(strconv.FormatInt(v, 10)), nil
	case float64:
		return mirror.TextValue(strconv.FormatFloat(v, 'g', -1, 64)), nil
	}
	return mirror.Value{}, fmt.Errorf("a value is of the type %T", value)
}
