package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

// workspace is a workspace with people, deals and the rest.
type workspace struct {
	testing.TB
	server *clarifytest.Server
	client *clarify.Client
	random *rand.Rand
}

func newWorkspace(t testing.TB, people int) *workspace {
	t.Helper()
	w := &workspace{TB: t, random: rand.New(rand.NewPCG(1, 1))}
	w.server = clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(1<<30), clarifytest.WithSeed(1), clarifytest.WithSchemaLag(0, 0))
	t.Cleanup(w.server.Close)
	client, err := clarify.New(w.server.Workspace, authn.APIKey(w.server.APIKey), clarify.WithBaseURL(w.server.BaseURL), clarify.WithHTTPClient(w.server.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	w.server.Seed(t, people)
	w.do("POST", "schemas/objects", `{"name":"Vehicle","plural":"Vehicles","properties":{"plate":{"type":["string","null"]},"xmin":{"type":["number","null"]},"gone":{"type":["string","null"]}}}`)
	for i := range 5 {
		w.create("c_vehicle", clarify.Fields{"plate": fmt.Sprint("M\t\\", i), "xmin": json.Number(fmt.Sprint(i, ".50")), "gone": "x"})
	}
	return w
}

func (w *workspace) do(method, path, body string) {
	w.Helper()
	if err := w.client.Do(w.Context(), method, path, nil, json.RawMessage(body), nil); err != nil {
		w.Fatal(err)
	}
}

func (w *workspace) create(object string, fields clarify.Fields) {
	w.Helper()
	if _, err := clarify.NewRecords[clarify.Fields](w.client, object).Create(w.Context(), fields); err != nil {
		w.Fatal(err)
	}
}

// change creates, updates, deletes and merges people, and changes the schema.
func (w *workspace) change() {
	w.Helper()
	records := clarify.NewRecords[clarify.Fields](w.client, "person")
	var ids []string
	for r, err := range records.All(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	w.random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids[:5] {
		if _, err := records.Update(w.Context(), id, clarify.Fields{"job_title": fmt.Sprint("title ", w.random.Int())}); err != nil {
			w.Fatal(err)
		}
	}
	if err := records.Delete(w.Context(), ids[5:7]...); err != nil {
		w.Fatal(err)
	}
	if err := records.Merge(w.Context(), ids[0], ids[7], ids[8]); err != nil {
		w.Fatal(err)
	}
	w.create("person", clarify.Fields{"job_title": "new"})
	w.do("PUT", "schemas/objects/c_vehicle", `{"$id":"https://getclarify.ai/schemas/entities/c_vehicle","properties":{"plate":{"type":["string","null"]},"xmin":{"type":["string","null"]},"added":{"type":["boolean","null"]}}}`)
	w.create("c_vehicle", clarify.Fields{"plate": "new", "added": true})
}

func (w *workspace) run(store mirror.Store) {
	w.Helper()
	if _, err := mirror.Run(w.Context(), w.client, store, mirror.WithActivities(), mirror.WithAttachments(), mirror.WithHistory()); err != nil {
		w.Fatal(err)
	}
}

// rows returns all rows of a store, by table, with numbers as they are equal. The notes
// of runs have times that differ.
func rows(t testing.TB, store mirror.Store) map[string][]string {
	t.Helper()
	tables, err := store.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, table := range tables {
		all[table.Name] = nil
		var names []string
		for _, c := range table.Columns {
			names = append(names, c.Name)
		}
		for row, err := range store.Rows(t.Context(), table.Name, names, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if table.Name == "_state" {
				row = row[:1]
			}
			for i, v := range row {
				if table.Columns[i].Kind == mirror.Number && v.Valid {
					var number big.Rat
					if _, ok := number.SetString(v.Text); !ok {
						t.Fatalf("%s of %s is %q", names[i], table.Name, v.Text)
					}
					row[i].Text = number.RatString()
				}
			}
			all[table.Name] = append(all[table.Name], fmt.Sprintf("%+v", row))
		}
	}
	return all
}

// equal tests that two stores have the same tables and rows.
func equal(t testing.TB, a, b mirror.Store) {
	t.Helper()
	want, got := rows(t, a), rows(t, b)
	total := 0
	for name := range want {
		total += len(want[name])
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s has %d rows\n%.2000s\nmust have %d\n%.2000s", name, len(got[name]), strings.Join(got[name], "\n"), len(want[name]), strings.Join(want[name], "\n"))
		}
	}
	x, err := a.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.Tables(t.Context())
	if err != nil || !reflect.DeepEqual(x, y) {
		t.Errorf("the tables are %v, %v, must be %v", y, err, x)
	}
	if total < 100 {
		t.Errorf("there are only %d rows", total)
	}
}

func openSQLite(t testing.TB) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestMirrorsInPostgreSQLAndSQLiteAreEqual(t *testing.T) {
	d := newDatabase(t, sharedURL(t))
	w := newWorkspace(t, 40)
	file := openSQLite(t)
	for range 2 {
		w.run(file)
		w.run(d.store)
		equal(t, file, d.store)
		w.change()
	}
	w.run(file)
	w.run(d.store)
	equal(t, file, d.store)
	d.has(`SELECT plate FROM c_vehicle WHERE added`, "new", "new")
}

// A server that is killed while a run writes takes the run with it, and the next run
// resumes.
func TestTheServerIsKilledDuringARun(t *testing.T) {
	server := servers.Postgres(t)
	d := newDatabase(t, server.URL)
	w := newWorkspace(t, 40)
	killed := 0
	for round := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		commits, done := 0, make(chan error, 1)
		progress := func(mirror.Progress) {
			if commits++; commits == 1+6*round {
				go func() {
					time.Sleep(time.Duration(w.random.IntN(3000)) * time.Microsecond)
					done <- server.Kill()
				}()
			}
		}
		_, err := mirror.Run(ctx, w.client, d.store, mirror.WithProgress(progress), mirror.WithPageSize(7), mirror.WithRefresh(0), mirror.WithActivities(), mirror.WithAttachments(), mirror.WithHistory())
		cancel()
		if commits < 1+6*round {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err != nil {
			killed++
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		w.change()
	}
	if killed == 0 {
		t.Error("no run was killed")
	}
	t.Logf("%d runs were killed", killed)
	file := openSQLite(t)
	for _, store := range []mirror.Store{file, d.store} {
		if _, err := mirror.Run(t.Context(), w.client, store, mirror.WithRefresh(0), mirror.WithActivities(), mirror.WithAttachments()); err != nil {
			t.Fatal(err)
		}
	}
	d.connect()
	d.exec("DELETE FROM _history") // It has what runs saw.
	equal(t, file, d.store)
}

func TestFollowResumesWhenTheServerIsBack(t *testing.T) {
	server := servers.Postgres(t)
	d := newDatabase(t, server.URL)
	w := newWorkspace(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	good, bad := 0, 0
	err := mirror.Follow(ctx, w.client, d.store, 10*time.Millisecond, func(_ mirror.Summary, err error) {
		switch {
		case err == nil:
			if good++; good == 1 {
				if err := server.Kill(); err != nil {
					t.Error(err)
				}
			}
			if bad > 0 {
				cancel()
			}
		default:
			if bad++; bad == 3 {
				if err := server.Restart(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v, want that of the context", err)
	}
	if good < 2 || bad < 3 {
		t.Errorf("%d runs succeeded and %d failed", good, bad)
	}
}

func TestErrorsThatDoNotPassAreNotTransient(t *testing.T) {
	server := servers.Postgres(t)
	d := newDatabase(t, server.URL)
	for _, url := range []string{server.URL + "&dbname=no_such_database", "postgres://127.0.0.1:1/x?connect_timeout=5"} {
		_, err := postgres.Open(t.Context(), url)
		if err == nil {
			t.Fatalf("%s can be opened", url)
		}
		if got, want := d.store.Transient(err), strings.Contains(url, ":1/"); got != want {
			t.Errorf("Transient(%v) is %v, want %v", err, got, want)
		}
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("a run: %w", mirror.ErrLocked), errors.New("any")} {
		if d.store.Transient(err) {
			t.Errorf("Transient(%v)", err)
		}
	}
}
