package clarifytest_test

import (
	"strings"
	"testing"
)

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
				a.rejected(test.status, "/data/attributes/field"+test.badAt, "POST", "/objects/task/records", oneRecord("task", `{"title":"Call","field":`+value+`}`))
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
	a.rejected(400, "", "GET", "/objects/task/resources"+query("filter[size][Contains]", "S"), nil)
	a.rejected(400, "", "GET", "/objects/task/resources"+query("filter[due][Contains]", "2026"), nil)
	a.rejected(400, "", "GET", "/objects/task/resources"+query("filter[due][Is after]", "tomorrow"), nil)
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
	a.elsewhere().rejected(404, "", "POST", "/schemas/c_vehicle/properties", newFields(`{"x":{"type":"boolean"}}`))
}

func TestCreateFieldsRejects(t *testing.T) {
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
			b.rejected(test.status, test.pointer, "POST", "/schemas/person/properties", test.body)
			if after := asJSON(t, b.schema("person")); after != before {
				t.Errorf("the schema was %s and is %s", before, after)
			}
		})
	}
	a.rejected(404, "", "POST", "/schemas/c_none/properties", newFields(`{"x":{"type":"boolean"}}`))
	a.rejected(400, "", "POST", "/schemas/person/properties?silent=x", newFields(`{"x":{"type":"boolean"}}`))
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
	a.rejected(400, "", "POST", "/schemas/task/properties", body)
	a.patch(200, "task", a.list("task").ids()[0], `{"code":"y"}`, "")
	a.want(202, "POST", "/schemas/task/properties", body)
	a.rejected(400, "/data/attributes/code", "POST", "/objects/task/records", oneRecord("task", `{"title":"Call","code":"y"}`))
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
		a.rejected(422, test.pointer, "PATCH", path, `{"data":{"type":"schema-property-order","attributes":{"order":`+test.order+`}}}`)
	}
	a.rejected(422, "/data/type", "PATCH", path, strings.Replace(body, "schema-property-order", "order", 1))
	a.rejected(400, "", "PATCH", path, `{`)
	a.rejected(404, "", "PATCH", "/schemas/c_none/fields-order", body)
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
	a.rejected(422, "/data/attributes/hiddenInDetails/nothing", "PATCH", path, strings.Replace(body, `"name"`, `"nothing"`, 1))
	a.rejected(422, "/data/attributes/hiddenInDetails/name", "PATCH", path, strings.Replace(body, `false`, `null`, 1))
	a.rejected(422, "/data/type", "PATCH", path, strings.Replace(body, "schema-property-visibility", "order", 1))
	a.rejected(400, "", "PATCH", path, ``)
	a.rejected(404, "", "PATCH", "/schemas/c_none/fields-visibility", body)
	a.guarded("PATCH", path, body)
}
