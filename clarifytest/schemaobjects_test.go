package clarifytest_test

import (
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestCustomObjects(t *testing.T) {
	a := start(t, clarifytest.WithQuirkCustomObjectPatch(false))
	got := a.want(201, "POST", "/schemas/objects?silent=true", `{"name":"Road Vehicle","plural":"Road Vehicles","description":"With wheels","icon":"Car","backgroundColor":"sky",
		"properties":{"plate":{"type":["string","null"],"title":"Number plate","xClarifyUnique":true},"wheels":{"type":["integer","null"]}}}`)
	got.equals(`"https://getclarify.ai/schemas/entities/c_road_vehicle"`, "data", "id")
	got.equals(`"schema"`, "data", "type")
	got.equals(`"https://getclarify.ai/schemas/entities/c_road_vehicle"`, "data", "attributes", "$id")
	got.equals(`{"plural":"Road Vehicles","singular":"Road Vehicle"}`, "data", "attributes", "xClarifyLabel")
	got.equals(`"Road Vehicle"`, "data", "attributes", "title")
	got.equals(`"With wheels"`, "data", "attributes", "description")
	got.equals(`{"title":"Number plate","type":["string","null"],"xClarifyPresentation":{"rank":1},"xClarifyUnique":true}`, "data", "attributes", "properties", "plate")
	equal(t, "objects", a.objects(), append(standardObjects, "c_road_vehicle"))
	if have, want := asJSON(t, a.schema("c_road_vehicle")), asJSON(t, got.at("data", "attributes")); have != want {
		t.Errorf("the list has %s, the response was %s", have, want)
	}
	equal(t, "another workspace", a.elsewhere().objects(), standardObjects)
	a.elsewhere().rejected(404, "", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{}`))

	t.Run("have records", func(t *testing.T) {
		a := *a
		a.t = t
		first := a.create("c_road_vehicle", `{"plate":"A 1","wheels":4}`)
		second := a.want(201, "POST", "/objects/c_road_vehicle/resources", oneRecord("c_road_vehicle", `{"plate":"B 2"}`)).id()
		a.rejected(400, "/data/attributes/plate", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{"plate":"A 1"}`))
		a.rejected(422, "/data/attributes/wheels", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{"wheels":3.5}`))
		upserted := a.want(201, "POST", "/objects/c_road_vehicle/records", `{"data":{"type":"c_road_vehicle","attributes":{"plate":"A 1","wheels":3}},"match_on":"plate"}`)
		if upserted.id() != first {
			t.Error("match_on made another record")
		}
		a.rejected(422, "/match_on", "POST", "/objects/c_road_vehicle/records", `{"data":{"type":"c_road_vehicle","attributes":{"wheels":3}},"match_on":"wheels"}`)
		a.patch(200, "c_road_vehicle", second, `{"wheels":2}`, "").equals(`2`, "data", "attributes", "wheels")
		a.want(200, "PATCH", "/objects/c_road_vehicle/records", `{"data":[{"type":"c_road_vehicle","id":"`+second+`","attributes":{"plate":"C 3"}}]}`)
		equal(t, "filtered", a.list("c_road_vehicle", "filter[wheels][Less than]", "3").ids(), []string{second})
		equal(t, "sorted", a.list("c_road_vehicle", "sortOrder[column]", "plate", "sortOrder[dir]", "DESC").column("plate"), []string{"C 3", "A 1"})
		a.want(204, "POST", "/objects/c_road_vehicle/records/"+second+"/merges", mergeBody("c_road_vehicle", first))
		a.want(204, "DELETE", "/objects/c_road_vehicle/records/"+second, nil)
		equal(t, "deleted", a.want(200, "GET", "/objects/c_road_vehicle/deleted-resources", nil).ids(), []string{first, second})
	})
}

func TestTheQuirkOfASinglePatch(t *testing.T) {
	a := start(t)
	a.customObject(`{"wheels":{"type":["number","null"]}}`)
	id := a.create("c_vehicle", `{"wheels":4}`)
	change := `{"type":"c_vehicle","id":"` + id + `","attributes":{"wheels":3}}`
	a.rejected(500, "", "PATCH", "/objects/c_vehicle/records/"+id, `{"data":`+change+`}`)
	a.get("c_vehicle", id).equals(`4`, "data", "attributes", "wheels")
	a.want(200, "PATCH", "/objects/c_vehicle/records", `{"data":[`+change+`]}`)
	a.get("c_vehicle", id).equals(`3`, "data", "attributes", "wheels")
}

func TestCustomObjectsReject(t *testing.T) {
	a := start(t)
	a.customObject(`{}`)
	for _, test := range []struct {
		name    string
		body    string
		status  int
		pointer string
	}{
		{"a name that is taken", `{"name":"vehicle","plural":"Vehicles"}`, 400, "/name"},
		{"no name", `{"plural":"Vehicles"}`, 422, "/name"},
		{"an empty name", `{"name":"","plural":"x"}`, 422, "/name"},
		{"a name without letters", `{"name":"--","plural":"x"}`, 422, "/name"},
		{"a long name", `{"name":"` + strings.Repeat("x", 33) + `","plural":"x"}`, 422, "/name"},
		{"no plural", `{"name":"Boat"}`, 422, "/plural"},
		{"a long description", `{"name":"Boat","plural":"Boats","description":"` + strings.Repeat("x", 257) + `"}`, 422, "/description"},
		{"an empty plural", `{"name":"Boat","plural":""}`, 422, "/plural"},
		{"a long plural", `{"name":"Boat","plural":"` + strings.Repeat("x", 33) + `"}`, 422, "/plural"},
		{"a system field", `{"name":"Boat","plural":"Boats","properties":{"_mast":{"type":["number","null"]}}}`, 422, "/properties/_mast"},
		{"a relationship", `{"name":"Boat","plural":"Boats","properties":{"owner_id":` + manyToOneEnd("person", "boats") + `}}`, 422, "/properties/owner_id/xClarifyRelationship"},
		{"a field that is no schema", `{"name":"Boat","plural":"Boats","properties":{"mast":"number"}}`, 422, "/properties/mast"},
		{"an unknown icon", `{"name":"Boat","plural":"Boats","icon":"Boat"}`, 422, "/icon"},
		{"an unknown color", `{"name":"Boat","plural":"Boats","backgroundColor":"black"}`, 422, "/backgroundColor"},
		{"a bad field", `{"name":"Boat","plural":"Boats","properties":{"mast":{"type":"string"}}}`, 422, "/properties/mast/type"},
		{"malformed JSON", `{`, 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "POST", "/schemas/objects", test.body)
			equal(t, "objects", b.objects(), append(standardObjects, "c_vehicle"))
		})
	}
	a.rejected(400, "", "POST", "/schemas/objects?silent=x", `{"name":"Boat","plural":"Boats"}`)
	a.guarded("POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`)
}

func TestDeleteACustomObject(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	a.customObject(`{}`)
	finished := func() { a.objects(); a.objects() }
	a.want(202, "POST", "/schemas/person/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`))
	finished()
	a.want(202, "POST", "/schemas/deal/relationships", newRelationship(`"c_vehicle":{"deals":`+toManyEnd("many-to-many", "deal", "vehicles")+`}`, `"deal":{"vehicles":`+toManyEnd("many-to-many", "c_vehicle", "deals")+`}`))
	finished()
	ada, deal := a.create("person", `{}`), a.create("deal", `{}`)
	vehicle := a.create("c_vehicle", `{"owner_id":"`+ada+`"}`)
	a.link("c_vehicle", vehicle, "deals", "deal", deal)

	checkTask(t, a.want(200, "DELETE", "/schemas/objects/c_vehicle?silent=true", nil))
	a.get("c_vehicle", vehicle)
	a.want(404, "GET", "/objects/c_vehicle/records/"+vehicle, nil)
	equal(t, "objects", a.objects(), standardObjects)
	for _, test := range []struct{ object, field string }{{"person", "vehicles"}, {"deal", "vehicles"}} {
		if have := a.property(test.object, test.field); have != "" {
			t.Errorf("%s still has %s", test.object, have)
		}
	}
	a.get("deal", deal).lacks("data", "relationships")
	a.rejected(404, "", "GET", "/objects/c_vehicle/deleted-resources", nil)

	a.customObject(`{}`)
	equal(t, "records of a new object of the name", a.list("c_vehicle").ids(), nil)

	a.rejected(422, "", "DELETE", "/schemas/objects/person", nil)
	a.rejected(404, "", "DELETE", "/schemas/objects/c_none", nil)
	a.rejected(400, "", "DELETE", "/schemas/objects/c_vehicle?silent=x", nil)
	a.guarded("DELETE", "/schemas/objects/c_vehicle", nil)
	a.elsewhere().rejected(404, "", "DELETE", "/schemas/objects/c_vehicle", nil)
}
