package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oasdiff/oasdiff/load"
	"go.yaml.in/yaml/v3"
)

// save writes a document to a file.
func save(t *testing.T, tree object) string {
	t.Helper()
	b, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "vendor.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func drift(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, said strings.Builder
	status = run(t.Context(), args, &out, &said)
	return status, out.String(), said.String()
}

func TestTheContractDoesNotDifferFromItself(t *testing.T) {
	status, out, _ := drift(t, ours)
	if status != 0 || !strings.Contains(out, "0 new differences") {
		t.Errorf("exit status %d: %s", status, out)
	}
}

func TestTheVendorsStyleIsNoDifference(t *testing.T) {
	status, out, said := drift(t, "-all", save(t, vendorStyle(contract(t))))
	if status != 0 {
		t.Errorf("exit status %d: %s%s", status, out, said)
	}
	// Each mistake of the vendor's document is found, and known.
	for _, want := range []string{
		"API key", "status `403`", "getDeletedResources", "record is record or resource", "updateRecords", "links", "meta/offset", "meta/limit",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not among the known differences", want)
		}
	}
}

// part finds what a path leads to in a tree.
func part(t *testing.T, tree any, path ...string) object {
	t.Helper()
	for _, name := range path {
		next, ok := tree.(object)[name]
		if !ok {
			t.Fatalf("%q is not in the contract, on the way to %q", name, path)
		}
		tree = next
	}
	return tree.(object)
}

// operationOf finds an operation and what holds it.
func operationOf(t *testing.T, tree object, id string) (item object, method string, op object) {
	t.Helper()
	for _, item := range tree["paths"].(object) {
		for method, value := range item.(object) {
			if op, ok := value.(object); ok && op["operationId"] == id {
				return item.(object), method, op
			}
		}
	}
	t.Fatalf("there is no operation %s", id)
	return nil, "", nil
}

func without(list any, value any) []any {
	return slices.DeleteFunc(slices.Clone(list.([]any)), func(v any) bool { return v == value })
}

// mutations are changes that the vendor may make, each with an operation that is
// concerned, the kind of difference, and whether it breaks a Go user.
var mutations = map[string]struct {
	mutate    func(t *testing.T, tree object)
	operation string
	kind      string
	breaking  bool
}{
	"an operation is added": {func(t *testing.T, tree object) {
		tree["paths"].(object)["/notes"] = object{"get": object{"operationId": "getNotes", "responses": object{"200": object{"description": ""}}}}
	}, "GET /notes", "endpoint-added", false},
	"an operation is removed": {func(t *testing.T, tree object) {
		item, method, _ := operationOf(t, tree, "mergeRecords")
		delete(item, method)
	}, "mergeRecords", "api-removed-without-deprecation", true},
	"an operation has another id": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "getUsers")
		op["operationId"] = "listUsers"
	}, "getUsers", "api-operation-id-removed", true},
	"a parameter is added": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "getUser")
		op["parameters"] = append(parameters(op), object{"name": "include", "in": "query", "schema": object{"type": "string"}})
	}, "getUser", "new-optional-request-parameter", false},
	"a required parameter is added": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "getUser")
		op["parameters"] = append(parameters(op), object{"name": "scope", "in": "query", "required": true, "schema": object{"type": "string"}})
	}, "getUser", "new-required-request-parameter", true},
	"a parameter is removed": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "getResource")
		op["parameters"] = parameters(op)[:len(parameters(op))-1]
	}, "getResource", "request-parameter-removed", true},
	"a member of a response is added": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "UserAttributes", "properties")["locale"] = object{"type": "string"}
	}, "getUser", "response-optional-property-added", false},
	"a member of a response is removed": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "UserAttributes")
		delete(schema["properties"].(object), "roles")
		schema["required"] = without(schema["required"], "roles")
	}, "getUsers", "response-required-property-removed", true},
	"an optional member of a response is removed": {func(t *testing.T, tree object) {
		delete(part(t, tree, "components", "schemas", "UserAttributes", "properties"), "profile_picture")
	}, "getUsers", "response-optional-property-removed", true},
	"a member of a response becomes optional": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "UserAttributes")
		schema["required"] = without(schema["required"], "roles")
	}, "getUsers", "response-property-became-optional", true},
	"a member of a response becomes required": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "UserAttributes")
		schema["required"] = append(schema["required"].([]any), "profile_picture")
	}, "getUsers", "response-property-became-required", true},
	"a member of a response becomes nullable": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "UserAttributes", "properties", "profile_picture")["type"] = []any{"string", "null"}
	}, "getUsers", "response-property-became-nullable", true},
	"a member of a response is no longer nullable": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "UserAttributes", "properties", "email")["type"] = "string"
	}, "getUsers", "response-property-became-not-nullable", true},
	"a member of a response has another type": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "UserAttributes", "properties")["profile_picture"] = object{"type": "object"}
	}, "getUsers", "response-property-type-changed", true},
	"a member of a member of a union is removed": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "CorrespondenceTab")
		delete(schema["properties"].(object), "personField")
	}, "getLayoutById", "", true},
	"a value of an enum of a response is added": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "ListEvaluationStatus")
		schema["enum"] = append(schema["enum"].([]any), "waiting")
	}, "getList", "response-property-enum-value-added", false},
	"a value of an enum of a response is removed": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "ListEvaluationStatus")
		schema["enum"] = schema["enum"].([]any)[1:]
	}, "getList", "response-property-enum-value-removed", true},
	"a value of an enum of a request is added": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "ObjectColor")
		schema["enum"] = append(schema["enum"].([]any), "beige")
	}, "createCustomObject", "request-property-enum-value-added", false},
	"a value of an enum of a request is removed": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "ObjectColor")
		schema["enum"] = schema["enum"].([]any)[1:]
	}, "createCustomObject", "request-property-enum-value-removed", true},
	"a member of a request is added": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "NewComment", "properties")["mentions"] = object{"type": "array", "items": object{"type": "string"}}
	}, "createComment", "new-optional-request-property", false},
	"a required member of a request is added": {func(t *testing.T, tree object) {
		schema := part(t, tree, "components", "schemas", "NewComment")
		schema["properties"].(object)["thread"] = object{"type": "string"}
		schema["required"] = append(schema["required"].([]any), "thread")
	}, "createComment", "new-required-request-property", true},
	"a member of a request is removed": {func(t *testing.T, tree object) {
		delete(part(t, tree, "components", "schemas", "NewComment", "properties"), "_event_id")
	}, "createComment", "request-property-removed", true},
	"a member of a request becomes nullable": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "NewComment", "properties", "entity")["type"] = []any{"string", "null"}
	}, "createComment", "request-property-became-nullable", true},
	"a page may be larger": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "Page", "properties", "limit")["maximum"] = 1000
	}, "getUsers", "limit-changed", false},
	"a page may be no longer as large": {func(t *testing.T, tree object) {
		part(t, tree, "components", "schemas", "Page", "properties", "limit")["maximum"] = 100
	}, "getUsers", "limit-changed", true},
	"a status is added": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "deleteList")
		op["responses"].(object)["200"] = object{"description": ""}
	}, "deleteList", "response-success-status-added", false},
	"a status is removed": {func(t *testing.T, tree object) {
		_, _, op := operationOf(t, tree, "deleteList")
		responses := op["responses"].(object)
		responses["200"] = responses["202"]
		delete(responses, "202")
	}, "deleteList", "response-success-status-removed", true},
}

func parameters(op object) []any {
	list, _ := op["parameters"].([]any)
	return list
}

func TestEachChangeOfTheVendorsDocumentIsFoundAndClassified(t *testing.T) {
	for name, m := range mutations {
		t.Run(name, func(t *testing.T) {
			tree := contract(t)
			m.mutate(t, tree)
			b, err := json.Marshal(vendorStyle(tree))
			if err != nil {
				t.Fatal(err)
			}
			found, err := differences(t, b)
			if err != nil {
				t.Fatal(err)
			}
			known, err := readKnown("known.yaml")
			if err != nil {
				t.Fatal(err)
			}
			report := sortOut(found, known)
			i := slices.IndexFunc(report.fresh, func(d Difference) bool {
				return d.Operation == m.operation && (m.kind == "" || d.ID == m.kind)
			})
			if i < 0 {
				t.Fatalf("want %s at %s, got %v", m.kind, m.operation, report.fresh)
			}
			if report.fresh[i].Breaking != m.breaking {
				t.Errorf("breaking: got %v, want %v: %v", report.fresh[i].Breaking, m.breaking, report.fresh[i])
			}
		})
	}
}

// base is the contract, which is read once for all mutations.
var base = sync.OnceValues(func() (*load.SpecInfo, error) {
	b, err := os.ReadFile(ours)
	if err != nil {
		return nil, err
	}
	return parse(ours, b)
})

func differences(t *testing.T, vendor []byte) ([]Difference, error) {
	t.Helper()
	contract, err := base()
	if err != nil {
		return nil, err
	}
	revision, err := parse("vendor.json", vendor)
	if err != nil {
		return nil, err
	}
	return compare(contract, revision)
}

func TestADocumentMayComeFromAURL(t *testing.T) {
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.Header.Get("User-Agent")
		if r.URL.Path != "/swagger-json" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(vendorStyle(contract(t)))
	}))
	defer server.Close()
	if status, out, said := drift(t, server.URL+"/swagger-json"); status != 0 {
		t.Errorf("exit status %d: %s%s", status, out, said)
	}
	if agent == "" {
		t.Error("the request has no User-Agent")
	}
	if status, _, said := drift(t, server.URL+"/elsewhere"); status != 2 || !strings.Contains(said, "404") {
		t.Errorf("exit status %d: %s", status, said)
	}
}

func TestWhatCannotBeComparedIsAnError(t *testing.T) {
	directory := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(directory, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no document":           {nil, "name one document"},
		"two documents":         {[]string{ours, ours}, "name one document"},
		"an unknown flag":       {[]string{"-x"}, "-x"},
		"no such file":          {[]string{"nowhere.json"}, "nowhere.json"},
		"not JSON":              {[]string{write("a", "{")}, "neither JSON nor YAML"},
		"not OpenAPI":           {[]string{write("b", "{}")}, "no paths"},
		"a dangling reference":  {[]string{write("c", `{"openapi":"3.1.0","paths":{"/a":{"$ref":"#/components/x/y"}}}`)}, "#/components/x/y"},
		"an entry of no reason": {[]string{"-known", write("d", "- kinds: [a]"), ours}, "no reason"},
		"an entry of no kind":   {[]string{"-known", write("e", "- reason: a"), ours}, "fits every difference"},
		"an entry of no regexp": {[]string{"-known", write("f", "- {kinds: [a], text: '(', reason: a}"), ours}, "entry 1"},
		"a misspelt entry":      {[]string{"-known", write("g", "- {kind: [a], reason: a}"), ours}, "kind"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, said := drift(t, test.args...)
			if status != 2 {
				t.Errorf("exit status %d, want 2", status)
			}
			if !strings.Contains(said, test.want) {
				t.Errorf("got %q, want %q in it", said, test.want)
			}
		})
	}
}

func TestTheReportIsMarkdownIfAskedFor(t *testing.T) {
	tree := contract(t)
	part(t, tree, "components", "schemas", "UserAttributes", "properties")["locale"] = object{"type": "string"}
	status, out, _ := drift(t, "-markdown", save(t, vendorStyle(tree)))
	if status != 1 || !strings.Contains(out, "\n## Compatible\n\n- **getUser**: ") {
		t.Errorf("exit status %d: %s", status, out)
	}
}

func TestNormalizingChangesNoMeaning(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"required flags":         {`{properties: {a: {required: true, type: string}, b: {required: false}}}`, `{properties: {a: {type: string}, b: {}}, required: [a]}`},
		"required flag and list": {`{properties: {a: {required: true}}, required: [b]}`, `{properties: {a: {}}, required: [a, b]}`},
		"nullable":               {`{type: string, nullable: true}`, `{type: ["null", string]}`},
		"not nullable":           {`{type: string, nullable: false}`, `{type: string}`},
		"a union with null":      {`{oneOf: [{type: "null"}, {type: object, properties: {a: {}}}]}`, `{type: ["null", object], properties: {a: {}}}`},
		"a nullable union":       {`{nullable: true, oneOf: [{type: string}, {type: number}]}`, `{anyOf: [{type: string}, {type: number}, {type: "null"}]}`},
		"an integer":             {`{type: integer}`, `{type: number}`},
		"integer or number":      {`{type: [integer, number, "null"]}`, `{type: ["null", number]}`},
		"a constant":             {`{type: string, const: a}`, `{type: string, enum: [a]}`},
		"open objects":           {`{type: object, additionalProperties: true}`, `{type: object}`},
		"open objects by schema": {`{type: object, additionalProperties: {}}`, `{type: object}`},
		"null among options":     {`{type: [string, "null"], enum: [a, null]}`, `{type: ["null", string], enum: [a]}`},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(text string) object {
				var schema object
				if err := yaml.Unmarshal([]byte(text), &schema); err != nil {
					t.Fatal(err)
				}
				return object{"paths": object{}, "components": object{}, "schema": schema}
			}
			got := read(test.before)
			if err := normalize(got); err != nil {
				t.Fatal(err)
			}
			want := read(test.after)
			a, _ := json.Marshal(got["schema"])
			b, _ := json.Marshal(want["schema"])
			if string(a) != string(b) {
				t.Errorf("got %s, want %s", a, b)
			}
		})
	}
}
