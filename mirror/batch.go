package mirror

import (
	"context"
	"slices"
	"strings"
)

// batch is what a transaction writes: for each table the last state of each row.
type batch struct {
	tables map[string]*changes
	notes  notes
	size   int // in bytes, roughly
	count  int // of changes of records
}

func newBatch() *batch { return &batch{tables: map[string]*changes{}, notes: notes{}} }

// changes are the rows of a table that are written or deleted.
type changes struct {
	keys    int
	rows    []Row // in the order of the first change; nil if the row is deleted
	deleted []Key // for each row
	index   map[string]int
	prefix  []Key // whose rows go before others are written
}

func (b *batch) of(t Table) *changes {
	c := b.tables[t.Name]
	if c == nil {
		c = &changes{keys: t.KeyColumns, index: map[string]int{}}
		b.tables[t.Name] = c
	}
	return c
}

// key returns a key as one string. Values have no U+0000.
func joinKey(key Key) string {
	if len(key) == 1 {
		return key[0]
	}
	return strings.Join(key, "\x00")
}

// put writes a row.
func (b *batch) put(t Table, row Row) {
	c := b.of(t)
	c.set(row.Key(c.keys), row)
	for _, v := range row {
		b.size += len(v.Text)
	}
}

// remove deletes a row.
func (b *batch) remove(t Table, key Key) { b.of(t).set(key, nil) }

func (c *changes) set(key Key, row Row) {
	name := joinKey(key)
	i, known := c.index[name]
	if !known {
		i = len(c.rows)
		c.index[name] = i
		c.rows, c.deleted = append(c.rows, nil), append(c.deleted, nil)
	}
	c.rows[i], c.deleted[i] = row, nil
	if row == nil {
		c.deleted[i] = key
	}
}

// removeAll deletes all rows that begin with a key. Those of the batch that were put
// before go as well.
func (b *batch) removeAll(t Table, key Key) {
	c := b.of(t)
	c.prefix = append(c.prefix, key)
	for i, row := range c.rows {
		if row != nil && slices.Equal(row.Key(len(key)), key) {
			c.deleted[i], c.rows[i] = row.Key(c.keys), nil
		}
	}
}

// empty reports whether there is nothing to write.
func (b *batch) empty() bool { return len(b.tables) == 0 && len(b.notes) == 0 }

// write writes the batch in a transaction.
func (b *batch) write(ctx context.Context, tx Tx) error {
	for name, c := range b.tables {
		if err := c.write(ctx, tx, name); err != nil {
			return err
		}
	}
	return b.notes.write(ctx, tx)
}

func (c *changes) write(ctx context.Context, tx Tx, table string) error {
	var rows []Row
	gone := c.prefix
	for i, row := range c.rows {
		if row != nil {
			rows = append(rows, row)
		} else {
			gone = append(gone, c.deleted[i])
		}
	}
	if len(gone) > 0 {
		if err := tx.Delete(ctx, table, gone); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	// In the order of their keys, what a database writes of its index lies together.
	slices.SortFunc(rows, func(a, b Row) int {
		for i := range c.keys {
			if d := strings.Compare(a[i].Text, b[i].Text); d != 0 {
				return d
			}
		}
		return 0
	})
	return tx.Upsert(ctx, table, rows)
}
