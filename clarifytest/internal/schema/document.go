package schema

import (
	"maps"
	"reflect"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Where the ids of schemas are: docs/live-api.md, S1.
const (
	coreBase   = "https://getclarify.ai/schemas/core/"
	entityBase = "https://getclarify.ai/schemas/entities/"

	schemaDialect = "https://json-schema.org/draft/2020-12/schema"
)

// A coreSchema is a definition, what fields of one form refer to (S3). That personName,
// collectionOfStrings and collectionOfIds are called so was seen; the other names
// are assumed, and what they say.
type coreSchema struct {
	name   string
	schema JSON // without null

	nullFirst bool // whether the fields name null before it: both were seen
}

var coreSchemas = []coreSchema{
	{"personName", valueOf(nameOfPerson("")), true},
	{"collectionOfStrings", valueOf(collectionField("", "")), false},
	{"collectionOfEmails", valueOf(collectionField("", formatEmail)), true},
	{"collectionOfHostnames", valueOf(collectionField("", formatHostname)), true},
	{"collectionOfIds", JSON{"type": "array", "items": JSON{"type": "string"}}, false},
	{"richText", valueOf(richTextField("")), true},
	{"participant", itemOf(participantsField("")), false},
}

// valueOf returns what a field's JSON Schema says of values, but for null.
func valueOf(schema JSON) JSON {
	value := JSON{}
	for _, member := range []string{"properties", "items"} {
		if schema[member] != nil {
			value[member] = schema[member]
		}
	}
	if types := withoutNull(typesOf(schema)); len(types) == 1 {
		value["type"] = types[0]
	}
	return value
}

// itemOf returns the JSON Schema of the items of a collection.
func itemOf(schema JSON) JSON {
	return Sub(Sub(Sub(schema, "properties"), "items"), "items")
}

// withItem returns the JSON Schema of a collection with another one of its items.
func withItem(schema, item JSON) JSON {
	properties := Sub(schema, "properties")
	return values.With(schema, "properties", values.With(properties, "items", values.With(Sub(properties, "items"), "items", item)))
}

func withoutNull(types []string) []string {
	return slices.DeleteFunc(slices.Clone(types), func(name string) bool { return name == "null" })
}

// findCore returns the definition of which is true what is asked, or nil.
func findCore(is func(d *coreSchema) bool) *coreSchema {
	for i := range coreSchemas {
		if is(&coreSchemas[i]) {
			return &coreSchemas[i]
		}
	}
	return nil
}

func (d *coreSchema) reference() JSON { return JSON{"$ref": coreBase + d.name} }

// orNull is the oneOf of a field that refers to the definition.
func (d *coreSchema) orNull() []any {
	null := JSON{"type": "null"}
	if d.nullFirst {
		return []any{null, d.reference()}
	}
	return []any{d.reference(), null}
}

// listed returns the JSON Schema of a field as it is listed: with references to
// definitions (S3).
func (f *Field) listed(name string, r Rules) any {
	if f.declared != nil {
		return *f.declared
	}
	schema := f.JSON
	switch {
	case f.ToMany():
		ids := findCore(func(d *coreSchema) bool { return d.name == "collectionOfIds" })
		return values.With(schema, "oneOf", ids.orNull())
	case name == "_created_at" && r.ObjectTimes:
		return values.With(schema, "type", "object")
	case f.Relationship != nil, len(typesOf(schema)) != 2, schema["oneOf"] != nil:
		return schema
	}
	if d := findCore(func(d *coreSchema) bool { return reflect.DeepEqual(itemOf(schema), d.schema) }); d != nil {
		return withItem(schema, d.reference())
	}
	value := valueOf(schema)
	d := findCore(func(d *coreSchema) bool { return value["type"] == "object" && reflect.DeepEqual(value, d.schema) })
	if d == nil {
		return schema
	}
	refers := values.With(schema, "oneOf", d.orNull())
	for member := range value {
		delete(refers, member)
	}
	return refers
}

// resolved returns a field's JSON Schema with what it refers to in the place of
// the references, which is the opposite of listed.
func resolved(schema JSON, at values.Pointer) (JSON, error) {
	if alternatives, ok := schema["oneOf"].([]any); ok && schema[keyRelationship] == nil {
		value, null := -1, false
		for i, alternative := range alternatives {
			one, _ := alternative.(map[string]any)
			switch {
			case one["type"] == "null":
				null = true
			case one == nil || value >= 0:
				return schema, nil // no form that was seen: what is wrong is said of the type
			default:
				value = i
			}
		}
		if value < 0 {
			return schema, nil
		}
		inner, err := resolved(alternatives[value].(map[string]any), at.Member("oneOf").Item(value))
		if err != nil {
			return nil, err
		}
		merged := maps.Clone(schema)
		delete(merged, "oneOf")
		maps.Copy(merged, inner)
		if types := typesOf(inner); null && len(types) == 1 {
			merged["type"] = nullable(types[0])
		}
		schema = merged
	}
	if reference, has := schema["$ref"]; has {
		d := findCore(func(d *coreSchema) bool { return reference == any(coreBase+d.name) })
		if d == nil {
			return nil, values.Invalid(at.Member("$ref"), "There is no definition %v.", reference)
		}
		merged := maps.Clone(schema)
		delete(merged, "$ref")
		maps.Copy(merged, d.schema)
		schema = merged
	}
	if item := itemOf(schema); item["$ref"] != nil {
		item, err := resolved(item, at.Member("properties").Member("items").Member("items"))
		if err != nil {
			return nil, err
		}
		schema = withItem(schema, item)
	}
	return schema, nil
}

// Whole is the JSON Schema of an object with its properties, as it is listed.
func (o *Object) Whole() JSON {
	properties := make(JSON, len(o.Fields))
	for name, field := range o.Fields {
		if !field.unlisted {
			properties[name] = field.listed(name, o.set.rules)
		}
	}
	if _, other := o.document["properties"]; len(properties) == 0 && (other || o.set.origin != nil) {
		return o.document
	}
	return values.With(o.document, "properties", properties)
}

// objectDocument is the JSON Schema of an object, without its properties.
func objectDocument(name string, members JSON) JSON {
	document := maps.Clone(members)
	document["$id"] = entityBase + name
	document["$schema"] = schemaDialect
	document["type"] = "object"
	document[keyNamespace] = "objects"
	return document
}

// id returns the $id of an object.
func (o *Object) id() string {
	if id, _ := o.document["$id"].(string); id != "" {
		return id
	}
	return entityBase + o.Name
}

// documentOf is the JSON Schema of an object that replaces another one, without its
// properties.
func (o *Object) documentOf(members JSON) JSON {
	if o.set.origin == nil {
		return objectDocument(o.Name, members)
	}
	document := maps.Clone(members)
	for _, keyword := range []string{"$schema", "type", keyNamespace} {
		if _, sent := document[keyword]; !sent && o.document[keyword] != nil {
			document[keyword] = o.document[keyword]
		}
	}
	return document
}

// Label is what people call records of an object: singular or plural.
func (o *Object) Label(which string) string { return labelOf(o.document, which) }

func labelOf(document JSON, which string) string {
	text, _ := Sub(document, keyLabel)[which].(string)
	return text
}

func labels(singular, plural string) JSON {
	return JSON{"singular": singular, "plural": plural}
}
