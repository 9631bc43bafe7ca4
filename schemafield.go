package clarify

import (
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonschema"
)

// maxFieldDepth is how deep members and items are read. The deepest that was seen
// is a member of an item: participants.items[].email.
const maxFieldDepth = 5

// fieldBuilder reads a field, its members and its items.
type fieldBuilder struct{ reader *jsonschema.Reader }

func (b *fieldBuilder) field(name string, part jsonschema.Part, depth int) *FieldSchema {
	return b.ranked(name, part, depth).FieldSchema
}

// ranked reads a field that is depth levels below one of an object.
func (b *fieldBuilder) ranked(name string, part jsonschema.Part, depth int) rankedField {
	schema := b.reader.Read(part)
	f := &FieldSchema{Name: name, Format: schema.Format(), Definition: schema.Definition, Nullable: schema.Nullable, Raw: rawJSON(part.Value())}
	f.Title, _ = schema.Own("title").(string)
	f.Description, _ = schema.Own("description").(string)
	f.Unique = schema.Keyword("xClarifyUnique") == true || schema.Keyword("unique") == true
	f.ReadOnly = schema.Keyword("readOnly") == true
	// The vendor's own contract has a boolean beside the type.
	f.Required = schema.Keyword("required") == true
	f.Primary = isSet(schema.Keyword("xClarifyPrimary"))
	f.AI = isSet(schema.Keyword("xClarifyAIField"))
	presentation := jsonschema.Object(schema.Keyword("xClarifyPresentation"))
	f.Hidden = presentation["hiddenInDetails"] == true
	b.classify(f, schema)
	if leave, ok := b.reader.Enter(schema); ok && depth < maxFieldDepth {
		b.within(f, schema, depth+1)
		leave()
	}
	rank, known := rankOf(presentation["rank"])
	return rankedField{f, rank, known}
}

// isSet reports whether an annotation is there: true, or what it consists of.
func isSet(value any) bool { return value != nil && value != false }

// within reads the members and the items.
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

// classify says of which kind a field is.
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
	// Times were seen that are declared as objects. The format is what counts
	// (live-api.md, D6).
	switch f.Format {
	case "date":
		f.Kind = KindDate
		return
	case "date-time":
		f.Kind = KindDateTime
		return
	}
	options := optionsOf(schema)
	// Where the schema does not name the type, the other keywords tell.
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
		f.Kind, f.Options = KindSelect, options.list
	case of("string", f.Format != ""):
		f.Kind = KindText
	}
}

// classifyObject says what an object is by the properties that it has.
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

// fieldOptions are the options of a field.
type fieldOptions struct {
	list    []FieldOption
	found   bool // whether the field has options, maybe none
	numbers bool // whether they are all numbers
}

// optionsOf reads the options of a field. Of the schemas, which are about the field,
// its list and the items of that, the first one counts that has any.
//
// enum is what the API takes. What only xClarifyEnumMetadata has counts if there is
// no enum.
func optionsOf(schemas ...*jsonschema.Schema) fieldOptions {
	var values []any
	var metadata map[string]any
	for _, schema := range schemas {
		if values == nil {
			values = jsonschema.List(schema.Keyword("enum"))
		}
		if metadata == nil {
			metadata = jsonschema.Object(schema.Keyword("xClarifyEnumMetadata"))
		}
	}
	if len(values) == 0 {
		for _, name := range slices.Sorted(maps.Keys(metadata)) {
			values = append(values, name)
		}
	}
	type ranked struct {
		FieldOption
		rank  float64
		known bool
	}
	options := fieldOptions{found: metadata != nil, numbers: len(values) > 0}
	var list []ranked
	seen := map[string]bool{}
	for _, value := range values {
		var name string
		switch v := value.(type) {
		case nil:
			continue
		case string:
			name, options.numbers = v, false
		case json.Number:
			name = v.String()
		default:
			options.numbers = false
			continue // no option can have it as its name
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		about := jsonschema.Object(metadata[name])
		o := ranked{FieldOption: FieldOption{Value: name}}
		o.ID, _ = about["id"].(string)
		o.Color, _ = about["color"].(string)
		o.rank, o.known = rankOf(about["rank"])
		list = append(list, o)
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Or(trueFirst(a.known, b.known), cmp.Compare(a.rank, b.rank)) })
	for _, o := range list {
		options.list = append(options.list, o.FieldOption)
	}
	options.found = options.found || len(list) > 0
	options.numbers = options.numbers && len(list) > 0
	return options
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
