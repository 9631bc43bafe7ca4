package clarifytest_test

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// atOnce has changes of the schemas made before they are answered.
var atOnce = clarifytest.WithSchemaLag(0, 0)

const (
	entities = "https://getclarify.ai/schemas/entities/"
	core     = "https://getclarify.ai/schemas/core/"
)

// eachSchema reads the schemas of all pages until visit returns false.
func (a *api) eachSchema(visit func(id string, attributes map[string]any) bool) {
	a.t.Helper()
	for target := "/schemas"; target != ""; {
		got := a.want(200, "GET", target, nil)
		for i, id := range got.ids() {
			if !visit(id, got.at("data", i, "attributes").(map[string]any)) {
				return
			}
		}
		target, _ = got.at("links", "next").(string)
	}
}

// schema returns the JSON Schema of an object.
func (a *api) schema(object string) (found map[string]any) {
	a.t.Helper()
	a.eachSchema(func(id string, attributes map[string]any) bool {
		if id == entities+object {
			found = attributes
		}
		return found == nil
	})
	return found
}

// schemas returns all schemas as JSON.
func (a *api) schemas() string {
	a.t.Helper()
	var all []any
	a.eachSchema(func(_ string, attributes map[string]any) bool {
		all = append(all, attributes)
		return true
	})
	return asJSON(a.t, all)
}

// withID is the JSON Schema of an object with its $id.
func withID(object, schema string) string {
	return strings.Replace(fmt.Sprintf(`{"$id":%q,`, entities+object)+schema[1:], ",}", "}", 1)
}

// property returns the JSON Schema of a field as JSON, empty if there is none.
func (a *api) property(object, field string) string {
	a.t.Helper()
	properties, _ := a.schema(object)["properties"].(map[string]any)
	if properties[field] == nil {
		return ""
	}
	return asJSON(a.t, properties[field])
}

// objects returns the names of the objects that have records.
func (a *api) objects() []string {
	a.t.Helper()
	var names []string
	a.eachSchema(func(id string, _ map[string]any) bool {
		if name, ok := strings.CutPrefix(id, entities); ok && name != "user" && name != "meeting_recording" {
			names = append(names, name)
		}
		return true
	})
	return names
}

// customObject makes an object c_vehicle with the fields.
func (a *api) customObject(properties string) {
	a.t.Helper()
	a.want(201, "POST", "/schemas/objects", `{"name":"Vehicle","plural":"Vehicles","properties":`+properties+`}`)
}

func newFields(fields string) string {
	return `{"data":{"type":"schema-properties","attributes":` + fields + `}}`
}

func (a *api) addFields(object, fields string) {
	a.t.Helper()
	a.want(202, "POST", "/schemas/"+object+"/properties", newFields(fields)).equals(`{}`)
}

var standardObjects = []string{"person", "company", "deal", "meeting", "task"}

// The schemas come as docs/live-api.md has them, L2 and S1 to S4.
func TestGetSchemas(t *testing.T) {
	a := start(t)
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	equal(t, "objects", a.objects(), append(slices.Clone(standardObjects), "c_vehicle"))
	all := map[string]map[string]any{}
	pages, custom := 0, 0
	for target := "/schemas"; target != ""; pages++ {
		got := a.want(200, "GET", target, nil)
		got.lacks("meta")
		for i, id := range got.ids() {
			got.equals(`"schema"`, "data", i, "type")
			got.equals(`"`+id+`"`, "data", i, "attributes", "$id")
			got.at("data", i, "attributes", "$schema")
			if all[id] != nil {
				t.Errorf("%s is there twice", id)
			}
			all[id] = got.at("data", i, "attributes").(map[string]any)
			if id == entities+"c_vehicle" {
				custom = pages
			}
		}
		target, _ = got.at("links", "next").(string)
		if target != "" && !strings.HasPrefix(target, a.url+"/schemas?cursor=") {
			t.Errorf("the next page is at %s", target)
		}
	}
	if pages < 2 || custom == 0 {
		t.Errorf("there are %d pages, and the custom object is on page %d", pages, custom)
	}
	for _, object := range append(slices.Clone(standardObjects), "user", "meeting_recording", "c_vehicle") {
		schema := all[entities+object]
		if schema["xClarifyNamespace"] != "objects" || schema["type"] != "object" || schema["title"] == "" || schema["xClarifyLabel"].(map[string]any)["plural"] == "" {
			t.Errorf("%s is %v", object, schema)
		}
		for _, field := range []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"} {
			if schema["properties"].(map[string]any)[field] == nil {
				t.Errorf("%s has no %s", object, field)
			}
		}
	}
	for _, name := range append(slices.Clone(standardObjects), "personName", "collectionOfStrings", "collectionOfIds") {
		if schema := all[core+name]; schema["xClarifyNamespace"] != "core" || schema["title"] != name {
			t.Errorf("core/%s is %v", name, schema)
		}
	}
	for path, want := range map[string]string{
		"person name":            `{"oneOf":[{"type":"null"},{"$ref":"https://getclarify.ai/schemas/core/personName"}],"title":"Name","xClarifyPresentation":{"rank":1},"xClarifyPrimary":true}`,
		"person company_id":      `{"title":"Company","type":["string","null"],"xClarifyPresentation":{"rank":8},"xClarifyRelationship":{"entity":"company","field":"people","kind":"many-to-one"}}`,
		"person labels":          `{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/collectionOfStrings"},{"type":"null"}],"title":"Labels","xClarifyPresentation":{"rank":7}}`,
		"person email_addresses": `{"oneOf":[{"type":"null"},{"$ref":"https://getclarify.ai/schemas/core/collectionOfEmails"}],"title":"Email addresses","xClarifyPresentation":{"rank":2},"xClarifyUnique":true}`,
		"person _created_at":     `{"format":"date-time","readOnly":true,"title":"Created at","type":"object"}`,
		"person _updated_at":     `{"format":"date-time","readOnly":true,"title":"Updated at","type":"string"}`,
		"company people":         `{"oneOf":[{"$ref":"https://getclarify.ai/schemas/core/collectionOfIds"},{"type":"null"}],"title":"People","xClarifyPresentation":{"rank":7},"xClarifyRelationship":{"entity":"person","field":"company_id","kind":"one-to-many"}}`,
		"deal stage":             `{"enum":["Lead","Qualified","Proposal","Won","Lost"],"title":"Stage","type":["string","null"],"xClarifyEnumMetadata":{"Lead":{"color":"neutral","id":"lead","rank":1},"Lost":{"color":"red","id":"lost","rank":5},"Proposal":{"color":"amber","id":"proposal","rank":3},"Qualified":{"color":"sky","id":"qualified","rank":2},"Won":{"color":"green","id":"won","rank":4}},"xClarifyPresentation":{"rank":3}}`,
		"meeting participants":   `{"properties":{"items":{"items":{"$ref":"https://getclarify.ai/schemas/core/participant"},"type":"array"}},"title":"Participants","type":["object","null"],"xClarifyPresentation":{"rank":8}}`,
		"task title":             `{"title":"Title","type":"string","xClarifyPresentation":{"rank":1},"xClarifyPrimary":true}`,
	} {
		object, field, _ := strings.Cut(path, " ")
		for _, id := range []string{entities + object, core + object} {
			if have := asJSON(t, all[id]["properties"].(map[string]any)[field]); have != want {
				t.Errorf("%s of %s is %s, want %s", field, id, have, want)
			}
		}
	}
	if have := asJSON(t, all[entities+"task"]["required"]); have != `["title"]` {
		t.Errorf("of a task are required: %s", have)
	}
	a.guarded("GET", "/schemas", nil)
}

// Every reference leads to a schema of some page, and what the workspace adds is in
// the entities only.
func TestSchemasReferToWhatIsThere(t *testing.T) {
	a := start(t, atOnce)
	a.addFields("person", `{"tier":{"type":["string","null"],"enum":["A"]}}`)
	all := map[string]map[string]any{}
	a.eachSchema(func(id string, attributes map[string]any) bool {
		all[id] = attributes
		return true
	})
	references := regexp.MustCompile(`"\$ref":"([^"]*)"`)
	found := map[string]bool{}
	for id, schema := range all {
		for _, reference := range references.FindAllStringSubmatch(asJSON(t, schema), -1) {
			found[reference[1]] = true
			if all[reference[1]] == nil {
				t.Errorf("%s refers to %s, which is not there", id, reference[1])
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		if has := properties["tier"] != nil; has != (id == entities+"person") {
			t.Errorf("that %s has the field is %t", id, has)
		}
	}
	if len(found) < 5 {
		t.Errorf("only %v are referred to", found)
	}
}

func TestCursorsOfSchemas(t *testing.T) {
	a := start(t)
	next := a.want(200, "GET", "/schemas", nil).text("links", "next")
	if first, again := a.want(200, "GET", next, nil).raw, a.want(200, "GET", next, nil).raw; first != again {
		t.Errorf("the second page is\n%s\nand\n%s", first, again)
	}
	for _, cursor := range []string{"", "10", "c2NoZW1hczo", "c2NoZW1hczotMQ", "%ff"} {
		a.refused(400, "", "GET", "/schemas?cursor="+cursor, nil)
	}
	a.refused(400, "", "GET", next+"&cursor=x", nil)
	a.want(200, "GET", "/schemas?cursor=c2NoZW1hczo5OTk5", nil).equals(`[]`, "data") // schemas:9999
}

// Only plain names are names in a path (S5), and what is listed without records
// has none (R4).
func TestNamesOfSchemas(t *testing.T) {
	a := start(t, atOnce)
	body := newFields(`{"x":{"type":"boolean"}}`)
	for _, name := range []string{"core%2Fperson", "entities%2Fperson", "core/person", "entities/person", "personName", "user", "meeting_recording", url.PathEscape(entities + "person")} {
		a.refused(404, "", "POST", "/schemas/"+name+"/properties", body)
		a.refused(404, "", "PUT", "/schemas/objects/"+name, withID("person", `{"properties":{}}`))
		a.refused(404, "", "GET", "/objects/"+name+"/resources", nil)
	}
	a.want(202, "POST", "/schemas/person/properties", body)
}

func TestQuirksOfSchemas(t *testing.T) {
	a := start(t, clarifytest.WithQuirkObjectTimes(false), clarifytest.WithQuirkObjectsWithoutRecords(false))
	if have, want := a.property("person", "_created_at"), `{"format":"date-time","readOnly":true,"title":"Created at","type":"string"}`; have != want {
		t.Errorf("_created_at is %s, want %s", have, want)
	}
	if a.schema("user") != nil || a.schema("meeting_recording") != nil {
		t.Error("objects without records are listed")
	}
}

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
		t.Errorf("the list has %s, the answer was %s", have, want)
	}
	equal(t, "another workspace", a.elsewhere().objects(), standardObjects)
	a.elsewhere().refused(404, "", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{}`))

	t.Run("have records", func(t *testing.T) {
		a := *a
		a.t = t
		first := a.create("c_road_vehicle", `{"plate":"A 1","wheels":4}`)
		second := a.want(201, "POST", "/objects/c_road_vehicle/resources", oneRecord("c_road_vehicle", `{"plate":"B 2"}`)).id()
		a.refused(400, "/data/attributes/plate", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{"plate":"A 1"}`))
		a.refused(422, "/data/attributes/wheels", "POST", "/objects/c_road_vehicle/records", oneRecord("c_road_vehicle", `{"wheels":3.5}`))
		upserted := a.want(201, "POST", "/objects/c_road_vehicle/records", `{"data":{"type":"c_road_vehicle","attributes":{"plate":"A 1","wheels":3}},"match_on":"plate"}`)
		if upserted.id() != first {
			t.Error("match_on made another record")
		}
		a.refused(422, "/match_on", "POST", "/objects/c_road_vehicle/records", `{"data":{"type":"c_road_vehicle","attributes":{"wheels":3}},"match_on":"wheels"}`)
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
	a.refused(500, "", "PATCH", "/objects/c_vehicle/records/"+id, `{"data":`+change+`}`)
	a.get("c_vehicle", id).equals(`4`, "data", "attributes", "wheels")
	a.want(200, "PATCH", "/objects/c_vehicle/records", `{"data":[`+change+`]}`)
	a.get("c_vehicle", id).equals(`3`, "data", "attributes", "wheels")
}

func TestCustomObjectsRefuse(t *testing.T) {
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
			b.refused(test.status, test.pointer, "POST", "/schemas/objects", test.body)
			equal(t, "objects", b.objects(), append(standardObjects, "c_vehicle"))
		})
	}
	a.refused(400, "", "POST", "/schemas/objects?silent=x", `{"name":"Boat","plural":"Boats"}`)
	a.guarded("POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`)
}

// fieldTypes are fields of every kind, with values that they take and that they
// do not.
var fieldTypes = []struct {
	name, schema string
	good         []string
	bad          []string
	badAt        string // beyond the field
	status       int
	operators    []string
}{
	{"text", `{"type":["string","null"]}`, []string{`"x"`, `""`, `null`}, []string{`1`, `["x"]`, `{}`}, "", 422, []string{"Starts with", "Is empty"}},
	{"text with a format of its own", `{"type":["string","null"],"format":"uri"}`, []string{`"x"`}, []string{`1`}, "", 422, []string{"Contains"}},
	{"email", `{"type":["string","null"],"format":"email"}`, []string{`"a@b.example"`}, []string{`"a"`, `1`}, "", 422, []string{"Contains"}},
	{"number", `{"type":["number","null"]}`, []string{`1.5`, `-1e3`, `null`}, []string{`"1"`, `true`}, "", 422, []string{"Greater than"}},
	{"number out of range", `{"type":["number","null"]}`, []string{`999999999999.9999`}, []string{`1e12`, `0.00001`}, "", 400, []string{"Less than"}},
	{"integer", `{"type":["integer","null"]}`, []string{`1`, `1.0`, `2e1`}, []string{`1.5`, `"1"`}, "", 422, []string{"Less than or equal"}},
	{"checkbox", `{"type":"boolean"}`, []string{`true`, `false`}, []string{`null`, `"true"`, `0`}, "", 422, []string{"Is set"}},
	{"checkbox that may be null", `{"type":["boolean","null"]}`, []string{`true`, `null`}, []string{`"true"`}, "", 422, []string{"Is not set"}},
	{"date", `{"type":["string","null"],"format":"date"}`, []string{`"2026-02-28"`, `null`}, []string{`"2026-02-30"`, `"2026-02-28T00:00:00.000Z"`, `"28.2.2026"`, `20260228`}, "", 422, []string{"Is on or after"}},
	{"single select", `{"type":["string","null"],"enum":["Lead","Won"]}`, []string{`"Lead"`, `null`}, []string{`"lead"`, `"Lost"`, `["Lead"]`, `1`}, "", 422, []string{"One of", "Not one of"}},
	{"single select of any", `{"type":["string","null"],"xClarifyEnumMetadata":{}}`, []string{`"Lead"`}, []string{`1`}, "", 422, []string{"One of"}},
	{"multi select", `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}`, []string{`{"items":["a","b"]}`, `{"items":[]}`, `null`}, []string{`{"items":["A"]}`, `{"items":[1]}`}, "/items/0", 422, []string{"Contains", "Is empty"}},
	{"multi select as it is not", `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}`, nil, []string{`["a"]`, `"a"`, `{}`}, "", 422, nil},
	{"array", `{"type":["array","null"],"items":{"type":"string","enum":["a"]}}`, []string{`["a"]`, `[]`}, []string{`["b"]`}, "/0", 422, []string{"Does not contain"}},
	{"array as it is not", `{"type":["array","null"]}`, []string{`[1,"x"]`}, []string{`"a"`, `{"items":[]}`}, "", 422, nil},
	{"collection", `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}}`, []string{`{"items":["a"]}`}, []string{`{"items":["a",1]}`}, "/items/1", 422, []string{"Contains", "Is"}},
	{"location", `{"type":["object","null"],"properties":{"city":{"type":"string"}}}`, []string{`{"city":"Berlin"}`}, []string{`"Berlin"`, `["Berlin"]`}, "", 422, []string{"Contains"}},
	{"rich text", `{"type":["object","null"],"properties":{"text":{"type":"array"}}}`, []string{`{"text":[{"content":[],"type":"paragraph"}]}`}, []string{`"x"`}, "", 422, []string{"Ends with"}},
}

func TestRecordsAreHeldToTheSchema(t *testing.T) {
	for _, test := range fieldTypes {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, atOnce)
			a.addFields("task", `{"field":`+test.schema+`}`)
			var ids []string
			for _, value := range test.good {
				ids = append(ids, a.create("task", `{"title":"Call","field":`+value+`}`))
				a.get("task", ids[len(ids)-1]).equals(asJSON(t, js("%s", value)), "data", "attributes", "field")
			}
			for _, value := range test.bad {
				a.refused(test.status, "/data/attributes/field"+test.badAt, "POST", "/objects/task/records", oneRecord("task", `{"title":"Call","field":`+value+`}`))
				if len(ids) > 0 {
					a.patch(test.status, "task", ids[0], `{"title":"Call","field":`+value+`}`, "")
				}
			}
			operand := "1"
			switch {
			case strings.Contains(test.schema, `"date"`):
				operand = "2026-01-01"
			case strings.Contains(test.schema, `"enum"`):
				operand = "" // an option is none of the others
			}
			for _, operator := range test.operators {
				a.want(200, "GET", "/objects/task/resources"+query("filter[field]["+operator+"]", operand), nil)
			}
			a.want(400, "GET", "/objects/task/resources"+query("filter[field][Equals]", operand), nil)
		})
	}
}

func TestOperatorsFollowTheSchema(t *testing.T) {
	a := start(t, atOnce)
	a.addFields("task", `{"due":{"type":["string","null"],"format":"date"},"size":{"type":["string","null"],"enum":["S","M"]},
		"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"enum":["a","ab"]}}}}}`)
	one := a.create("task", `{"title":"Call","due":"2026-01-01","size":"S","tags":{"items":["ab"]}}`)
	two := a.create("task", `{"title":"Call","due":"2026-01-02","size":"M","tags":{"items":["a","ab"]}}`)
	equal(t, "a date", a.list("task", "filter[due]", ">2026-01-01").ids(), []string{two})
	equal(t, "a select", a.list("task", "filter[size]", "S,").ids(), []string{one})
	equal(t, "a whole option", a.list("task", "filter[tags][Contains]", "a").ids(), []string{two})
	a.refused(400, "", "GET", "/objects/task/resources"+query("filter[size][Contains]", "S"), nil)
	a.refused(400, "", "GET", "/objects/task/resources"+query("filter[due][Contains]", "2026"), nil)
	a.refused(400, "", "GET", "/objects/task/resources"+query("filter[due][Is after]", "tomorrow"), nil)
}

func TestCreateFields(t *testing.T) {
	a := start(t, atOnce)
	a.addFields("person", `{"birthday":{"type":["string","null"],"format":"date","title":"Birthday"},"vip":{"type":"boolean","xClarifyPresentation":{"rank":0.5}}}`)
	for field, want := range map[string]string{
		"birthday": `{"format":"date","title":"Birthday","type":["string","null"],"xClarifyPresentation":{"rank":12}}`,
		"vip":      `{"type":"boolean","xClarifyPresentation":{"rank":0.5}}`,
	} {
		if have := a.property("person", field); have != want {
			t.Errorf("%s is %s, want %s", field, have, want)
		}
	}
	if have := a.property("company", "birthday"); have != "" {
		t.Errorf("company has it, too: %s", have)
	}
	if have := a.elsewhere().property("person", "birthday"); have != "" {
		t.Errorf("another workspace has it, too: %s", have)
	}
	a.guarded("POST", "/schemas/person/properties", newFields(`{"x":{"type":"boolean"}}`))
	a.elsewhere().refused(404, "", "POST", "/schemas/c_vehicle/properties", newFields(`{"x":{"type":"boolean"}}`))
}

func TestCreateFieldsRefuses(t *testing.T) {
	a := start(t, atOnce)
	before := asJSON(t, a.schema("person"))
	for _, test := range []struct {
		name    string
		body    string
		status  int
		pointer string
	}{
		{"no field", newFields(`{}`), 422, "/data/attributes"},
		{"a field that is there", newFields(`{"job_title":{"type":["string","null"]}}`), 422, "/data/attributes/job_title"},
		{"a system field", newFields(`{"_x":{"type":["string","null"]}}`), 422, "/data/attributes/_x"},
		{"a name with a dot", newFields(`{"a.b":{"type":["string","null"]}}`), 422, "/data/attributes/a.b"},
		{"no schema", newFields(`{"x":"string"}`), 422, "/data/attributes/x"},
		{"a type that does not admit null", newFields(`{"x":{"type":"string"}}`), 422, "/data/attributes/x/type"},
		{"a list that does not admit null", newFields(`{"x":{"type":["number"]}}`), 422, "/data/attributes/x/type"},
		{"no type", newFields(`{"x":{}}`), 422, "/data/attributes/x/type"},
		{"two types", newFields(`{"x":{"type":["string","number","null"]}}`), 422, "/data/attributes/x/type"},
		{"an unknown type", newFields(`{"x":{"type":["text","null"]}}`), 422, "/data/attributes/x/type"},
		{"date-time", newFields(`{"x":{"type":["string","null"],"format":"date-time"}}`), 422, "/data/attributes/x/format"},
		{"a relationship", newFields(`{"x":{"type":["string","null"],"xClarifyRelationship":{}}}`), 422, "/data/attributes/x/xClarifyRelationship"},
		{"options that are no array", newFields(`{"x":{"type":["string","null"],"enum":"a"}}`), 422, "/data/attributes/x/enum"},
		{"an option twice", newFields(`{"x":{"type":["string","null"],"enum":["a","b","a"]}}`), 422, "/data/attributes/x/enum/2"},
		{"an option that is a number", newFields(`{"x":{"type":["string","null"],"enum":[1]}}`), 422, "/data/attributes/x/enum/0"},
		{"a bad option of many", newFields(`{"x":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"enum":[""]}}}}}`), 422, "/data/attributes/x/properties/items/items/enum/0"},
		{"an option that is no string", newFields(`{"x":{"type":["array","null"],"items":{"enum":[true]}}}`), 422, "/data/attributes/x/items/enum/0"},
		{"a wrong word for unique", newFields(`{"x":{"type":["string","null"],"xClarifyUnique":"yes"}}`), 422, "/data/attributes/x/xClarifyUnique"},
		{"descriptions that are no object", newFields(`{"x":{"type":["string","null"],"enum":["a"],"xClarifyEnumMetadata":["a"]}}`), 422, "/data/attributes/x/xClarifyEnumMetadata"},
		{"a presentation that is no object", newFields(`{"x":{"type":"boolean","xClarifyPresentation":1}}`), 422, "/data/attributes/x/xClarifyPresentation"},
		{"a wrong type of the request", `{"data":{"type":"properties","attributes":{}}}`, 422, "/data/type"},
		{"another member", `{"data":{"type":"schema-properties","attributes":{"x":{"type":"boolean"}},"id":"x"}}`, 422, "/data"},
		{"malformed JSON", `{`, 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.refused(test.status, test.pointer, "POST", "/schemas/person/properties", test.body)
			if after := asJSON(t, b.schema("person")); after != before {
				t.Errorf("the schema was %s and is %s", before, after)
			}
		})
	}
	a.refused(404, "", "POST", "/schemas/c_none/properties", newFields(`{"x":{"type":"boolean"}}`))
	a.refused(400, "", "POST", "/schemas/person/properties?silent=x", newFields(`{"x":{"type":"boolean"}}`))
}

func TestAFieldMayBeMadeForWhatIsThere(t *testing.T) {
	a := start(t, atOnce, anyAttribute)
	good, bad := a.create("task", `{"title":"Call","size":5}`), a.create("task", `{"title":"Call","size":"big"}`)
	a.addFields("task", `{"size":{"type":["number","null"]}}`)
	equal(t, "greater than", a.list("task", "filter[size][Greater than]", "1").ids(), []string{good})
	a.get("task", bad).equals(`"big"`, "data", "attributes", "size")
	a.patch(200, "task", bad, `{"other":1}`, "")
	a.patch(422, "task", bad, `{"size":"bigger"}`, "")
}

func TestAFieldCannotBecomeUniqueIfItIsNot(t *testing.T) {
	a := start(t, atOnce, anyAttribute)
	a.create("task", `{"title":"Call","code":"x"}`)
	a.create("task", `{"title":"Call","code":"x"}`)
	body := newFields(`{"code":{"type":["string","null"],"xClarifyUnique":true}}`)
	a.refused(400, "", "POST", "/schemas/task/properties", body)
	a.patch(200, "task", a.list("task").ids()[0], `{"code":"y"}`, "")
	a.want(202, "POST", "/schemas/task/properties", body)
	a.refused(400, "/data/attributes/code", "POST", "/objects/task/records", oneRecord("task", `{"title":"Call","code":"y"}`))
}

func TestFieldOrder(t *testing.T) {
	a := start(t, atOnce)
	body := `{"data":{"type":"schema-property-order","attributes":{"order":["job_title","name"]}}}`
	a.want(202, "PATCH", "/schemas/person/fields-order?silent=true", body).equals(`{}`)
	for field, want := range map[string]string{"job_title": `{"rank":1}`, "name": `{"rank":2}`, "email_addresses": `{"rank":3}`, "phone_numbers": `{"rank":4}`, "avatar_url": `{"rank":5}`, "tasks": `{"rank":11}`} {
		if have := a.property("person", field); !strings.Contains(have, `"xClarifyPresentation":`+want) {
			t.Errorf("%s: %s, want %s", field, have, want)
		}
	}
	const path = "/schemas/person/fields-order"
	for _, test := range []struct{ order, pointer string }{
		{`["name","nothing"]`, "/data/attributes/order/1"},
		{`["name","name"]`, "/data/attributes/order/1"},
		{`[]`, "/data/attributes/order"},
		{`[1]`, "/data/attributes/order/0"},
	} {
		a.refused(422, test.pointer, "PATCH", path, `{"data":{"type":"schema-property-order","attributes":{"order":`+test.order+`}}}`)
	}
	a.refused(422, "/data/type", "PATCH", path, strings.Replace(body, "schema-property-order", "order", 1))
	a.refused(400, "", "PATCH", path, `{`)
	a.refused(404, "", "PATCH", "/schemas/c_none/fields-order", body)
	a.guarded("PATCH", path, body)
}

func TestFieldVisibility(t *testing.T) {
	a := start(t, atOnce)
	const path = "/schemas/person/fields-visibility"
	body := `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"job_title":true,"name":false}}}}`
	a.want(202, "PATCH", path, body).equals(`{}`)
	for field, want := range map[string]string{"job_title": `{"hiddenInDetails":true,"rank":4}`, "name": `{"hiddenInDetails":false,"rank":1}`, "labels": `{"rank":7}`} {
		if have := a.property("person", field); !strings.Contains(have, `"xClarifyPresentation":`+want) {
			t.Errorf("%s: %s, want %s", field, have, want)
		}
	}
	a.create("person", `{"job_title":"Analyst"}`)
	a.refused(422, "/data/attributes/hiddenInDetails/nothing", "PATCH", path, strings.Replace(body, `"name"`, `"nothing"`, 1))
	a.refused(422, "/data/attributes/hiddenInDetails/name", "PATCH", path, strings.Replace(body, `false`, `null`, 1))
	a.refused(422, "/data/type", "PATCH", path, strings.Replace(body, "schema-property-visibility", "order", 1))
	a.refused(400, "", "PATCH", path, ``)
	a.refused(404, "", "PATCH", "/schemas/c_none/fields-visibility", body)
	a.guarded("PATCH", path, body)
}

func TestAChangeOfTheSchemasTakesTime(t *testing.T) {
	body := func(name string) string { return newFields(`{"` + name + `":{"type":"boolean"}}`) }
	t.Run("one request", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now))
		a.want(202, "POST", "/schemas/person/properties", body("one"))
		a.refused(409, "", "POST", "/schemas/person/properties", body("two"))
		a.want(202, "POST", "/schemas/person/properties", body("two"))
		if a.property("person", "one") == "" {
			t.Error("the first field is not there")
		}
		if a.property("person", "two") == "" {
			t.Error("the second field is not there")
		}
	})
	t.Run("meanwhile the schemas are as before", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(2, time.Hour))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		a.refused(422, "/data/attributes/vip", "POST", "/objects/person/records", oneRecord("person", `{"vip":true}`))
		if a.property("person", "vip") != "" {
			t.Error("the field is there already")
		}
		a.create("person", `{"vip":true}`)
	})
	t.Run("or so much time", func(t *testing.T) {
		c := newClock()
		a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithSchemaLag(1000, time.Minute))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		c.Add(time.Minute - 1)
		a.refused(409, "", "DELETE", "/schemas/objects/person", nil)
		a.refused(409, "", "POST", "/schemas/objects", `{"name":"x","plural":"y"}`)
		c.Add(1)
		a.want(201, "POST", "/schemas/objects", `{"name":"x","plural":"y"}`)
	})
	t.Run("in each workspace by itself", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(1000, time.Minute))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		a.elsewhere().want(202, "POST", "/schemas/person/properties", body("vip"))
	})
	t.Run("requests that are refused before do not count", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		for range 3 {
			a.as("api-key wrong").want(401, "GET", "/schemas", nil)
		}
		a.refused(409, "", "POST", "/schemas/person/properties", body("x"))
	})
	t.Run("a snapshot has it", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(2, time.Hour))
		a.want(202, "POST", "/schemas/person/properties", body("vip"))
		snapshot := a.srv.Snapshot()
		for range 2 {
			for range 2 {
				if a.property("person", "vip") != "" {
					t.Error("the field is there already")
				}
			}
			if a.property("person", "vip") == "" {
				t.Error("the field is not there")
			}
			a.srv.Restore(snapshot)
		}
	})
}

func TestEveryChangeOfTheSchemasAnswers409WhileOneIsMade(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now), clarifytest.WithSchemaLag(1000, time.Hour))
	a.customObject(`{"plate":{"type":["string","null"]},"color":{"type":["string","null"],"enum":["red"]}}`)
	a.want(202, "POST", "/schemas/person/properties", newFields(`{"vip":{"type":"boolean"}}`))
	for _, test := range []struct{ method, path, body string }{
		{"POST", "/schemas/objects", `{"name":"Boat","plural":"Boats"}`},
		{"PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`)},
		{"DELETE", "/schemas/objects/c_vehicle", ``},
		{"POST", "/schemas/c_vehicle/properties", newFields(`{"x":{"type":"boolean"}}`)},
		{"PATCH", "/schemas/c_vehicle/fields-order", `{"data":{"type":"schema-property-order","attributes":{"order":["plate"]}}}`},
		{"PATCH", "/schemas/c_vehicle/fields-visibility", `{"data":{"type":"schema-property-visibility","attributes":{"hiddenInDetails":{"plate":true}}}}`},
		{"POST", "/schemas/c_vehicle/relationships", newRelationship(`"c_vehicle":{"owner_id":`+manyToOneEnd("person", "vehicles")+`}`, `"person":{"vehicles":`+toManyEnd("one-to-many", "c_vehicle", "owner_id")+`}`)},
		{"DELETE", "/schemas/person/relationships/deals", ``},
		{"PATCH", "/schemas", enumPatch("c_vehicle", `{"color":{"enum":["blue"]}}`, `{"color":{"enum":"append"}}`)},
	} {
		var body any
		if test.body != "" {
			body = test.body
		}
		got := a.refused(409, "", test.method, test.path, body)
		if !strings.Contains(got.errorObject().Detail, "Try again") {
			t.Errorf("%s %s: %s", test.method, test.path, got.raw)
		}
	}
	a.srv.AssertNoViolations(t)
}

func manyToOneEnd(object, field string) string {
	return fmt.Sprintf(`{"title":"One","type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":%q,"field":%q}}`, object, field)
}

func toManyEnd(kind, object, field string) string {
	return fmt.Sprintf(`{"title":"Many","oneOf":[{"type":"array"}],"xClarifyRelationship":{"kind":%q,"entity":%q,"field":%q}}`, kind, object, field)
}

func newRelationship(ends ...string) string {
	return `{"data":{"type":"relationship","attributes":{` + strings.Join(ends, ",") + `}}}`
}

func enumPatch(object, attributes, meta string) string {
	return fmt.Sprintf(`{"data":[{"type":"schema-properties","id":%q,"attributes":%s,"meta":%s}]}`, object, attributes, meta)
}

func checkTask(t *testing.T, got *answer) {
	t.Helper()
	got.equals(`"async-task"`, "data", "type")
	got.equals(`"schema_modification"`, "data", "attributes", "type")
	got.equals(`"`+got.id()+`"`, "data", "attributes", "_id")
	got.equals(`null`, "data", "attributes", "completed_at")
	if !strings.HasPrefix(got.text("data", "attributes", "user_id"), "google-oauth2|") {
		t.Errorf("the user is %s", got.text("data", "attributes", "user_id"))
	}
}

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
	if strings.Contains(schema, "gone") || strings.Contains(schema, "xClarifyUnique") {
		t.Errorf("the schema is %s", schema)
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
	a.elsewhere().refused(404, "", "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
}

// What was made reads back in the forms of docs/live-api.md, S3, whichever form
// it was sent in, and does the same.
func TestFieldsReadBackAsReferences(t *testing.T) {
	const texts = `"properties":{"items":{"type":"array","items":{"type":"string"}}}`
	reference := func(name string) string { return `{"$ref":"https://getclarify.ai/schemas/core/` + name + `"}` }
	for _, test := range []struct{ name, sent, read, good, bad string }{
		{"a collection", `{"type":["object","null"],` + texts + `}`, `"oneOf":[` + reference("collectionOfStrings") + `,{"type":"null"}]`, `{"items":["a"]}`, `{"items":[1]}`},
		{"a collection with null first", `{"type":["null","object"],` + texts + `}`, `"oneOf":[` + reference("collectionOfStrings") + `,{"type":"null"}]`, `{"items":["a"]}`, `["a"]`},
		{"a reference", `{"oneOf":[` + reference("collectionOfStrings") + `,{"type":"null"}]}`, `"oneOf":[` + reference("collectionOfStrings") + `,{"type":"null"}]`, `{"items":["a"]}`, `{"items":[1]}`},
		{"null and a reference", `{"oneOf":[{"type":"null"},` + reference("collectionOfEmails") + `]}`, `"oneOf":[{"type":"null"},` + reference("collectionOfEmails") + `]`, `{"items":["a@x.example"]}`, `{"items":["a"]}`},
		{"a name", `{"oneOf":[` + reference("personName") + `,{"type":"null"}]}`, `"oneOf":[{"type":"null"},` + reference("personName") + `]`, `{"first_name":"Ada","full_name":"Ada"}`, `"Ada"`},
		{"rich text", `{"oneOf":[{"type":"null"},` + reference("richText") + `]}`, `"oneOf":[{"type":"null"},` + reference("richText") + `]`, `{"text":[{"type":"paragraph"}]}`, `"Hello"`},
		{"participants", `{"type":["object","null"],"properties":{"items":{"type":"array","items":` + reference("participant") + `}}}`, `"properties":{"items":{"items":` + reference("participant") + `,"type":"array"}},"type":["object","null"]`, `{"items":[{"name":"Ada"}]}`, `{"items":["Ada"]}`},
		{"one of null and a type", `{"oneOf":[{"type":"null"},{"type":"string","format":"date"}]}`, `"format":"date","type":["string","null"]`, `"2026-02-03"`, `"soon"`},
		{"a select", `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a"]}}}}`, `"properties":{"items":{"items":{"enum":["a"],"type":"string"},"type":"array"}},"type":["object","null"]`, `{"items":["a"]}`, `{"items":["b"]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, atOnce)
			want := `{` + test.read + `,"xClarifyPresentation":{"rank":1}}`
			a.customObject(`{}`)
			a.addFields("c_vehicle", `{"field":`+test.sent+`}`)
			made := a.want(201, "POST", "/schemas/objects", `{"name":"Boat","plural":"Boats","properties":{"field":`+test.sent+`}}`)
			a.want(201, "POST", "/schemas/objects", `{"name":"Ship","plural":"Ships"}`)
			a.want(200, "PUT", "/schemas/objects/c_ship", withID("c_ship", `{"properties":{"field":`+test.sent+`}}`))
			for what, have := range map[string]string{
				"createSchemaProperties": a.property("c_vehicle", "field"),
				"createCustomObject":     asJSON(t, made.at("data", "attributes", "properties", "field")),
				"updateEntitySchema":     a.property("c_ship", "field"),
			} {
				if have != want {
					t.Errorf("%s: the field is %s, want %s", what, have, want)
				}
			}
			for _, object := range []string{"c_vehicle", "c_boat", "c_ship"} {
				a.get(object, a.create(object, `{"field":`+test.good+`}`)).equals(test.good, "data", "attributes", "field")
				a.want(422, "POST", "/objects/"+object+"/records", oneRecord(object, `{"field":`+test.bad+`}`))
			}
		})
	}
}

func TestReplacingASchemaRefuses(t *testing.T) {
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
			b.refused(test.status, test.pointer, "PUT", "/schemas/objects/"+test.object, test.body)
			if after := b.schemas(); after != before {
				t.Errorf("the schemas were %s and are %s", before, after)
			}
		})
	}
	a.create("c_vehicle", `{"plate":"A"}`)
	a.create("c_vehicle", `{"plate":"A"}`)
	a.refused(400, "", "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{"plate":{"type":["string","null"],"xClarifyUnique":true}}}`))
	a.refused(400, "", "PUT", "/schemas/objects/c_vehicle?silent=x", withID("c_vehicle", `{"properties":{}}`))

	a.want(200, "PUT", "/schemas/objects/c_vehicle", withID("c_vehicle", `{"properties":{}}`))
	if a.property("c_vehicle", "owner_id") == "" || a.property("c_vehicle", "_id") == "" || a.property("c_vehicle", "plate") != "" {
		t.Errorf("the schema is %v", a.schema("c_vehicle"))
	}
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
	a.refused(404, "", "GET", "/objects/c_vehicle/deleted-resources", nil)

	a.customObject(`{}`)
	equal(t, "records of a new object of the name", a.list("c_vehicle").ids(), nil)

	a.refused(422, "", "DELETE", "/schemas/objects/person", nil)
	a.refused(404, "", "DELETE", "/schemas/objects/c_none", nil)
	a.refused(400, "", "DELETE", "/schemas/objects/c_vehicle?silent=x", nil)
	a.guarded("DELETE", "/schemas/objects/c_vehicle", nil)
	a.elsewhere().refused(404, "", "DELETE", "/schemas/objects/c_vehicle", nil)
}

func TestEditOptions(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	patch := func(object, attributes, meta string) *answer {
		t.Helper()
		return a.want(200, "PATCH", "/schemas?silent=true", enumPatch(object, attributes, meta))
	}
	a.addFields("deal", `{"source":{"type":["string","null"],"title":"Source","xClarifyEnumMetadata":{}}}`)
	a.objects()
	got := patch("deal", `{"source":{"enum":["Lead","Won"],"xClarifyEnumMetadata":{"Won":{"id":"w","rank":2,"color":"green"}}}}`, `{"source":{"enum":"append"}}`)
	got.equals(`[{"attributes":{"errors":[],"isValid":true,"values":{"source":["Lead","Won"]}},"id":"deal","type":"schema-validation-result"}]`, "data")
	patch("deal", `{"source":{"enum":["Lost"]}}`, `{"source":{"enum":"append"}}`).equals(`["Lead","Won","Lost"]`, "data", 0, "attributes", "values", "source")
	if have, want := a.property("deal", "source"), `{"enum":["Lead","Won","Lost"],"title":"Source","type":["string","null"],"xClarifyEnumMetadata":{"Won":{"color":"green","id":"w","rank":2}},"xClarifyPresentation":{"rank":16}}`; have != want {
		t.Errorf("the field is %s, want %s", have, want)
	}
	patch("deal", `{"stage":{"enum":["Negotiation"],"xClarifyEnumMetadata":{"Negotiation":{"id":"negotiation","rank":3.5,"color":"teal"}}}}`, `{"stage":{"enum":"append"}}`).
		equals(`["Lead","Qualified","Proposal","Won","Lost","Negotiation"]`, "data", 0, "attributes", "values", "stage")
	won, lost := a.create("deal", `{"stage":"Won"}`), a.create("deal", `{"stage":"Lost"}`)
	a.refused(422, "/data/attributes/stage", "POST", "/objects/deal/records", oneRecord("deal", `{"stage":"won"}`))

	c.Add(time.Second)
	patch("deal", `{"stage":{"enum":["Won"]}}`, `{"stage":{"enum":"remove"}}`).equals(`["Lead","Qualified","Proposal","Lost","Negotiation"]`, "data", 0, "attributes", "values", "stage")
	cleared := a.get("deal", won)
	cleared.equals(`null`, "data", "attributes", "stage")
	cleared.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	kept := a.get("deal", lost)
	kept.equals(`"Lost"`, "data", "attributes", "stage")
	kept.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")
	a.patch(422, "deal", lost, `{"stage":"Won"}`, "")
	if have := a.property("deal", "stage"); strings.Contains(have, "Won") {
		t.Errorf("the field is %s", have)
	}

	t.Run("all of them, with one more", func(t *testing.T) {
		a := start(t, atOnce)
		a.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"enum":["Lead","Qualified","Proposal","Won","Lost","Negotiation"],
			"xClarifyEnumMetadata":{"Won":{"id":"won","rank":4,"color":"lime"},"Negotiation":{"id":"n","rank":3.5,"color":"teal"}}}}`, `{"stage":{"enum":"append"}}`)).
			equals(`{"errors":[],"isValid":true,"values":{"stage":["Lead","Qualified","Proposal","Won","Lost","Negotiation"]}}`, "data", 0, "attributes")
		have := a.property("deal", "stage")
		for _, part := range []string{`"enum":["Lead","Qualified","Proposal","Won","Lost","Negotiation"]`, `"Lead":{"color":"neutral"`, `"Won":{"color":"lime"`, `"Negotiation":{"color":"teal"`} {
			if !strings.Contains(have, part) {
				t.Errorf("%s is not in %s", part, have)
			}
		}
	})
	t.Run("of a multi select", func(t *testing.T) {
		a := start(t, atOnce)
		a.addFields("task", `{"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}}`)
		id := a.create("task", `{"title":"Call","tags":{"items":["a","b"]}}`)
		patch := func(options, mode string) {
			a.want(200, "PATCH", "/schemas", enumPatch("task", `{"tags":{"properties":{"items":{"items":`+options+`}}}}`, `{"tags":{"enum":"`+mode+`"}}`)).equals(`true`, "data", 0, "attributes", "isValid")
		}
		patch(`{"enum":["c"],"xClarifyEnumMetadata":{"c":{"id":"c","rank":3,"color":"sky"}}}`, "append")
		a.patch(200, "task", id, `{"tags":{"items":["c"]}}`, `{"tags":{"collection":"append"}}`)
		patch(`{"enum":["a","c"]}`, "remove")
		a.get("task", id).equals(`{"items":["b"]}`, "data", "attributes", "tags")
		a.patch(422, "task", id, `{"tags":{"items":["a"]}}`, "")
		if have, want := a.property("task", "tags"), `{"properties":{"items":{"items":{"enum":["b"],"type":"string","xClarifyEnumMetadata":{}},"type":"array"}},"type":["object","null"],"xClarifyPresentation":{"rank":12}}`; have != want {
			t.Errorf("the field is %s, want %s", have, want)
		}
	})
	t.Run("of a select that lists null", func(t *testing.T) {
		a := start(t, atOnce)
		a.addFields("task", `{"size":{"type":["string","null"],"enum":["S",null,"M"]}}`)
		for _, edit := range []struct{ enum, mode, want string }{
			{`["L"]`, "append", `["S",null,"M","L"]`},
			{`["S"]`, "remove", `[null,"M","L"]`},
			{`["M","L"]`, "remove", `[null]`},
		} {
			a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":`+edit.enum+`}}`, `{"size":{"enum":"`+edit.mode+`"}}`)).equals(`true`, "data", 0, "attributes", "isValid")
			if have := a.property("task", "size"); !strings.Contains(have, `"enum":`+edit.want+`,`) {
				t.Errorf("%s of %s: the field is %s, want %s", edit.mode, edit.enum, have, edit.want)
			}
		}
	})
	t.Run("only how they are shown", func(t *testing.T) {
		b := *a
		b.t = t
		b.want(200, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"xClarifyEnumMetadata":{"Lost":{"id":"l","rank":9,"color":"red"}}}}`, `{}`))
		if have := b.property("deal", "stage"); !strings.Contains(have, `"Lost":{"color":"red","id":"l","rank":9}`) {
			t.Errorf("the field is %s", have)
		}
	})
	t.Run("that are not acceptable", func(t *testing.T) {
		b := *a
		b.t = t
		b.addFields("deal", `{"tags":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["a"]}}}}}`)
		b.objects()
		before := b.schemas()
		for _, test := range []struct{ name, attributes, meta, field string }{
			{"an empty option", `{"stage":{"enum":[""]}}`, `{"stage":{"enum":"append"}}`, "stage"},
			{"an option that is not there", `{"stage":{"enum":["New"]}}`, `{"stage":{"enum":"remove"}}`, "stage"},
			{"neither", `{"stage":{"enum":["New"]}}`, `{}`, "stage"},
			{"a description of none", `{"stage":{"xClarifyEnumMetadata":{"New":{"id":"n","rank":1,"color":"red"}}}}`, `{}`, "stage"},
			{"no select", `{"name":{"enum":["New"]}}`, `{"name":{"enum":"append"}}`, "name"},
			{"no field", `{"nothing":{"enum":["New"]}}`, `{"nothing":{"enum":"append"}}`, "nothing"},
			{"the form of a single select", `{"tags":{"enum":["New"]}}`, `{"tags":{"enum":"append"}}`, "tags"},
			{"the form of a multi select", `{"stage":{"properties":{"items":{"items":{"enum":["New"]}}}}}`, `{"stage":{"enum":"append"}}`, "stage"},
			{"one of two", `{"stage":{"enum":["New"]},"name":{"enum":["New"]}}`, `{"stage":{"enum":"append"},"name":{"enum":"append"}}`, "name"},
		} {
			got := b.want(200, "PATCH", "/schemas", enumPatch("deal", test.attributes, test.meta))
			got.equals(`false`, "data", 0, "attributes", "isValid")
			got.equals(`"`+test.field+`"`, "data", 0, "attributes", "errors", 0, "field")
			if after := b.schemas(); after != before {
				t.Errorf("%s: the schemas were %s and are %s", test.name, before, after)
			}
		}
	})
	a.refused(404, "", "PATCH", "/schemas", enumPatch("c_none", `{}`, `{}`))
	a.refused(400, "", "PATCH", "/schemas", `[]`)
	a.refused(400, "", "PATCH", "/schemas?silent=x", enumPatch("deal", `{}`, `{}`))
	a.refused(422, "/data", "PATCH", "/schemas", `{"data":[]}`)
	a.refused(422, "/data", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), `}]}`, `},{"type":"schema-properties","id":"person","attributes":{},"meta":{}}]}`, 1))
	a.refused(422, "/data/0/meta", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), `,"meta":{}`, ``, 1))
	for _, shown := range []string{`{}`, `{"id":"n","rank":1}`, `{"id":"n","rank":"1","color":"red"}`} {
		got := a.want(422, "PATCH", "/schemas", enumPatch("deal", `{"stage":{"xClarifyEnumMetadata":{"Lost":`+shown+`}}}`, `{}`))
		a.srv.TakeViolations()
		if at := got.errorObject().Source.Pointer; !strings.HasPrefix(at, "/data/0/attributes/stage") {
			t.Errorf("%s: the pointer is %q", shown, at)
		}
	}
	a.refused(422, "/data/0/type", "PATCH", "/schemas", strings.Replace(enumPatch("deal", `{}`, `{}`), "schema-properties", "x", 1))
	a.refused(422, "/data/0/meta/stage/enum", "PATCH", "/schemas", enumPatch("deal", `{}`, `{"stage":{"enum":"replace"}}`))
	a.guarded("PATCH", "/schemas", enumPatch("deal", `{}`, `{}`))
	if have := a.elsewhere().property("deal", "stage"); strings.Contains(have, `"Negotiation"`) {
		t.Errorf("another workspace has %s", have)
	}
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
	a.refused(422, "/data/attributes/owner_id", "POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{"owner_id":"nobody"}`))
	a.refused(422, "/data/attributes/vehicles", "POST", "/objects/person/records", oneRecord("person", `{"vehicles":[]}`))
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
		if a.property("person", "vehicles") != "" || a.property("c_vehicle", "owner_id") != "" {
			t.Error("the fields are still there")
		}
		got := a.get("c_vehicle", car)
		got.lacks("data", "attributes", "owner_id")
		got.lacks("data", "relationships")
		a.refused(404, "", "GET", relationshipPath("person", bob, "vehicles"), nil)
		a.refused(404, "", "DELETE", "/schemas/person/relationships/vehicles", nil)
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

func TestRelationshipsBetweenObjectsRefuse(t *testing.T) {
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
			b.refused(422, test.pointer, "POST", "/schemas/c_vehicle/relationships", test.body)
			if after := b.schemas(); after != before {
				t.Errorf("the schemas were %s and are %s", before, after)
			}
		})
	}
	a.refused(400, "", "POST", "/schemas/c_vehicle/relationships", `{`)
	a.refused(400, "", "POST", "/schemas/c_vehicle/relationships?silent=x", good)
	a.refused(404, "", "POST", "/schemas/c_none/relationships", good)
	a.elsewhere().refused(404, "", "POST", "/schemas/c_vehicle/relationships", good)
	a.guarded("POST", "/schemas/c_vehicle/relationships", good)

	for path, status := range map[string]int{
		"/schemas/person/relationships/deals":         422,
		"/schemas/person/relationships/nothing":       404,
		"/schemas/person/relationships/job_title":     404,
		"/schemas/c_none/relationships/owner_id":      404,
		"/schemas/person/relationships/deals?silent=": 400,
	} {
		a.refused(status, "", "DELETE", path, nil)
	}
	a.guarded("DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
	a.elsewhere().refused(404, "", "DELETE", "/schemas/c_vehicle/relationships/owner_id", nil)
}

func TestARefusedChangeOfTheSchemasLeavesNoTrace(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	a.refused(422, "/data/attributes/x/type", "POST", "/schemas/person/properties", newFields(`{"x":{}}`))
	a.want(202, "POST", "/schemas/person/properties", newFields(`{"x":{"type":"boolean"}}`))
}

func TestNoWriteSlipsThroughAChangeOfTheSchemas(t *testing.T) {
	a := start(t, clarifytest.WithRateLimit(1<<30), clarifytest.WithoutValidation())
	a.addFields("task", `{"size":{"type":["string","null"],"enum":["S","M"]}}`)
	a.objects()
	stop, done := make(chan struct{}), make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				select {
				case <-stop:
					return
				default:
					a.send("POST", "/objects/task/records", oneRecord("task", `{"title":"Call","size":"S"}`))
				}
			}
		}()
	}
	for range 20 {
		a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":["S"]}}`, `{"size":{"enum":"remove"}}`))
		if n := len(a.list("task", "filter[size][Is not empty]", "", "page[limit]", "1").ids()); n > 0 {
			t.Error("a record has an option that is no more")
		}
		a.want(200, "PATCH", "/schemas", enumPatch("task", `{"size":{"enum":["S"]}}`, `{"size":{"enum":"append"}}`))
	}
	close(stop)
	for range 4 {
		<-done
	}
}
