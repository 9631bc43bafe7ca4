package clarifytest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestDelete(t *testing.T) {
	a := start(t)
	id := a.create("person", `{}`)
	a.want(204, "DELETE", "/objects/person/records/"+id+"?silent=true", nil)
	for _, method := range []string{"GET", "DELETE"} {
		a.rejected(404, "", method, "/objects/person/records/"+id, nil)
	}
	a.rejected(404, "", "GET", "/objects/person/resources/"+id, nil)
	if n := len(a.list("person").ids()); n != 0 {
		t.Errorf("%d people are left", n)
	}
}

func TestManyDeletesKeepTheRest(t *testing.T) {
	a := start(t, clarifytest.WithoutValidation())
	var want []string
	for i := range 300 {
		id := a.create("task", `{"title":"Call"}`)
		if i%10 == 0 {
			want = append(want, id)
			continue
		}
		a.want(204, "DELETE", "/objects/task/records/"+id, nil)
	}
	equal(t, "what is left", a.list("task").ids(), want)
	a.patch(200, "task", want[7], `{"title":"Call back"}`, "")
	want = append(want, a.create("task", `{"title":"Call"}`))
	equal(t, "what is left and one more", a.list("task").ids(), want)
}

func TestDeletedResources(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	company := a.create("company", `{"name":"Acme"}`)
	one := a.create("person", fmt.Sprintf(`{"job_title":"Analyst","company_id":%q}`, company))
	two := a.create("person", `{}`)
	before := a.get("person", one)

	c.Add(time.Hour)
	a.want(204, "DELETE", "/objects/person/records/"+one, nil)
	a.want(204, "DELETE", "/objects/company/records/"+company, nil)
	c.Add(time.Hour)
	a.want(200, "DELETE", "/objects/person/records", js(`{"items":[%q]}`, two))

	deleted := func(parameters ...string) *response {
		t.Helper()
		return a.want(200, "GET", "/objects/person/deleted-resources"+query(parameters...), nil)
	}
	all := deleted()
	equal(t, "ids", all.ids(), []string{one, two})
	equal(t, "times", all.column("_deleted_at"), []string{"2026-02-03T05:05:06.789Z", "2026-02-03T06:05:06.789Z"})
	all.equals(`{"limit":500,"offset":0,"total_pages":1,"total_records":2}`, "meta")
	for name, value := range before.at("data", "attributes").(map[string]any) {
		all.equals(asJSON(t, value), "data", 0, "attributes", name)
	}
	equal(t, "another object", a.want(200, "GET", "/objects/company/deleted-resources", nil).ids(), []string{company})

	first := epoch.Add(time.Hour).Unix()
	for _, test := range []struct {
		operator string
		seconds  int64
		want     []string
	}{
		{"Is", first, []string{one}},
		{"Is", first + 1, nil},
		{"Is not", first, []string{two}},
		{"Is after", first, []string{one, two}},
		{"Is after", first + 1, []string{two}},
		{"Is on or after", first + 1, []string{two}},
		{"Is before", first + 1, []string{one}},
		{"Is before", first, nil},
		{"Is on or before", first + 1, []string{one}},
		{"Greater than", first + 1, []string{two}},
		{"Greater than or equal", first, []string{one, two}},
		{"Less than", first + 1, []string{one}},
		{"Less than or equal", first, nil},
	} {
		got := deleted(fmt.Sprintf("filter[_deleted_at][%s]", test.operator), fmt.Sprint(test.seconds))
		equal(t, test.operator, got.ids(), test.want)
	}
	equal(t, "bare", deleted("filter[_deleted_at]", fmt.Sprint(first)).ids(), []string{one})
	equal(t, "shorthand", deleted("filter[_deleted_at]", fmt.Sprintf(">=%d", first+1)).ids(), []string{two})
	equal(t, "range", deleted("filter[_deleted_at][Is after]", fmt.Sprint(first+1), "filter[_deleted_at][Is before]", fmt.Sprint(first+2)).ids(), []string{})

	page := deleted("page[limit]", "1", "filter[_deleted_at][Is after]", "0")
	equal(t, "first page", page.ids(), []string{one})
	next := a.want(200, "GET", page.text("links", "next"), nil)
	equal(t, "second page", next.ids(), []string{two})
	next.equals(`null`, "links", "next")
}

func TestDeletedResourcesRejects(t *testing.T) {
	a := start(t)
	for _, parameters := range [][]string{
		{"filter[job_title][Is]", "x"},
		{"filter[_updated_at][Is after]", "0"},
		{"filter[_deleted_at][Contains]", "0"},
		{"filter[_deleted_at][Is empty]", ""},
		{"filter[_deleted_at][is]", "0"},
		{"filter[_deleted_at][Is]", "2026-01-01"},
		{"filter[_deleted_at][Is]", "1.5"},
		{"sortOrder[column]", "_deleted_at", "sortOrder[dir]", "ASC"},
		{"include", "company"},
		{"page[limit]", "501"},
	} {
		a.rejected(400, "", "GET", "/objects/person/deleted-resources"+query(parameters...), nil)
	}
}

func TestDeletionsAreListedFor30Days(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	one := a.create("task", `{"title":"Call"}`)
	a.want(204, "DELETE", "/objects/task/records/"+one, nil)
	c.Add(30 * 24 * time.Hour)
	two := a.create("task", `{"title":"Call"}`)
	a.want(204, "DELETE", "/objects/task/records/"+two, nil)
	equal(t, "after 30 days", a.want(200, "GET", "/objects/task/deleted-resources", nil).ids(), []string{one, two})
	c.Add(time.Millisecond)
	equal(t, "a millisecond later", a.want(200, "GET", "/objects/task/deleted-resources", nil).ids(), []string{two})
	a.create("task", `{"title":"Call"}`)
	equal(t, "after another write", a.want(200, "GET", "/objects/task/deleted-resources", nil).ids(), []string{two})
}

func TestIdsAreData(t *testing.T) {
	a := start(t)
	for _, id := range []string{"a/b", "..", ".", "a%2Fb", "google-oauth2|1", "Zoë 💥", "?x=1#y", "bulk", " ", "%", "\x00", "+"} {
		escaped := url.PathEscape(id)
		if id == "." || id == ".." {
			escaped = map[string]string{".": "%2E", "..": "%2E%2E"}[id]
		}
		got := a.rejected(404, "", "GET", "/objects/person/records/"+escaped, nil)
		if detail := got.errorObject().Detail; detail != "There is no person with this id." {
			t.Errorf("%q reached something else: %s", id, detail)
		}
		latest := a.srv.Requests()[len(a.srv.Requests())-1]
		if latest.Operation != "getRecord" {
			t.Errorf("%q reached the operation %q", id, latest.Operation)
		}
	}
}
