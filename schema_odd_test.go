package clarify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

// What cannot be read leaves the rest as it is.
func TestSchemaOfOddDocuments(t *testing.T) {
	deep := func(property string, inner any) any {
		for range 20_000 / rerun.Stride(2) {
			inner = map[string]any{property: inner, "type": "object"}
		}
		return inner
	}
	round := map[string]any{}
	round["allOf"] = []any{round}
	good := document(`{"field":{"type":"string"}}`)
	for name, attributes := range map[string]any{
		"nothing":                   nil,
		"text":                      "person",
		"a list":                    []any{map[string]any{"properties": 1}},
		"properties that are text":  map[string]any{"properties": "name"},
		"properties that are lists": map[string]any{"properties": map[string]any{"a": []any{}, "b": nil, "c": 1, "": map[string]any{}}},
		"deep in all of":            map[string]any{"properties": map[string]any{"a": map[string]any{"allOf": []any{deep("not", nil)}}}},
		"deep items":                map[string]any{"properties": map[string]any{"a": deep("items", nil)}},
		"deep properties":           map[string]any{"properties": map[string]any{"a": deep("properties", map[string]any{})}},
		"a loop in Go":              map[string]any{"properties": map[string]any{"a": round}},
		"no JSON":                   map[string]any{"properties": map[string]any{"a": func() {}}},
	} {
		t.Run(name, func(t *testing.T) {
			odd := gen.Schema{ID: "https://getclarify.ai/schemas/entities/odd", AdditionalProperties: map[string]any{"attributes": attributes}}
			if members, ok := attributes.(map[string]any); ok {
				odd = gen.Schema{ID: odd.ID, Attributes: members}
			}
			schema := clarify.NewSchema([]gen.Schema{odd, good, {}})
			if o, ok := schema.Object("odd"); !ok || o.ID != odd.ID {
				t.Errorf("got %+v", schema.Objects())
			}
			o, _ := schema.Object("thing")
			f, ok := o.Field("field")
			if !ok {
				t.Fatalf("got %+v", o)
			}
			wantEqual(t, "f.Kind", f.Kind, clarify.KindText)
		})
	}
}

// Definitions that refer to each other in every way do not take forever.
func TestSchemaOfDefinitionsThatGrow(t *testing.T) {
	var documents []gen.Schema
	for i := range 60 {
		next := fmt.Sprintf("https://getclarify.ai/schemas/core/d%d", i+1)
		documents = append(documents, documentOf(fmt.Sprintf("https://getclarify.ai/schemas/core/d%d", i),
			fmt.Sprintf(`{"allOf":[{"$ref":%q},{"$ref":%[1]q}],"properties":{"a":{"$ref":%[1]q},"b":{"$ref":%[1]q},"c":{"$ref":%[1]q}}}`, next)))
	}
	schema := clarify.NewSchema(append(documents, document(`{"field":{"$ref":"../core/d0"},"other":{"type":"string"}}`)))
	o, _ := schema.Object("thing")
	f, ok := o.Field("field")
	if !ok {
		t.Fatalf("got %+v", f)
	}
	wantEqual(t, "f.Kind", f.Kind, clarify.KindObject)
	f, ok = o.Field("other")
	if !ok {
		t.Fatalf("got %+v", f)
	}
	wantEqual(t, "f.Kind", f.Kind, clarify.KindText)
}

func FuzzNewSchema(f *testing.F) {
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		var page struct{ Data json.RawMessage }
		if err := json.Unmarshal(b, &page); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(page.Data))
	}
	f.Add([]byte(`[{"id":"a/entities/b","attributes":{"$id":7,"properties":{"":{"$ref":"#/properties/"},"x":{"oneOf":[null,{"$ref":"#"}]}}}}]`))
	f.Add([]byte(`[{"id":"core/b","attributes":{"allOf":[{"$ref":"b"},{"$ref":"%2"}],"enum":[1,[],{}],"xClarifyRelationship":{"entity":"/"}}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var items []map[string]any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if d.Decode(&items) != nil {
			t.Skip()
		}
		var documents []gen.Schema
		for _, item := range items {
			id, _ := item["id"].(string)
			document := gen.Schema{ID: id, AdditionalProperties: map[string]any{"attributes": item["attributes"]}}
			if attributes, ok := item["attributes"].(map[string]any); ok {
				document = gen.Schema{ID: id, Attributes: attributes}
			}
			documents = append(documents, document)
		}
		schema := clarify.NewSchema(documents)
		if len(schema.Documents()) != len(documents) {
			t.Errorf("%d of %d documents are there", len(schema.Documents()), len(documents))
		}
		raws := map[string]bool{}
		for _, document := range documents {
			attributes := any(map[string]any(document.Attributes))
			if document.Attributes == nil {
				attributes = document.AdditionalProperties["attributes"]
			}
			raws[compact(t, mustJSON(t, attributes))] = true
		}
		for _, o := range schema.Objects() {
			found, ok := schema.Object(o.Name)
			if !ok {
				t.Fatalf("the object %q is not found", o.Name)
			}
			wantEqual(t, "found", found, o)
			if raw := o.Raw; raw != nil && !raws[compact(t, raw)] {
				t.Errorf("%s was not sent", o.Raw)
			}
			for i, f := range o.Fields {
				if i > 0 && o.Fields[i-1].Name == f.Name {
					t.Errorf("the field %q is there twice", f.Name)
				}
				checkField(t, f)
			}
		}
		for _, d := range schema.Definitions() {
			checkField(t, d)
		}
	})
}

// checkField checks what holds for every field.
func checkField(t *testing.T, f *clarify.FieldSchema) {
	t.Helper()
	if !json.Valid(f.Raw) && f.Raw != nil {
		t.Errorf("the field %q has %q", f.Name, f.Raw)
	}
	if strings.HasPrefix(f.Kind.String(), "FieldKind") {
		t.Errorf("the field %q is of the kind %v", f.Name, f.Kind)
	}
	if (f.Kind == clarify.KindToOne || f.Kind == clarify.KindToMany) && f.Relationship == nil {
		t.Errorf("the field %q is of the kind %v", f.Name, f.Kind)
	}
	for _, o := range f.Options {
		if _, ok := f.Option(o.Value); !ok {
			t.Errorf("the field %q has no option %q", f.Name, o.Value)
		}
	}
	if f.Items != nil {
		checkField(t, f.Items)
	}
	for _, m := range f.Members {
		checkField(t, m)
	}
}

// compact returns JSON with its members in order and without space.
func compact(t *testing.T, raw []byte) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return string(mustJSON(t, v))
}
