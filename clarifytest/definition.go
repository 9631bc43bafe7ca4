package clarifytest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// fieldTypes are the types that a field's JSON Schema may have beside null.
var fieldTypes = []string{"array", "boolean", "integer", "number", "object", "string"}

// checkDefinitions checks the JSON Schemas of fields that are to be made, and
// gives those a rank that have none, from first on.
func checkDefinitions(definitions map[string]any, first int, at pointer) (map[string]jsonSchema, error) {
	checked := map[string]jsonSchema{}
	var found problems
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		schema, f := checkDefinition(name, definitions[name], nil, at.member(name))
		found.add(f)
		if f != nil {
			continue
		}
		if _, has := subschema(schema, keyPresentation)["rank"].(json.Number); !has {
			schema = ranked(schema, first)
			first++
		}
		checked[name] = schema
	}
	return checked, found.failure()
}

// checkDefinition checks the JSON Schema of a field that is to be made, or to
// replace another one. That one may have a type that cannot be made.
func checkDefinition(name string, value any, old jsonSchema, at pointer) (jsonSchema, error) {
	schema, ok := value.(map[string]any)
	switch {
	case !ok:
		return nil, invalid(at, "A field must be a JSON Schema, an object.")
	case !usableName(name):
		return nil, invalid(at, "A field's name must not be empty, begin with _ or contain a dot or a bracket.")
	case schema[keyRelationship] != nil:
		return nil, invalid(at.member(keyRelationship), "Relationships are made by createSchemaRelationshipProperties.")
	}
	schema, f := resolved(schema, at)
	if f != nil {
		return nil, f
	}
	var found problems
	if old == nil || !reflect.DeepEqual(schema["type"], old["type"]) || schema["format"] != old["format"] {
		found.add(checkDefinitionType(schema, at))
	}
	found.add(checkEnum(schema, at))
	items := subschema(subschema(schema, "properties"), "items")
	found.add(checkEnum(subschema(items, "items"), at.member("properties").member("items").member("items")))
	found.add(checkEnum(subschema(schema, "items"), at.member("items")))
	for _, member := range []string{keyPresentation, keyEnumMetadata, "properties"} {
		if _, ok := schema[member].(map[string]any); schema[member] != nil && !ok {
			found.add(invalid(at.member(member), "The value must be an object."))
		}
	}
	if _, ok := schema[keyUnique].(bool); schema[keyUnique] != nil && !ok {
		found.add(invalid(at.member(keyUnique), "The value must be true or false."))
	}
	return schema, found.failure()
}

// usableName tells whether a field can have a name: filters take dots and
// brackets apart.
func usableName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "_") && !strings.ContainsAny(name, ".[]")
}

func checkDefinitionType(schema jsonSchema, at pointer) error {
	at = at.member("type")
	types := typesOf(schema)
	for _, one := range types {
		if one != "null" && !slices.Contains(fieldTypes, one) {
			return invalid(at, "%q is no type of JSON Schema.", one)
		}
	}
	one := slices.DeleteFunc(slices.Clone(types), func(name string) bool { return name == "null" })
	switch {
	case len(one) != 1:
		return invalid(at, "A field must have one type beside null.")
	case len(types) == 1 && one[0] != "boolean":
		return invalid(at, `The type must admit null unless it is boolean: ["%s", "null"].`, one[0])
	case schema["format"] == formatDateTime:
		return invalid(at[:len(at)-len("/type")].member("format"), "Dates have the format date, not date-time.")
	}
	return nil
}

// checkEnum checks the options that a JSON Schema has, if it has any.
func checkEnum(schema jsonSchema, at pointer) error {
	value, has := schema["enum"]
	if !has {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return invalid(at.member("enum"), "The options must be an array.")
	}
	seen := map[string]bool{}
	for i, item := range list {
		name, ok := item.(string)
		switch {
		case item == nil:
		case !ok:
			return invalid(at.member("enum").item(i), "An option must be a string or null.")
		case name == "":
			return invalid(at.member("enum").item(i), "An option cannot be empty.")
		case seen[name]:
			return invalid(at.member("enum").item(i), "The option %q is there twice.", name)
		}
		seen[name] = ok
	}
	return nil
}
