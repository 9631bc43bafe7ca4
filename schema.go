package clarify

import (
	"cmp"
	"context"
	"slices"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonschema"
)

// Schema has the objects of a workspace and their fields. [Client.Schema] reads it, and
// [NewSchema] makes it from saved documents.
//
// It must not be modified. It is safe for concurrent use.
type Schema struct {
	documents   []gen.Schema
	objects     []*ObjectSchema
	definitions []*FieldSchema
}

// Schema reads the schemas of all objects. It need not be read again until somebody
// changes an object or a field.
func (c *Client) Schema(ctx context.Context) (*Schema, error) {
	var documents []gen.Schema
	for document, err := range c.Schemas(ctx) {
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
	return NewSchema(documents), nil
}

// Objects returns the objects, sorted by name. An object that the API lists twice, as
// core/person and as entities/person, is here once, as the latter: it has the custom
// fields (live-api.md, S2).
func (s *Schema) Objects() []*ObjectSchema { return slices.Clone(s.objects) }

// Object returns the object with a name, such as person or c_project, and whether it
// exists.
func (s *Schema) Object(name string) (*ObjectSchema, bool) {
	i, ok := slices.BinarySearchFunc(s.objects, name, func(o *ObjectSchema, name string) int { return cmp.Compare(o.Name, name) })
	if !ok {
		return nil, false
	}
	return s.objects[i], true
}

// Definitions returns the documents that are not objects, sorted by name. Fields refer
// to them, such as personName and collectionOfStrings (live-api.md, S2, S3). Fields
// already include what their definitions say.
func (s *Schema) Definitions() []*FieldSchema { return slices.Clone(s.definitions) }

// Documents returns all documents in the order of the listing.
func (s *Schema) Documents() []gen.Schema { return slices.Clone(s.documents) }

// NewSchema returns the schema in saved documents, such as the data of a
// [gen.SchemaPage]. They must be complete, because they refer to each other.
// [Client.Schema] reads the documents of a workspace.
//
// Malformed parts of a document are ignored, but stay in Raw and in [Schema.Documents].
// A malformed document does not affect the others.
func NewSchema(documents []gen.Schema) *Schema {
	s := &Schema{documents: slices.Clone(documents)}
	set := &jsonschema.Set{}
	objects, definitions := map[string]*schemaDocument{}, map[string]*schemaDocument{}
	for i := range documents {
		d := newSchemaDocument(&documents[i], set)
		known := objects
		if d.class == definitionDocument {
			known = definitions
		}
		if other := known[d.name]; other == nil || d.before(other) {
			known[d.name] = d
		}
	}
	for _, d := range objects {
		s.objects = append(s.objects, newObjectSchema(set, d))
	}
	for _, d := range definitions {
		b := &fieldBuilder{reader: set.Reader()}
		s.definitions = append(s.definitions, b.field(d.name, d.part, 0))
	}
	slices.SortFunc(s.objects, func(a, b *ObjectSchema) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.definitions, func(a, b *FieldSchema) int { return cmp.Compare(a.Name, b.Name) })
	return s
}
