package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
)

func manyToOneEnd(object, field string) string {
	return fmt.Sprintf(`{"title":"One","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":%q,"field":%q}}`, object, field)
}

func toManyEnd(kind, object, field string) string {
	return fmt.Sprintf(`{"title":"Many","oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":%q,"entity":%q,"field":%q}}`, kind, object, field)
}

func newRelationship(ends ...string) string {
	return `{"data":{"type":"relationship","attributes":{` + strings.Join(ends, ",") + `}}}`
}

func TestRelationshipsBetweenObjects(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships?silent=true", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`)).equals(`{}`)
	if have, want := a.property("person", "vehicles"), `{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/collectionOfIds"},{"type":"null"}],"title":"Many","xClarifyPresentation":{"rank":12},"xClarifyRelationship":{"entity":"c_vehicle","field":"owner_id","kind":"one-to-many"}}`; have != want {
		t.Errorf("the field is %s, want %s", have, want)
	}
	ada, bob := a.create("person", `{"job_title":"Analyst"}`), a.create("person", `{}`)
	car := a.create("c_vehicle", `{"owner_id":"`+ada+`"}`)
	van := a.create("c_vehicle", `{}`)
	equal(t, "vehicles", a.linked("person", ada, "vehicles"), []string{car})
	a.get("c_vehicle", car).equals(`{"owner_id":{"data":{"id":"`+ada+`","type":"person"}}}`, "data", "relationships")
	a.rejected(422, "/data/attributes/owner_id", "POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{"owner_id":"nobody"}`))
	a.rejected(422, "/data/attributes/vehicles", "POST", "/objects/person/records", oneRecord("person", `{"vehicles":[]}`))
	equal(t, "by a field of the owner", a.list("c_vehicle", "filter[c_vehicle.owner_id.job_title][Is]", "Analyst").ids(), []string{car})
	a.link("person", ada, "vehicles", "c_vehicle", van)
	equal(t, "added", a.linked("person", ada, "vehicles"), []string{car, van})
	included := a.want(200, "GET", "/objects/person/resources/"+ada+"?include=vehicles", nil)
	included.equals(`{"data":[{"id":"`+car+`","type":"c_vehicle"},{"id":"`+van+`","type":"c_vehicle"}],"meta":{"count":2}}`, "data", "relationships", "vehicles")
	a.want(200, "GET", "/objects/c_vehicle/resources/"+car+"?include=owner_id", nil).equals(`"`+ada+`"`, "included", 0, "id")
	made := a.want(201, "POST", "/objects/c_vehicle/resources", `{"data":{"type":"c_vehicle","attributes":{},"relationships":{"owner_id":{"data":{"type":"person","id":"`+bob+`"}}}}}`)
	equal(t, "made with it", a.linked("person", bob, "vehicles"), []string{made.id()})
	a.want(204, "POST", "/objects/person/records/"+bob+"/merges", mergeBody("person", ada))
	equal(t, "merged", a.linked("person", bob, "vehicles"), []string{car, van, made.id()})

	t.Run("of an object with itself", func(t *testing.T) {
		a := *a
		a.t = t
		a.want(202, "POST", "/schemas/person/relationships", newRelationship(`"person":{"mentors":`+toManyEnd("many-to-many", "person", "mentees")+`,"mentees":`+toManyEnd("many-to-many", "person", "mentors")+`}`))
		cat := a.create("person", `{}`)
		a.link("person", bob, "mentors", "person", cat, bob)
		equal(t, "mentors", a.linked("person", bob, "mentors"), []string{cat, bob})
		equal(t, "mentees", a.linked("person", bob, "mentees"), []string{bob})
		equal(t, "of the other one", a.linked("person", cat, "mentees"), []string{bob})
		a.link("person", bob, "mentees", "person", cat)
		equal(t, "mentors after that", a.linked("person", bob, "mentors"), []string{cat})
		equal(t, "of the other one after that", a.linked("person", cat, "mentors"), []string{bob})
		a.want(204, "POST", "/objects/person/records/"+bob+"/merges", mergeBody("person", cat))
		equal(t, "one who was merged", a.linked("person", bob, "mentors"), nil)
	})

	t.Run("deleted", func(t *testing.T) {
		a := *a
		a.t = t
		checkTask(t, a.want(200, "DELETE", "/schemas/person/relationships/vehicles?silent=true", nil))
		expect(t, "person.vehicles", a.property("person", "vehicles"), "")
		expect(t, "c_vehicle.owner_id", a.property("c_vehicle", "owner_id"), "")
		got := a.get("c_vehicle", car)
		got.lacks("data", "attributes", "owner_id")
		got.lacks("data", "relationships")
		a.rejected(404, "", "GET", relationshipPath("person", bob, "vehicles"), nil)
		a.rejected(404, "", "DELETE", "/schemas/person/relationships/vehicles", nil)
		checkTask(t, a.want(200, "DELETE", "/schemas/person/relationships/mentors", nil))
		if a.property("person", "mentees") != "" {
			t.Error("the other end is still there")
		}
	})
}

func TestLinksThatAreNotMerged(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{}`)
	apart := func(end string) string { return strings.Replace(end, `"field":`, `"mergeable":false,"field":`, 1) }
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+apart(manyToOneEnd("person", "vehicles"))+`}`, `"person":{"vehicles":`+apart(toManyEnd("one-to-many", "c_vehicle", "owner_id"))+`}`))
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"drivers":`+apart(toManyEnd("many-to-many", "person", "drives"))+`}`, `"person":{"drives":`+apart(toManyEnd("many-to-many", "c_vehicle", "drivers"))+`}`))
	ada, bob := a.create("person", `{}`), a.create("person", `{}`)
	car := a.create("c_vehicle", `{"owner_id":"`+ada+`"}`)
	a.link("c_vehicle", car, "drivers", "person", ada)
	a.want(204, "POST", "/objects/person/records/"+bob+"/merges", mergeBody("person", ada))
	for _, name := range []string{"vehicles", "drives"} {
		equal(t, name, a.linked("person", bob, name), nil)
	}
	equal(t, "owner", a.linked("c_vehicle", car, "owner_id"), nil)
	equal(t, "drivers", a.linked("c_vehicle", car, "drivers"), nil)
}

func TestRelationshipsBetweenObjectsReject(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	before := a.schemas()
	owner, vehicles := manyToOneEnd("person", "vehicles"), toManyEnd("one-to-many", "c_vehicle", "owner_id")
	good := newRelationship(`"c_vehicle":{"owner_id":`+owner+`}`, `"person":{"vehicles":`+vehicles+`}`)
	const at = "/data/attributes"
	for _, test := range []struct {
		name    string
		body    string
		pointer string
	}{
		{"one end", newRelationship(`"c_vehicle":{"owner_id":` + owner + `}`), at},
		{"three ends", newRelationship(`"c_vehicle":{"owner_id":`+owner+`,"x_id":`+owner+`}`, `"person":{"vehicles":`+vehicles+`}`), at},
		{"an unknown object", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("c_none", "vehicles")+`}`, `"c_none":{"vehicles":`+vehicles+`}`), at + "/c_none/vehicles"},
		{"a field that is there", newRelationship(`"c_vehicle":{"plate":`+owner+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "plate")+`}`), at + "/c_vehicle/plate"},
		{"a system field", newRelationship(`"c_vehicle":{"_owner":`+owner+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "_owner")+`}`), at + "/c_vehicle/_owner"},
		{"ends that do not meet", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "cars")+`}`, `"person":{"vehicles":`+vehicles+`}`), at + "/c_vehicle/owner_id/xClarifyRelationship"},
		{"kinds that do not go together", newRelationship(`"c_vehicle":{"owner_id":`+owner+`}`, `"person":{"vehicles":`+toManyEnd("many-to-many", "c_vehicle", "owner_id")+`}`), at + "/c_vehicle/owner_id/xClarifyRelationship/kind"},
		{"neither end at the object", newRelationship(`"deal":{"buyer_id":`+manyToOneEnd("person", "bought")+`}`, `"person":{"bought":`+toManyEnd("one-to-many", "deal", "buyer_id")+`}`), at},
		{"no type", strings.Replace(good, `"type":["string","null"],`, ``, 1), at + "/c_vehicle/owner_id"},
		{"no oneOf", strings.Replace(good, `"oneOf":[{"type":"array"}],`, ``, 1), at + "/person/vehicles"},
		{"an unknown kind", strings.Replace(good, `many-to-one`, `one-to-one`, 1), at + "/c_vehicle/owner_id/xClarifyRelationship/kind"},
		{"another member", strings.Replace(good, `"title":"One"`, `"title":"One","enum":[]`, 1), at + "/c_vehicle/owner_id"},
		{"no title", strings.Replace(good, `"title":"One",`, ``, 1), at + "/c_vehicle/owner_id/title"},
		{"another type of the request", strings.Replace(good, `"relationship"`, `"x"`, 1), "/data/type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(422, test.pointer, "POST", "/schemas/c_vehicle/relationships", test.body)
			if after := b.schemas(); after != before {
				t.Errorf("the schemas were %s and are %s", before, after)
			}
		})
	}
	a.rejected(400, "", "POST", "/schemas/c_vehicle/relationships", `{`)
	a.rejected(400, "", "POST", "/schemas/c_vehicle/relationships?silent=x", good)
	a.rejected(404, "", "POST", "/schemas/c_none/relationships", good)
	a.elsewhere().rejected(404, "", "POST", "/schemas/c_vehicle/relationships", good)
	a.guarded("POST", "/schemas/c_vehicle/relationships", good)

	for path, status := range map[string]int{
		"/schemas/person/relationships/deals":         422,
		"/schemas/person/relationships/nothing":       404,
		"/schemas/person/relationships/job_title":     404,
		"/schemas/c_none/relationships/owner_id":      404,
		"/schemas/person/relationships/deals?silent=": 400,
	} {
		a.rejected(status, "", "DELETE", path, nil)
	}
	a.guarded("DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
	a.elsewhere().rejected(404, "", "DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
}
