package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const ours = "../../openapi.yaml"

type object = map[string]any

// contract is openapi.yaml as a tree.
func contract(t testing.TB) object {
	t.Helper()
	b, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	var tree object
	if err := yaml.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// vendorStyle turns a document into one in the style of the vendor's: the
// workspace in the paths, no components but schemas with other names, required and
// nullable flags, all numbers of one type, no errors, one scheme, and what is said
// to be wrong or missing in it.
func vendorStyle(tree object) object {
	inlineComponents(tree)
	schemas := tree["components"].(object)["schemas"].(object)
	tree["components"] = object{"schemas": schemas, "securitySchemes": object{
		"api-key": object{"type": "apiKey", "in": "header", "name": "Authorization"},
	}}
	tree["security"] = []any{object{"api-key": []any{}}}
	tree["servers"] = []any{object{"url": "https://api.clarify.ai"}}

	paths := object{}
	for path, item := range tree["paths"].(object) {
		own := item.(object)
		for method, value := range own {
			op, ok := value.(object)
			if !ok || method == "parameters" {
				continue
			}
			if op["operationId"] == "getDeletedResources" {
				delete(own, method)
				continue
			}
			responses := op["responses"].(object)
			delete(responses, "default")
			if op["operationId"] != "mergeRecords" {
				delete(responses, "204")
			}
			responses["403"] = object{"description": ""}
		}
		shared, _ := own["parameters"].([]any)
		own["parameters"] = append([]any{object{"name": "workspace", "in": "path", "required": true, "schema": object{"type": "string"}}}, shared...)
		paths["/v1/workspaces/{workspace}"+path] = own
	}
	tree["paths"] = paths

	mistakes(tree)
	walk(tree, func(node object) {
		delete(node, "style")
		delete(node, "explode")
		if node["type"] == "integer" {
			node["type"] = "number"
		}
		if types, ok := node["type"].([]any); ok && slices.Contains(types, any("null")) {
			rest := slices.DeleteFunc(slices.Clone(types), func(t any) bool { return t == "null" })
			if len(rest) == 1 {
				node["type"], node["nullable"] = rest[0], true
				if node["type"] == "integer" {
					node["type"] = "number"
				}
			}
		}
		properties, ok := node["properties"].(object)
		required, isList := node["required"].([]any)
		if !ok || !isList {
			return
		}
		for _, name := range required {
			if property, ok := properties[name.(string)].(object); ok && property["$ref"] == nil {
				property["required"] = true
			}
		}
	})
	renamed := object{}
	for name, schema := range schemas {
		renamed[name+"Dto"] = schema
	}
	tree["components"].(object)["schemas"] = renamed
	walk(tree, func(node object) {
		if ref, ok := node["$ref"].(string); ok {
			node["$ref"] = ref + "Dto"
		}
	})
	return tree
}

// mistakes puts into a document what is wrong or missing in the vendor's.
func mistakes(tree object) {
	schemas := tree["components"].(object)["schemas"].(object)
	for _, name := range []string{"Record", "Resource"} {
		if schema, ok := schemas[name].(object); ok {
			schema["properties"].(object)["type"] = object{"type": "string", "enum": []any{strings.ToLower(name)}}
		}
	}
	for _, item := range tree["paths"].(object) {
		for _, value := range item.(object) {
			op, _ := value.(object)
			switch op["operationId"] {
			case "updateRecords":
				op["responses"].(object)["200"] = object{"description": "", "content": object{"application/json": object{"schema": object{
					"type": "object", "required": []any{"data"}, "properties": object{"data": object{"type": "object", "properties": object{"id": object{"type": "string"}}}},
				}}}}
			}
		}
	}
	for name, schema := range schemas {
		properties, _ := schema.(object)["properties"].(object)
		if strings.HasSuffix(name, "PageMeta") {
			delete(properties, "offset")
			delete(properties, "limit")
		}
		if name == "ResourcePage" {
			delete(properties, "links")
			schema.(object)["required"] = slices.DeleteFunc(schema.(object)["required"].([]any), func(v any) bool { return v == "links" })
		}
	}
}

// inlineComponents puts what is shared, but for schemas, where it is used.
func inlineComponents(tree object) {
	components := tree["components"].(object)
	var resolve func(node any) any
	resolve = func(node any) any {
		switch node := node.(type) {
		case object:
			if ref, ok := node["$ref"].(string); ok && !strings.Contains(ref, "/schemas/") {
				parts := strings.Split(strings.TrimPrefix(ref, "#/components/"), "/")
				return resolve(copied(components[parts[0]].(object)[parts[1]]))
			}
			for name, child := range node {
				node[name] = resolve(child)
			}
		case []any:
			for i := range node {
				node[i] = resolve(node[i])
			}
		}
		return node
	}
	tree["paths"] = resolve(tree["paths"])
}

func copied(v any) any {
	switch v := v.(type) {
	case object:
		c := maps.Clone(v)
		for name := range c {
			c[name] = copied(c[name])
		}
		return c
	case []any:
		c := slices.Clone(v)
		for i := range c {
			c[i] = copied(c[i])
		}
		return c
	}
	return v
}
