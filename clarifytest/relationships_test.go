package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// members is the body of a change of a relationship.
func members(object string, ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(`{"type":%q,"id":%q}`, object, id))
	}
	return `{"data":[` + strings.Join(all, ",") + `]}`
}

func relationshipPath(object, id, name string) string {
	return "/objects/" + object + "/records/" + id + "/relationships/" + name
}

// linked returns the ids of the records that a relationship leads to.
func (a *api) linked(object, id, name string) []string {
	a.t.Helper()
	return a.want(200, "GET", relationshipPath(object, id, name), nil).ids()
}

// link sends a PATCH of a relationship, unlink a DELETE.
func (a *api) link(object, id, name, target string, ids ...string) {
	a.t.Helper()
	a.want(200, "PATCH", relationshipPath(object, id, name), members(target, ids...)).equals(`{}`)
}

func (a *api) unlink(object, id, name, target string, ids ...string) {
	a.t.Helper()
	if got := a.want(204, "DELETE", relationshipPath(object, id, name), members(target, ids...)); got.raw != "" {
		a.t.Errorf("it has the body %s", got.raw)
	}
}

func TestAManyToManyRelationshipIsReplaced(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	ada, bob := a.create("person", `{}`), a.create("person", `{}`)
	one, two, three := a.create("deal", `{}`), a.create("deal", `{}`), a.create("deal", `{}`)
	c.Add(time.Second)

	a.link("person", ada, "deals", "deal", two, one, two)
	equal(t, "in the order of the links", a.linked("person", ada, "deals"), []string{two, one})
	equal(t, "from the other end", a.linked("deal", one, "people"), []string{ada})
	a.link("person", bob, "deals", "deal", one)
	equal(t, "two people", a.linked("deal", one, "people"), []string{ada, bob})

	a.link("person", ada, "deals", "deal", one, three)
	equal(t, "replaced", a.linked("person", ada, "deals"), []string{one, three})
	equal(t, "the one that is left out", a.linked("deal", two, "people"), nil)
	a.get("deal", two).lacks("data", "relationships")

	a.link("deal", one, "people", "person", bob)
	equal(t, "replaced from the other end", a.linked("person", ada, "deals"), []string{three})
	a.link("person", ada, "deals", "deal")
	equal(t, "replaced by none", a.linked("person", ada, "deals"), nil)

	for _, record := range []*response{a.get("person", ada), a.get("deal", one)} {
		record.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	}
	a.get("person", bob).equals(fmt.Sprintf(`{"deals":{"data":[{"id":%q,"type":"deal"}],"meta":{"count":1}}}`, one), "data", "relationships")
	included := a.want(200, "GET", "/objects/person/resources/"+bob+"?include=deals", nil)
	included.equals(`"`+one+`"`, "included", 0, "id")
}

func TestAOneToManyRelationshipIsAddedTo(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	acme, globex := a.create("company", `{}`), a.create("company", `{}`)
	ada, bob, cat := a.create("person", `{}`), a.create("person", `{}`), a.create("person", `{}`)
	c.Add(time.Second)

	a.link("company", acme, "people", "person", bob)
	a.link("company", acme, "people", "person", ada)
	equal(t, "both", a.linked("company", acme, "people"), []string{ada, bob})
	got := a.get("person", ada)
	got.equals(`"`+acme+`"`, "data", "attributes", "company_id")
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	a.get("company", acme).equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	a.get("person", cat).lacks("data", "attributes", "company_id")

	a.link("company", globex, "people", "person", ada)
	equal(t, "a person has one company", a.linked("company", acme, "people"), []string{bob})
	a.link("company", acme, "people", "person")
	equal(t, "adding none", a.linked("company", acme, "people"), []string{bob})

	a.unlink("company", acme, "people", "person", bob, ada)
	equal(t, "unlinked", a.linked("company", acme, "people"), nil)
	a.get("person", bob).equals(`null`, "data", "attributes", "company_id")
	a.get("person", ada).equals(`"`+globex+`"`, "data", "attributes", "company_id")
}

func TestAManyToOneRelationshipIsSet(t *testing.T) {
	older := clarifytest.WithQuirkRelationshipNames
	for name, a := range map[string]*api{
		"company_id": start(t), "company": start(t, older(true)), "companies": start(t, older(true)),
	} {
		a.setsOne(t, name)
	}
}

// setsOne checks a relationship of a person to one company.
func (a *api) setsOne(t *testing.T, name string) {
	t.Helper()
	acme, globex := a.create("company", `{}`), a.create("company", `{}`)
	ada := a.create("person", `{}`)
	a.link("person", ada, name, "company", acme)
	equal(t, name, a.linked("person", ada, name), []string{acme})
	a.link("person", ada, name, "company", globex)
	equal(t, name+" replaced", a.linked("person", ada, name), []string{globex})
	a.unlink("person", ada, name, "company", acme)
	equal(t, name+" of another", a.linked("person", ada, name), []string{globex})
	a.link("person", ada, name, "company")
	equal(t, name+" cleared", a.linked("person", ada, name), nil)
	a.get("person", ada).equals(`null`, "data", "attributes", "company_id")
	a.rejected(422, "/data", "PATCH", relationshipPath("person", ada, name), members("company", acme, globex))
	equal(t, "after that", a.linked("person", ada, name), nil)

	task := a.create("task", `{"title":"Call"}`)
	a.link("task", task, "company_id", "company", acme)
	a.get("task", task).equals(`"`+acme+`"`, "data", "attributes", "company_id")
}

func TestUnlink(t *testing.T) {
	a := start(t)
	ada := a.create("person", `{}`)
	one, two := a.create("deal", `{}`), a.create("deal", `{}`)
	a.link("person", ada, "deals", "deal", one, two)
	a.unlink("person", ada, "deals", "deal", one)
	equal(t, "one less", a.linked("person", ada, "deals"), []string{two})
	equal(t, "the other end", a.linked("deal", one, "people"), nil)
	a.unlink("person", ada, "deals", "deal", one, "nobody")
	equal(t, "what is not linked", a.linked("person", ada, "deals"), []string{two})
	a.unlink("person", ada, "deals", "deal")
	equal(t, "none", a.linked("person", ada, "deals"), []string{two})
	a.get("deal", one)
}

func TestANullIDStandsForNoRecord(t *testing.T) {
	a := start(t)
	ada, deal, acme := a.create("person", `{}`), a.create("deal", `{}`), a.create("company", `{}`)
	a.link("person", ada, "deals", "deal", deal)
	a.link("person", ada, "company_id", "company", acme)
	a.want(200, "PATCH", relationshipPath("person", ada, "deals"), `{"data":[{"type":"deal","id":null}]}`)
	a.want(200, "PATCH", relationshipPath("person", ada, "company_id"), `{"data":[{"type":"company","id":null}]}`)
	equal(t, "deals", a.linked("person", ada, "deals"), nil)
	equal(t, "company", a.linked("person", ada, "company_id"), nil)
}

func TestRelatedRecordsComeInPages(t *testing.T) {
	a := start(t)
	acme := a.create("company", `{"name":"Acme"}`)
	ada := a.create("person", `{}`)
	ids := a.deals(5)
	a.link("person", ada, "deals", "deal", ids...)
	a.link("company", acme, "deals", "deal", ids...)
	for _, end := range []string{relationshipPath("person", ada, "deals"), relationshipPath("company", acme, "deals")} {
		page := a.want(200, "GET", end+"?page[limit]=2&page[offset]=2&include=company_id", nil)
		equal(t, "a page", page.ids(), ids[2:4])
		page.equals(`{"limit":2,"offset":2,"total_pages":3,"total_records":5}`, "meta")
		page.equals(`"Acme"`, "included", 0, "attributes", "name")
		equal(t, "the next one", a.want(200, "GET", page.text("links", "next"), nil).ids(), ids[4:])
		sorted := a.want(200, "GET", end+"?sortOrder[column]=name&sortOrder[dir]=DESC", nil)
		equal(t, "sorted", sorted.column("name"), []string{"4", "3", "2", "1", "0"})
		sorted.lacks("included")
		for _, query := range []string{"page[limit]=501", "sortOrder[column]=name", "include=boss"} {
			a.rejected(400, "", "GET", end+"?"+query, nil)
		}
	}
}

func TestLinksFollowMergesAndEndWithDeletions(t *testing.T) {
	a := start(t)
	ada, bob := a.create("person", `{}`), a.create("person", `{}`)
	one, two := a.create("deal", `{}`), a.create("deal", `{}`)
	a.link("deal", one, "people", "person", ada)
	a.link("deal", two, "people", "person", ada, bob)
	a.want(204, "POST", "/objects/person/records/"+bob+"/merges", mergeBody("person", ada))
	equal(t, "those of the merged one", a.linked("person", bob, "deals"), []string{two, one})
	equal(t, "the other end", a.linked("deal", one, "people"), []string{bob})
	equal(t, "both of them", a.linked("deal", two, "people"), []string{bob})

	a.unlink("deal", two, "people", "person", ada)
	equal(t, "unlinked by the id of the merged one", a.linked("deal", two, "people"), nil)
	equal(t, "and there", a.linked("person", bob, "deals"), []string{one})
	a.want(204, "DELETE", "/objects/person/records/"+bob, nil)
	equal(t, "the one that was deleted", a.linked("deal", one, "people"), nil)
}

func TestRelationshipsReject(t *testing.T) {
	a := start(t)
	ada, deal := a.create("person", `{}`), a.create("deal", `{}`)
	a.link("person", ada, "deals", "deal", deal)
	path := relationshipPath("person", ada, "deals")
	for _, test := range []struct {
		name    string
		path    string
		body    string
		status  int
		pointer string
	}{
		{"an unknown object", relationshipPath("c_none", ada, "deals"), members("deal"), 404, ""},
		{"an unknown record", relationshipPath("person", "nobody", "deals"), members("deal"), 404, ""},
		{"an unknown relationship", relationshipPath("person", ada, "boss"), members("person"), 404, ""},
		{"a field that is no relationship", relationshipPath("person", ada, "job_title"), members("person"), 404, ""},
		{"no data", path, `{}`, 422, "/data"},
		{"data that is no array", path, `{"data":{"type":"deal","id":"` + deal + `"}}`, 422, "/data"},
		{"a member without an id", path, `{"data":[{"type":"deal"}]}`, 422, "/data/0/id"},
		{"another type", path, members("person", ada), 422, "/data/0/type"},
		{"malformed JSON", path, `{`, 400, ""},
		{"a wrong silent", path + "?silent=1", members("deal"), 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "PATCH", test.path, test.body)
			b.rejected(test.status, test.pointer, "DELETE", test.path, test.body)
			equal(t, "what was linked", b.linked("person", ada, "deals"), []string{deal})
		})
	}
	a.rejected(422, "/data", "PATCH", path, members("deal", deal, "nobody"))
	equal(t, "what was linked", a.linked("person", ada, "deals"), []string{deal})
	for _, path := range []string{relationshipPath("c_none", ada, "deals"), relationshipPath("person", "nobody", "deals"), relationshipPath("person", ada, "boss")} {
		a.rejected(404, "", "GET", path, nil)
	}
	a.elsewhere().rejected(404, "", "GET", path, nil)
	a.elsewhere().rejected(404, "", "PATCH", path, members("deal", deal))
	a.elsewhere().rejected(404, "", "DELETE", path, members("deal", deal))
	a.guarded("GET", path, nil)
	a.guarded("PATCH", path, members("deal", deal))
	a.guarded("DELETE", path, members("deal", deal))
}

// PATCH adds to a one-to-many relationship of a custom object and replaces a
// many-to-many one, as it does between the objects that every workspace has.
func TestRelationshipsOfCustomObjects(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"wheels":`+toManyEnd("one-to-many", "task", "vehicle_id")+`}`, `"task":{"vehicle_id":`+manyToOneEnd("c_vehicle", "wheels")+`}`))
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"drivers":`+toManyEnd("many-to-many", "person", "drives")+`}`, `"person":{"drives":`+toManyEnd("many-to-many", "c_vehicle", "drivers")+`}`))
	car := a.create("c_vehicle", `{}`)
	tasks := []string{a.create("task", `{"title":"Call"}`), a.create("task", `{"title":"Call"}`)}
	people := []string{a.create("person", `{}`), a.create("person", `{}`)}
	for i := range 2 {
		a.link("c_vehicle", car, "wheels", "task", tasks[i])
		a.link("c_vehicle", car, "drivers", "person", people[i])
	}
	equal(t, "one-to-many", a.linked("c_vehicle", car, "wheels"), tasks)
	equal(t, "many-to-many", a.linked("c_vehicle", car, "drivers"), people[1:])
	a.unlink("c_vehicle", car, "wheels", "task", tasks[0])
	a.unlink("c_vehicle", car, "drivers", "person", people[1])
	equal(t, "one-to-many", a.linked("c_vehicle", car, "wheels"), tasks[1:])
	equal(t, "many-to-many", a.linked("c_vehicle", car, "drivers"), nil)
	equal(t, "the other end", a.linked("task", tasks[1], "vehicle_id"), []string{car})
	a.rejected(422, "/data", "PATCH", relationshipPath("task", tasks[0], "vehicle_id"), members("c_vehicle", car, a.create("c_vehicle", `{}`)))
}

// Links to a record that is deleted end, and the ids that are left over do not
// get into the way of others.
func TestLinksToDeletedRecordsAreGone(t *testing.T) {
	a := start(t)
	ada := a.create("person", `{}`)
	deals := a.deals(4)
	a.link("person", ada, "deals", "deal", deals...)
	a.want(204, "DELETE", "/objects/deal/records/"+deals[0], nil)
	a.want(200, "DELETE", "/objects/deal/records", `{"items":["`+deals[1]+`"]}`)
	equal(t, "what is left", a.linked("person", ada, "deals"), deals[2:])
	a.get("person", ada).equals(`2`, "data", "relationships", "deals", "meta", "count")
	a.unlink("person", ada, "deals", "deal", deals[0], deals[2])
	equal(t, "unlinked", a.linked("person", ada, "deals"), deals[3:])
	a.rejected(422, "/data", "PATCH", relationshipPath("person", ada, "deals"), members("deal", deals[0]))
	a.link("person", ada, "deals", "deal", deals[2])
	equal(t, "replaced", a.linked("person", ada, "deals"), deals[2:3])
	a.want(204, "DELETE", "/objects/person/records/"+ada, nil)
	equal(t, "the other end", a.linked("deal", deals[2], "people"), nil)
	a.get("deal", deals[3]).lacks("data", "relationships")
	a.rejected(404, "", "GET", relationshipPath("person", ada, "deals"), nil)
}
