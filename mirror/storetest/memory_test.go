package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/mirror"
)

// memory is a database in memory. Its defects are for tests of the tests.
type memory struct {
	lock    chan struct{}
	content content
	defect  string
}

type content map[string]*table

type table struct {
	mirror.Table
	rows map[string]mirror.Row // by their keys
}

func newMemory(defect string) *memory {
	return &memory{lock: make(chan struct{}, 1), content: content{}, defect: defect}
}

func (m *memory) open() (mirror.Store, error) { return &handle{memory: m}, nil }

// copy returns content that can be changed without changing c.
func (c content) copy() content {
	other := content{}
	for name, t := range c {
		other[name] = &table{t.Table, maps.Clone(t.rows)}
	}
	return other
}

func (c content) table(name string) (*table, error) {
	if t := c[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("memory: no table %q", name)
}

type handle struct {
	*memory
	unlock func() error
}

func (h *handle) Transient(error) bool { return false }

func (h *handle) Close() error {
	if h.unlock != nil && h.defect != "Close does not unlock" {
		return h.unlock()
	}
	return nil
}

func (h *handle) Lock(ctx context.Context, wait bool) (func() error, error) {
	if h.defect == "no lock" {
		return func() error { return nil }, nil
	}
	if !wait {
		select {
		case h.lock <- struct{}{}:
		default:
			return nil, mirror.ErrLocked
		}
	} else if h.defect == "Lock does not wait" {
		select {
		case h.lock <- struct{}{}:
		default:
		}
	} else {
		done := ctx.Done()
		if h.defect == "Lock ignores the context" {
			done = nil
		}
		select {
		case h.lock <- struct{}{}:
		case <-done:
			return nil, ctx.Err()
		}
	}
	h.unlock = func() error {
		<-h.lock
		h.unlock = nil
		return nil
	}
	return h.unlock, nil
}

func (h *handle) Tables(context.Context) ([]mirror.Table, error) {
	var all []mirror.Table
	for _, name := range slices.Sorted(maps.Keys(h.content)) {
		t := h.content[name].Table
		if h.defect == "Tables forgets Search" {
			t.Search = nil
		}
		all = append(all, t)
	}
	return all, nil
}

func (h *handle) Migrate(_ context.Context, tables []mirror.Table) error {
	next := content{}
	if h.defect == "Migrate drops nothing" {
		next = h.content.copy()
	}
	for _, t := range tables {
		old := h.content[t.Name]
		fresh := &table{t, map[string]mirror.Row{}}
		next[t.Name] = fresh
		if old == nil || h.defect == "Migrate loses rows" || !h.sameKey(old.Table, t) {
			continue
		}
		for key, row := range old.rows {
			var values mirror.Row
			for _, c := range t.Columns {
				i := slices.Index(old.Columns, c)
				if h.defect == "Migrate ignores kinds" {
					i = slices.IndexFunc(old.Columns, func(o mirror.Column) bool { return o.Name == c.Name })
				}
				if i < 0 {
					values = append(values, mirror.Value{})
				} else {
					values = append(values, row[i])
				}
			}
			fresh.rows[key] = values
		}
	}
	h.content = next
	return nil
}

func (h *handle) sameKey(a, b mirror.Table) bool {
	return h.defect == "Migrate ignores keys" || a.KeyColumns == b.KeyColumns && slices.Equal(a.Columns[:a.KeyColumns], b.Columns[:b.KeyColumns])
}

func (h *handle) Rows(ctx context.Context, name string, columns []string, after mirror.Key) iter.Seq2[mirror.Row, error] {
	return func(yield func(mirror.Row, error) bool) {
		rows, err := h.read(name, columns, after)
		if err != nil {
			yield(nil, err)
			return
		}
		for i, row := range rows {
			if err := ctx.Err(); err != nil && h.defect != "Rows ignores the context" {
				yield(nil, err)
				return
			}
			if h.defect == "Rows reuses rows" {
				row = append(rows[0][:0], row...)
			}
			if h.defect == "Rows ends early" && i == 10_000 {
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (h *handle) read(name string, columns []string, after mirror.Key) (rows []mirror.Row, err error) {
	t, err := h.content.table(name)
	if err != nil {
		return nil, err
	}
	var indexes []int
	for _, name := range columns {
		i := slices.IndexFunc(t.Columns, func(c mirror.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("memory: no column %q", name)
		}
		indexes = append(indexes, i)
	}
	keys := slices.Collect(maps.Keys(t.rows))
	slices.SortFunc(keys, func(a, b string) int {
		if h.defect == "the order of keys ignores case" {
			a, b = strings.ToLower(a), strings.ToLower(b)
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		if after != nil && (key < keyOf(after) || key == keyOf(after) && h.defect != "Rows includes the key after which it begins") {
			continue
		}
		var row mirror.Row
		for _, i := range indexes {
			row = append(row, t.rows[key][i])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// keyOf returns a key as one string, in the same order.
func keyOf(key mirror.Key) string { return strings.Join(key, "\x00") }

func (h *handle) Begin(ctx context.Context) (mirror.Tx, error) {
	tx := &transaction{memory: h.memory, content: h.content.copy()}
	if h.defect == "no transactions" {
		tx.content = h.content
	}
	return tx, nil
}

type transaction struct {
	*memory
	content content
}

func (tx *transaction) Upsert(_ context.Context, name string, rows []mirror.Row) error {
	t, err := tx.content.table(name)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row) != len(t.Columns) && tx.defect != "Upsert does not count values" || len(row) < t.KeyColumns {
			return errors.New("memory: wrong number of values")
		}
		for _, v := range row[:t.KeyColumns] {
			if !v.Valid && tx.defect != "a key can be null" {
				return errors.New("memory: a key is null")
			}
		}
		row = append(slices.Clone(row), make(mirror.Row, max(0, len(t.Columns)-len(row)))...)
		for i, c := range t.Columns {
			row[i] = tx.spoil(c.Kind, row[i])
		}
		key := keyOf(row.Key(t.KeyColumns))
		if _, there := t.rows[key]; !there || tx.defect != "Upsert does not replace" {
			t.rows[key] = row
		}
	}
	return nil
}

// spoil returns a value as a database with a defect keeps it.
func (tx *transaction) spoil(kind mirror.Kind, v mirror.Value) mirror.Value {
	switch {
	case tx.defect == "an empty text is null" && v.Text == "":
		return mirror.Value{}
	case tx.defect == "null is an empty text" && !v.Valid:
		return mirror.TextValue("")
	case tx.defect == "numbers are float32" && kind == mirror.Number && v.Valid:
		var f float32
		_, _ = fmt.Sscan(v.Text, &f)
		return mirror.TextValue(fmt.Sprint(f))
	case tx.defect == "times have whole seconds" && kind == mirror.Time && v.Valid:
		return mirror.TextValue(v.Text[:20] + "000Z")
	case tx.defect == "JSON is made compact" && kind == mirror.JSON:
		v.Text = strings.ReplaceAll(v.Text, " ", "")
	case tx.defect == "text is trimmed" && kind == mirror.Text:
		v.Text = strings.TrimSpace(v.Text)
	}
	return v
}

func (tx *transaction) Delete(_ context.Context, name string, keys []mirror.Key) error {
	t, err := tx.content.table(name)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if len(key) > t.KeyColumns {
			return errors.New("memory: too many values")
		}
		if len(key) == t.KeyColumns || tx.defect == "Delete needs the whole key" {
			delete(t.rows, keyOf(key))
			continue
		}
		maps.DeleteFunc(t.rows, func(_ string, row mirror.Row) bool { return slices.Equal(row.Key(len(key)), key) })
	}
	return nil
}

func (tx *transaction) Truncate(_ context.Context, name string) error {
	t, err := tx.content.table(name)
	if err == nil && tx.defect != "Truncate does nothing" {
		clear(t.rows)
	}
	return err
}

func (tx *transaction) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil && tx.defect != "Commit ignores the context" {
		return err
	}
	if tx.defect != "Commit does nothing" {
		tx.memory.content = tx.content
	}
	return nil
}

func (tx *transaction) Rollback() error { return nil }
