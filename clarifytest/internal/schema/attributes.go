package schema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// CheckAttributes checks all attributes of a record of the object and returns them as
// records keep them.
func (o *Object) CheckAttributes(attributes map[string]any, at values.Pointer) (map[string]any, error) {
	kept := make(map[string]any, len(attributes))
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, err := o.CheckAttribute(name, attributes[name], at.Member(name))
		found.Add(err)
		kept[name] = value
	}
	return kept, found.Err()
}

// CheckAttribute checks one attribute of a record of the object and returns it as
// records keep it.
func (o *Object) CheckAttribute(name string, value any, at values.Pointer) (any, error) {
	field, known := o.Field(name)
	switch {
	case name == "":
		return nil, values.Invalid(at, "A field's name cannot be empty.")
	case strings.HasPrefix(name, "_"):
		return nil, values.Invalid(at, "%s is set by the system.", name)
	case !known && !o.set.rules.UnknownAttributes:
		return nil, values.Invalid(at, "%s has no field %q.", o.Name, name)
	case known && field.ReadOnly:
		return nil, values.Invalid(at, "%s cannot be written.", name)
	case known && field.ToMany():
		return nil, values.Invalid(at, "%s is a to-many relationship, not an attribute.", name)
	case value == nil && (known && field.Required || slices.Contains(o.required, name)):
		return nil, values.Invalid(at, "The value must not be null.")
	case value == nil:
		return nil, nil
	case known && field.check != nil:
		return field.check(value, at)
	}
	if _, ok := value.(json.Number); ok {
		return values.CheckNumber(value, at)
	}
	return value, nil
}

// Needs reports whether a new record must have a value for a field.
func (o *Object) Needs(field string) bool { return slices.Contains(o.required, field) }

// CheckRequired checks that the attributes of a new record have a value for each
// field that needs one.
func (o *Object) CheckRequired(attributes map[string]any, at values.Pointer) error {
	var found values.Problems
	for _, name := range o.required {
		if attributes[name] == nil {
			found.Add(values.Invalid(at.Member(name), "A new %s needs a value for %s.", o.Name, name))
		}
	}
	return found.Err()
}

// membersOf returns a check for objects whose members are fields of their own. others
// says whether there may be members beside these.
func membersOf(properties JSON, others bool) values.CheckFunc {
	fields := make(map[string]*Field, len(properties))
	for name := range properties {
		fields[name] = newField(name, Sub(properties, name))
	}
	return func(value any, at values.Pointer) (any, error) {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, values.Invalid(at, "The value must be an object or null.")
		}
		var found values.Problems
		for _, name := range slices.Sorted(maps.Keys(object)) {
			field, member := fields[name], object[name]
			switch {
			case field == nil && others:
			case field == nil:
				found.Add(values.Invalid(at.Member(name), "There is no member %q, but %s.", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
			case member == nil && field.Required:
				found.Add(values.Invalid(at.Member(name), "The value must not be null."))
			case member != nil && field.check != nil:
				_, err := field.checkNested()(member, at.Member(name))
				found.Add(err)
			}
		}
		return value, found.Err()
	}
}
