package clarifytest

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
	schema jsonSchema // without null

	nullFirst bool // whether the fields name null before it: both were seen
}

var coreSchemas = []coreSchema{
	{"personName", valueOf(nameOfPerson("")), true},
	{"collectionOfStrings", valueOf(collectionField("", "")), false},
	{"collectionOfEmails", valueOf(collectionField("", formatEmail)), true},
	{"collectionOfHostnames", valueOf(collectionField("", formatHostname)), true},
	{"collectionOfIds", jsonSchema{"type": "array", "items": jsonSchema{"type": "string"}}, false},
	{"richText", valueOf(richTextField("")), true},
	{"participant", itemOf(participantsField("")), false},
}

// valueOf returns what a field's JSON Schema says of values, but for null.
func valueOf(schema jsonSchema) jsonSchema {
	value := jsonSchema{}
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
func itemOf(schema jsonSchema) jsonSchema {
	return subschema(subschema(subschema(schema, "properties"), "items"), "items")
}

// withItem returns the JSON Schema of a collection with another one of its items.
func withItem(schema, item jsonSchema) jsonSchema {
	properties := subschema(schema, "properties")
	return values.With(schema, "properties", values.With(properties, "items", values.With(subschema(properties, "items"), "items", item)))
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

func (d *coreSchema) reference() jsonSchema { return jsonSchema{"$ref": coreBase + d.name} }

// orNull is the oneOf of a field that refers to the definition.
func (d *coreSchema) orNull() []any {
	null := jsonSchema{"type": "null"}
	if d.nullFirst {
		return []any{null, d.reference()}
	}
	return []any{d.reference(), null}
}

// listed returns the JSON Schema of a field as it is listed: with references to
// definitions (S3).
func (f *fieldSpec) listed(name string, q quirks) jsonSchema {
	schema := f.schema
	switch {
	case f.toMany():
		ids := findCore(func(d *coreSchema) bool { return d.name == "collectionOfIds" })
		return values.With(schema, "oneOf", ids.orNull())
	case name == "_created_at" && q.objectTimes:
		return values.With(schema, "type", "object")
	case f.relation != nil, len(typesOf(schema)) != 2, schema["oneOf"] != nil:
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
func resolved(schema jsonSchema, at values.Pointer) (jsonSchema, error) {
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
		inner, f := resolved(alternatives[value].(map[string]any), at.Member("oneOf").Item(value))
		if f != nil {
			return nil, f
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
		item, f := resolved(item, at.Member("properties").Member("items").Member("items"))
		if f != nil {
			return nil, f
		}
		schema = withItem(schema, item)
	}
	return schema, nil
}

// whole is the JSON Schema of an object with its properties, as it is listed.
func (o *objectSpec) whole() jsonSchema {
	properties := make(jsonSchema, len(o.fields))
	for name, field := range o.fields {
		properties[name] = field.listed(name, o.schemas.quirks)
	}
	return values.With(o.document, "properties", properties)
}

// objectDocument is the JSON Schema of an object, without its properties.
func objectDocument(name string, members jsonSchema) jsonSchema {
	document := maps.Clone(members)
	document["$id"] = entityBase + name
	document["$schema"] = schemaDialect
	document["type"] = "object"
	document[keyNamespace] = "objects"
	return document
}

// label is what people call records of an object: singular or plural.
func (o *objectSpec) label(which string) string {
	text, _ := subschema(o.document, keyLabel)[which].(string)
	return text
}

func labels(singular, plural string) jsonSchema {
	return jsonSchema{"singular": singular, "plural": plural}
}

// coreDocument is a schema that is no object of the workspace's.
func coreDocument(name string, members jsonSchema) schemaResource {
	document := maps.Clone(members)
	document["$id"] = coreBase + name
	document["$schema"] = schemaDialect
	document["title"] = name
	document[keyNamespace] = "core"
	return newSchemaResource(document)
}

func newSchemaResource(document jsonSchema) schemaResource {
	id, _ := document["$id"].(string)
	return schemaResource{Type: "schema", ID: id, Attributes: document}
}

// resource renders the schema of an object.
func (o *objectSpec) resource() schemaResource { return newSchemaResource(o.whole()) }

// listing returns all schemas in the order in which they are listed: the objects
// of every workspace, as core/NAME without and as entities/NAME with what the
// workspace has added, those without records, the definitions that they refer to,
// and the workspace's own objects (S2). The order is assumed, except that custom
// objects come late (L2).
func (s *schemas) listing() []schemaResource {
	var all, custom []schemaResource
	for _, o := range standardSchemas().under(s.quirks).objects {
		document := o.whole()
		delete(document, keyLabel)
		all = append(all, coreDocument(o.name, document))
	}
	for _, o := range s.objects {
		if o.custom() {
			custom = append(custom, o.resource())
		} else {
			all = append(all, o.resource())
		}
	}
	if s.quirks.objectsWithoutRecords {
		all = append(all, withoutRecords(s.quirks)...)
	}
	for _, d := range coreSchemas {
		all = append(all, coreDocument(d.name, d.schema))
	}
	return append(all, custom...)
}

// withoutRecords are the objects that are listed and have no records: R4. Their
// fields are assumed.
func withoutRecords(q quirks) []schemaResource {
	var all []schemaResource
	for _, o := range []struct {
		name, title, titles string
		properties          []property
	}{
		{"meeting_recording", "Recording", "Recordings", []property{
			{"title", primary(textField("Title"))},
			{"meeting_id", textField("Meeting")},
		}},
		{"user", "User", "Users", []property{
			{"name", primary(nameOfPerson("Name"))},
			{"email", withFormat(textField("Email"), formatEmail)},
		}},
	} {
		fields := systemFieldSpecs()
		for i, p := range o.properties {
			fields[p.name] = newField(p.name, ranked(p.schema, i+1))
		}
		document := objectDocument(o.name, jsonSchema{"title": o.title, keyLabel: labels(o.title, o.titles)})
		spec := newObject(o.name, "", document, fields)
		all = append(all, newSchemas(q, []*objectSpec{spec}).find(o.name).resource())
	}
	return all
}
