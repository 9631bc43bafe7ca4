package clarifytest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// list creates a list and returns its id.
func (a *api) newList(object, kind, members string) string {
	a.t.Helper()
	body := fmt.Sprintf(`{"title":"A list","description":"","layout":"table","type":%q%s}`, kind, members)
	return a.want(201, "POST", "/objects/"+object+"/lists", body).id()
}

func (a *api) rows(object, list string, parameters ...string) *response {
	a.t.Helper()
	return a.want(200, "GET", "/objects/"+object+"/lists/"+list+"/resources"+query(parameters...), nil)
}

func TestLists(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	user := a.get("deal", a.create("deal", `{}`)).text("data", "attributes", "_created_by")

	made := a.want(201, "POST", "/objects/person/lists?silent=true", `{"title":"Berlin","description":"Dinner","layout":"board","type":"dynamic",
		"emoji":"🍽","options":{"columnWidths":{"name":220.5}},"query":{"sql":"select 1","version":2},"rank":1.50,"state":"draft"}`)
	id := made.id()
	want := fmt.Sprintf(`{"_created_at":"2026-02-03T04:05:06.789Z","_created_by":%[1]q,"_id":%[2]q,"_updated_at":"2026-02-03T04:05:06.789Z","_updated_by":%[1]q,`+
		`"applied_version_id":null,"description":"Dinner","effective_access_level":"owner","emoji":"🍽","entity":"person","last_list_evaluation_at":"2026-02-03T04:05:06.789Z","layout":"board",`+
		`"list_evaluation_started_at":null,"list_evaluation_status":"idle","options":{"columnWidths":{"name":220.5}},"owner_id":%[1]q,`+
		`"query":{"sql":"select 1","version":2},"rank":1.50,"state":"draft","title":"Berlin","type":"dynamic","user_id":%[1]q}`, user, id)
	made.equals(want, "data", "attributes")
	made.equals(`"list"`, "data", "type")
	path := "/objects/person/lists/" + id
	if got := a.want(200, "GET", path, nil); got.raw != made.raw {
		t.Errorf("got %s, made %s", got.raw, made.raw)
	}

	c.Add(time.Second)
	changed := a.want(200, "PATCH", path, `{"title":"Hamburg","emoji":null,"options":{},"query":null,"rank":0,"description":"","layout":"table"}`)
	for member, want := range map[string]string{
		"title": `"Hamburg"`, "emoji": `null`, "options": `{}`, "query": `null`, "rank": `0`, "description": `""`, "layout": `"table"`,
		"state": `"draft"`, "type": `"dynamic"`, "_created_at": `"2026-02-03T04:05:06.789Z"`, "_updated_at": `"2026-02-03T04:05:07.789Z"`,
	} {
		changed.equals(want, "data", "attributes", member)
	}
	a.want(200, "PATCH", path, `{}`).equals(`"Hamburg"`, "data", "attributes", "title")
	a.want(201, "POST", path+"/publish", nil).equals(`"published"`, "data", "attributes", "state")
	a.want(201, "POST", path+"/publish", nil)
	a.want(201, "POST", path+"/unpublish", nil).equals(`"draft"`, "data", "attributes", "state")
	if got := a.want(202, "DELETE", path, nil); got.raw != "{}\n" {
		t.Errorf("deleted: %s", got.raw)
	}
	a.rejected(404, "", "GET", path, nil)
	a.rejected(404, "", "DELETE", path, nil)
}

func TestAListHasDefaults(t *testing.T) {
	a := start(t)
	id := a.newList("deal", "static", "")
	got := a.want(200, "GET", "/objects/deal/lists/"+id, nil)
	for member, want := range map[string]string{
		"emoji": `null`, "options": `{}`, "query": `null`, "rank": `-1`, "state": `"published"`, "last_list_evaluation_at": `null`,
	} {
		got.equals(want, "data", "attributes", member)
	}
	b := a.as("api-key " + a.srv.WorkspaceKey)
	id = b.newList("deal", "static", "")
	got = b.want(200, "GET", "/objects/deal/lists/"+id, nil)
	got.equals(`"system"`, "data", "attributes", "user_id")
	got.equals(`null`, "data", "attributes", "owner_id")
}

func TestDefaultLists(t *testing.T) {
	a := start(t)
	page := a.want(200, "GET", "/lists", nil)
	equal(t, "at first", page.column("title"), []string{"All People", "All Companies", "All Deals", "All Meetings", "All Tasks"})
	equal(t, "their types", slices.Compact(page.column("type")), []string{"default"})
	list := a.want(200, "GET", "/objects/person/lists", nil).ids()[0]
	person := a.create("person", `{}`)
	equal(t, "what it holds", a.rows("person", list).ids(), []string{person})
	path := "/objects/person/lists/" + list
	a.want(200, "PATCH", path, `{"title":"Everybody"}`).equals(`"edit"`, "data", "attributes", "effective_access_level")
	a.want(201, "POST", path+"/publish", nil)
	a.rejected(403, "", "POST", path+"/unpublish", nil)
	a.rejected(403, "", "DELETE", path, nil)
	a.want(200, "GET", path, nil).equals(`"Everybody"`, "data", "attributes", "title")
}

func TestCustomObjectsHaveLists(t *testing.T) {
	a := start(t, clarifytest.WithSchemaLag(0, 0))
	a.want(201, "POST", "/schemas/objects", `{"name":"Ship","plural":"Ships"}`)
	equal(t, "the default list", a.want(200, "GET", "/objects/c_ship/lists", nil).column("title"), []string{"All Ships"})
	a.newList("c_ship", "static", "")
	a.want(200, "DELETE", "/schemas/objects/c_ship", nil)
	if n := len(a.want(200, "GET", "/lists", nil).ids()); n != 5 {
		t.Errorf("there are %d lists", n)
	}
	a.want(201, "POST", "/schemas/objects", `{"name":"Ship","plural":"Ships"}`)
	equal(t, "the lists", a.want(200, "GET", "/objects/c_ship/lists", nil).column("title"), []string{"All Ships"})
}

func TestListsAreFiltered(t *testing.T) {
	a := start(t)
	b, ada := a.colleague(t, clarifytest.User{})
	one := a.want(201, "POST", "/objects/person/lists", `{"title":"Customers in Berlin","description":"For dinner","layout":"table","type":"static","rank":2}`).id()
	two := b.want(201, "POST", "/objects/person/lists", `{"title":"Zebra","description":"berlin, too","layout":"table","type":"dynamic","rank":10}`).id()
	draft := a.newList("person", "static", `,"state":"draft"`)
	deals := a.newList("deal", "dynamic", "")
	everyPerson := a.want(200, "GET", "/objects/person/lists"+query("filter[type]", "default"), nil).ids()[0]

	for _, test := range []struct {
		path       string
		parameters []string
		want       []string
	}{
		{"/objects/person/lists", nil, []string{everyPerson, one, two, draft}},
		{"/objects/person/lists", []string{"filter[type]", "static"}, []string{one, draft}},
		{"/objects/person/lists", []string{"filter[state]", "draft"}, []string{draft}},
		{"/objects/person/lists", []string{"filter[_created_by]", ada.ID}, []string{two}},
		{"/objects/person/lists", []string{"filter[_created_by]", ada.ID, "filter[type]", "static"}, []string{}},
		{"/objects/person/lists", []string{"search", "BERLIN"}, []string{one, two}},
		{"/objects/person/lists", []string{"search", "berlin dinner"}, []string{one}},
		{"/objects/person/lists", []string{"search", "nothing"}, []string{}},
		{"/objects/person/lists", []string{"sortOrder[column]", "rank", "sortOrder[dir]", "DESC", "page[limit]", "2"}, []string{two, one}},
		{"/lists", []string{"filter[type]", "dynamic"}, []string{two, deals}},
		{"/lists", []string{"filter[entity][0]", "deal", "filter[entity][1]", "task", "filter[type]", "dynamic"}, []string{deals}},
		{"/lists", []string{"filter[entity][]", "deal", "filter[type]", "dynamic"}, []string{deals}},
		{"/lists", []string{"filter[entity]", "c_none"}, []string{}},
		{"/lists", []string{"filter[state]", "draft"}, []string{draft}},
	} {
		equal(t, test.path+query(test.parameters...), a.want(200, "GET", test.path+query(test.parameters...), nil).ids(), test.want)
	}
	for _, column := range []string{"_id", "title", "description", "type", "state", "layout", "entity", "user_id", "_created_by", "_updated_by", "_created_at", "_updated_at"} {
		got := a.want(200, "GET", "/lists"+query("sortOrder[column]", column, "sortOrder[dir]", "ASC"), nil).column(column)
		got = slices.DeleteFunc(got, func(text string) bool { return text == "" })
		if !slices.IsSorted(got) {
			t.Errorf("by %s: %v", column, got)
		}
	}
	for _, bad := range []string{"filter[type]=x", "filter[state]=Draft", "filter[color]=x", "filter[type][Is]=static", "filter=x", "search=", "search=a&search=b", "page[limit]=0"} {
		for _, path := range []string{"/lists", "/objects/person/lists"} {
			a.rejected(400, "", "GET", path+"?"+bad, nil)
		}
	}
	a.rejected(400, "", "GET", "/lists?filter[entity][0]=", nil)
	a.rejected(404, "", "GET", "/objects/c_none/lists", nil)
	a.guarded("GET", "/lists", nil)
	a.guarded("GET", "/objects/person/lists", nil)
	if n := len(a.elsewhere().want(200, "GET", "/lists", nil).ids()); n != 5 {
		t.Errorf("another workspace has %d lists", n)
	}
}

func TestDraftsAreTheirAuthors(t *testing.T) {
	a := start(t)
	b, _ := a.colleague(t, clarifytest.User{})
	id := a.newList("person", "static", `,"state":"draft"`)
	path := "/objects/person/lists/" + id
	for _, other := range []*api{b, a.as("api-key " + a.srv.WorkspaceKey)} {
		other.rejected(403, "", "GET", path, nil)
		other.rejected(403, "", "PATCH", path, `{"title":"x"}`)
		other.rejected(403, "", "DELETE", path, nil)
		other.rejected(403, "", "POST", path+"/publish", nil)
		other.rejected(403, "", "POST", path+"/unpublish", nil)
		other.rejected(403, "", "GET", path+"/resources", nil)
		other.rejected(403, "", "POST", path+"/rows/csv", `{}`)
		if slices.Contains(other.want(200, "GET", "/objects/person/lists", nil).ids(), id) {
			t.Error("somebody else's draft is listed")
		}
	}
	a.want(201, "POST", path+"/publish", nil)
	b.want(200, "PATCH", path, `{"title":"x"}`).equals(`"edit"`, "data", "attributes", "effective_access_level")
	b.want(201, "POST", path+"/unpublish", nil).equals(`"none"`, "data", "attributes", "effective_access_level")
	a.want(202, "DELETE", path, nil)
}

func TestListsReject(t *testing.T) {
	a := start(t)
	id := a.newList("person", "static", "")
	path := "/objects/person/lists/" + id
	for _, test := range []struct{ name, body, pointer string }{
		{"no title", `{"description":"","layout":"table","type":"static"}`, "/title"},
		{"no description", `{"title":"","layout":"table","type":"static"}`, "/description"},
		{"the default type", `{"title":"","description":"","layout":"table","type":"default"}`, "/type"},
		{"an unknown layout", `{"title":"","description":"","layout":"Table","type":"static"}`, "/layout"},
		{"an unknown state", `{"title":"","description":"","layout":"table","type":"static","state":"x"}`, "/state"},
		{"a query without SQL", `{"title":"","description":"","layout":"table","type":"dynamic","query":{}}`, "/query"},
		{"a rank that is no number", `{"title":"","description":"","layout":"table","type":"static","rank":"1"}`, "/rank"},
		{"options that are none", `{"title":"","description":"","layout":"table","type":"static","options":{"columnWidths":{"name":"wide"}}}`, "/options/columnWidths/name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.rejected(422, test.pointer, "POST", "/objects/person/lists", test.body)
		})
	}
	a.rejected(422, "/title", "PATCH", path, `{"title":null}`)
	a.rejected(422, "/type", "PATCH", path, `{"type":"dynamic"}`)
	a.rejected(422, "/state", "PATCH", path, `{"state":"draft"}`)
	a.rejected(400, "", "POST", "/objects/person/lists", `[]`)
	a.rejected(400, "", "DELETE", path+"?silent=x", nil)
	a.rejected(400, "", "POST", path+"/publish?silent=x", nil)
	body := `{"title":"","description":"","layout":"table","type":"static"}`
	a.rejected(404, "", "POST", "/objects/c_none/lists", body)
	for _, missing := range []string{"/objects/person/lists/nobody", "/objects/deal/lists/" + id, "/objects/c_none/lists/" + id} {
		a.rejected(404, "", "GET", missing, nil)
		a.rejected(404, "", "PATCH", missing, `{}`)
		a.rejected(404, "", "DELETE", missing, nil)
		a.rejected(404, "", "POST", missing+"/publish", nil)
		a.rejected(404, "", "POST", missing+"/unpublish", nil)
		a.rejected(404, "", "GET", missing+"/resources", nil)
		a.rejected(404, "", "POST", missing+"/rows/csv", `{}`)
	}
	a.elsewhere().rejected(404, "", "GET", path, nil)
	a.guarded("POST", "/objects/person/lists", body)
	a.guarded("GET", path, nil)
	a.guarded("PATCH", path, `{}`)
	a.guarded("DELETE", path, nil)
	a.guarded("POST", path+"/publish", nil)
	a.guarded("POST", path+"/unpublish", nil)
	a.guarded("GET", path+"/resources", nil)
	a.guarded("POST", path+"/rows/csv", `{}`)
	a.want(200, "GET", path, nil).equals(`"A list"`, "data", "attributes", "title")
}

func TestStaticListsHoldWhatIsPutIntoThem(t *testing.T) {
	a := start(t)
	id := a.newList("person", "static", "")
	ada, bob, carl := a.create("person", `{"job_title":"A"}`), a.create("person", `{"job_title":"B"}`), a.create("person", `{"job_title":"C"}`)
	a.create("person", `{}`)
	equal(t, "at first", a.rows("person", id).ids(), []string{})

	a.srv.AddToList(a.srv.Workspace, id, carl, ada)
	a.srv.AddToList(a.srv.Workspace, id, bob, ada, bob)
	equal(t, "then", a.rows("person", id).ids(), []string{ada, bob, carl})
	got := a.rows("person", id, "page[limit]", "1", "sortOrder[column]", "job_title", "sortOrder[dir]", "DESC", "filter[job_title][Is not]", "C")
	equal(t, "a page", got.ids(), []string{bob})
	got.equals(`2`, "meta", "total_records")
	equal(t, "the next page", a.want(200, "GET", got.text("links", "next"), nil).ids(), []string{ada})
	a.rejected(400, "", "GET", "/objects/person/lists/"+id+"/resources?filter[job_title][Equals]=C", nil)
	a.rejected(400, "", "GET", "/objects/person/lists/"+id+"/resources?include=nothing", nil)

	a.srv.RemoveFromList(a.srv.Workspace, id, ada, ada)
	a.srv.RemoveFromList(a.srv.Workspace, id, ada)
	equal(t, "without one", a.rows("person", id).ids(), []string{bob, carl})
	a.want(204, "POST", "/objects/person/records/"+ada+"/merges", mergeBody("person", bob))
	equal(t, "after a merge", a.rows("person", id).ids(), []string{ada, carl})
	a.srv.AddToList(a.srv.Workspace, id, ada)
	equal(t, "each is there once", a.rows("person", id).ids(), []string{ada, carl})
	a.srv.RemoveFromList(a.srv.Workspace, id, ada)
	equal(t, "without the one that it was merged into", a.rows("person", id).ids(), []string{carl})
	a.srv.AddToList(a.srv.Workspace, id, ada)
	a.want(204, "DELETE", "/objects/person/records/"+carl, nil)
	equal(t, "after a deletion", a.rows("person", id).ids(), []string{ada})

	names := map[string]string{bob: "bob", id: "list", carl: "carl", ada: "ada"}
	equal(t, "activities", a.activities("person", carl).told(names)[1:], []string{"add-to-list carl target list", "delete carl"})
	equal(t, "activities", a.activities("person", ada).told(names)[1:3], []string{"add-to-list ada target list", "remove-from-list ada target list"})
}

func TestMembersPanics(t *testing.T) {
	a := start(t)
	static, dynamic := a.newList("person", "static", ""), a.newList("person", "dynamic", "")
	person, deal := a.create("person", `{}`), a.create("deal", `{}`)
	for name, add := range map[string]func(){
		`no workspace "initech"`: func() { a.srv.AddToList("initech", static, person) },
		"no list":                func() { a.srv.AddToList(a.srv.Workspace, "nothing", person) },
		"dynamic, not static":    func() { a.srv.AddToList(a.srv.Workspace, dynamic, person) },
		`no person "` + deal:     func() { a.srv.AddToList(a.srv.Workspace, static, person, deal) },
		`no person "nobody"`:     func() { a.srv.RemoveFromList(a.srv.Workspace, static, "nobody") },
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, name) {
					t.Errorf("want %q, it panicked with %q", name, p)
				}
			}()
			add()
		}()
	}
	equal(t, "the list", a.rows("person", static).ids(), []string{})
}

func TestDynamicListsHoldAllRecords(t *testing.T) {
	a := start(t)
	id := a.newList("person", "dynamic", `,"query":{"sql":"select * from person where false"}`)
	person := a.create("person", `{}`)
	a.create("deal", `{}`)
	equal(t, "the list", a.rows("person", id).ids(), []string{person})
}

func TestListsComeBackWithASnapshot(t *testing.T) {
	a := start(t)
	id := a.newList("person", "static", "")
	person := a.create("person", `{}`)
	before := a.srv.Snapshot()
	a.srv.AddToList(a.srv.Workspace, id, person)
	after := a.srv.Snapshot()
	a.srv.Restore(before)
	equal(t, "before", a.rows("person", id).ids(), []string{})
	a.srv.Restore(after)
	equal(t, "after", a.rows("person", id).ids(), []string{person})
}

// What a list holds is asked for anew once it may be another, and lists do not
// get one another's records.
func TestListsAreReadAsTheyAre(t *testing.T) {
	only := ""
	a := start(t, clarifytest.WithListMatcher(func(string, gen.ListQuery) func(gen.Resource) bool {
		return func(r gen.Resource) bool { return r.ID == only }
	}))
	deals := a.deals(3)
	static, other := a.newList("deal", "static", ""), a.newList("deal", "static", "")
	plain, matched := a.newList("deal", "dynamic", ""), a.newList("deal", "dynamic", `,"query":{"sql":"x"}`)
	for i, id := range deals {
		a.srv.AddToList(a.srv.Workspace, static, id)
		equal(t, "static", a.rows("deal", static).ids(), deals[:i+1])
		equal(t, "another", a.rows("deal", other).ids(), nil)
		equal(t, "dynamic", a.rows("deal", plain).ids(), deals)
		only = id
		equal(t, "matched", a.rows("deal", matched).ids(), []string{id})
	}
	a.want(204, "DELETE", "/objects/deal/records/"+deals[0], nil)
	equal(t, "static, without the one that was deleted", a.rows("deal", static).ids(), deals[1:])
	equal(t, "dynamic, without the one that was deleted", a.rows("deal", plain).ids(), deals[1:])
}
