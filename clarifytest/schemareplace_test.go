package clarifytest_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestReplaceASchema(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), atOnce)
	a.customObject(`{
		"plate":{"type":["string","null"],"title":"Plate","xClarifyUnique":true},
		"weight":{"type":["string","null"]},
		"color":{"type":["string","null"],"enum":["red","blue","green"],"xClarifyEnumMetadata":{"red":{"id":"r","rank":1,"color":"red"},"blue":{"id":"b","rank":2,"color":"blue"}}},
		"gone":{"type":"boolean"}}`)
	one := a.create("c_vehicle", `{"plate":"A","weight":"1.5","color":"red","gone":true}`)
	two := a.create("c_vehicle", `{"plate":"B","weight":"heavy","color":"green"}`)
	three := a.create("c_vehicle", `{"color":"blue"}`)
	four := a.create("c_vehicle", `{"plate":"D"}`)
	c.Add(time.Second)

	checkTask(t, a.want(200, "PUT", "/schemas/objects/c_vehicle?silent=true", `{
		"$id":"https://getclarify.ai/schemas/entities/c_vehicle","type":"object","title":"Car","xClarifyLabel":{"singular":"Car","plural":"Cars"},
		"properties":{
			"plate":{"type":["string","null"],"title":"Number plate"},
			"weight":{"type":["number","null"]},
			"color":{"type":["string","null"],"enum":["crimson","blue"],"xClarifyEnumMetadata":{"crimson":{"id":"r","rank":1,"color":"red"},"blue":{"id":"b","rank":2,"color":"blue"}}},
			"doors":{"type":["integer","null"]}}}`))

	schema := asJSON(t, a.schema("c_vehicle"))
	for _, part := range []string{`"title":"Car"`, `"xClarifyLabel":{"plural":"Cars","singular":"Car"}`, `"title":"Number plate"`, `"doors":{"type":["integer","null"],"xClarifyPresentation":{"rank":5}}`, `"_id":`} {
		if !strings.Contains(schema, part) {
			t.Errorf("%s is not in %s", part, schema)
		}
	}
	for _, part := range []string{"gone", "xClarifyUnique"} {
		if strings.Contains(schema, part) {
			t.Errorf("the schema has %s still: %s", part, schema)
		}
	}
	got := a.get("c_vehicle", one)
	got.equals(`null`, "data", "attributes", "weight")
	got.equals(`"crimson"`, "data", "attributes", "color")
	got.lacks("data", "attributes", "gone")
	got.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	a.get("c_vehicle", two).equals(`null`, "data", "attributes", "color")
	unchanged := a.get("c_vehicle", three)
	unchanged.equals(`"blue"`, "data", "attributes", "color")
	unchanged.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	a.want(200, "PATCH", "/objects/c_vehicle/records", `{"data":[{"type":"c_vehicle","id":"`+four+`","attributes":{"plate":"A"}}]}`)

	t.Run("what was read may be sent", func(t *testing.T) {
		b := *a
		b.t = t
		for _, object := range append(standardObjects, "c_vehicle") {
			before := asJSON(t, b.schema(object))
			b.want(200, "PUT", "/schemas/objects/"+object, b.schema(object))
			if after := asJSON(t, b.schema(object)); after != before {
				t.Errorf("%s was %s and is %s", object, before, after)
			}
		}
		b.get("c_vehicle", three).equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	})
	a.guarded("PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	a.elsewhere().rejected(404, "", "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
}

func TestReplacingASchemaRejects(t *testing.T) {
	a := start(t, atOnce)
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	a.want(202, "POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`))
	before := a.schemas()
	allBut := func(field string) string {
		properties := maps.Clone(a.schema("meeting")["properties"].(map[string]any))
		delete(properties, field)
		text := asJSON(t, properties)
		return text[1 : len(text)-1]
	}
	for _, test := range []struct {
		name    string
		object  string
		body    string
		status  int
		pointer string
	}{
		{"no $id", "c_vehicle", `{"type":"object","properties":{}}`, 422, "/$id"},
		{"the $id of another object", "c_vehicle", `{"$id":"https://getclarify.ai/schemas/entities/person","properties":{}}`, 422, "/$id"},
		{"the $id of a definition", "c_vehicle", `{"$id":"https://getclarify.ai/schemas/core/c_vehicle","properties":{}}`, 422, "/$id"},
		{"an $id that ends like it", "c_vehicle", `{"$id":"https://getclarify.ai/schemas/entities/xc_vehicle","properties":{}}`, 422, "/$id"},
		{"an $id that is the name", "c_vehicle", `{"$id":"c_vehicle","properties":{}}`, 422, "/$id"},
		{"no properties", "c_vehicle", withID("c_vehicle", `{}`), 422, "/properties"},
		{"a reference to no definition", "c_vehicle", `{"properties":{"x":{"oneOf":[{"type":"null"},{"$ref":"https://getclarify.ai/schemas/core/none"}]}}}`, 422, "/properties/x/oneOf/1/$ref"},
		{"two definitions", "c_vehicle", `{"properties":{"x":{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/richText"},{"$ref":"https://getclarify.ai/schemas/core/personName"}]}}}`, 422, "/properties/x/type"},
		{"a definition without null", "c_vehicle", `{"properties":{"x":{"$ref":"https://getclarify.ai/schemas/core/richText"}}}`, 422, "/properties/x/type"},
		{"another system field in the form of the list", "c_vehicle", `{"properties":{"_created_at":{"type":"object","title":"x"}}}`, 422, "/properties/_created_at"},
		{"an $id that is no text", "c_vehicle", `{"$id":1,"properties":{}}`, 422, "/$id"},
		{"another type", "c_vehicle", `{"type":"array","properties":{}}`, 422, "/type"},
		{"required fields that are no array", "c_vehicle", withID("c_vehicle", `{"required":"plate","properties":{}}`), 422, "/required"},
		{"a required field that is no name", "c_vehicle", withID("c_vehicle", `{"required":["plate",null],"properties":{}}`), 422, "/required"},
		{"a bad field", "c_vehicle", `{"properties":{"x":{"type":"string"}}}`, 422, "/properties/x/type"},
		{"a field that is no object", "c_vehicle", `{"properties":{"plate":null}}`, 422, "/properties/plate"},
		{"a new system field", "c_vehicle", `{"properties":{"_x":{"type":["string","null"]}}}`, 422, "/properties/_x"},
		{"another system field", "c_vehicle", `{"properties":{"_id":{"type":"number"}}}`, 422, "/properties/_id"},
		{"a new relationship", "c_vehicle", `{"properties":{"boat_id":` + manyToOneEnd("person", "boats") + `}}`, 422, "/properties/boat_id/xClarifyRelationship"},
		{"another relationship", "c_vehicle", `{"properties":{"owner_id":` + manyToOneEnd("company", "vehicles") + `}}`, 422, "/properties/owner_id/xClarifyRelationship"},
		{"a field of every workspace that is left out", "meeting", `{"properties":{` + allBut("participants") + `}}`, 422, "/properties"},
		{"a field of every workspace with another type", "meeting", `{"properties":{"participants":{"type":["string","null"]},` + allBut("participants") + `}}`, 422, "/properties/participants"},
		{"malformed JSON", "c_vehicle", `{`, 400, ""},
		{"an unknown object", "c_none", `{"properties":{}}`, 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			if strings.HasPrefix(test.body, `{"properties"`) || strings.HasPrefix(test.body, `{"type":"array"`) {
				test.body = withID(test.object, test.body)
			}
			b.rejected(test.status, test.pointer, "PUT", "/schemas/objects/"+test.object, test.body)
			if after := b.schemas(); after != before {
				t.Errorf("the schemas were %s and are %s", before, after)
			}
		})
	}
	a.create("c_vehicle", `{"plate":"A"}`)
	a.create("c_vehicle", `{"plate":"A"}`)
	a.rejected(400, "", "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{"plate":{"type":["string","null"],"xClarifyUnique":true}}}`))
	a.rejected(400, "", "PUT", "/schemas/objects/c_vehicle?silent=x", withID("c_vehicle", `{"properties":{}}`))

	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	for _, kept := range []string{"owner_id", "_id"} {
		if a.property("c_vehicle", kept) == "" {
			t.Errorf("the schema lost %s: %v", kept, a.schema("c_vehicle"))
		}
	}
	expect(t, "plate", a.property("c_vehicle", "plate"), "")
}

func TestCustomFieldsOfAStandardObjectCanBeDeleted(t *testing.T) {
	a := start(t, atOnce)
	a.addFields("meeting", `{"room":{"type":["string","null"]}}`)
	id := a.create("meeting", `{"room":"1"}`)
	schema := a.schema("meeting")
	delete(schema["properties"].(map[string]any), "room")
	a.want(200, "PUT", "/schemas/objects/meeting", schema)
	a.get("meeting", id).lacks("data", "attributes", "room")
}
