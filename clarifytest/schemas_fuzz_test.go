package clarifytest_test

import (
	"fmt"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// Whatever is sent to change the schemas, they stay such that they can be read,
// that what was read can be sent back, and that records can be made and found.
func FuzzSchemas(f *testing.F) {
	for _, seed := range []string{
		`{"name":"Boat","plural":"Boats","properties":{"mast":{"type":["number","null"]}}}`,
		`{"$id":"https://getclarify.ai/schemas/entities/c_vehicle","type":"object","title":1,"required":["plate"],"properties":{"plate":{"type":["integer","null"]},"_id":{},"color":{"type":["string","null"],"enum":["blue",null],"xClarifyEnumMetadata":{"blue":{"id":"r"}}}}}`,
		newFields(`{"size":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"enum":["S"]}}}}}`),
		newFields(`{"x y":{"type":"boolean","xClarifyPresentation":{"rank":1e400}},"z":{"type":["array","null"],"items":1,"xClarifyUnique":true}}`),
		newFields(`{"who":{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/personName"},{"type":"null"}]},"people":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"$ref":"https://getclarify.ai/schemas/core/participant"}}}}}`),
		newFields(`{"c_vehicle_id":{"type":["string","null"],"xClarifyPresentation":{"hiddenInDetails":1}},"person_id":{"type":["number","null"]}}`),
		`{"data":{"type":"schema-property-order","attributes":{"order":["plate","color"]}}}`,
		`{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"plate":true}}}}`,
		newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`),
		newRelationship(`"c_vehicle":{"parts":` + toManyEnd("many-to-many", "c_vehicle", "wholes") + `,"wholes":` + toManyEnd("many-to-many", "c_vehicle", "parts") + `}`),
		enumPatch("c_vehicle", `{"color":{"enum":["green"]}}`, `{"color":{"enum":"append"}}`),
		enumPatch("c_vehicle", `{"color":{"enum":["red"]},"tags":{"properties":{"items":{"items":{"enum":["a"]}}}}}`, `{"color":{"enum":"remove"},"tags":{"enum":"remove"}}`),
		enumPatch("c_vehicle", `{"color":{"xClarifyEnumMetadata":{"red":{"id":"","rank":-1,"color":""}}}}`, `{"color":{}}`),
		`{}`, `[]`, `{`, `{"properties":null}`, "\xff",
	} {
		f.Add(seed)
	}
	a, send := fuzzed(f, atOnce)
	a.customObject(`{"plate":{"type":["string","null"],"xClarifyUnique":true},"color":{"type":["string","null"],"enum":["red","blue"]},
		"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}}`)
	ada := a.list("person").ids()[0]
	car := a.create("c_vehicle", fmt.Sprintf(`{"plate":"A","color":"red","tags":{"items":["a","b"]},"person_id":%q,"size":5}`, ada))
	before := a.srv.Snapshot()
	f.Fuzz(func(t *testing.T, body string) {
		for _, target := range []struct{ method, path string }{
			{"POST", "/schemas/objects"},
			{"PUT", "/schemas/objects/c_vehicle"},
			{"PUT", "/schemas/objects/person"},
			{"POST", "/schemas/c_vehicle/properties"},
			{"POST", "/schemas/c_vehicle/relationships"},
			{"PATCH", "/schemas/c_vehicle/fields-order"},
			{"PATCH", "/schemas/c_vehicle/fields-visibility"},
			{"PATCH", "/schemas"},
		} {
			a.srv.Restore(before)
			request := newRequest(t, target.method, a.url+target.path, body)
			request.Header.Set("Content-Type", "application/json")
			if status := send(t, request, 200, 201, 202, 400, 404, 422); status >= 300 {
				continue
			}
			b := *a
			b.t = t
			for _, object := range b.objects() {
				if object != "c_vehicle" && object != "person" {
					continue
				}
				schema := asJSON(t, b.schema(object))
				b.want(200, "PUT", "/schemas/objects/"+object, schema)
				if again := asJSON(t, b.schema(object)); again != schema {
					t.Errorf("%s %s: the schema was %s, and %s once it was sent back", target.method, target.path, schema, again)
				}
				b.want(200, "GET", "/layouts/"+object+"-page", nil)
				b.list(object)
			}
			b.get("c_vehicle", car)
			b.create("company", `{}`)
			if made := b.send("POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{}`)); made.status == 201 {
				b.want(204, "POST", "/objects/c_vehicle/records/"+made.id()+"/merges", mergeBody("c_vehicle", car))
			} else if b.schema("c_vehicle")["required"] == nil {
				t.Errorf("no record can be made: %s", made.raw)
			}
			for _, v := range a.srv.TakeViolations() {
				if v.Where == clarifytest.InResponse {
					t.Error(v)
				}
			}
		}
	})
}
