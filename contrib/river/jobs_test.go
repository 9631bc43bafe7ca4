package clarifyriver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/contrib/river"
	"github.com/clarify-go/clarify/internal/schemafile"
)

func TestAnUpdateMakesEachChangeInTheNextRunToo(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for r, err := range clarify.People(f.client).Import(t.Context(), func(yield func(clarify.Person) bool) {
		for i := range 120 {
			if !yield(person(i)) {
				return
			}
		}
	}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.Record.ID)
	}
	var results atomic.Int64
	w := &clarifyriver.UpdateWorker[clarifyriver.UpdateArgs, clarify.Person]{
		Config: config[clarifyriver.UpdateArgs](f),
		Open: func(_ context.Context, _ clarifyriver.UpdateArgs, from int) (iter.Seq2[clarify.Change, error], error) {
			return func(yield func(clarify.Change, error) bool) {
				for _, id := range append(ids, "01900000-0000-7000-8000-000000000000")[from:] {
					if !yield(clarify.Change{ID: id, Changes: clarify.Fields{"job_title": "Updated"}}, nil) {
						return
					}
				}
			}, nil
		},
		Results: func(_ context.Context, _ pgx.Tx, _ clarifyriver.UpdateArgs, r []clarifyriver.UpdateResult[clarify.Person]) error {
			results.Add(int64(len(r)))
			return nil
		},
		Options: func(clarifyriver.UpdateArgs) []clarify.BulkOption {
			return []clarify.BulkOption{clarify.BatchSize(10), clarify.Concurrency(1)}
		},
	}
	f.srv.Inject(clarifytest.Status(401), clarifytest.Operation("updateRecords"), clarifytest.At(5))
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, clarifyriver.UpdateArgs{Name: "titles", Object: "person"})
	if p := f.awaitError(client, id, "401"); p.Done != 40 {
		t.Errorf("the progress is %+v", p)
	}
	if _, p := f.awaitState(client, id, rivertype.JobStateCompleted); p.Updated != 120 || p.Refused != 1 || p.Done != 121 || results.Load() != 121 {
		t.Errorf("the progress is %+v, with %d results", p, results.Load())
	}
	for p, err := range clarify.People(f.client).All(t.Context()) {
		if err != nil || p.Attributes.JobTitle != "Updated" {
			t.Fatalf("%s has the title %q: %v", p.ID, p.Attributes.JobTitle, err)
		}
	}
}

// create opens files in a folder as the documentation of Create says.
func create(dir string) func(context.Context, clarifyriver.ExportArgs, int64) (io.WriteCloser, error) {
	return func(_ context.Context, args clarifyriver.ExportArgs, offset int64) (io.WriteCloser, error) {
		file, err := os.OpenFile(filepath.Join(dir, args.Name), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(file.Truncate(offset)); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		_, err = file.Seek(offset, io.SeekStart)
		return file, err
	}
}

func TestAnExportWritesEachRecordOnceInWhateverRuns(t *testing.T) {
	f := newFixture(t)
	f.srv.Seed(t, 300)
	dir := t.TempDir()
	db := &dying{DB: f.pool}
	w := &clarifyriver.ExportWorker[clarifyriver.ExportArgs]{
		Config: config[clarifyriver.ExportArgs](f),
		Create: create(dir),
		Query: func(clarifyriver.ExportArgs) []clarify.QueryOption {
			return []clarify.QueryOption{clarify.PageSize(20)}
		},
	}
	w.DB, w.Slice = db, time.Nanosecond
	db.begun.Store(-1_000_000)
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, clarifyriver.ExportArgs{Name: "people.ndjson", Object: "person"})
	f.await(client, id, "in flight", func(_ *rivertype.JobRow, p clarifyriver.Progress) bool { return p.Done >= 40 })
	// A run writes something, and cannot save how much.
	atomic.StoreInt64(&db.dies, 1)
	db.begun.Store(0)
	f.awaitError(client, id, "the worker is gone")
	atomic.StoreInt64(&db.dies, 0)
	_, p := f.awaitState(client, id, rivertype.JobStateCompleted)
	content, err := os.ReadFile(filepath.Join(dir, "people.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(content) {
		var record struct{ Type, ID string }
		if err := json.Unmarshal(line, &record); err != nil || record.Type != "person" || seen[record.ID] {
			t.Fatalf("there is a line %.100q: %v", line, err)
		}
		seen[record.ID] = true
	}
	for r, err := range clarify.People(f.client).All(t.Context()) {
		if err != nil || !seen[r.ID] {
			t.Fatalf("%s is missing: %v", r.ID, err)
		}
		delete(seen, r.ID)
	}
	if len(seen) > 0 || p.Bytes != int64(len(content)) || p.Done != bytes.Count(content, []byte("\n")) || p.Runs < 5 {
		t.Errorf("there are %d records that nobody knows, and the progress is %+v of %d bytes", len(seen), p, len(content))
	}
}

func TestACheckOfTheSchemaReportsItsChangesOnce(t *testing.T) {
	f := newFixture(t, clarifytest.WithSchemaLag(0, 0))
	schema, err := f.client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	saved, err := schemafile.Encode(schema.Documents())
	if err != nil {
		t.Fatal(err)
	}
	var reported [][]clarifyriver.SchemaChange
	w := &clarifyriver.SchemaWorker[clarifyriver.SchemaArgs]{
		Config: config[clarifyriver.SchemaArgs](f),
		Saved:  func(context.Context, clarifyriver.SchemaArgs) ([]byte, error) { return saved, nil },
		Changed: func(_ context.Context, _ pgx.Tx, _ clarifyriver.SchemaArgs, changes []clarifyriver.SchemaChange) error {
			reported = append(reported, changes)
			return nil
		},
	}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	args := clarifyriver.SchemaArgs{Name: "schema.json"}
	if _, p := f.awaitState(client, f.insert(client, args), rivertype.JobStateCompleted); p.Changed != 0 || len(reported) != 0 {
		t.Errorf("without a change, the progress is %+v", p)
	}
	if err := f.client.Do(t.Context(), "POST", "schemas/objects", nil, map[string]any{"name": "Boat", "plural": "Boats", "properties": map[string]any{}}, nil); err != nil {
		t.Fatal(err)
	}
	_, p := f.awaitState(client, f.insert(client, args), rivertype.JobStateCompleted)
	want := clarifyriver.SchemaChange{Severity: "compatible", Object: "c_boat", Text: "c_boat: the object is new"}
	if !slices.Contains(p.Changes, want) || p.Changed != len(p.Changes) || len(reported) != 1 || !slices.Equal(reported[0], p.Changes) {
		t.Errorf("the progress is %+v, and %v was reported", p, reported)
	}
	saved = []byte("{}")
	if row, _ := f.awaitState(client, f.insert(client, args), rivertype.JobStateCancelled); !strings.Contains(row.Errors[0].Error, `invalid schema "schema.json"`) {
		t.Errorf("the errors are %+v", row.Errors)
	}
}

func TestAMirrorRunsInSlicesUntilItIsDone(t *testing.T) {
	f := newFixture(t)
	var runs atomic.Int64
	w := &clarifyriver.MirrorWorker[clarifyriver.MirrorArgs]{Config: config[clarifyriver.MirrorArgs](f)}
	w.Slice = 10 * time.Millisecond
	w.Run = func(ctx context.Context, args clarifyriver.MirrorArgs, client *clarify.Client) error {
		switch runs.Add(1) {
		case 3:
			return errors.New("the database of the mirror is gone")
		case 5:
			return nil
		}
		<-ctx.Done()
		return fmt.Errorf("%s of %p: %w", args.Name, client, ctx.Err())
	}
	client := f.queue(func(ws *river.Workers) { river.AddWorker(ws, w) })
	id := f.insert(client, clarifyriver.MirrorArgs{Name: "acme"})
	f.awaitError(client, id, "the database of the mirror is gone")
	if row, p := f.awaitState(client, id, rivertype.JobStateCompleted); runs.Load() != 5 || p.Runs != 5 || len(row.Errors) != 1 {
		t.Errorf("there were %d runs, the progress is %+v, and the errors are %+v", runs.Load(), p, row.Errors)
	}
}
