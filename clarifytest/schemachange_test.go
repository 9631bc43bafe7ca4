package clarifytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// Every change of the schemas, of relationships and of layouts takes silent, and
// rejects what it cannot be.
func TestSilentIsForEveryChange(t *testing.T) {
	for _, test := range []struct{ method, path, body string }{
		{"POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`},
		{"PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`)},
		{"DELETE", "/schemas/objects/c_vehicle", ``},
		{"POST", "/schemas/c_vehicle/properties", newFields(`{"x":{"type":"boolean"}}`)},
		{"PATCH", "/schemas/c_vehicle/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["color"]}}}`},
		{"PATCH", "/schemas/c_vehicle/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"color":true}}}}`},
		{"POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`)},
		{"DELETE", "/schemas/c_vehicle/relationships/drivers", ``},
		{"PATCH", "/schemas", enumPatch("c_vehicle", `{"color":{"enum":["blue"]}}`, `{"color":{"enum":"append"}}`)},
		{"PATCH", "/layouts/deal-page", newLayout("deal-page", pageTree)},
		{"POST", "/layouts/deal-page/reset", ``},
		{"PATCH", "/objects/person/records/<ada>/relationships/deals", members("deal", "<deal>")},
		{"DELETE", "/objects/person/records/<ada>/relationships/deals", members("deal", "<deal>")},
		{"POST", "/objects/person/records/<ada>/merges", mergeBody("person", "<bob>")},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			a := start(t, atOnce)
			a.customObject(`{"color":{"type":["string","null"],"enum":["red"]}}`)
			a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"drivers":`+toManyEnd("many-to-many", "person", "drives")+`}`, `"person":{"drives":`+toManyEnd("many-to-many", "c_vehicle", "drivers")+`}`))
			names := strings.NewReplacer("<ada>", a.create("person", `{}`), "<bob>", a.create("person", `{}`), "<deal>", a.create("deal", `{}`))
			path := names.Replace(test.path)
			var body any
			if test.body != "" {
				body = names.Replace(test.body)
			}
			a.rejected(400, "", test.method, path+"?silent=yes", body)
			if got := a.send(test.method, path+"?silent=true", body); got.status >= 300 {
				t.Errorf("got %d: %s", got.status, got.raw)
			}
		})
	}
}

// Of several changes that are sent at once one is made. The others respond with 409,
// and succeed if they are retried later.
func TestOneOfSeveralChangesAtOnceIsMade(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithSchemaLag(1000, time.Minute))
	pending := []string{"a", "b", "c", "d", "e", "f"}
	for len(pending) > 0 {
		var mu sync.Mutex
		var rejected []string
		var wg sync.WaitGroup
		for _, field := range pending {
			wg.Go(func() {
				got := a.send("POST", "/schemas/task/properties", newFields(fmt.Sprintf(`{%q:{"type":"boolean"}}`, field)))
				mu.Lock()
				defer mu.Unlock()
				switch got.status {
				case http.StatusAccepted:
				case http.StatusConflict:
					rejected = append(rejected, field)
				default:
					t.Errorf("got %d: %s", got.status, got.raw)
				}
			})
		}
		wg.Wait()
		if len(rejected) != len(pending)-1 {
			t.Fatalf("of %d changes at once %d were rejected", len(pending), len(rejected))
		}
		pending = rejected
		c.Add(time.Minute)
	}
	for _, field := range []string{"a", "b", "c", "d", "e", "f"} {
		if a.property("task", field) == "" {
			t.Errorf("there is no field %s", field)
		}
	}
}

// A change that deletes something also deletes what was created while it was in progress.
func TestWhatIsDeletedIsThereUntilThen(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(3, time.Hour), anyAttribute)
	a.customObject(`{"plate":{"type":["string","null"],"xClarifyUnique":true}}`)
	checkTask(t, a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`)))
	id := a.create("c_vehicle", `{"plate":"A"}`)
	a.rejected(400, "/data/attributes/plate", "POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{"plate":"A"}`))
	a.get("c_vehicle", id).equals(`"A"`, "data", "attributes", "plate")
	a.get("c_vehicle", id).lacks("data", "attributes", "plate")
	a.create("c_vehicle", `{"plate":"A"}`)
	a.create("c_vehicle", `{"plate":"A"}`)
}

// A field that is to be unique, and whose values are no more when that is due,
// stays as it was.
func TestAChangeThatCannotBeMadeAnyMoreIsDropped(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(1, time.Hour), anyAttribute)
	a.create("task", `{"title":"Call","code":"x"}`)
	a.want(202, "POST", "/schemas/task/properties", newFields(`{"code":{"type":["string","null"],"xClarifyUnique":true},"size":{"type":"boolean"}}`))
	second := a.create("task", `{"title":"Call","code":"x"}`)
	for _, field := range []string{"code", "size"} {
		if have := a.property("task", field); have != "" {
			t.Errorf("%s is %s", field, have)
		}
	}
	a.create("task", `{"title":"Call","code":"x"}`)
	a.want(204, "DELETE", "/objects/task/records/"+second, nil)
	equal(t, "tasks", a.list("task", "filter[code][Is]", "x").column("code"), []string{"x", "x"})
	a.addFields("task", `{"size":{"type":"boolean"}}`)
}

// Deleted records are listed with the attributes that they had, whatever becomes
// of the fields, options and records that these have to do with.
func TestDeletedRecordsAreListedAsTheyWere(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"]},"color":{"type":["string","null"],"enum":["red","blue"]}}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`))
	ada := a.create("person", `{}`)
	id := a.create("c_vehicle", `{"plate":"A","color":"red","owner_id":"`+ada+`"}`)
	a.want(204, "DELETE", "/objects/c_vehicle/records/"+id, nil)
	before := a.want(200, "GET", "/objects/c_vehicle/deleted-resources", nil)
	before.equals(`"A"`, "data", 0, "attributes", "plate")
	before.equals(`"red"`, "data", 0, "attributes", "color")
	before.equals(`"`+ada+`"`, "data", 0, "attributes", "owner_id")

	a.want(204, "DELETE", "/objects/person/records/"+ada, nil)
	a.want(200, "PATCH", "/schemas", enumPatch("c_vehicle", `{"color":{"enum":["red"]}}`, `{"color":{"enum":"remove"}}`))
	a.want(200, "DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	if after := a.want(200, "GET", "/objects/c_vehicle/deleted-resources", nil); after.raw != before.raw {
		t.Errorf("it was %s and is %s", before.raw, after.raw)
	}
}

// A field that is deleted and made again has no values, and what was unique or
// linked is free.
func TestAFieldThatIsMadeAgainIsEmpty(t *testing.T) {
	a := start(t, atOnce)
	plate := `{"plate":{"type":["string","null"],"xClarifyUnique":true}}`
	a.customObject(plate)
	drivers := newRelationship(`"c_vehicle":{"drivers":`+toManyEnd("many-to-many", "person", "drives")+`}`, `"person":{"drives":`+toManyEnd("many-to-many", "c_vehicle", "drivers")+`}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", drivers)
	ada, car := a.create("person", `{}`), a.create("c_vehicle", `{"plate":"A"}`)
	a.link("c_vehicle", car, "drivers", "person", ada)

	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	a.addFields("c_vehicle", plate)
	a.get("c_vehicle", car).lacks("data", "attributes", "plate")
	a.create("c_vehicle", `{"plate":"A"}`)
	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	a.addFields("c_vehicle", `{"plate":{"type":["number","null"]}}`)
	equal(t, "by a number", a.list("c_vehicle", "filter[plate][Is empty]", "").ids(), a.list("c_vehicle").ids())

	a.want(200, "DELETE", "/schemas/person/relationships/drives", nil)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", drivers)
	equal(t, "drivers", a.linked("c_vehicle", car, "drivers"), nil)
	equal(t, "drives", a.linked("person", ada, "drives"), nil)
}

// Restore puts back the schemas and what their changes took from the records,
// seeded ones too.
func TestRestorePutsBackSchemas(t *testing.T) {
	stage := `{"stage":{"enum":["Lead","Won"]}}`
	for _, test := range []struct {
		name   string
		change func(a *api)
	}{
		{"a field is deleted", func(a *api) {
			schema := a.schema("deal")
			delete(schema["properties"].(map[string]any), "size")
			a.want(200, "PUT", "/schemas/objects/deal", schema)
		}},
		{"an option is removed", func(a *api) {
			a.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"enum":["Won"]}}`, `{"stage":{"enum":"remove"}}`))
		}},
		{"a relationship is deleted", func(a *api) { a.want(200, "DELETE", "/schemas/c_vehicle/relationships/deal_id", nil) }},
		{"a many-to-many one is deleted", func(a *api) { a.want(200, "DELETE", "/schemas/c_vehicle/relationships/teams", nil) }},
		{"an object is deleted", func(a *api) { a.want(200, "DELETE", "/schemas/objects/c_vehicle", nil) }},
		{"an object is made", func(a *api) { a.want(201, "POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`) }},
		{"a field is no more unique", func(a *api) {
			a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{"plate":{"type":["string","null"]}}}`))
			a.create("c_vehicle", `{"plate":"A"}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, atOnce, clarifytest.WithSeed(1))
			a.want(200, "PATCH", "/schemas", enumPatch("deal", stage, `{"stage":{"enum":"append"}}`))
			a.addFields("deal", `{"size":{"type":["number","null"]}}`)
			a.customObject(`{"plate":{"type":["string","null"],"xClarifyUnique":true}}`)
			a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"deal_id":`+manyToOneEnd("deal", "vehicles")+`}`, `"deal":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "deal_id")+`}`))
			a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"teams":`+toManyEnd("many-to-many", "deal", "cars")+`}`, `"deal":{"cars":`+toManyEnd("many-to-many", "c_vehicle", "teams")+`}`))
			a.srv.Seed(t, 20)
			deal := a.create("deal", `{"size":5,"stage":"Won"}`)
			car := a.create("c_vehicle", `{"plate":"A","deal_id":"`+deal+`"}`)
			a.link("c_vehicle", car, "teams", "deal", deal)
			contents := func() string {
				return a.schemas() + a.list("deal", "include", "vehicles,cars").raw +
					a.list("c_vehicle", "include", "deal_id,teams").raw + a.want(200, "GET", "/layouts/deal-page", nil).raw
			}
			before, schemas, snapshot := contents(), a.schemas(), a.srv.Snapshot()
			for range 2 {
				test.change(a)
				if a.schemas() == schemas {
					t.Error("the schemas did not change")
				}
				a.srv.Restore(snapshot)
				if after := contents(); after != before {
					t.Errorf("there was\n%s\nand is\n%s", before, after)
				}
				a.rejected(400, "/data/attributes/plate", "POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{"plate":"A"}`))
			}
		})
	}
}
