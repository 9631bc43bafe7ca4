package clarifytest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

var allOperators = []string{
	"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with",
	"Greater than", "Greater than or equal", "Less than", "Less than or equal",
	"Is before", "Is on or before", "Is after", "Is on or after",
	"One of", "Not one of", "Is empty", "Is not empty", "Is set", "Is not set",
}

// A field and the records that a test of its filters has: their values by name.
type fieldUnderTest struct {
	kind      string
	object    string
	field     string
	values    map[string]string
	operators []string
	operand   string // one that every operator takes
	tests     []filterTest

	schema string // of a field that the workspace adds; empty for one that every workspace has
	free   bool   // whether it is in no schema
}

type filterTest struct {
	operator string // empty for shorthand
	operand  string
	want     string // the names of the records that are left, in order
}

var fieldsUnderTest = []fieldUnderTest{
	{
		kind: "text", object: "company", field: "name",
		values:    map[string]string{"a": `"Acme"`, "b": `"acme inc"`, "c": `"In Acme"`, "d": `""`, "e": `null`},
		operators: []string{"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Is", "Acme", "a"},
			{"Is", "acme", ""},
			{"Is not", "Acme", "b c d e"},
			{"Contains", "Acme", "a c"},
			{"Contains", "", "a b c d"},
			{"Does not contain", "Acme", "b d e"},
			{"Starts with", "Acme", "a"},
			{"Starts with", "In ", "c"},
			{"Ends with", "Acme", "a c"},
			{"Ends with", "cme", "a c"},
			{"Ends with", "In ", ""},
			{"Starts with", "Acm", "a"},
			{"Is empty", "", "d e"},
			{"Is not empty", "whatever", "a b c"},
			{"", "Acme", "a"},
			{"", "!=Acme", "b c d e"},
			{"", "*Acme*", "a c"},
			{"", "Acme*", "a"},
			{"", "*Acme", "a c"},
			{"", "*", "a b c d"},
			{"", "**", "a b c d"},
			{"", "null", "d e"},
			{"", "!null", "a b c"},
		},
	},
	{
		kind: "name", object: "person", field: "name",
		values:    map[string]string{"a": `{"first_name":"Ada","last_name":"Lovelace"}`, "b": `{"first_name":"Ada"}`, "c": `{}`, "d": `null`},
		operators: []string{"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Is", "Ada Lovelace", "a"},
			{"Starts with", "Ada", "a b"},
			{"Does not contain", "Love", "b c d"},
			{"Is empty", "", "c d"},
		},
	},
	{
		kind: "rich text", object: "task", field: "description",
		values: map[string]string{
			"a": `{"text":[{"type":"paragraph","content":[{"type":"text","text":"Call Ada","styles":{}}]}]}`,
			"b": `{"text":[{"type":"bulletListItem","content":[],"children":[{"type":"paragraph","content":[{"type":"text","text":"Call Bob","styles":{}}]}]}]}`,
			"c": `{"text":[]}`, "d": `null`,
		},
		operators: []string{"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "Call", "a b"},
			{"Contains", "paragraph", ""},
			{"Is", "Call Bob", "b"},
			{"Is empty", "", "c d"},
		},
	},
	{
		kind: "number", object: "deal", field: "amount",
		values:    map[string]string{"a": `1`, "b": `1.0`, "c": `9.9999`, "d": `1e1`, "e": `-5`, "f": `null`},
		operators: []string{"Is", "Is not", "Greater than", "Greater than or equal", "Less than", "Less than or equal", "Is empty", "Is not empty"},
		operand:   "1",
		tests: []filterTest{
			{"Is", "1", "a b"},
			{"Is", "1.0000", "a b"},
			{"Is not", "1", "c d e f"},
			{"Greater than", "9.9999", "d"},
			{"Greater than or equal", "9.9999", "c d"},
			{"Less than", "1", "e"},
			{"Less than or equal", "1e0", "a b e"},
			{"Is empty", "", "f"},
			{"Is not empty", "", "a b c d e"},
			{"", ">1", "c d"},
			{"", ">=1", "a b c d"},
			{"", "<1", "e"},
			{"", "<=1", "a b e"},
			{"", "!=1", "c d e f"},
			{"", "10", "d"},
			{"", "null", "f"},
		},
	},
	{
		kind: "date", object: "deal", field: "close_date",
		values:    map[string]string{"a": `"2026-01-01"`, "b": `"2026-01-02"`, "c": `"2026-01-03"`, "d": `null`},
		operators: []string{"Is", "Is not", "Is before", "Is on or before", "Is after", "Is on or after", "Is empty", "Is not empty"},
		operand:   "2026-01-01",
		tests: []filterTest{
			{"Is", "2026-01-02", "b"},
			{"Is not", "2026-01-02", "a c d"},
			{"Is before", "2026-01-02", "a"},
			{"Is on or before", "2026-01-02", "a b"},
			{"Is after", "2026-01-02", "c"},
			{"Is on or after", "2026-01-02", "b c"},
			{"Is empty", "", "d"},
			{"", ">2026-01-01", "b c"},
		},
	},
	{
		kind: "timestamp", object: "meeting", field: "start",
		values:    map[string]string{"a": `"2026-01-02T00:00:00Z"`, "b": `"2026-01-02T15:00:00.000Z"`, "c": `"2026-01-03T00:30:00+01:00"`, "d": `"2026-01-03T00:00:00.000Z"`, "e": `null`},
		operators: []string{"Is", "Is not", "Is before", "Is on or before", "Is after", "Is on or after", "Is empty", "Is not empty"},
		operand:   "2026-01-01",
		tests: []filterTest{
			{"Is", "2026-01-02", "a b c"},
			{"Is", "2026-01-02T23:30:00Z", "c"},
			{"Is on or after", "2026-01-02T15:00:00Z", "b c d"},
			{"Is on or before", "2026-01-02", "a b c"},
			{"Is after", "2026-01-02", "d"},
			{"Is empty", "", "e"},
		},
	},
	{
		kind: "dates and timestamps", object: "deal", field: "signed", free: true,
		values:    map[string]string{"a": `"2026-01-01"`, "b": `"2026-01-02"`, "c": `"2026-01-02T15:00:00.000Z"`, "d": `"2026-01-03"`, "e": `null`},
		operators: []string{"Is", "Is not", "Is before", "Is on or before", "Is after", "Is on or after", "Is empty", "Is not empty"},
		operand:   "2026-01-01",
		tests: []filterTest{
			{"Is", "2026-01-02", "b c"},
			{"Is", "2026-01-02T15:00:00Z", "c"},
			{"Is", "2026-01-02T16:00:00.000+01:00", "c"},
			{"Is not", "2026-01-02", "a d e"},
			{"Is before", "2026-01-02", "a"},
			{"Is before", "2026-01-02T15:00:00Z", "a b"},
			{"Is on or before", "2026-01-02", "a b c"},
			{"Is after", "2026-01-02", "d"},
			{"Is after", "2026-01-02T00:00:00Z", "c d"},
			{"Is on or after", "2026-01-02", "b c d"},
			{"Is empty", "", "e"},
			{"Is not empty", "", "a b c d"},
			{"", ">2026-01-01", "b c d"},
			{"", ">=2026-01-02", "b c d"},
			{"", "<2026-01-02", "a"},
			{"", "<=2026-01-02", "a b c"},
			{"", "2026-01-03", "d"},
		},
	},
	{
		kind: "single select", object: "deal", field: "stage",
		values:    map[string]string{"a": `"Lead"`, "b": `"Won"`, "c": `"Lost"`, "d": `null`},
		operators: []string{"Is", "Is not", "One of", "Not one of", "Is empty", "Is not empty"},
		operand:   "Won",
		tests: []filterTest{
			{"Is", "Lead", "a"},
			{"Is not", "Lead", "b c d"},
			{"One of", "Lead,Won", "a b"},
			{"One of", "Lead", "a"},
			{"One of", "", ""},
			{"Not one of", "Lead,Won", "c d"},
			{"Is empty", "", "d"},
			{"", "Lead,Lost", "a c"},
			{"", "Lead", "a"},
		},
	},
	{
		kind: "multi select", object: "person", field: "tags", free: true,
		values:    map[string]string{"a": `["x","y"]`, "b": `["xy"]`, "c": `[]`, "d": `null`},
		operators: []string{"Contains", "Does not contain", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "x", "a"},
			{"Does not contain", "x", "b c d"},
			{"Is empty", "", "c d"},
			{"Is not empty", "", "a b"},
			{"", "*x*", "a"},
		},
	},
	{
		kind: "multi select with options", object: "person", field: "tags",
		schema:    `{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","enum":["x","y","xy"]}}}}`,
		values:    map[string]string{"a": `{"items":["x","y"]}`, "b": `{"items":["xy"]}`, "c": `{"items":[]}`, "d": `null`},
		operators: []string{"Contains", "Does not contain", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "x", "a"},
			{"Does not contain", "x", "b c d"},
			{"Is empty", "", "c d"},
			{"", "*xy*", "b"},
		},
	},
	{
		kind: "checkbox", object: "meeting", field: "all_day",
		values:    map[string]string{"a": `true`, "b": `false`, "c": `null`},
		operators: []string{"Is", "Is not", "Is set", "Is not set"},
		operand:   "true",
		tests: []filterTest{
			{"Is", "true", "a"},
			{"Is", "false", "b"},
			{"Is not", "true", "b c"},
			{"Is set", "", "a b"},
			{"Is not set", "", "c"},
			{"", "true", "a"},
		},
	},
	{
		kind: "location", object: "company", field: "headquarters",
		schema:    `{"type":["object","null"],"properties":{"city":{"type":"string"}}}`,
		values:    map[string]string{"a": `{"city":"Berlin","country":"DE"}`, "b": `{"city":"Bern","geo":{"name":"Old Berlin"}}`, "c": `{"city":"Rome"}`, "d": `null`},
		operators: []string{"Contains", "Does not contain"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "Berlin", "a b"},
			{"Does not contain", "Berlin", "c d"},
			{"", "*Rome*", "c"},
		},
	},
	{
		kind: "record id", object: "deal", field: "owner_id",
		values:    map[string]string{"a": `"google-oauth2|1"`, "b": `"system"`, "c": `null`},
		operators: []string{"Is", "Is not", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Is", "google-oauth2|1", "a"},
			{"Is not", "system", "a c"},
			{"Is empty", "", "c"},
			{"", "system", "b"},
		},
	},
	{
		kind: "collection of email addresses", object: "person", field: "email_addresses",
		values:    map[string]string{"a": `{"items":["ada@acme.example","ada@home.example"]}`, "b": `{"items":["bob@ACME.example"]}`, "c": `{"items":[]}`, "d": `null`},
		operators: []string{"Contains", "Does not contain", "Is", "Is not", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "@acme.example", "a b"},
			{"Contains", "@ACME", "a b"},
			{"Does not contain", "home", "b c d"},
			{"Is", "ADA@home.example", "a"},
			{"Is", "ada", ""},
			{"Is not", "bob@acme.example", "a c d"},
			{"Is empty", "", "c d"},
			{"Is not empty", "", "a b"},
			{"", "ada@acme.example", "a"},
			{"", "*acme*", "a b"},
		},
	},
	{
		kind: "collection", object: "meeting", field: "participants",
		values:    map[string]string{"a": `{"items":[{"email":"ada@acme.example"}]}`, "b": `{"items":[{"email":null,"name":"Ada","organizer":true}]}`, "c": `null`},
		operators: []string{"Contains", "Does not contain", "Is", "Is not", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Contains", "ada", "a"},
			{"Contains", "Ada", "b"},
			{"Is", "ada@acme.example", "a"},
			{"Is empty", "", "c"},
		},
	},
	{
		kind: "custom text", object: "person", field: "nickname", free: true,
		values:    map[string]string{"a": `"x"`, "b": `"xy"`, "c": `null`},
		operators: []string{"Is", "Is not", "Contains", "Does not contain", "Starts with", "Ends with", "One of", "Not one of", "Is empty", "Is not empty"},
		operand:   "x",
		tests: []filterTest{
			{"Starts with", "x", "a b"},
			{"", "x,z", "a"},
		},
	},
}

// records creates the records and returns their names by id.
func (f fieldUnderTest) records(a *api) map[string]string {
	names := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		attributes := fmt.Sprintf(`{%q:%s}`, f.field, f.values[name])
		if f.object == "task" {
			attributes = `{"title":"Call",` + attributes[1:]
		}
		names[a.create(f.object, attributes)] = name
	}
	return names
}

// start starts a server whose records may have the field.
func (f fieldUnderTest) start(t *testing.T) *api {
	if f.free {
		return start(t, anyAttribute)
	}
	a := start(t, atOnce)
	if f.schema != "" {
		a.addFields(f.object, fmt.Sprintf(`{%q:%s}`, f.field, f.schema))
	}
	return a
}

func named(got *response, names map[string]string) string {
	var left []string
	for _, id := range got.ids() {
		left = append(left, names[id])
	}
	return strings.Join(left, " ")
}

func TestFilters(t *testing.T) {
	for _, field := range fieldsUnderTest {
		t.Run(field.kind, func(t *testing.T) {
			a := field.start(t)
			names := field.records(a)
			for _, test := range field.tests {
				parameter := "filter[" + field.field + "]"
				if test.operator != "" {
					parameter += "[" + test.operator + "]"
				}
				if got := named(a.list(field.object, parameter, test.operand), names); got != test.want {
					t.Errorf("%s=%s leaves %q, want %q", parameter, test.operand, got, test.want)
				}
			}
		})
	}
}

func TestOperatorsAndKinds(t *testing.T) {
	for _, field := range fieldsUnderTest {
		t.Run(field.kind, func(t *testing.T) {
			a := field.start(t)
			field.records(a)
			for _, operator := range allOperators {
				want := 400
				if slices.Contains(field.operators, operator) {
					want = 200
				}
				target := "/objects/" + field.object + "/resources" + query("filter["+field.field+"]["+operator+"]", field.operand)
				a.want(want, "GET", target, nil)
			}
		})
	}
}

func TestUnknownOperators(t *testing.T) {
	a := start(t)
	for _, operator := range []string{"Equals", "is", "IS", "Is Not", "contains", "", ">", "!=", "Is ", "One Of"} {
		a.rejected(400, "", "GET", "/objects/company/resources"+query("filter[name]["+operator+"]", "x"), nil)
	}
}

func TestOperandsThatAreNoSuchValue(t *testing.T) {
	a := start(t)
	a.create("deal", `{"close_date":"2026-01-01","amount":1}`)
	for _, test := range []struct{ object, field, operator, operand string }{
		{"deal", "amount", "Is", "one"},
		{"deal", "amount", "Greater than", ""},
		{"deal", "amount", "Is", "0x10"},
		{"deal", "amount", "Is", "1,5"},
		{"deal", "amount", "Less than", "1e20"},
		{"deal", "amount", "Less than", "1e999999999"},
		{"deal", "amount", "Is", "NaN"},
		{"deal", "amount", "Is", " 1"},
		{"deal", "amount", "Is", "01"},
		{"deal", "amount", "Is", "1."},
		{"deal", "amount", "Is", "1e+-1"},
		{"deal", "close_date", "Is", "yesterday"},
		{"deal", "close_date", "Is after", "2026-02-30"},
		{"deal", "close_date", "Is after", "1767225600"},
		{"deal", "_created_at", "Is after", "2026"},
		{"meeting", "all_day", "Is", "yes"},
		{"meeting", "all_day", "Is not", "True"},
		{"deal", "stage", "Is", "won"},
		{"deal", "stage", "One of", "Won,lost"},
	} {
		a.rejected(400, "", "GET", "/objects/"+test.object+"/resources"+query("filter["+test.field+"]["+test.operator+"]", test.operand), nil)
	}
	for _, bare := range []string{">x", "x*", "1,2", "*1*"} {
		a.rejected(400, "", "GET", "/objects/deal/resources"+query("filter[amount]", bare), nil)
	}
	a.rejected(400, "", "GET", "/objects/company/resources"+query("filter[name]", ">x"), nil)
}
