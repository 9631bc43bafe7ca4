package backup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// Write writes a backup of a workspace to a directory, which must be empty or not exist.
// Only its owner can read it.
//
// The records of an object are read so that none is missed while others write; what is
// written while the backup is made may be in it in part, such as a link to a record that
// was created later. Memory does not grow with the number of records.
//
// A backup that fails or is killed leaves a directory without a manifest.
func Write(ctx context.Context, client *clarify.Client, dir string, opts ...Option) (*Manifest, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if err := emptyDir(dir); err != nil {
		return nil, err
	}
	w := &backup{config: c, client: client, dir: dir, manifest: Manifest{Format: Format, Version: Version, Began: time.Now().UTC(), Files: map[string]File{}}}
	for _, step := range []func(context.Context) error{w.workspace, w.lists, w.records, w.related} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	w.manifest.Ended, w.manifest.Skipped = time.Now().UTC(), w.skipped.list()
	if err := writeManifest(dir, &w.manifest); err != nil {
		return nil, err
	}
	return &w.manifest, nil
}

// emptyDir makes a directory, unless there is an empty one.
func emptyDir(dir string) error {
	if dir == "" {
		return errors.New("backup: the directory is empty")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return fmt.Errorf("backup: %w", err)
	case len(entries) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, manifestName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("backup: the directory %q is not empty: if a backup did not end there, delete it", dir)
	}
	return fmt.Errorf("backup: the directory %q has a backup already: must be a new one", dir)
}

// backup is one call of Write.
type backup struct {
	*config
	client   *clarify.Client
	dir      string
	manifest Manifest
	schema   *clarify.Schema
	static   []staticList
	skipped  problems
	mu       sync.Mutex // guards the files of the manifest while files are downloaded
}

type staticList struct{ id, object string }

// file writes a file, by a function.
func (w *backup) file(path, kind, object string, write func(f *lineWriter) error) error {
	f, err := create(w.dir, path, kind, object)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.file.Close())
	}
	about, err := f.finish()
	if err != nil {
		return err
	}
	w.manifest.Files[path] = about
	w.report(Progress{Step: kind, Object: object, Done: about.Lines, Total: about.Lines})
	return nil
}

// all writes the items of a listing as lines.
func all[T any](f *lineWriter, items iter.Seq2[T, error], use func(*T)) error {
	for item, err := range items {
		if err != nil {
			return err
		}
		if use != nil {
			use(&item)
		}
		if err := f.line(item); err != nil {
			return err
		}
	}
	return nil
}

// workspace writes what belongs to no record.
func (w *backup) workspace(ctx context.Context) (err error) {
	if w.schema, err = w.client.Schema(ctx); err != nil {
		return fmt.Errorf("backup: cannot read the schema: %w", err)
	}
	for _, part := range []struct {
		kind  string
		write func(f *lineWriter) error
	}{
		{kindSchemas, func(f *lineWriter) error {
			for _, d := range w.schema.Documents() {
				if err := f.line(d); err != nil {
					return err
				}
			}
			return nil
		}},
		{kindUsers, func(f *lineWriter) error { return all(f, w.client.Users(ctx), nil) }},
		{kindSettings, func(f *lineWriter) error { return w.settings(ctx, f) }},
		{kindWorkflows, func(f *lineWriter) error { return all(f, w.client.Workflows(ctx), nil) }},
		{kindLists, func(f *lineWriter) error {
			return all(f, w.client.WorkspaceLists(ctx), func(l *gen.List) {
				if l.Attributes.Type == gen.ListTypeStatic {
					w.static = append(w.static, staticList{l.ID, l.Attributes.Entity})
				}
			})
		}},
	} {
		if err := w.file(part.kind+".ndjson", part.kind, "", part.write); err != nil {
			return fmt.Errorf("backup: %s: %w", part.kind, err)
		}
	}
	return nil
}

func (w *backup) settings(ctx context.Context, f *lineWriter) error {
	var settings map[string]json.RawMessage
	if err := w.client.Do(ctx, "GET", "settings", nil, nil, &settings); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if err := f.line(settingLine{key, settings[key]}); err != nil {
			return err
		}
	}
	return nil
}

// lists writes the records that are in static lists. A query says which are in others.
func (w *backup) lists(ctx context.Context) error {
	return w.file(kindMembers+".ndjson", kindMembers, "", func(f *lineWriter) error {
		for _, l := range w.static {
			records := clarify.NewRecords[json.RawMessage](w.client, l.object)
			for record, err := range records.InList(ctx, l.id, clarify.Concurrency(w.concurrency)) {
				if errors.Is(err, clarify.ErrNotFound) {
					break // the list was deleted meanwhile
				}
				if err == nil {
					err = f.line(memberLine{l.id, record.ID})
				}
				if err != nil {
					return fmt.Errorf("backup: the list %s: %w", l.id, err)
				}
			}
		}
		return nil
	})
}

// records writes the records and links of each object.
func (w *backup) records(ctx context.Context) error {
	for _, o := range w.schema.Objects() {
		there, err := w.hasRecords(ctx, o.Name)
		if err == nil && there {
			err = w.recordsOf(ctx, o)
		}
		if err != nil {
			return fmt.Errorf("backup: %s: %w", o.Name, err)
		}
	}
	return nil
}

// hasRecords reports whether an object has records: schemas list some that have none
// (docs/live-api.md, R4).
func (w *backup) hasRecords(ctx context.Context, object string) (bool, error) {
	for _, err := range clarify.NewRecords[json.RawMessage](w.client, object).Pages(ctx, clarify.PageSize(1), clarify.Limit(1)) {
		if errors.Is(err, clarify.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (w *backup) recordsOf(ctx context.Context, o *clarify.ObjectSchema) error {
	w.manifest.Objects = append(w.manifest.Objects, o.Name)
	var links []string
	for _, f := range linkFields(w.schema, o) {
		links = append(links, f.Name)
	}
	return w.file(fileOf(kindLinks, o.Name), kindLinks, o.Name, func(linked *lineWriter) error {
		return w.file(fileOf(kindRecords, o.Name), kindRecords, o.Name, func(f *lineWriter) error {
			opts := []clarify.QueryOption{clarify.Stable(), clarify.Concurrency(w.concurrency)}
			if len(links) > 0 {
				opts = append(opts, clarify.Include(links...))
			}
			for record, err := range clarify.NewRecords[json.RawMessage](w.client, o.Name).All(ctx, opts...) {
				if err != nil {
					return err
				}
				if err := f.line(recordLine{record.Type, record.ID, attributesOf(record.Attributes)}); err != nil {
					return err
				}
				if err := w.links(ctx, linked, o.Name, &record, links); err != nil {
					return err
				}
				if f.about.Lines%1000 == 0 {
					w.report(Progress{Step: kindRecords, Object: o.Name, Done: f.about.Lines})
				}
			}
			return nil
		})
	})
}

// attributesOf returns attributes as JSON, also if there are none.
func attributesOf(raw json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(raw)) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// linkFields are the relationships of an object that no attribute of a record has.
func linkFields(schema *clarify.Schema, o *clarify.ObjectSchema) (fields []*clarify.FieldSchema) {
	for _, f := range o.Fields {
		if f.Kind != clarify.KindToMany || f.Relationship == nil {
			continue
		}
		if back := otherEnd(schema, f); back == nil || back.Kind != clarify.KindToOne {
			fields = append(fields, f)
		}
	}
	return fields
}

// otherEnd returns the field at the other end of a relationship, nil if there is none.
func otherEnd(schema *clarify.Schema, f *clarify.FieldSchema) *clarify.FieldSchema {
	if other, ok := schema.Object(f.Relationship.Object); ok {
		if back, ok := other.Field(f.Relationship.Field); ok {
			return back
		}
	}
	return nil
}

// links writes the links of a record, which came with it if they are complete.
func (w *backup) links(ctx context.Context, f *lineWriter, object string, r *clarify.Record[json.RawMessage], fields []string) error {
	for _, field := range fields {
		relationship, sent := r.Relationships[field]
		refs := r.Relationships.Many(field)
		if count, counted := relationship.Count(); !sent || counted && count > len(refs) {
			refs = nil
			records := clarify.NewRecords[json.RawMessage](w.client, object)
			for to, err := range records.Related(ctx, r.ID, field) {
				if errors.Is(err, clarify.ErrNotFound) {
					break // the record was deleted meanwhile
				}
				if err != nil {
					return fmt.Errorf("the %s of %s: %w", field, r.ID, err)
				}
				refs = append(refs, clarify.Ref{Type: to.Type, ID: to.ID})
			}
		}
		if len(refs) == 0 {
			continue
		}
		slices.SortFunc(refs, func(a, b clarify.Ref) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
		})
		if err := f.line(linkLine{r.ID, field, refs}); err != nil {
			return err
		}
	}
	return nil
}
