package clarifytest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// activities reads those of a record.
func (a *api) activities(object, id string) *response {
	a.t.Helper()
	return a.want(200, "GET", "/objects/"+object+"/records/"+id+"/activities", nil)
}

// told puts activities into words: a line each, the events after one another.
// Ids are replaced by the names that they are given.
func (got *response) told(names map[string]string) []string {
	got.t.Helper()
	nameOf := func(id any) string {
		if name, ok := names[fmt.Sprint(id)]; ok {
			return name
		}
		return fmt.Sprint(id)
	}
	var lines []string
	for i := range got.at("data").([]any) {
		var events []string
		for j := range got.at("data", i, "attributes", "data").([]any) {
			event := got.at("data", i, "attributes", "data", j).(map[string]any)
			object := event["object"].(map[string]any)
			text := strings.TrimPrefix(event["type"].(string), "clarify:") + " " + nameOf(object["_id"])
			if name, ok := event["relationship"]; ok {
				text += " " + name.(string)
			}
			for _, role := range []string{"ref", "refs", "target"} {
				others, ok := event[role].([]any)
				if !ok && event[role] != nil {
					others = []any{event[role]}
				}
				for _, other := range others {
					text += " " + role + " " + nameOf(other.(map[string]any)["_id"])
				}
			}
			if diff, ok := object["diff"].([]any); ok {
				for _, change := range diff {
					c := change.(map[string]any)
					text += " " + c["op"].(string) + asJSON(got.t, c["path"])
					if old, ok := c["oldVal"]; ok {
						text += " from " + nameOf(strings.Trim(asJSON(got.t, old), `"`))
					}
					if val, ok := c["val"]; ok {
						text += " to " + nameOf(strings.Trim(asJSON(got.t, val), `"`))
					}
				}
			}
			events = append(events, text)
		}
		lines = append(lines, strings.Join(events, "; "))
	}
	return lines
}

func TestActivitiesTellWhatChanged(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), anyAttribute)
	b, ada := a.colleague(t, clarifytest.User{FirstName: "Ada"})
	person := a.create("person", `{"name":{"first_name":"Ada"},"job_title":"Analyst","email_addresses":{"items":["a@x.example"]}}`)
	c.Add(time.Second)
	b.patch(200, "person", person, `{"job_title":null,"name":{"first_name":"Augusta","last_name":"King"},"email_addresses":{"items":["b@x.example","a@x.example"]},"score":1}`, "")
	c.Add(time.Second)
	a.patch(200, "person", person, `{"email_addresses":{"items":[]},"score":"x"}`, "")
	a.patch(200, "person", person, `{"score":"x"}`, "") // changes nothing
	c.Add(time.Second)
	a.patch(200, "person", person, `{"email_addresses":{"items":["c@x.example"]}}`, `{"email_addresses":{"collection":"append"}}`)

	got := a.activities("person", person)
	equal(t, "activities", got.told(map[string]string{person: "ada"}), []string{
		`create ada add["email_addresses"] to {"items":["a@x.example"]} add["job_title"] to Analyst add["name"] to {"first_name":"Ada","full_name":"Ada"}`,
		`update ada update["email_addresses","items",0] from a@x.example to b@x.example add["email_addresses","items",1] to a@x.example` +
			` update["job_title"] from Analyst to null` +
			` update["name","first_name"] from Ada to Augusta update["name","full_name"] from Ada to Augusta King add["name","last_name"] to King add["score"] to 1`,
		`update ada delete["email_addresses","items",1] from a@x.example delete["email_addresses","items",0] from b@x.example update["score"] from 1 to x`,
		`update ada add["email_addresses","items",0] to c@x.example`,
	})
	got.equals(`"2026-02-03T04:05:06.789Z"`, "data", 0, "attributes", "_created_at")
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", 1, "attributes", "_created_at")
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", 1, "attributes", "data", 0, "_created_at")
	got.equals(`{"_id":`+asJSON(t, ada.ID)+`,"anonymous_id":null,"entity":"user","source_id":null}`, "data", 1, "attributes", "data", 0, "actor")
	got.equals(`4`, "meta", "total_records")

	ids := map[string]bool{}
	for i := range 4 {
		for _, id := range []string{got.text("data", i, "id"), got.text("data", i, "attributes", "data", 0, "_id")} {
			expect(t, "ids[id]", ids[id], false)
			expect(t, "uuidPattern.MatchString(id)", uuidPattern.MatchString(id), true)
			ids[id] = true
		}
		got.equals(asJSON(t, got.text("data", i, "id")), "data", i, "attributes", "_id")
	}
	if again := a.activities("person", person); again.raw != got.raw {
		t.Errorf("first %s, then %s", got.raw, again.raw)
	}

	t.Run("pages and sorting", func(t *testing.T) {
		path := "/objects/person/records/" + person + "/activities"
		newest := a.want(200, "GET", path+query("sortOrder[column]", "_created_at", "sortOrder[dir]", "DESC", "page[limit]", "2"), nil)
		backwards := got.ids()
		slices.Reverse(backwards)
		equal(t, "the newest", newest.ids(), backwards[:2])
		equal(t, "the rest", a.want(200, "GET", newest.text("links", "next"), nil).ids(), backwards[2:])
		for _, column := range []string{"_id", "aggKey"} {
			sorted := a.want(200, "GET", path+query("sortOrder[column]", column, "sortOrder[dir]", "ASC"), nil)
			if !slices.IsSorted(sorted.column(column)) {
				t.Errorf("by %s: %v", column, sorted.column(column))
			}
		}
		a.rejected(400, "", "GET", path+"?page[limit]=501", nil)
		a.rejected(400, "", "GET", path+"?sortOrder[column]=_id", nil)
	})
	t.Run("rejected", func(t *testing.T) {
		a.rejected(404, "", "GET", "/objects/person/records/nobody/activities", nil)
		a.rejected(404, "", "GET", "/objects/deal/records/"+person+"/activities", nil)
		a.rejected(404, "", "GET", "/objects/c_none/records/"+person+"/activities", nil)
		a.elsewhere().rejected(404, "", "GET", "/objects/person/records/"+person+"/activities", nil)
		a.guarded("GET", "/objects/person/records/"+person+"/activities", nil)
	})
}

func TestActivitiesOfWhatFailed(t *testing.T) {
	a := start(t)
	one := a.create("deal", `{"name":"One"}`)
	two := a.create("deal", `{"name":"Two"}`)
	body := fmt.Sprintf(`{"data":[{"type":"deal","id":%q,"attributes":{"stage":"Won"}},{"type":"deal","id":%q,"attributes":{"name":"One"}}]}`, one, two)
	a.want(400, "PATCH", "/objects/deal/records", body)
	a.want(404, "DELETE", "/objects/deal/records", fmt.Sprintf(`{"items":[%q,"nobody"]}`, one))
	if n := len(a.activities("deal", one).ids()); n != 1 {
		t.Errorf("there are %d activities", n)
	}
}

func TestActivitiesOfReferences(t *testing.T) {
	a := start(t)
	acme, globex := a.create("company", `{"name":"Acme"}`), a.create("company", `{"name":"Globex"}`)
	person := a.create("person", `{"company_id":"`+acme+`"}`)
	names := map[string]string{acme: "acme", globex: "globex", person: "ada"}
	a.patch(200, "person", person, `{"company_id":"`+globex+`"}`, "")
	a.patch(200, "person", person, `{"company_id":null}`, "")
	equal(t, "of the person", a.activities("person", person).told(names), []string{
		`create ada add["company_id"] to acme; set-relationship ada company ref acme`,
		`update ada update["company_id"] from acme to globex; unset-relationship ada company ref acme; set-relationship ada company ref globex`,
		`update ada update["company_id"] from globex to null; unset-relationship ada company ref globex`,
	})
	equal(t, "of the first company", a.activities("company", acme).told(names), []string{
		`create acme add["name"] to Acme`, `unset-relationship acme people refs ada`,
	})
	equal(t, "of the other company", a.activities("company", globex).told(names), []string{
		`create globex add["name"] to Globex`, `set-relationship globex people refs ada`, `unset-relationship globex people refs ada`,
	})
}

func TestActivitiesOfLinks(t *testing.T) {
	a := start(t)
	deal := a.create("deal", `{"name":"Engine"}`)
	created := a.want(201, "POST", "/objects/person/resources", fmt.Sprintf(
		`{"data":{"type":"person","attributes":{},"relationships":{"deals":{"data":[{"type":"deal","id":%q}]}}}}`, deal))
	names := map[string]string{deal: "engine", created.id(): "ada"}
	equal(t, "of the person", a.activities("person", created.id()).told(names), []string{
		`create ada; set-relationship ada deals refs engine`,
	})
	equal(t, "of the deal", a.activities("deal", deal).told(names), []string{
		`create engine add["name"] to Engine`, `set-relationship engine people refs ada`,
	})
}

func TestActivitiesOfMerges(t *testing.T) {
	a := start(t)
	target := a.create("person", `{}`)
	one := a.create("person", `{"job_title":"Analyst"}`)
	two := a.create("person", `{"job_title":"Founder"}`)
	a.patch(200, "person", two, `{"labels":{"items":["vip"]}}`, "")
	a.want(204, "POST", "/objects/person/records/"+target+"/merges", mergeBody("person", one, two))
	names := map[string]string{target: "ada", one: "one", two: "two"}
	equal(t, "of the target", a.activities("person", target).told(names), []string{
		`create ada`, `merge ada refs one refs two add["job_title"] to Analyst add["labels"] to {"items":["vip"]}`,
	})
	equal(t, "of a source", a.activities("person", two).told(names), []string{
		`create two add["job_title"] to Founder`, `update two add["labels"] to {"items":["vip"]}`, `merge two target ada`,
	})
}

func TestActivitiesOfDeletedRecords(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	b, ada := a.colleague(t, clarifytest.User{})
	person := a.create("person", `{"job_title":"Analyst"}`)
	c.Add(time.Second)
	b.want(204, "DELETE", "/objects/person/records/"+person, nil)
	got := a.activities("person", person)
	equal(t, "activities", got.told(map[string]string{person: "ada"}), []string{`create ada add["job_title"] to Analyst`, `delete ada`})
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", 1, "attributes", "_created_at")
	got.equals(asJSON(t, ada.ID), "data", 1, "attributes", "data", 0, "actor", "_id")
	c.Add(30 * 24 * time.Hour)
	a.activities("person", person)
	c.Add(time.Millisecond)
	a.rejected(404, "", "GET", "/objects/person/records/"+person+"/activities", nil)
}

func TestActivitiesComeBackWithASnapshot(t *testing.T) {
	a := start(t, clarifytest.WithSeed(1))
	person := a.create("person", `{}`)
	a.patch(200, "person", person, `{"job_title":"Analyst"}`, "")
	before := a.srv.Snapshot()
	raw := a.activities("person", person).raw
	a.patch(200, "person", person, `{"job_title":"Founder"}`, "")
	after := a.activities("person", person).raw
	a.srv.Restore(before)
	if got := a.activities("person", person).raw; got != raw {
		t.Errorf("restored %s, want %s", got, raw)
	}
	other := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSnapshot(before))
	b := &api{t: t, srv: other, url: other.URL, auth: a.auth}
	b.patch(200, "person", person, `{"job_title":"Countess"}`, "")
	if got := len(b.activities("person", person).ids()); got != 3 {
		t.Errorf("the other server has %d activities", got)
	}
	got := a.activities("person", person).raw
	expect(t, "got", got, raw)
	expect(t, "got == after", got == after, false)
}

func TestActivitiesOfSchemas(t *testing.T) {
	a := start(t, clarifytest.WithSchemaLag(0, 0))
	b, ada := a.colleague(t, clarifytest.User{})
	if n := len(a.want(200, "GET", "/schemas/person/activities", nil).ids()); n != 0 {
		t.Errorf("a standard schema has %d activities", n)
	}
	a.want(201, "POST", "/schemas/objects", `{"name":"Ship","plural":"Ships"}`)
	b.want(202, "POST", "/schemas/c_ship/properties", newFields(`{"mast":{"type":["string","null"],"title":"Mast"}}`))
	a.want(202, "PATCH", "/schemas/c_ship/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"mast":true}}}}`)

	got := a.want(200, "GET", "/schemas/c_ship/activities", nil)
	told := got.told(nil)
	if expect(t, "len(told)", len(told), 3) {
		expect(t, "strings.HasPrefix(told[0], `create c_ship add[\"$id\"] to `)", strings.HasPrefix(told[0], `create c_ship add["$id"] to `), true)
		expect(t, "strings.HasPrefix(told[1], `update c_ship add[\"properties\",\"mast\"] to {\"title\":\"Mast\",`)", strings.HasPrefix(told[1], `update c_ship add["properties","mast"] to {"title":"Mast",`), true)
		expect(t, "strings.HasPrefix(told[2], `update c_ship add[\"properties\",\"mast\",`)", strings.HasPrefix(told[2], `update c_ship add["properties","mast",`), true)
	}
	got.equals(asJSON(t, ada.ID), "data", 1, "attributes", "data", 0, "actor", "_id")
	got.equals(`"schema"`, "data", 1, "attributes", "data", 0, "object", "entity")
	if n := len(a.want(200, "GET", "/schemas/person/activities", nil).ids()); n != 0 {
		t.Errorf("a schema that did not change has %d activities", n)
	}
	equal(t, "the newest", a.want(200, "GET", "/schemas/c_ship/activities?page[limit]=1&page[offset]=2", nil).ids(), got.ids()[2:])

	t.Run("of fields that records lose", func(t *testing.T) {
		ship := a.create("c_ship", `{"mast":"oak"}`)
		a.want(200, "PUT", "/schemas/objects/c_ship", withID("c_ship", `{"properties":{}}`))
		equal(t, "activities", a.activities("c_ship", ship).told(map[string]string{ship: "ship"}), []string{
			`create ship add["mast"] to oak`, `update ship delete["mast"] from oak`,
		})
	})
	t.Run("of objects that come again", func(t *testing.T) {
		a.want(200, "DELETE", "/schemas/objects/c_ship", nil)
		a.rejected(404, "", "GET", "/schemas/c_ship/activities", nil)
		a.want(201, "POST", "/schemas/objects", `{"name":"Ship","plural":"Ships"}`)
		if n := len(a.want(200, "GET", "/schemas/c_ship/activities", nil).ids()); n != 1 {
			t.Errorf("there are %d activities", n)
		}
	})
	a.rejected(404, "", "GET", "/schemas/c_none/activities", nil)
	a.rejected(400, "", "GET", "/schemas/person/activities?page[limit]=0", nil)
	a.guarded("GET", "/schemas/person/activities", nil)
}
