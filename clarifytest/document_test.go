package clarifytest_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

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
	if pages < 2 {
		t.Errorf("there are %d pages, want at least 2", pages)
	}
	if custom == 0 {
		t.Error("the custom object is on the first page")
	}
	for _, object := range append(slices.Clone(standardObjects), "user", "meeting_recording", "c_vehicle") {
		schema := all[entities+object]
		expect(t, object+": xClarifyNamespace", schema["xClarifyNamespace"], any("objects"))
		expect(t, object+": type", schema["type"], any("object"))
		if schema["title"] == "" {
			t.Errorf("%s has no title", object)
		}
		if schema["xClarifyLabel"].(map[string]any)["plural"] == "" {
			t.Errorf("%s has no plural", object)
		}
		for _, field := range []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"} {
			if schema["properties"].(map[string]any)[field] == nil {
				t.Errorf("%s has no %s", object, field)
			}
		}
	}
	for _, name := range append(slices.Clone(standardObjects), "personName", "collectionOfStrings", "collectionOfIds") {
		schema := all[core+name]
		expect(t, "core/"+name+": xClarifyNamespace", schema["xClarifyNamespace"], any("core"))
		expect(t, "core/"+name+": title", schema["title"], any(name))
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
		a.rejected(400, "", "GET", "/schemas?cursor="+cursor, nil)
	}
	a.rejected(400, "", "GET", next+"&cursor=x", nil)
	a.want(200, "GET", "/schemas?cursor=c2NoZW1hczo5OTk5", nil).equals(`[]`, "data") // schemas:9999
}

// Only plain names are names in a path (S5), and what is listed without records
// has none (R4).
func TestNamesOfSchemas(t *testing.T) {
	a := start(t, atOnce)
	body := newFields(`{"x":{"type":"boolean"}}`)
	for _, name := range []string{"core%2Fperson", "entities%2Fperson", "core/person", "entities/person", "personName", "user", "meeting_recording", url.PathEscape(entities + "person")} {
		a.rejected(404, "", "POST", "/schemas/"+name+"/properties", body)
		a.rejected(404, "", "PUT", "/schemas/objects/"+name, withID("person", `{"properties":{}}`))
		a.rejected(404, "", "GET", "/objects/"+name+"/resources", nil)
	}
	a.want(202, "POST", "/schemas/person/properties", body)
}

func TestQuirksOfSchemas(t *testing.T) {
	a := start(t, clarifytest.WithQuirkObjectTimes(false), clarifytest.WithQuirkObjectsWithoutRecords(false))
	if have, want := a.property("person", "_created_at"), `{"format":"date-time","readOnly":true,"title":"Created at","type":"string"}`; have != want {
		t.Errorf("_created_at is %s, want %s", have, want)
	}
	for _, object := range []string{"user", "meeting_recording"} {
		if a.schema(object) != nil {
			t.Errorf("%s, which has no records, is listed", object)
		}
	}
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
