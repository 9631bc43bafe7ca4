package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/internal/contract"
)

const boats = "../../internal/foreign/workspace.json"

func runAlone(args ...string) (code int, stdout, stderr string) {
	var out, failed bytes.Buffer
	code = run(context.Background(), &environment{func(string) string { return "" }, &out, &failed}, args)
	return code, out.String(), failed.String()
}

func TestOpenAPIKeepsTheContractAndAddsTheObjects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "openapi.json")
	if code, _, stderr := runAlone("openapi", "-schema", boats, "-o", path); code != exitDone {
		t.Fatalf("openapi ends with %d: %s", code, stderr)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	for b, into := range map[*[]byte]*map[string]any{&written: &got, &known: &want} {
		if err := json.Unmarshal(*b, into); err != nil {
			t.Fatal(err)
		}
	}
	part := func(document map[string]any, names ...string) map[string]any {
		for _, name := range names {
			document, _ = document[name].(map[string]any)
		}
		return document
	}
	for _, names := range [][]string{{"paths"}, {"components", "schemas"}, {"components", "responses"}, {"components", "parameters"}} {
		for name, value := range part(want, names...) {
			if !reflect.DeepEqual(part(got, names...)[name], value) {
				t.Errorf("%s of %v is not as in the contract", name, names)
			}
		}
	}
	stage := part(got, "components", "schemas", "DealAttributes", "properties", "stage")
	if options := stage["enum"]; !reflect.DeepEqual(options, []any{"Open", "Closed", nil}) {
		t.Errorf("the options of a stage are %v", options)
	}
	changes := part(got, "components", "schemas", "BoatChanges")
	if part(changes, "properties")["hull"] != nil || changes["additionalProperties"] != false || changes["required"] != nil {
		t.Errorf("a change of a boat can have %v", changes)
	}
	if required := part(got, "components", "schemas", "BoatNewAttributes")["required"]; !reflect.DeepEqual(required, []any{"plate"}) {
		t.Errorf("a new boat must have %v", required)
	}
	ids := map[string]bool{}
	for path, item := range part(got, "paths") {
		for _, operation := range item.(map[string]any) {
			members, _ := operation.(map[string]any)
			if id, ok := members["operationId"].(string); ok {
				if ids[id] {
					t.Errorf("the operation %s is there twice, also at %s", id, path)
				}
				ids[id] = true
			}
		}
	}
	for _, id := range []string{"createRecord", "createRecordOfBoat", "getResourcesOfDeal", "deleteRecordOfBoat"} {
		if !ids[id] {
			t.Errorf("there is no operation %s", id)
		}
	}

	// The same in YAML, and the same each time.
	code, first, stderr := runAlone("openapi", "-schema", boats)
	if code != exitDone {
		t.Fatalf("openapi ends with %d: %s", code, stderr)
	}
	if _, second, _ := runAlone("openapi", "-schema", boats); second != first {
		t.Error("the document is another one the second time")
	}
	read, err := openapi3.NewLoader().LoadFromData([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	b, err := read.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := openapi3.NewLoader().LoadFromData(written)
	if err != nil {
		t.Fatal(err)
	}
	want2, err := again.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(want2) {
		t.Error("YAML and JSON are not the same document")
	}
}

// Names that no identifier, path or document in YAML can have as they are.
func TestOpenAPITakesAnyNames(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "schema.json")
	properties := map[string]any{}
	for _, name := range []string{"end", "on", "2nd", "🚀", "a: b", "- x", "#", "a\nb", "\u2028", "{}", "'", `"`, "%", " ", "\u007f", "~", "null"} {
		properties[name] = map[string]any{"type": []string{"string", "null"}, "title": name, "description": name + "\n\n" + name, "enum": []string{name, "yes"}}
	}
	var schemas []any
	for _, name := range []string{"c_boat", "c_Boat", "boat", "c_{x}", "c_🚀", "schema", "record", "person", "c_a b"} {
		id := "https://getclarify.ai/schemas/entities/" + name
		schemas = append(schemas, map[string]any{"id": id, "attributes": map[string]any{"$id": id, "type": "object", "properties": properties}})
	}
	content, err := json.Marshal(map[string]any{"format": "clarify-schema", "version": 1, "schemas": schemas})
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, written, stderr := runAlone("openapi", "-schema", path)
	if code != exitDone {
		t.Fatalf("openapi ends with %d: %s", code, stderr)
	}
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	for component, schema := range document.Components.Schemas {
		if !strings.HasSuffix(component, "Changes") {
			continue
		}
		for name := range properties {
			property := schema.Value.Properties[name]
			if property == nil || property.Value.Title != name || property.Value.Description != name+"\n\n"+name || property.Value.Enum[0] != name {
				t.Errorf("%s: the field %q is %+v", component, name, property)
			}
		}
	}
	for _, name := range []string{"c_%7Bx%7D", "c_%F0%9F%9A%80", "c_a%20b", "boat", "c_boat"} {
		if document.Paths.Value("/objects/"+name+"/records") == nil {
			t.Errorf("there is no path of %s", name)
		}
	}
}
