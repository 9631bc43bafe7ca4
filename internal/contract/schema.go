package contract

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A Schema says which JSON values are valid.
type Schema struct{ schema *openapi3.Schema }

// Schema returns the component of this name. It panics if there is none: names are
// constants.
func (c *Contract) Schema(name string) Schema {
	ref := c.schemas[name]
	if ref == nil {
		panic(fmt.Sprintf("contract: there is no schema %q", name))
	}
	return Schema{ref.Value}
}

// Differences returns how a value, as decoded by encoding/json, differs from the
// schema.
func (s Schema) Differences(value any) []Difference {
	return differences(s.schema.VisitJSON(value, openapi3.MultiErrors()))
}

// Members returns the names of the members that the schema lists, sorted.
func (s Schema) Members() []string { return slices.Sorted(maps.Keys(s.schema.Properties)) }

// Member returns the schema of a member of an object. ok is false if the schema
// does not have it.
func (s Schema) Member(name string) (member Schema, ok bool) {
	found := memberSchema(s.schema, name)
	return Schema{found}, found != nil
}

// QueryObject decodes a query parameter that is an object. The object is nil if
// the parameter was not sent or is not an object. found says how it differs from
// the contract. An error is one of syntax.
func (op *Operation) QueryObject(query url.Values, name string) (object map[string]any, found []Difference, err error) {
	schema := op.Query[name].Schema.Value
	value, sent, err := DecodeDeepObject(query, name, schema)
	if err != nil || !sent {
		return nil, nil, err
	}
	object, _ = value.(map[string]any)
	found = Schema{schema}.Differences(value)
	if len(found) > 0 {
		return object, found, nil
	}
	for _, member := range slices.Sorted(maps.Keys(object)) {
		if memberSchema(schema, member) == nil {
			return nil, nil, fmt.Errorf("there is no member %s", member)
		}
	}
	return object, nil, nil
}
