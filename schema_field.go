package clarify

import (
	"path"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonschema"
)

// maxFieldDepth is how deep members and items are read. The deepest one seen is a
// member of an item: participants.items[].email.
const maxFieldDepth = 5

// fieldBuilder reads a field, its members and its items.
type fieldBuilder struct{ reader *jsonschema.Reader }

func (b *fieldBuilder) field(name string, part jsonschema.Part, depth int) *FieldSchema {
	return b.ranked(name, part, depth).FieldSchema
}

// ranked reads a field that is nested depth levels deep in a field of an object.
func (b *fieldBuilder) ranked(name string, part jsonschema.Part, depth int) rankedField {
	schema := b.reader.Read(part)
	f := &FieldSchema{Name: name, Format: schema.Format(), Definition: schema.Definition, Nullable: schema.Nullable, Raw: rawJSON(part.Value())}
	f.Title, _ = schema.Own("title").(string)
	f.Description, _ = schema.Own("description").(string)
	f.Unique = schema.Keyword("xClarifyUnique") == true || schema.Keyword("unique") == true
	f.ReadOnly = schema.Keyword("readOnly") == true
	// The vendor's own contract has a boolean required beside the type.
	f.Required = schema.Keyword("required") == true
	f.Primary = isSet(schema.Keyword("xClarifyPrimary"))
	f.AI = isSet(schema.Keyword("xClarifyAIField"))
	presentation := jsonschema.Object(schema.Keyword("xClarifyPresentation"))
	f.Hidden = presentation["hiddenInDetails"] == true
	b.classify(f, schema)
	f.facts.read(f, schema)
	if leave, ok := b.reader.Enter(schema); ok && depth < maxFieldDepth {
		b.within(f, schema, depth+1)
		leave()
	}
	rank, known := rankOf(presentation["rank"])
	return rankedField{f, rank, known}
}

// isSet reports whether an annotation is set: to true, or to a value.
func isSet(value any) bool { return value != nil && value != false }

// within reads the members and the items of a field.
func (b *fieldBuilder) within(f *FieldSchema, schema *jsonschema.Schema, depth int) {
	items := schema.Items
	switch f.Kind {
	case KindCollection, KindMultiSelect:
		items = b.reader.Read(schema.Properties["items"]).Items
	case KindName, KindObject, KindRichText:
		var members []rankedField
		for name, part := range schema.Properties {
			member := b.ranked(name, part, depth)
			member.Required = member.Required || schema.Required[name]
			members = append(members, member)
		}
		f.Members = sortedFields(members)
		return
	case KindArray:
	default:
		return
	}
	if !items.IsZero() {
		f.Items = b.field("", items, depth)
	}
}

// classify sets the kind of a field.
func (b *fieldBuilder) classify(f *FieldSchema, schema *jsonschema.Schema) {
	if relationship := jsonschema.Object(schema.Keyword("xClarifyRelationship")); relationship != nil {
		f.Relationship = newFieldRelationship(relationship)
		switch {
		case strings.HasSuffix(string(f.Relationship.Kind), "-to-one"), f.Relationship.Kind == "" && schema.Is("string"):
			f.Kind = KindToOne
		case strings.HasSuffix(string(f.Relationship.Kind), "-to-many"), f.Relationship.Kind == "" && schema.Is("array"):
			f.Kind = KindToMany
		}
		return
	}
	// Some times are declared as objects, so the format decides (live-api.md, D6).
	switch f.Format {
	case "date":
		f.Kind = KindDate
		return
	case "date-time":
		f.Kind = KindDateTime
		return
	}
	options := optionsOf(schema)
	// If the schema does not name the type, the other keywords decide.
	of := func(name string, otherwise bool) bool {
		return schema.Is(name) || len(schema.Types) == 0 && !schema.Ambiguous && otherwise
	}
	switch {
	case of("boolean", false):
		f.Kind = KindCheckbox
	case of("number", options.numbers):
		f.Kind, f.Options = KindNumber, options.list
	case of("object", schema.Properties != nil):
		b.classifyObject(f, schema)
	case of("array", !schema.Items.IsZero()):
		f.Kind, f.Options = KindArray, optionsOf(schema, b.reader.Read(schema.Items)).list
	case of("string", options.found) && options.found:
		f.Kind, f.Options, f.facts.closedOptions = KindSelect, options.list, options.closed
	case of("string", f.Format != ""):
		f.Kind = KindText
	}
}

// classifyObject sets the kind of an object by its properties.
func (b *fieldBuilder) classifyObject(f *FieldSchema, schema *jsonschema.Schema) {
	has := func(name string) bool { _, ok := schema.Properties[name]; return ok }
	isArray := func(name string) bool { return has(name) && b.reader.Read(schema.Properties[name]).Is("array") }
	switch {
	case isArray("items"):
		list := b.reader.Read(schema.Properties["items"])
		options := optionsOf(schema, list, b.reader.Read(list.Items))
		f.Kind, f.Options = KindCollection, options.list
		if options.found {
			f.Kind = KindMultiSelect
		}
	case has("first_name") && has("last_name"):
		f.Kind = KindName
	case isArray("text"):
		f.Kind = KindRichText
	default:
		f.Kind = KindObject
	}
}

func newFieldRelationship(members map[string]any) *FieldRelationship {
	r := &FieldRelationship{}
	kind, _ := members["kind"].(string)
	r.Kind = gen.RelationshipKind(kind)
	if entity, _ := members["entity"].(string); entity != "" {
		r.Object = path.Base(entity)
	}
	r.Field, _ = members["field"].(string)
	return r
}
