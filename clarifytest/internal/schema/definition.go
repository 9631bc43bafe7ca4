package schema

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// fieldTypes are the types that a field's JSON Schema may have beside null.
var fieldTypes = []string{"array", "boolean", "integer", "number", "object", "string"}

// checkDefinitions checks the JSON Schemas of fields that are to be made, and
// gives those a rank that have none, from first on.
func (from *origin) checkDefinitions(definitions map[string]any, first int, at values.Pointer) (map[string]*Field, error) {
	checked := map[string]*Field{}
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		field, err := from.checkDefinition(name, definitions[name], nil, at.Member(name))
		found.Add(err)
		if err != nil {
			continue
		}
		if _, has := field.presentation()["rank"].(json.Number); !has {
			field = field.ranked(name, first)
			first++
		}
		checked[name] = field
	}
	return checked, found.Err()
}

// checkDefinition checks the JSON Schema of a field that is to be made, or to
// replace another one. That one may have a type that cannot be made.
func (from *origin) checkDefinition(name string, value any, old *Field, at values.Pointer) (*Field, error) {
	schema, ok := value.(map[string]any)
	switch {
	case !ok:
		return nil, values.Invalid(at, "A field must be a JSON Schema, an object.")
	case !usableName(name):
		return nil, values.Invalid(at, "A field's name must not be empty, begin with _ or contain a dot or a bracket.")
	case schema[keyRelationship] != nil:
		return nil, values.Invalid(at.Member(keyRelationship), "Relationships are made by createSchemaRelationshipProperties.")
	}
	var found values.Problems
	field, err := from.readDefinition(name, schema, old, at)
	if err != nil {
		return nil, err
	}
	schema = field.JSON
	if old == nil || !reflect.DeepEqual(schema["type"], old.JSON["type"]) || schema["format"] != old.JSON["format"] {
		found.Add(checkDefinitionType(schema, at))
	}
	found.Add(checkEnum(schema, at))
	items := Sub(Sub(schema, "properties"), "items")
	found.Add(checkEnum(Sub(items, "items"), at.Member("properties").Member("items").Member("items")))
	found.Add(checkEnum(Sub(schema, "items"), at.Member("items")))
	for _, member := range []string{KeyPresentation, keyEnumMetadata, "properties"} {
		if _, ok := schema[member].(map[string]any); schema[member] != nil && !ok {
			found.Add(values.Invalid(at.Member(member), "The value must be an object."))
		}
	}
	if _, ok := schema[keyUnique].(bool); schema[keyUnique] != nil && !ok {
		found.Add(values.Invalid(at.Member(keyUnique), "The value must be true or false."))
	}
	return field, found.Err()
}

// readDefinition reads the JSON Schema of a field, and what it refers to.
func (from *origin) readDefinition(name string, schema JSON, old *Field, at values.Pointer) (*Field, error) {
	if from == nil {
		schema, err := resolved(schema, at)
		return newField(name, schema), err
	}
	var before JSON
	if old != nil && old.declared != nil {
		before, _ = (*old.declared).(map[string]any)
	}
	if before != nil && reflect.DeepEqual(defining(schema), defining(before)) {
		// What it refers to may be within the document that it came from.
		return old.described(name, schema), nil
	}
	if missing := from.unresolved(schema); missing != "" {
		return nil, values.Invalid(at, "There is no definition %s.", missing)
	}
	return from.read(name, schema), nil
}

// newField is the field of a JSON Schema that refers to nothing.
func (from *origin) newField(name string, schema JSON) *Field {
	if from == nil {
		return newField(name, schema)
	}
	return from.read(name, schema)
}

// usableName reports whether a field can have a name: filters take dots and
// brackets apart.
func usableName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "_") && !strings.ContainsAny(name, ".[]")
}

func checkDefinitionType(schema JSON, at values.Pointer) error {
	at = at.Member("type")
	types := typesOf(schema)
	for _, one := range types {
		if one != "null" && !slices.Contains(fieldTypes, one) {
			return values.Invalid(at, "%q is no type of JSON Schema.", one)
		}
	}
	one := slices.DeleteFunc(slices.Clone(types), func(name string) bool { return name == "null" })
	switch {
	case len(one) != 1:
		return values.Invalid(at, "A field must have one type beside null.")
	case len(types) == 1 && one[0] != "boolean":
		return values.Invalid(at, `The type must admit null unless it is boolean: ["%s", "null"].`, one[0])
	case schema["format"] == formatDateTime:
		return values.Invalid(at[:len(at)-len("/type")].Member("format"), "Dates have the format date, not date-time.")
	}
	return nil
}

// checkEnum checks the options that a JSON Schema has, if it has any.
func checkEnum(schema JSON, at values.Pointer) error {
	value, has := schema["enum"]
	if !has {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return values.Invalid(at.Member("enum"), "The options must be an array.")
	}
	seen := map[string]bool{}
	for i, item := range list {
		name, ok := item.(string)
		switch {
		case item == nil:
		case !ok:
			return values.Invalid(at.Member("enum").Item(i), "An option must be a string or null.")
		case name == "":
			return values.Invalid(at.Member("enum").Item(i), "An option cannot be empty.")
		case seen[name]:
			return values.Invalid(at.Member("enum").Item(i), "The option %q is there twice.", name)
		}
		seen[name] = ok
	}
	return nil
}
