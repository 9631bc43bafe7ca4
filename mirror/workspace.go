package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/clarify-go/clarify/gen"
)

// workspace brings the tables up to date that are small and read as a whole.
func (e *engine) workspace(ctx context.Context) error {
	for _, part := range e.workspaceParts() {
		rows, err := part.rows(ctx)
		if err == nil {
			err = e.replace(ctx, part.table, rows)
		}
		if err != nil {
			return fmt.Errorf("mirror: %s: %w", part.table, err)
		}
	}
	return nil
}

// workspacePart is a table that is read as a whole.
type workspacePart struct {
	table string
	rows  func(ctx context.Context) ([]Row, error)
}

func (e *engine) workspaceParts() []workspacePart {
	return []workspacePart{
		{tableSchemas, e.schemaRows},
		{tableOptions, e.optionRows},
		{tableUsers, e.userRows},
		{tableWorkflows, e.workflowRows},
		{tableSettings, e.settingRows},
		{tableLists, e.listRows},
	}
}

// replace makes the rows of a table those given, unless it has them.
func (e *engine) replace(ctx context.Context, table string, rows []Row) error {
	b, digest, t := newBatch(), sha256.New(), tableOf(table)
	for _, row := range rows {
		b.put(t, row)
		for _, v := range row {
			fmt.Fprintf(digest, "%v %q ", v.Valid, v.Text)
		}
	}
	sum := "1." + hex.EncodeToString(digest.Sum(nil)[:16])
	if e.state[noteDigest+table] == sum {
		return nil
	}
	for row, err := range e.store.Rows(ctx, table, columnNames(t)[:t.KeyColumns], nil) {
		if err != nil {
			return err
		}
		if key := row.Key(t.KeyColumns); !b.has(t, key) {
			b.remove(t, key)
		}
	}
	b.notes[noteDigest+table] = sum
	err := e.commit(ctx, b)
	e.report(Progress{Step: table, Done: len(rows), Total: len(rows)})
	return err
}

// items returns a row for each item of a listing: its id, what else is asked for, and
// all of it.
func items[T any](all iter.Seq2[T, error], id func(*T) string, columns func(raw []byte) Row) ([]Row, error) {
	var rows []Row
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		row := append(Row{TextValue(cleanText(id(&item)))}, columns(raw)...)
		rows = append(rows, append(row, TextValue(string(raw))))
	}
	return rows, nil
}

func (e *engine) schemaRows(context.Context) ([]Row, error) {
	var rows []Row
	for _, d := range e.schema.Documents() {
		raw, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Row{TextValue(cleanText(d.ID)), TextValue(string(raw))})
	}
	return rows, nil
}

func (e *engine) optionRows(context.Context) ([]Row, error) {
	var rows []Row
	for _, o := range e.model.objects {
		s, _ := e.schema.Object(o.name)
		for _, f := range s.Fields {
			for i, option := range f.Options {
				rows = append(rows, Row{
					TextValue(cleanText(o.name)), TextValue(cleanText(f.Name)), TextValue(cleanText(option.Value)),
					textOrNull(option.ID), textOrNull(option.Color), TextValue(strconv.Itoa(i + 1)),
				})
			}
		}
	}
	return rows, nil
}

func textOrNull(text string) Value { return Value{cleanText(text), text != ""} }

func (e *engine) userRows(ctx context.Context) ([]Row, error) {
	return items(e.client.Users(ctx), func(u *gen.User) string { return u.ID }, func(raw []byte) Row {
		name := Value{}
		if v := member(JSON, raw, "attributes", "name"); v.Valid {
			name = textOrNull(fullName(v.Text))
		}
		return Row{member(Text, raw, "attributes", "email"), name, member(Time, raw, "attributes", columnCreated), member(Time, raw, "attributes", columnUpdated)}
	})
}

func (e *engine) workflowRows(ctx context.Context) ([]Row, error) {
	return items(e.client.Workflows(ctx), func(w *gen.Workflow) string { return w.ID }, func(raw []byte) Row {
		return Row{
			member(Text, raw, "attributes", "name"), member(Text, raw, "attributes", "type"), member(Boolean, raw, "attributes", "enabled"),
			member(Time, raw, "attributes", columnCreated), member(Time, raw, "attributes", columnUpdated),
		}
	})
}

func (e *engine) listRows(ctx context.Context) ([]Row, error) {
	return items(e.client.WorkspaceLists(ctx), func(l *gen.List) string { return l.ID }, func(raw []byte) Row {
		return Row{
			member(Text, raw, "attributes", "entity"), member(Text, raw, "attributes", "title"), member(Text, raw, "attributes", "type"),
			member(Text, raw, "attributes", "state"), member(Time, raw, "attributes", columnCreated), member(Time, raw, "attributes", columnUpdated),
		}
	})
}

func (e *engine) settingRows(ctx context.Context) ([]Row, error) {
	var settings map[string]json.RawMessage
	if err := e.client.Do(ctx, "GET", "settings", nil, nil, &settings); err != nil {
		return nil, err
	}
	var rows []Row
	for key, value := range settings {
		rows = append(rows, Row{TextValue(cleanText(key)), TextValue(string(value))})
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a[0].Text, b[0].Text) })
	return rows, nil
}
