package clarifytest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// references is a workspace in which people refer to companies and vehicles to
// people.
type references struct {
	*api
	random            *rand.Rand
	companies, people []string
}

// check compares what references are from the end that has them, which is all
// that is kept, with what is found from the other end.
func (w *references) check() {
	w.t.Helper()
	w.companies = w.compare("company", "people", "person", "company_id")
	w.people = w.compare("person", "vehicles", "c_vehicle", "owner_id")
}

// compare returns the ids of the records that are referred to.
func (w *references) compare(object, relationship, from, field string) []string {
	w.t.Helper()
	want := map[string][]string{}
	all := w.list(from)
	for i, id := range all.ids() {
		if to, ok := all.at("data", i, "attributes").(map[string]any)[field].(string); ok {
			want[to] = append(want[to], id)
		}
	}
	page := w.list(object, "include", relationship)
	for i, id := range page.ids() {
		var ids []string
		for j := range page.at("data", i, "relationships", relationship, "data").([]any) {
			ids = append(ids, page.text("data", i, "relationships", relationship, "data", j, "id"))
		}
		equal(w.t, "included "+relationship, ids, want[id])
	}
	if id := w.any(page.ids()); id != "" {
		equal(w.t, "related "+relationship, w.linked(object, id, relationship), want[id])
		equal(w.t, "filtered by "+field, w.list(from, "filter["+field+"][Is]", id).ids(), want[id])
	}
	return page.ids()
}

// any returns one of the ids, or none if there is none.
func (w *references) any(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[w.random.IntN(len(ids))]
}

// reference is one of the ids as a value, or null.
func (w *references) reference(ids []string) string {
	if id := w.any(ids); id != "" && w.random.IntN(5) > 0 {
		return fmt.Sprintf("%q", id)
	}
	return "null"
}

func TestReferencesAreTheSameFromBothEnds(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newClock()
			a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithSeed(seed+1), atOnce)
			w := &references{api: a, random: rand.New(rand.NewPCG(seed, 0))}
			owner := newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`)
			a.customObject(`{}`)
			a.want(202, "POST", "/schemas/c_vehicle/relationships", owner)
			a.srv.Seed(t, 24)
			w.check()
			snapshots := []*clarifytest.Snapshot{a.srv.Snapshot()}

			steps := []func(){
				func() { a.create("company", `{}`) },
				func() { a.create("person", `{"company_id":`+w.reference(w.companies)+`}`) },
				func() { a.create("c_vehicle", `{"owner_id":`+w.reference(w.people)+`}`) },
				func() {
					a.patch(200, "person", w.any(w.people), `{"company_id":`+w.reference(w.companies)+`}`, "")
				},
				func() { a.link("company", w.any(w.companies), "people", "person", w.any(w.people), w.any(w.people)) },
				func() { a.link("c_vehicle", a.create("c_vehicle", `{}`), "owner_id", "person", w.any(w.people)) },
				func() {
					id := w.any(w.companies)
					a.unlink("company", id, "people", "person", append(a.linked("company", id, "people"), w.any(w.people))...)
				},
				func() { a.want(204, "DELETE", "/objects/company/records/"+w.any(w.companies), nil) },
				func() { a.want(204, "DELETE", "/objects/person/records/"+w.any(w.people), nil) },
				func() {
					if one, other := w.any(w.companies), w.any(w.companies); one != other {
						a.want(204, "POST", "/objects/company/records/"+one+"/merges", mergeBody("company", other))
					}
				},
				func() {
					if one, other := w.any(w.people), w.any(w.people); one != other {
						a.want(204, "POST", "/objects/person/records/"+one+"/merges", mergeBody("person", other))
					}
				},
				func() { // a write that is undone
					a.rejected(422, "/data/1/attributes/company_id", "PATCH", "/objects/person/records", fmt.Sprintf(
						`{"data":[{"type":"person","id":%q,"attributes":{"company_id":%s}},{"type":"person","id":%q,"attributes":{"company_id":"nobody"}}]}`,
						w.any(w.people), w.reference(w.companies), w.any(w.people)))
				},
				func() { // the field is gone, and another one of its name is empty
					a.want(200, "DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
					a.want(202, "POST", "/schemas/c_vehicle/relationships", owner)
					equal(t, "owned", a.list("c_vehicle", "filter[owner_id][Is not empty]", "").ids(), nil)
				},
				func() { c.Add(time.Duration(w.random.IntN(5)-1) * time.Hour) },
				func() { snapshots = append(snapshots, a.srv.Snapshot()) },
				func() { a.srv.Restore(snapshots[w.random.IntN(len(snapshots))]) },
				func() { a.srv.Seed(t, 8) },
			}
			for range 60 {
				steps[w.random.IntN(len(steps))]()
				if w.check(); len(w.companies) == 0 || len(w.people) == 0 {
					a.srv.Seed(t, 8)
					w.check()
				}
			}
		})
	}
}

// Servers that were started with one snapshot share what it holds.
func TestSharedReferencesAreReadAndChanged(t *testing.T) {
	a := start(t)
	acme, globex := a.create("company", `{}`), a.create("company", `{}`)
	var people []string
	for range 20 {
		people = append(people, a.create("person", fmt.Sprintf(`{"company_id":%q}`, acme)))
	}
	snapshot := a.srv.Snapshot()
	for range 4 {
		b := start(t, clarifytest.WithSnapshot(snapshot))
		t.Run("", func(t *testing.T) {
			t.Parallel()
			b := *b
			b.t = t
			equal(t, "as it was", b.linked("company", acme, "people"), people)
			b.link("company", globex, "people", "person", people[:10]...)
			equal(t, "what stayed", b.linked("company", acme, "people"), people[10:])
			equal(t, "what moved", b.list("person", "filter[company_id][Is]", globex).ids(), people[:10])
		})
	}
}

// How long it takes to read what has to do with one record of a large seed. It
// should not depend on how many others there are.
func BenchmarkRelatedRecords(b *testing.B) {
	for _, n := range []int{20_000, 200_000} {
		a := start(b, clarifytest.WithoutValidation(), clarifytest.WithRateLimit(1<<30))
		a.srv.Seed(b, n)
		companies := a.list("company", "page[limit]", "100").ids()
		person := a.list("person", "page[limit]", "1").ids()[0]
		for _, read := range []struct {
			name string
			read func(company string)
		}{
			{"relationship", func(company string) { a.linked("company", company, "people") }},
			{"include", func(company string) { a.want(200, "GET", "/objects/company/resources/"+company+"?include=people", nil) }},
			{"filter", func(company string) { a.list("person", "filter[company_id][Is]", company) }},
			{"id", func(string) { a.list("person", "filter[_id][Is]", person) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", read.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					read.read(companies[i%len(companies)])
				}
			})
		}
	}
}

// Linking many records to one, and ending that, takes a time that is in
// proportion to their number.
func BenchmarkManyLinks(b *testing.B) {
	for _, n := range []int{500, 5_000} {
		a := start(b, clarifytest.WithoutValidation(), clarifytest.WithRateLimit(1<<30))
		a.srv.Seed(b, 2*n)
		var people []string
		for offset := 0; offset < n; offset += 500 {
			people = append(people, a.list("person", "page[offset]", fmt.Sprint(offset)).ids()...)
		}
		deal := a.create("deal", `{}`)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a.link("deal", deal, "people", "person", people[:n]...)
				a.unlink("deal", deal, "people", "person", people[:n]...)
			}
		})
	}
}
