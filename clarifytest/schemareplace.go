package clarifytest

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// replace gives an object another JSON Schema. System fields and relationships
// stay as they are, and so do the types of the fields that an object of every
// workspace has.
func (d *draft) replace(spec *objectSpec, document jsonSchema) error {
	var found values.Problems
	if id := entityBase + spec.name; document["$id"] != id {
		found.Add(values.Invalid("/$id", "The $id must be that of the object, %s.", id))
	}
	if kind, sent := document["type"]; sent && kind != "object" {
		found.Add(values.Invalid("/type", "The type must be object."))
	}
	if names, sent := document[keyRequired]; sent && !areTexts(names) {
		found.Add(values.Invalid("/required", "The required fields must be an array of their names."))
	}
	properties, ok := document["properties"].(map[string]any)
	if !ok {
		found.Add(values.Invalid("/properties", "The properties must be an object with the JSON Schema of each field."))
		return found.Err()
	}
	fields := map[string]*fieldSpec{}
	rank := d.nextRank(spec.name)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		at := values.Pointer("/properties").Member(name)
		field, f := spec.replaceField(name, properties[name], at)
		found.Add(f)
		if f != nil {
			continue
		}
		if presentation, old := subschema(field.schema, keyPresentation), spec.fields[name]; presentation == nil && !strings.HasPrefix(name, "_") {
			if old != nil {
				presentation = subschema(old.schema, keyPresentation)
			}
			if presentation == nil {
				presentation = map[string]any{"rank": values.Int(rank)}
				rank++
			}
			field = newField(name, values.With(field.schema, keyPresentation, presentation))
		}
		fields[name] = field
	}
	for _, name := range slices.Sorted(maps.Keys(spec.fields)) {
		old := spec.fields[name]
		switch field := fields[name]; {
		case field != nil:
			d.edit(spec.name, name, old, field)
		case properties[name] != nil:
		case spec.keeps(name) && standardField(spec, name) && old.relation == nil:
			found.Add(values.Invalid("/properties", "%s is a field of every workspace and cannot be deleted.", name))
		case spec.keeps(name):
			fields[name] = old
		default:
			d.edits = append(d.edits, valueEdit{object: spec.name, field: name})
		}
	}
	if f := found.Err(); f != nil {
		return f
	}
	members := maps.Clone(document)
	delete(members, "properties")
	d.put(newObject(spec.name, spec.plural, objectDocument(spec.name, members), fields))
	return nil
}

func areTexts(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool {
		_, text := item.(string)
		return !text
	})
}

// keeps tells whether replacing the schema leaves a field alone that it does not
// mention, or refuses to.
func (o *objectSpec) keeps(name string) bool {
	return strings.HasPrefix(name, "_") || o.fields[name].relation != nil || standardField(o, name)
}

// standardField tells whether a field is one that an object of every workspace
// has at first.
func standardField(o *objectSpec, name string) bool {
	standard := standardSchemas().find(o.name)
	return standard != nil && standard.fields[name] != nil && !strings.HasPrefix(name, "_")
}

// replaceField returns what a field is after its JSON Schema was replaced.
func (o *objectSpec) replaceField(name string, value any, at values.Pointer) (*fieldSpec, error) {
	old := o.fields[name]
	schema, ok := value.(map[string]any)
	switch {
	case !ok:
		return nil, values.Invalid(at, "A field must be a JSON Schema, an object.")
	case old == nil:
	case reflect.DeepEqual(schema, old.listed(name, o.schemas.quirks)):
		return old, nil
	case strings.HasPrefix(name, "_"):
		return nil, values.Invalid(at, "%s is the system's.", name)
	case old.relation != nil:
		return old.relabelled(name, schema, at)
	}
	var before jsonSchema
	if old != nil {
		before = old.schema
	}
	schema, f := checkDefinition(name, value, before, at)
	if f != nil {
		return nil, f
	}
	field := newField(name, schema)
	if old != nil && standardField(o, name) && (field.kind != old.kind || field.unique != old.unique || schema["format"] != old.schema["format"]) {
		return nil, values.Invalid(at, "The type of %s is the same in every workspace.", name)
	}
	return field, nil
}

// relabelled returns a relationship as it is after its JSON Schema was replaced by
// one that leads to the same, in either of the forms that it has.
func (f *fieldSpec) relabelled(name string, schema jsonSchema, at values.Pointer) (*fieldSpec, error) {
	listed := f.listed(name, quirks{})
	kept := maps.Clone(schema)
	for _, member := range []string{keyRelationship, "type", "oneOf"} {
		if value := schema[member]; !reflect.DeepEqual(value, f.schema[member]) && !reflect.DeepEqual(value, listed[member]) {
			return nil, values.Invalid(at.Member(member), "Relationships are changed by deleting them and making others.")
		}
		if f.schema[member] != nil {
			kept[member] = f.schema[member]
		}
	}
	return newField(name, kept), nil
}

// edit notes what becomes of the values of a field that is replaced by another.
func (d *draft) edit(object, name string, old, field *fieldSpec) {
	if old.relation != nil || reflect.DeepEqual(defining(old.schema), defining(field.schema)) {
		return
	}
	convert := field.clear
	if old.options != nil && field.options != nil && slices.Equal(typesOf(old.schema), typesOf(field.schema)) {
		become := old.becomes(field)
		convert = func(value any) (any, bool) { return mapOptions(value, become) }
	}
	d.edits = append(d.edits, valueEdit{object: object, field: name, convert: convert})
}

// clear makes a value null that the field does not take, and else what the field
// keeps of it.
func (f *fieldSpec) clear(value any) (any, bool) {
	kept, refused := f.check(value, "")
	if refused != nil {
		return nil, true
	}
	return kept, !reflect.DeepEqual(kept, value)
}

// defining returns a field's JSON Schema without what does not bear on values.
func defining(schema jsonSchema) jsonSchema {
	rest := maps.Clone(schema)
	for _, member := range []string{"title", "description", keyPresentation, keyUnique} {
		delete(rest, member)
	}
	return rest
}
