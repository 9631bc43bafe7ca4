package schema

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Replace gives an object another JSON Schema. System fields and relationships
// stay as they are, and so do the types of the fields that an object of every
// workspace has.
func (d *Draft) Replace(spec *Object, document JSON) error {
	var found values.Problems
	if id := spec.id(); document["$id"] != id {
		found.Add(values.Invalid("/$id", "The $id must be that of the object, %s.", id))
	}
	if kind, sent := document["type"]; sent && kind != "object" {
		found.Add(values.Invalid("/type", "The type must be object."))
	}
	if names, sent := document[keyRequired]; sent && !areStrings(names) {
		found.Add(values.Invalid("/required", "The required fields must be an array of their names."))
	}
	properties, ok := document["properties"].(map[string]any)
	if !ok {
		found.Add(values.Invalid("/properties", "The properties must be an object with the JSON Schema of each field."))
		return found.Err()
	}
	fields := map[string]*Field{}
	rank := d.nextRank(spec.Name)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		at := values.Pointer("/properties").Member(name)
		field, err := spec.replaceField(name, properties[name], at)
		found.Add(err)
		if err != nil {
			continue
		}
		switch old := spec.Fields[name]; {
		case field.presentation() != nil, strings.HasPrefix(name, "_"):
		case old == nil:
			field = field.ranked(name, rank)
			rank++
		case old.presentation() != nil:
			field = field.annotated(name, KeyPresentation, old.presentation())
		}
		fields[name] = field
	}
	found.Add(d.editFields(spec, properties, fields))
	if err := found.Err(); err != nil {
		return err
	}
	members := maps.Clone(document)
	delete(members, "properties")
	d.Put(newObject(spec.Name, spec.plural, spec.documentOf(members), fields))
	return nil
}

// editFields adds the edits of the fields of an object that others replace, and keeps
// the fields that properties do not mention and that stay all the same.
func (d *Draft) editFields(spec *Object, properties JSON, fields map[string]*Field) error {
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(spec.Fields)) {
		old := spec.Fields[name]
		switch field := fields[name]; {
		case field != nil:
			d.edit(spec.Name, name, old, field)
		case properties[name] != nil:
		case spec.keeps(name) && spec.isStandard(name) && old.Relationship == nil:
			found.Add(values.Invalid("/properties", "%s is a field of every workspace and cannot be deleted.", name))
		case spec.keeps(name):
			fields[name] = old
		default:
			d.Edits = append(d.Edits, Edit{Object: spec.Name, Field: name})
		}
	}
	return found.Err()
}

func areStrings(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool {
		_, is := item.(string)
		return !is
	})
}

// keeps reports whether replacing the schema leaves a field alone that it does not
// mention, or rejects the schema.
func (o *Object) keeps(name string) bool {
	return strings.HasPrefix(name, "_") || o.Fields[name].Relationship != nil || o.isStandard(name)
}

// isStandard reports whether a field is one that an object of every workspace
// has at first.
func (o *Object) isStandard(name string) bool {
	standard := Standard().Find(o.Name)
	return standard != nil && standard.Fields[name] != nil && !strings.HasPrefix(name, "_")
}

// replaceField returns what a field is after its JSON Schema was replaced.
func (o *Object) replaceField(name string, value any, at values.Pointer) (*Field, error) {
	old := o.Fields[name]
	schema, ok := value.(map[string]any)
	switch {
	case old != nil && reflect.DeepEqual(value, old.listed(name, o.set.rules)):
		return old, nil
	case !ok:
		return nil, values.Invalid(at, "A field must be a JSON Schema, an object.")
	case old == nil:
	case strings.HasPrefix(name, "_"):
		return nil, values.Invalid(at, "%s is the system's.", name)
	case old.Relationship != nil:
		return o.set.origin.relabelled(old, name, schema, at)
	}
	field, err := o.set.origin.checkDefinition(name, value, old, at)
	if err != nil {
		return nil, err
	}
	if old != nil && o.isStandard(name) && (field.Kind != old.Kind || field.Unique != old.Unique || field.JSON["format"] != old.JSON["format"]) {
		return nil, values.Invalid(at, "The type of %s is the same in every workspace.", name)
	}
	return field, nil
}

// relabelled returns a relationship as it is after its JSON Schema was replaced by
// one that leads to the same, in either of the forms that it has.
func (from *origin) relabelled(f *Field, name string, schema JSON, at values.Pointer) (*Field, error) {
	listed, _ := f.listed(name, Rules{}).(map[string]any)
	kept := maps.Clone(schema)
	for _, member := range []string{keyRelationship, "type", "oneOf"} {
		if value := schema[member]; !reflect.DeepEqual(value, f.JSON[member]) && !reflect.DeepEqual(value, listed[member]) {
			return nil, values.Invalid(at.Member(member), "Relationships are changed by deleting them and making others.")
		}
		if f.declared == nil && f.JSON[member] != nil {
			kept[member] = f.JSON[member]
		}
	}
	return from.newField(name, kept), nil
}

// edit adds the edit of the values of a field that is replaced by another.
func (d *Draft) edit(object, name string, old, field *Field) {
	if old.Relationship != nil || reflect.DeepEqual(defining(old.JSON), defining(field.JSON)) {
		return
	}
	convert := field.clear
	if old.Options != nil && field.Options != nil && slices.Equal(typesOf(old.JSON), typesOf(field.JSON)) {
		become := old.renamed(field)
		convert = func(value any) (any, bool) { return mapOptions(value, become) }
	}
	d.Edits = append(d.Edits, Edit{Object: object, Field: name, Convert: convert})
}

// clear makes a value null that the field does not take, and else what the field
// keeps of it.
func (f *Field) clear(value any) (any, bool) {
	if f.check == nil {
		return value, false
	}
	kept, err := f.check(value, "")
	if err != nil {
		return nil, true
	}
	return kept, !reflect.DeepEqual(kept, value)
}
