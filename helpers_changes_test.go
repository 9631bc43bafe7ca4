package clarify_test

import (
	"cmp"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// history is a server with records and deletions whose times a test sets. It supports
// what Changes needs of the API.
type history struct {
	updated   map[string]time.Time
	deleted   map[string]time.Time
	merged    map[string][]string
	unsorted  bool
	unstamped bool
	date      time.Time
	asked     []string
	before    func(asked string)
}

func newHistory() *history {
	return &history{updated: map[string]time.Time{}, deleted: map[string]time.Time{}, merged: map[string][]string{}, date: firstDay.Add(time.Hour)}
}

func (h *history) at(id string, seconds int) {
	h.updated[id] = firstDay.Add(time.Duration(seconds) * time.Second)
}

func (h *history) remove(id string, seconds int) {
	delete(h.updated, id)
	h.deleted[id] = firstDay.Add(time.Duration(seconds) * time.Second)
}

// createdOf is when a record was created: in the order of the ids.
func createdOf(id string) time.Time {
	n, _ := strconv.Atoi(id[1:])
	return firstDay.Add(time.Duration(id[0])*time.Hour + time.Duration(n)*time.Second)
}

// ServeHTTP responds to one request at a time: tests read with one in flight.
func (h *history) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.URL.Path[strings.Index(r.URL.Path, "/objects/")+len("/objects/"):]
	if h.before != nil {
		h.before(what)
	}
	h.asked = append(h.asked, what)
	if !h.date.IsZero() {
		w.Header().Set("Date", h.date.UTC().Format(http.TimeFormat))
	}
	object, kind, _ := strings.Cut(what, "/")
	query := r.URL.Query()
	times, column := h.updated, "_updated_at"
	from, _ := time.Parse(time.RFC3339, query.Get("filter[_updated_at][Is on or after]"))
	switch {
	case kind == "deleted-resources":
		times, column = h.deleted, "_deleted_at"
		if n := number(r, "filter[_deleted_at][Is after]", -1); n >= 0 {
			from = time.Unix(int64(n), 1)
		}
	case strings.HasPrefix(kind, "resources/"):
		id := strings.TrimPrefix(kind, "resources/")
		if _, ok := h.updated[id]; !ok {
			respond(w, 404, `{"errors":[]}`)
			return
		}
		respond(w, 200, fmt.Sprintf(`{"data":{"type":%q,"id":%q,"attributes":{}}}`, object, id))
		return
	}
	var found []string
	for id, at := range times {
		created := createdOf(id)
		after, _ := time.Parse(time.RFC3339, query.Get("filter[_created_at][Is on or after]"))
		before, _ := time.Parse(time.RFC3339, cmp.Or(query.Get("filter[_created_at][Is before]"), "9999-01-01T00:00:00Z"))
		until, _ := time.Parse(time.RFC3339, cmp.Or(query.Get("filter[_updated_at][Is before]"), "9999-01-01T00:00:00Z"))
		if !at.Before(from) && at.Before(until) && !created.Before(after) && created.Before(before) {
			found = append(found, id)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if query.Get("sortOrder[column]") == "_updated_at" && !h.unsorted {
			return cmp.Or(times[a].Compare(times[b]), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
	if query.Get("sortOrder[dir]") == "DESC" {
		slices.Reverse(found)
	}
	total, offset := len(found), number(r, "page[offset]", 0)
	found = found[min(offset, total):min(offset+number(r, "page[limit]", 500), total)]
	data := make([]string, len(found))
	for i, id := range found {
		created := createdOf(id)
		stamp := fmt.Sprintf(`,%q:%q`, column, times[id].Format("2006-01-02T15:04:05.000Z"))
		if h.unstamped {
			stamp = ""
		}
		if ids := h.merged[id]; ids != nil {
			stamp += fmt.Sprintf(`,"_merged_ids":["%s"]`, strings.Join(ids, `","`))
		}
		data[i] = fmt.Sprintf(`{"type":%q,"id":%q,"attributes":{"_created_at":%q%s}}`, object, id, created.Format("2006-01-02T15:04:05.000Z"), stamp)
	}
	respond(w, 200, fmt.Sprintf(`{"data":[%s],"links":{"next":null,"prev":null},"meta":{"total_records":%d}}`, strings.Join(data, ","), total))
}

// records returns the records of an object of the server.
func (h *history) records(t testing.TB, object string) *clarify.Records[clarify.Fields] {
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) })
	return clarify.NewRecords[clarify.Fields](f.client(t), object)
}

// told reads changes as text, and returns the last cursor. It reads at most n, if n is
// not 0.
func told(t *testing.T, changes iter.Seq2[clarify.RecordChange[clarify.Fields], error], n int) (all []string, cursor clarify.Cursor) {
	t.Helper()
	for c, err := range changes {
		if err != nil {
			t.Fatal(err)
		}
		cursor = c.Cursor
		one := strings.TrimSpace(c.Kind.String() + " " + c.Record.ID)
		if c.MergedInto != "" {
			one += " into " + c.MergedInto
		}
		if all = append(all, one); len(all) == n {
			break
		}
	}
	return all, stored(t, cursor)
}

// stored returns a cursor as it is after it was stored.
func stored(t *testing.T, c clarify.Cursor) (again clarify.Cursor) {
	t.Helper()
	text, err := c.MarshalText()
	if err == nil {
		err = again.UnmarshalText(text)
	}
	if err != nil || again.String() != string(text) || again.Loaded() != c.Loaded() {
		t.Fatalf("the cursor %s became %s: %v", text, again, err)
	}
	return again
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
