package clarifytest

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/internal/contract"
)

// conform checks a value in the request body against a schema that has a name
// in the contract. It responds with 422 with a problem for each difference.
func (c *call) conform(value any, schema string, at values.Pointer) error {
	return conform(value, c.server.contract.Schemas[schema].Value, at)
}

func conform(value any, schema *openapi3.Schema, at values.Pointer) error {
	var found values.Problems
	for _, d := range contract.Differences(schema.VisitJSON(value, openapi3.MultiErrors())) {
		found.Add(values.Invalid(at+values.Pointer(d.Pointer()), "%s.", capitalized(d.What)))
	}
	return found.Err()
}

// choices decodes a query parameter that is an object, such as the filter of
// getLists, in the form that the contract gives it. It is nil if the request
// does not have it; what the contract does not have responds with 400.
func (c *call) choices(name string) (map[string]any, error) {
	schema := c.op.Query[name].Schema.Value
	value, sent, err := contract.DecodeDeepObject(c.query, name, schema)
	switch {
	case err != nil:
		return nil, badRequest("%s: %v.", name, err)
	case !sent:
		return nil, nil
	}
	var found values.Problems
	for _, d := range contract.Differences(schema.VisitJSON(value, openapi3.MultiErrors())) {
		found.Add(badRequest("%s%s: %s.", name, bracketedKeys(d.Path), d.What))
	}
	object, ok := value.(map[string]any)
	if f := found.Err(); f != nil || !ok {
		return nil, f
	}
	for member := range object {
		if contract.MemberSchema(schema, member) == nil {
			return nil, badRequest("%s has no member %s.", name, member)
		}
	}
	return object, nil
}

// bracketedKeys writes entity and 0 as [entity][0].
func bracketedKeys(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "[" + strings.Join(keys, "][") + "]"
}

func capitalized(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
