package clarify

import (
	"cmp"
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonschema"
)

// schemaDocument is an item of the listing of schemas.
type schemaDocument struct {
	id, name string
	class    documentClass
	usable   bool // whether it is a JSON Schema
	part     jsonschema.Part
	raw      json.RawMessage
}

// documentClass is what a document is about. Of an object that is listed more than
// once, the lower class counts.
type documentClass int

const (
	entityDocument documentClass = iota
	objectDocument
	definitionDocument
)

func newSchemaDocument(document *gen.Schema, set *jsonschema.Set) *schemaDocument {
	root := any(map[string]any(document.Attributes))
	if document.Attributes == nil {
		root = document.AdditionalProperties["attributes"]
	}
	d := &schemaDocument{id: document.ID, raw: rawJSON(root)}
	// A copy has the types of decoded JSON, and the caller cannot change it. A value
	// that is nested too deep to be decoded is used as it is.
	var own any
	if decode(d.raw, &own) == nil {
		root = own
	}
	members := jsonschema.Object(root)
	ids := []string{document.ID}
	if id, ok := members["$id"].(string); ok && id != "" {
		d.id = id
		ids = []string{id, document.ID}
	}
	d.name, d.usable = nameOfSchema(d.id), members != nil
	d.class = classOf(d.id, document.ID, members)
	d.part = set.Add(root, ids...)
	return d
}

// rawJSON encodes a value. It returns nil for nil and for what JSON cannot express.
func rawJSON(value any) json.RawMessage {
	if value == nil {
		return nil
	}
	raw, err := encode(value)
	if err != nil {
		return nil
	}
	return raw
}

// nameOfSchema returns the last part of an id.
func nameOfSchema(id string) string {
	id, _, _ = strings.Cut(id, "#")
	id, _, _ = strings.Cut(id, "?")
	name := path.Base(strings.TrimRight(id, "/"))
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	return name
}

// classOf tells objects from definitions (live-api.md, S2). An id of the older form,
// as in the contract, does not say which: https://api.clarify.ai/schemas/person.
func classOf(id, other string, members map[string]any) documentClass {
	holds := func(part string) bool { return strings.Contains("/"+id, part) || strings.Contains("/"+other, part) }
	namespace, named := members["xClarifyNamespace"].(string)
	switch {
	case holds("/entities/"):
		return entityDocument
	case namespace == "objects":
		return objectDocument
	case holds("/core/") || named:
		return definitionDocument
	}
	return objectDocument
}

// before reports whether a document takes precedence over another one of the same
// name that was listed earlier.
func (d *schemaDocument) before(other *schemaDocument) bool {
	if d.usable != other.usable {
		return d.usable
	}
	return d.class < other.class
}

func newObjectSchema(set *jsonschema.Set, d *schemaDocument) *ObjectSchema {
	schema := set.Reader().Read(d.part)
	o := &ObjectSchema{Name: d.name, ID: d.id, Custom: strings.HasPrefix(d.name, "c_"), Raw: d.raw}
	asString := func(value any) string { s, _ := value.(string); return s }
	label := jsonschema.Object(schema.Keyword("xClarifyLabel"))
	o.Title, o.Description = asString(schema.Keyword("title")), asString(schema.Keyword("description"))
	o.Singular = cmp.Or(asString(label["singular"]), o.Title)
	// xClarifyPlural is the older form, which the sandbox uses.
	o.Plural = cmp.Or(asString(label["plural"]), asString(schema.Keyword("xClarifyPlural")))
	var fields []rankedField
	for name, part := range schema.Properties {
		b := &fieldBuilder{reader: set.Reader(schema)}
		f := b.ranked(name, part, 0)
		f.Required = f.Required || schema.Required[name]
		if strings.HasPrefix(name, "_") {
			f.ReadOnly = true
		}
		if f.Kind == KindText && slices.Contains(idFields, name) {
			f.Kind = KindID
		}
		fields = append(fields, f)
	}
	o.Fields = sortedFields(fields)
	o.checker = newObjectChecker(o, hasOtherFields(schema))
	return o
}

// idFields are the fields of every record that hold ids, although their schema does
// not say so (live-api.md, D5).
var idFields = []string{"_id", "_created_by", "_updated_by"}
