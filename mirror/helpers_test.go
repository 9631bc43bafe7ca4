package mirror_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

// world is a workspace and a mirror of it.
type world struct {
	testing.TB
	server *clarifytest.Server
	client *clarify.Client
	store  *sqlite.Store
	sent   *atomic.Int64
}

func newWorld(t testing.TB, opts ...clarifytest.Option) *world {
	t.Helper()
	sent := &atomic.Int64{}
	opts = append([]clarifytest.Option{clarifytest.WithLog(func(clarifytest.Request) { sent.Add(1) }), clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(1 << 30), clarifytest.WithSeed(1)}, opts...)
	w := &world{TB: t, sent: sent, server: clarifytest.NewServer(opts...)}
	t.Cleanup(w.server.Close)
	w.client = connect(t, w.server)
	w.store = open(t, filepath.Join(t.TempDir(), "mirror.sqlite"))
	return w
}

func connect(t testing.TB, server *clarifytest.Server) *clarify.Client {
	t.Helper()
	return connectBy(t, server, server.HTTPClient().Transport)
}

// connectBy returns a client whose requests go a certain way.
func connectBy(t testing.TB, server *clarifytest.Server, by http.RoundTripper) *clarify.Client {
	t.Helper()
	client, err := clarify.New(server.Workspace, authn.APIKey(server.APIKey), clarify.WithBaseURL(server.BaseURL), clarify.WithHTTPClient(&http.Client{Transport: by}), clarify.WithRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// run does a run that must succeed.
func (w *world) run(opts ...mirror.Option) mirror.Summary {
	w.Helper()
	summary, err := mirror.Run(w.Context(), w.client, w.store, opts...)
	if err != nil {
		w.Fatal(err)
	}
	return summary
}

// requests returns how many requests a function leads to.
func (w *world) requests(do func()) int {
	before := w.sent.Load()
	do()
	return int(w.sent.Load() - before)
}

// equal fails the test if mirror and workspace differ.
func (w *world) equal() {
	w.Helper()
	differences, err := compare(w.Context(), w.client, w.store, same)
	if err != nil {
		w.Fatal(err)
	}
	if n := len(differences); n > 0 {
		w.Fatalf("%d differences:\n%s", n, strings.Join(differences[:min(n, 10)], "\n"))
	}
}

func same(attributes json.RawMessage) string { return string(attributes) }

// compare returns what the mirror and the workspace do not have in common: records, as a
// function has them, and links.
func compare(ctx context.Context, client *clarify.Client, store mirror.Store, form func(json.RawMessage) string) (differences []string, err error) {
	schema, err := client.Schema(ctx)
	if err != nil {
		return nil, err
	}
	tables, err := store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		object, known := schema.Object(t.Name)
		if !known {
			continue
		}
		more, err := compareObject(ctx, client, store, object, form)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		differences = append(differences, more...)
	}
	return differences, nil
}

func compareObject(ctx context.Context, client *clarify.Client, store mirror.Store, object *clarify.ObjectSchema, form func(json.RawMessage) string) (differences []string, err error) {
	rows := map[string]string{}
	for row, err := range store.Rows(ctx, object.Name, []string{"_id", "_record"}, nil) {
		if err != nil {
			return nil, err
		}
		var record struct {
			Type, ID   string
			Attributes json.RawMessage
		}
		if err := json.Unmarshal([]byte(row[1].Text), &record); err != nil {
			return nil, err
		}
		if record.Type != object.Name || record.ID != row[0].Text {
			differences = append(differences, fmt.Sprintf("%s %s is %s", object.Name, row[0].Text, row[1].Text))
		}
		rows[record.ID] = form(record.Attributes)
	}
	records := clarify.NewRecords[json.RawMessage](client, object.Name)
	links := map[string]map[string][]string{} // by table and record
	for _, f := range object.Fields {
		if f.Relationship != nil && f.Relationship.Kind == "many-to-many" {
			links[f.Name] = map[string][]string{}
		}
	}
	opts := []clarify.QueryOption{clarify.Concurrency(2)}
	for name := range links {
		opts = append(opts, clarify.Include(name))
	}
	for record, err := range records.All(ctx, opts...) {
		if err != nil {
			return nil, err
		}
		want, got := form(bytes.Clone(record.Attributes)), rows[record.ID]
		delete(rows, record.ID)
		switch {
		case got == "":
			differences = append(differences, fmt.Sprintf("%s %s is missing", object.Name, record.ID))
		case got != want:
			differences = append(differences, fmt.Sprintf("%s %s is\n%s, must be\n%s", object.Name, record.ID, got, want))
		}
		for field := range links {
			for _, ref := range record.Relationships.Many(field) {
				links[field][record.ID] = append(links[field][record.ID], ref.ID)
			}
		}
	}
	for id := range rows {
		differences = append(differences, fmt.Sprintf("%s %s does not exist", object.Name, id))
	}
	for field, want := range links {
		more, err := compareLinks(ctx, store, object.Name+"__"+field, want)
		if err != nil {
			return nil, err
		}
		differences = append(differences, more...)
	}
	return differences, nil
}

func compareLinks(ctx context.Context, store mirror.Store, table string, want map[string][]string) (differences []string, err error) {
	tables, err := store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tables, func(t mirror.Table) bool { return t.Name == table })
	if i < 0 {
		return []string{"no table " + table}, nil
	}
	got := map[string][]string{}
	for row, err := range store.Rows(ctx, table, []string{tables[i].Columns[0].Name, tables[i].Columns[1].Name}, nil) {
		if err != nil {
			return nil, err
		}
		got[row[0].Text] = append(got[row[0].Text], row[1].Text)
	}
	for id := range want {
		slices.Sort(want[id])
		if !slices.Equal(got[id], want[id]) {
			differences = append(differences, fmt.Sprintf("%s of %s are %v, must be %v", table, id, got[id], want[id]))
		}
		delete(got, id)
	}
	for id := range got {
		differences = append(differences, fmt.Sprintf("%s of %s are %v, must be none", table, id, got[id]))
	}
	return differences, nil
}

// values asks the mirror in SQL, and returns the rows with | between values.
func (w *world) values(query string) []string {
	w.Helper()
	_, rows, err := w.store.Query(w.Context(), query)
	if err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	var all []string
	for row, err := range rows {
		if err != nil {
			w.Fatalf("%s: %v", query, err)
		}
		var texts []string
		for _, v := range row {
			texts = append(texts, fmt.Sprint(v))
		}
		all = append(all, strings.Join(texts, "|"))
	}
	return all
}

// create creates a record and returns its id.
func (w *world) create(object string, attributes clarify.Fields) string {
	w.Helper()
	r, err := clarify.NewRecords[clarify.Fields](w.client, object).Create(w.Context(), attributes)
	if err != nil {
		w.Fatal(err)
	}
	return r.ID
}

// forRecord matches the requests for a record.
func forRecord(id string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, id) }
}
