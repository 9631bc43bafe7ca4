package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/clarify-go/clarify"
)

// rehearsal is what an import would do.
type rehearsal struct {
	*importer
	object *clarify.ObjectSchema
	// known are the values of the field that records are found by, of all records: those
	// of the workspace, and those that earlier rows would have written.
	known                      map[string]bool
	created, updated, rejected int
}

// rehearse says what the import would do with each row, and sends nothing but reads.
func (im *importer) rehearse(ctx context.Context, object *clarify.ObjectSchema) error {
	for i, f := range im.rows.fields {
		if f.path == nil {
			fmt.Fprintf(im.stdout, "column %q is ignored\n", im.rows.header[i])
		}
	}
	r := &rehearsal{importer: im, object: object, known: map[string]bool{}}
	if err := r.readKnown(ctx); err != nil {
		return err
	}
	for row, err := range im.rows.all() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.row(row, err)
	}
	would := fmt.Sprintf("%d would be created", r.created)
	if im.match != "" {
		would += fmt.Sprintf(" and %d updated", r.updated)
	}
	fmt.Fprintf(im.stdout, "%d rows: %s, %d would be rejected. Nothing was written.\n", r.created+r.updated+r.rejected, would, r.rejected)
	switch {
	case im.rows.err != nil:
		return fmt.Errorf("after row %d the file cannot be read: %w", r.created+r.updated+r.rejected, im.rows.err)
	case r.rejected > 0:
		return fmt.Errorf("%w: %d would be rejected", errRows, r.rejected)
	}
	return nil
}

// readKnown reads the values by which records are found.
func (r *rehearsal) readKnown(ctx context.Context) error {
	if r.match == "" {
		return nil
	}
	records := clarify.NewRecords[map[string]json.RawMessage](r.connection.Client, r.settings.object)
	for record, err := range records.All(ctx, clarify.Concurrency(r.concurrency)) {
		if err != nil {
			return err
		}
		var value any
		if raw := record.Attributes[r.match]; raw != nil && json.Unmarshal(raw, &value) == nil {
			r.note(keys(value))
		}
	}
	return nil
}

func (r *rehearsal) note(keys []string) {
	for _, key := range keys {
		r.known[key] = true
	}
}

// row says what would happen to a row. err is why it is none.
func (r *rehearsal) row(it row, err error) {
	exists := false
	if err == nil && r.match != "" {
		found := keys(it.attributes[r.match])
		for _, key := range found {
			exists = exists || r.known[key]
		}
		if len(found) == 0 {
			err = fmt.Errorf("there is no value for %s, by which records that exist are found", r.match)
		}
	}
	switch {
	case err != nil:
	case exists:
		err = r.object.CheckChanges(it)
	default:
		err = r.object.Check(it)
	}
	switch {
	case err != nil:
		r.rejected++
		r.explain(it.line, err)
	case exists:
		r.updated++
	default:
		r.created++
	}
	if err == nil && r.match != "" {
		r.note(keys(it.attributes[r.match]))
	}
}

// explain says what is wrong with the row of a line, and in which column.
func (r *rehearsal) explain(line int, err error) {
	var e *clarify.Error
	if !errors.As(err, &e) {
		fmt.Fprintf(r.stdout, "line %d: %v\n", line, err)
		return
	}
	for _, problem := range e.Errors {
		where := ""
		if column := r.rows.columnAt(strings.TrimPrefix(problem.Pointer, "/data/attributes/")); column != "" {
			where = fmt.Sprintf(", column %q", column)
		}
		fmt.Fprintf(r.stdout, "line %d%s: %s\n", line, where, problem.Detail)
	}
}

// columnAt is the column of the value that a pointer leads to, empty if there is none.
func (r *rows) columnAt(pointer string) string {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	path := strings.Split(pointer, "/")
	for i := range path {
		path[i] = unescape.Replace(path[i])
	}
	for i, f := range r.fields {
		// A problem with a whole value is one of the first column that has a part of it.
		n := min(len(f.path), len(path))
		if n > 0 && strings.Join(f.path[:n], "\x00") == strings.Join(path[:n], "\x00") {
			return r.header[i]
		}
	}
	return ""
}

// keys are what records are found by: a string, or the items of a collection. Case does
// not matter.
func keys(value any) []string {
	var all []string
	add := func(value any) {
		if text, ok := value.(string); ok && text != "" {
			all = append(all, strings.ToLower(text))
		}
	}
	switch v := value.(type) {
	case map[string]any:
		switch items := v["items"].(type) {
		case []string:
			for _, item := range items {
				add(item)
			}
		case []any:
			for _, item := range items {
				add(item)
			}
		}
	case nil:
	case string:
		add(v)
	default:
		all = append(all, fmt.Sprint(v))
	}
	return all
}
