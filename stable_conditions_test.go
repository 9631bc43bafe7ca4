package clarify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// Whether a record is of a day is the API's to say.
func TestStableToADayThatEndsElsewhere(t *testing.T) {
	m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1)), zone: 8 * time.Hour}
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { m.ServeHTTP(w, r) })
	for range 30 {
		m.add(firstDay)
	}
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(),
		clarify.Stable(), clarify.PageSize(10), clarify.Where("_created_at", clarify.IsBefore, clarify.DateOf(firstDay))))
	if err != nil {
		t.Error(err)
	}
	if len(got) != 30 {
		t.Errorf("got %d, %v", len(got), err)
	}
}

func TestInvalidStableOptions(t *testing.T) {
	f := pagedFake(t, 3)
	people := clarify.People(f.client(t))
	_, err := collect(t, people.All(t.Context(), clarify.Stable(), clarify.OrderBy("name", clarify.Ascending)))
	wantNotSent(t, f, err, "Stable", `OrderBy "name"`)
	_, err = collect(t, people.Pages(t.Context(), clarify.Offset(3), clarify.Stable()))
	wantNotSent(t, f, err, "Stable", "Offset", "_created_at")
	_, err = collect(t, people.All(t.Context(), clarify.Stable(), clarify.Where("_created_at", clarify.IsBefore, "tomorrow")))
	wantNotSent(t, f, err, "Stable", "tomorrow")
	_, err = collect(t, people.Related(t.Context(), "x", "deals", clarify.Stable()))
	wantNotSent(t, f, err, "getRecordRelationships", "Stable")
	_, err = collect(t, people.Deleted(t.Context(), clarify.Stable()))
	wantNotSent(t, f, err, "getDeletedResources", "Stable")
	_, err = people.Get(t.Context(), "x", clarify.Stable())
	wantNotSent(t, f, err, "getResource", "Stable")
	var none context.Context
	_, err = collect(t, people.All(none, clarify.Stable()))
	wantNotSent(t, f, err, "context")
}

func TestStableRejectsResponsesThatDoNotMatchItsRequest(t *testing.T) {
	record := func(id, created string) string {
		return fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"_created_at":%s}}`, id, created)
	}
	day := func(n int) string { return fmt.Sprintf(`"2026-01-%02dT00:00:00.000Z"`, n) }
	for name, test := range map[string]struct {
		pages []string // the last one again and again
		words []string
	}{
		"not in order":          {[]string{record("a", day(2)) + "," + record("b", day(1))}, []string{"_created_at", "record b"}},
		"the condition ignored": {[]string{record("a", day(1)) + "," + record("b", day(2)), record("a", day(1)) + "," + record("b", day(2))}, []string{"after 2026-01-02", "record a"}},
		"without the time":      {[]string{`{"type":"person","id":"a","attributes":{}}`}, []string{"record a", "_created_at"}},
		"with an invalid time":  {[]string{record("a", `"yesterday"`)}, []string{"yesterday"}},
		"null for the time":     {[]string{record("a", `null`)}, []string{"record a", "_created_at"}},
		"empty and yet more":    {[]string{""}, []string{"empty"}},
		"of one time, not by id": {
			[]string{record("b", day(1)) + "," + record("a", day(1))}, []string{"_id", "after b comes a"},
		},
		"of one time, others": {
			[]string{record("a", day(1)) + "," + record("b", day(1)), record("a", day(1)) + "," + record("b", day(1)), record("a", day(2))}, []string{"2026-01-01", "record a"},
		},
		"of one time, always the same": {
			[]string{record("a", day(1)) + "," + record("b", day(1))}, []string{"nothing new"},
		},
		"of one time, always gone": {
			[]string{record("a", day(1)) + "," + record("b", day(1)), record("a", day(1)) + "," + record("b", day(1)), record("a", day(1)) + "," + record("b", day(1)), ""}, []string{"empty"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				n := len(f.requests())
				if n > 300 {
					t.Error("it does not end")
					respond(w, 500, "")
					return
				}
				body := test.pages[min(n, len(test.pages))-1]
				respond(w, 200, `{"data":[`+body+`],"links":{"next":"/v1/workspaces/acme/x?page[offset]=9","prev":null},"meta":{}}`)
			})
			_, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.Stable(), clarify.PageSize(2)))
			mentions(t, err, test.words...)
		})
	}
}

// Records that are deleted meanwhile may leave a page empty at a later position.
func TestStableResumesFromAnEarlierPositionAfterAnEmptyPage(t *testing.T) {
	records := func(created string, ids ...string) string {
		var all []string
		for _, id := range ids {
			all = append(all, fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"_created_at":%q}}`, id, created))
		}
		return strings.Join(all, ",")
	}
	const first, second = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
	const next = `"/v1/workspaces/acme/x?page[offset]=9"`
	bodies := []struct{ data, next string }{
		{records(first, "a", "b"), next},
		{records(first, "a", "b"), next},
		{records(first, "a", "b"), next}, // from here on by their ids
		{"", next},
		{records(first, "c"), "null"},
		{records(second, "d"), "null"},
	}
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		body := bodies[min(len(f.requests()), len(bodies))-1]
		respond(w, 200, `{"data":[`+body.data+`],"links":{"next":`+body.next+`,"prev":null},"meta":{}}`)
	})
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.Stable(), clarify.PageSize(2)))
	if err != nil {
		t.Error(err)
	}
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(ids(got), want) {
		t.Errorf("got %v, want %v", ids(got), want)
	}
	wantEqual(t, "requests", len(f.requests()), len(bodies))
}

func TestStableSendsAllConditionsWithEachRequest(t *testing.T) {
	m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1))}
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) { m.ServeHTTP(w, r) })
	for range 30 {
		m.add(firstDay)
	}
	got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.Stable(), clarify.PageSize(10),
		clarify.Where("job_title", clarify.Is, "Engineer"), clarify.Where("_created_at", clarify.IsAfter, firstDay)))
	if err != nil {
		t.Error(err)
	}
	wantEqual(t, "records", len(got), 30)
	// Two in the order of creation, then four by ids that overlap by one, and one for
	// what was created later.
	wantEqual(t, "requests", len(f.requests()), 7)
	for _, r := range f.requests() {
		query := httptest.NewRequest("GET", r.URI, nil).URL.Query()
		wantEqual(t, "condition on the title", query.Get("filter[job_title][Is]"), "Engineer")
		wantEqual(t, "condition on the time", query.Get("filter[_created_at][Is after]") != "", true)
	}
}

func TestStableEndsWithTheErrorOfItsContext(t *testing.T) {
	for _, column := range []string{"_created_at", "_id"} {
		m := &timestamps{created: map[string]time.Time{}, random: rand.New(rand.NewPCG(1, 1))}
		for range 30 {
			m.add(firstDay)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("sortOrder[column]") == column {
				cancel()
			}
			m.ServeHTTP(w, r)
		})
		_, err := collect(t, clarify.People(f.client(t)).All(ctx, clarify.Stable(), clarify.PageSize(10)))
		if err != context.Canceled {
			t.Errorf("in the order of %s: got %v, want %v", column, err, context.Canceled)
		}
	}
}
