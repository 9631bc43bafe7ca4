package schemadiff_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemadiff"
)

// boat is a schema with one object that has some properties, and a definition.
func boat(t testing.TB, properties, definition string) *clarify.Schema {
	t.Helper()
	var documents []gen.Schema
	listing := `[{"type":"schema","id":"https://getclarify.ai/schemas/core/money","attributes":` + definition + `},
		{"type":"schema","id":"https://getclarify.ai/schemas/entities/c_boat","attributes":{"$id":"https://getclarify.ai/schemas/entities/c_boat","properties":` + properties + `}}]`
	if err := json.Unmarshal([]byte(listing), &documents); err != nil {
		t.Fatal(err)
	}
	return clarify.NewSchema(documents)
}

const money = `{"xClarifyNamespace":"core","type":"object","properties":{"amount":{"type":"number"},"unit":{"type":"string","enum":["EUR"]}}}`

func TestCompare(t *testing.T) {
	for name, test := range map[string]struct {
		before, after string
		definition    string // after; that before if empty
		want          []string
	}{
		"the same": {`{"a":{"type":"string"}}`, `{"a":{"type":"string"}}`, "", nil},
		"another form that means the same": {
			`{"a":{"type":["string","null"]}}`, `{"a":{"oneOf":[{"type":"null"},{"type":"string"}]}}`, "",
			[]string{"note c_boat.a: the JSON Schema is written in another way that means the same"}},
		"another rank alone": {`{"a":{"type":"string","xClarifyPresentation":{"rank":1}}}`, `{"a":{"type":"string","xClarifyPresentation":{"rank":7}}}`, "", nil},
		"a definition": {
			`{"a":{"$ref":"../core/money"}}`, `{"a":{"$ref":"../core/money"}}`,
			strings.Replace(strings.Replace(money, `"number"`, `"string"`, 1), `"EUR"`, `"EUR","USD"`, 1),
			[]string{"breaking c_boat.a.amount: the type changed from number to text", `compatible c_boat.a.unit: the option "USD" is new`, `note the definition "money" changed`}},
		"a definition that is gone": {
			`{"a":{"$ref":"../core/money"}}`, `{"a":{"$ref":"../core/mony"}}`, "",
			[]string{`breaking c_boat.a: the type changed from object to unknown, as the definition "mony" is missing`}},
		"what records can have": {
			`{"a":{"type":["array","null"],"items":{"type":"string"}}}`, `{"a":{"type":["array","null"],"items":{"type":"number"}}}`, "",
			[]string{"breaking c_boat.a[]: the type changed from text to number"}},
		"options where there were none": {
			`{"a":{"type":"string","xClarifyEnumMetadata":{}}}`, `{"a":{"type":"string","enum":["x","y"],"xClarifyEnumMetadata":{}}}`, "",
			[]string{`breaking c_boat.a: only the options "x", "y" are allowed`}},
		"two options that swap their ids": {
			`{"a":{"type":"string","enum":["x","y"],"xClarifyEnumMetadata":{"x":{"id":"1"},"y":{"id":"2"}}}}`,
			`{"a":{"type":"string","enum":["x","y"],"xClarifyEnumMetadata":{"x":{"id":"2"},"y":{"id":"1"}}}}`, "",
			[]string{`note c_boat.a: the id of the option "x" changed from "1" to "2"`, `note c_boat.a: the id of the option "y" changed from "2" to "1"`}},
		"nothing to everything": {
			`{"a":true,"b":null,"c":[]}`, `{"a":{"type":"boolean"},"b":{"type":"number"},"c":{"type":"string"}}`, "",
			[]string{"breaking c_boat.a: the type changed from unknown to checkbox", "breaking c_boat.b: the type changed from unknown to number", "breaking c_boat.c: the type changed from unknown to text"}},
		"an annotation that is not known": {
			`{"a":{"type":"string","xNew":{"a":[1]}}}`, `{"a":{"type":"string","xNew":{"a":[1,2]}}}`, "",
			[]string{`note c_boat.a: the xNew changed from "{\"a\":[1]}" to "{\"a\":[1,2]}"`}},
	} {
		t.Run(name, func(t *testing.T) {
			definition := test.definition
			if definition == "" {
				definition = money
			}
			var got []string
			for _, c := range schemadiff.Compare(boat(t, test.before, money), boat(t, test.after, definition)) {
				got = append(got, c.Severity.String()+" "+c.String())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the changes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A schema does not differ from itself, and what differs one way differs the other way.
func FuzzCompare(f *testing.F) {
	f.Add(`{"a":{"type":"string"}}`, `{"a":{"type":"number"}}`)
	f.Add(`{"a":{"$ref":"#"},"b":{"items":{"$ref":"#/properties/b"},"type":"array"}}`, `{"a":{"type":"object","properties":{"b":{"$ref":"#"}}}}`)
	f.Add(`{"":{"enum":["a",1,null]},"_id":{}}`, `{"":{"enum":["a","b"],"xClarifyEnumMetadata":{"b":{"id":"x"}}}}`)
	f.Add(`{"a":{"xClarifyRelationship":{"kind":"many-to-one"},"xClarifyPresentation":1,"type":[1]}}`, `{"a":{"xClarifyRelationship":[],"xClarifyPresentation":{"rank":"1"}}}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		var properties any
		if json.Unmarshal([]byte(before), &properties) != nil || json.Unmarshal([]byte(after), &properties) != nil {
			return
		}
		a, b := boat(t, before, money), boat(t, after, money)
		for _, s := range []*clarify.Schema{a, b} {
			if changes := schemadiff.Compare(s, s); len(changes) > 0 {
				t.Errorf("a schema differs from itself: %v", changes)
			}
		}
		there, back := schemadiff.Compare(a, b), schemadiff.Compare(b, a)
		if (len(there) == 0) != (len(back) == 0) {
			t.Errorf("one way the changes are %v, the other way %v", there, back)
		}
		if len(schemadiff.Compare(nil, a)) == 0 {
			t.Error("an object that is new is no change")
		}
	})
}
