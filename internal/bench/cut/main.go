// Command cut makes a small OpenAPI document of a large one: a single operation
// with what it refers to, in the form that ogen understands, in which the
// attributes of a record are the fields that the benchmarks read.
//
//	go run ./cut ../../openapi.yaml ogenapi/openapi.json
//
// ogen rejects the whole document: it does not know the anchors of YAML, and nor do its
// parameters know a deepObject of objects.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: cut openapi.yaml cut.json")
	}
	whole, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	small, err := cut(whole)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[2], small, 0o644); err != nil {
		log.Fatal(err)
	}
}

const (
	path   = "/objects/{object}/resources"
	method = "get"
)

// parameters are those that are kept.
var parameters = []string{"#/components/parameters/ObjectName", "#/components/parameters/RecordsPageQuery", "#/components/parameters/Include"}

// attributes is the schema of the fields that the benchmarks read.
const attributes = `
type: object
properties:
  name: {type: object, required: [first_name, last_name, full_name], properties: {first_name: {type: string}, last_name: {type: string}, full_name: {type: string}}}
  email_addresses: {$ref: '#/components/schemas/Collection'}
  phone_numbers: {$ref: '#/components/schemas/Collection'}
  job_title: {type: string}
  company_id: {type: string}
  c_website: {type: string}
  c_tier: {type: string}
  c_score: {type: number}
  c_visits: {type: integer}
  c_active: {type: boolean}
  c_notes: {type: string}
  c_tags: {type: array, items: {type: string}}
  c_manager: {type: string, nullable: true}
  _created_at: {type: string, format: date-time}
  _updated_at: {type: string, format: date-time}
`

const collection = `{type: object, required: [items], properties: {items: {type: array, items: {type: string}}}}`

type object = map[string]any

// cut returns the document of the one operation.
func cut(document []byte) ([]byte, error) {
	var whole object
	if err := yaml.Unmarshal(document, &whole); err != nil {
		return nil, err
	}
	item, ok := at(whole, "paths", path).(object)
	if !ok {
		return nil, fmt.Errorf("there is no path %s", path)
	}
	operation, ok := item[method].(object)
	if !ok {
		return nil, fmt.Errorf("%s has no operation %s", path, method)
	}
	shared, _ := item["parameters"].([]any)
	own, _ := operation["parameters"].([]any)
	var kept []any
	for _, p := range slices.Concat(shared, own) {
		if ref, _ := at(p, "$ref").(string); slices.Contains(parameters, ref) {
			kept = append(kept, p)
		}
	}
	if len(kept) != len(parameters) {
		return nil, fmt.Errorf("of the parameters %q there are %d", parameters, len(kept))
	}
	operation["parameters"] = kept

	schemas, ok := at(whole, "components", "schemas").(object)
	if !ok {
		return nil, fmt.Errorf("there are no schemas")
	}
	for name, text := range map[string]string{"Attributes": attributes, "Collection": collection} {
		var schema object
		if err := yaml.Unmarshal([]byte(text), &schema); err != nil {
			return nil, err
		}
		if name == "Attributes" {
			properties := schema["properties"].(object)
			if len(properties) != 15 {
				return nil, fmt.Errorf("there are %d fields, and there should be 15", len(properties))
			}
			var all []string
			for field := range properties {
				all = append(all, field)
			}
			slices.Sort(all)
			schema["required"] = all
		}
		schemas[name] = schema
	}

	small := object{
		"openapi":  "3.0.3",
		"info":     whole["info"],
		"servers":  whole["servers"],
		"security": []any{object{"apiKey": []any{}}},
		"paths":    object{path: object{method: operation}},
		"components": object{
			"securitySchemes": object{"apiKey": at(whole, "components", "securitySchemes", "apiKey")},
		},
	}
	if err := bring(small, whole, small["paths"]); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(plain(small, false)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// at returns what is in v, by the names of its members.
func at(v any, names ...string) any {
	for _, name := range names {
		m, _ := v.(object)
		v = m[name]
	}
	return v
}

// bring adds to small what v refers to in whole.
func bring(small, whole object, v any) error {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			return bringOne(small, whole, ref)
		}
		for _, member := range v {
			if err := bring(small, whole, member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := bring(small, whole, element); err != nil {
				return err
			}
		}
	}
	return nil
}

func bringOne(small, whole object, ref string) error {
	names := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	found := at(whole, names...)
	if found == nil {
		return fmt.Errorf("%s leads nowhere", ref)
	}
	place, last := small, names[len(names)-1]
	for _, name := range names[:len(names)-1] {
		if place[name] == nil {
			place[name] = object{}
		}
		place = place[name].(object)
	}
	if place[last] != nil {
		return nil
	}
	place[last] = found
	return bring(small, whole, found)
}

// plain returns v as OpenAPI 3.0 has it, without examples. Under names, the
// members of an object are names and not keywords.
func plain(v any, names bool) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, member := range v {
			if !names && (name == "example" || name == "examples") {
				continue
			}
			out[name] = plain(member, !names && name == "properties")
		}
		if types, ok := v["type"].([]any); ok && !names && len(types) == 2 && types[1] == "null" {
			out["type"], out["nullable"] = types[0], true
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i], false)
		}
		return out
	}
	return v
}
