package mirror

import (
	"context"
	"iter"
	"slices"
)

// rowsOf yields the rows of a table whose keys begin with a key.
func rowsOf(ctx context.Context, store Store, t Table, columns []string, key Key) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		names := make([]string, 0, len(key)+len(columns))
		for i := range key {
			names = append(names, t.Columns[i].Name)
		}
		after := append(slices.Clone(key), make(Key, t.KeyColumns-len(key))...)
		for row, err := range store.Rows(ctx, t.Name, append(names, columns...), after) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !slices.Equal(row.Key(len(key)), key) {
				return
			}
			if !yield(row[len(key):], nil) {
				return
			}
		}
	}
}

// unseen calls a function with the rows that the table _seen does not have below a key.
// The rows are keys in their order, as those of _seen are, so no more than two are
// compared at a time.
func unseen(ctx context.Context, store Store, rows iter.Seq2[Row, error], below Key, use func(key Key) error) error {
	n := seenTable.KeyColumns - len(below)
	next, stop := iter.Pull2(rowsOf(ctx, store, seenTable, columnNames(seenTable)[len(below):], below))
	defer stop()
	seen, more, err := pull(next, n)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		key := row.Key(n)
		for more && slices.Compare(seen, key) < 0 {
			if seen, more, err = pull(next, n); err != nil {
				return err
			}
		}
		if more && slices.Equal(seen, key) {
			continue
		}
		if err := use(key); err != nil {
			return err
		}
	}
	return nil
}

func pull(next func() (Row, error, bool), n int) (Key, bool, error) {
	row, err, ok := next()
	if err != nil || !ok {
		return nil, false, err
	}
	return row.Key(n), true, nil
}

func columnNames(t Table) (names []string) {
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return names
}
