package schema

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonschema"
)

// A Document is an item of a listing of schemas, with the types of decoded JSON.
type Document struct {
	ID         string
	Attributes any            // the JSON Schema
	Others     map[string]any // the members beside these and the type
}

// An origin is the listing that a set was read from. It is immutable.
type origin struct {
	documents   []originDocument
	definitions *jsonschema.Set
}

// originDocument is a document of an origin.
type originDocument struct {
	Resource
	object string // the object that it is the schema of, empty if it stays as it is
}

// FromDocuments returns the set of the objects in a listing of schemas, which is listed
// as these documents are. Fields whose schema has no form that is known take any value.
func FromDocuments(r Rules, documents []Document) (*Set, error) {
	from := &origin{definitions: &jsonschema.Set{}}
	best := map[string]int{} // the index of the document that counts for each object
	ranks, parts := make([]int, len(documents)), make([]jsonschema.Part, len(documents))
	for i, d := range documents {
		attributes, ok := d.Attributes.(map[string]any)
		id := idOf(d)
		name := nameIn(id)
		switch {
		case d.ID == "":
			return nil, fmt.Errorf("schema %d of %d has no id", i+1, len(documents))
		case !ok:
			return nil, fmt.Errorf("schema %q: the attributes must be a JSON Schema, an object", d.ID)
		case name == "" || name == "." || name == "..":
			return nil, fmt.Errorf("schema %q: the id must end in the name of an object", d.ID)
		}
		parts[i] = from.definitions.Add(attributes, id, d.ID)
		from.documents = append(from.documents, originDocument{Resource: Resource{"schema", d.ID, attributes, d.Others}})
		if ranks[i] = rankOfDocument(d, id); ranks[i] == notAnObject || r.ObjectsWithoutRecords && haveNoRecords[name] {
			continue
		}
		if other, there := best[name]; !there || ranks[i] < ranks[other] {
			best[name] = i
		}
	}
	if len(best) == 0 {
		return nil, errors.New("no schema is that of an object")
	}
	var objects []*Object
	for i, d := range documents {
		name := nameIn(idOf(d))
		if at, there := best[name]; !there || at != i {
			continue
		}
		from.documents[i].object = name
		objects = append(objects, from.object(name, from.documents[i].Attributes, parts[i]))
	}
	return newSet(from, r, objects), nil
}

// What documents are. Of an object that is listed more than once the lowest counts.
const (
	entity = iota
	otherObject
	notAnObject
)

// rankOfDocument tells the schemas of objects from others: docs/live-api.md, S2. An id
// of the older form does not say which, and is an object's.
func rankOfDocument(d Document, id string) int {
	holds := func(part string) bool { return strings.Contains("/"+id, part) || strings.Contains("/"+d.ID, part) }
	attributes, _ := d.Attributes.(map[string]any)
	namespace, named := attributes[keyNamespace].(string)
	switch {
	case holds("/entities/"):
		return entity
	case namespace == "objects":
		return otherObject
	case holds("/core/") || named:
		return notAnObject
	}
	return otherObject
}

// idOf returns the $id of a document, or else its id.
func idOf(d Document) string {
	attributes, _ := d.Attributes.(map[string]any)
	if id, _ := attributes["$id"].(string); id != "" {
		return id
	}
	return d.ID
}

// nameIn returns the last part of an id.
func nameIn(id string) string {
	id, _, _ = strings.Cut(id, "#")
	id, _, _ = strings.Cut(id, "?")
	name := path.Base(strings.TrimRight(id, "/"))
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	return strings.Trim(name, "/")
}

// object reads the schema of an object.
func (from *origin) object(name string, document JSON, part jsonschema.Part) *Object {
	fields := map[string]*Field{}
	properties, _ := document["properties"].(map[string]any)
	read := from.definitions.Reader().Read(part)
	for field := range read.Properties {
		value, own := properties[field]
		fields[field] = from.field(field, value, read)
		if !own { // It is that of a schema that the object's refers to.
			fields[field].declared, fields[field].unlisted = nil, true
		}
	}
	for _, p := range systemProperties {
		if fields[p.name] == nil {
			fields[p.name] = newField(p.name, p.schema)
			fields[p.name].unlisted = true
		}
	}
	members := maps.Clone(document)
	if properties != nil {
		delete(members, "properties")
	}
	plural := slug(labelOf(document, "plural"))
	if standard := Standard().Find(name); standard != nil {
		plural = standard.plural
	}
	return newObject(name, plural, members, fields)
}

// field reads a field of the object that within is the schema of.
func (from *origin) field(name string, value any, within *jsonschema.Schema) *Field {
	f := newField(name, from.form(from.definitions.Reader(within), within.Properties[name], 0))
	if i := slices.IndexFunc(systemProperties, func(p property) bool { return p.name == name }); i >= 0 {
		// The records have them whatever their schema says: live-api.md, D6.
		f = newField(name, systemProperties[i].schema)
	}
	f.declared = &value
	return f
}

// read is field for one that comes by a request.
func (from *origin) read(name string, schema JSON) *Field {
	part := from.definitions.Add(JSON{"properties": JSON{name: schema}})
	return from.field(name, schema, from.definitions.Reader().Read(part))
}

// unresolved returns the name of the definition that a field refers to, if the origin
// does not have it.
func (from *origin) unresolved(schema JSON) string {
	read := from.definitions.Reader().Read(from.definitions.Add(schema))
	if len(read.Types) > 0 || read.Properties != nil {
		return ""
	}
	return read.Definition
}

// maxFormDepth is how deep members and items are read.
const maxFormDepth = 6

// formKeywords are the keywords that a form has as the schema does.
var formKeywords = []string{
	"title", "description", "format", "enum", "minimum", "maximum", "multipleOf", "maxLength",
	keyEnumMetadata, keyUnique, keyPrimary, keyReadOnly, KeyPresentation,
}

// form returns the JSON Schema of a value in the form that [newField] reads: without
// references and alternatives.
func (from *origin) form(reader *jsonschema.Reader, part jsonschema.Part, depth int) JSON {
	read := reader.Read(part)
	form := JSON{}
	for _, keyword := range formKeywords {
		if value := read.Keyword(keyword); value != nil {
			form[keyword] = value
		}
	}
	if read.Keyword("unique") == true {
		form[keyUnique] = true
	}
	one := typeOf(read)
	if relationship := jsonschema.Object(read.Keyword(keyRelationship)); relationship != nil {
		form[keyRelationship] = relationshipForm(relationship, one)
		return form
	}
	if one == "" {
		// Its options say nothing without a type.
		delete(form, "enum")
		delete(form, keyEnumMetadata)
		return form
	}
	form["type"] = one
	if read.Nullable {
		form["type"] = nullable(one)
	}
	leave, ok := reader.Enter(read)
	if !ok || depth >= maxFormDepth {
		return form
	}
	defer leave()
	if one == "array" && !read.Items.IsZero() {
		form["items"] = from.form(reader, read.Items, depth+1)
	}
	if one == "object" && read.Properties != nil {
		properties := JSON{}
		for name, member := range read.Properties {
			properties[name] = from.form(reader, member, depth+1)
		}
		form["properties"] = properties
	}
	return form
}

// typeOf returns the only type that a schema has beside null, and infers it from other
// keywords if it has none. It is empty if the schema does not tell.
func typeOf(read *jsonschema.Schema) string {
	switch format := read.Format(); {
	case format == formatDate, format == formatDateTime:
		return "string" // whatever the type: docs/live-api.md, D6
	case read.Is("number"):
		if raw, _ := read.Keyword("type").([]any); read.Keyword("type") == "integer" || slices.Contains(raw, any("integer")) {
			return "integer"
		}
		return "number"
	case len(read.Types) == 1:
		return read.Types[0]
	case len(read.Types) > 1 || read.Ambiguous:
		return ""
	case read.Properties != nil:
		return "object"
	case !read.Items.IsZero():
		return "array"
	case format != "" || len(optionNames(jsonschema.List(read.Keyword("enum")))) > 0 || jsonschema.Object(read.Keyword(keyEnumMetadata)) != nil:
		return "string"
	}
	return ""
}

// optionNames returns the strings in an enum.
func optionNames(enum []any) []string {
	var names []string
	for _, value := range enum {
		if name, ok := value.(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// relationshipForm returns the keyword of a relationship as the contract has it. A kind
// that the contract does not have is taken for the one that leads to as many records.
func relationshipForm(relationship map[string]any, one string) JSON {
	form := maps.Clone(relationship)
	kind, _ := relationship["kind"].(string)
	switch {
	case kind == OneToMany, kind == ManyToMany:
	case strings.HasSuffix(kind, "-to-many"), kind == "" && one == "array":
		form["kind"] = ManyToMany
	default:
		form["kind"] = ManyToOne
	}
	if entity, _ := relationship["entity"].(string); entity != "" {
		form["entity"] = path.Base(entity)
	}
	return form
}
