package clarifytest

import (
	"errors"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// conform checks a value in the request body against a schema that has a name
// in the contract. It answers 422 with a problem for each difference.
func (c *call) conform(value any, schema string, at pointer) *failure {
	return conform(value, c.server.router.schemas[schema].Value, at)
}

func conform(value any, schema *openapi3.Schema, at pointer) *failure {
	var found problems
	for _, d := range differences(schema.VisitJSON(value, openapi3.MultiErrors())) {
		found.add(invalid(at+d.at, "%s.", capitalized(d.what)))
	}
	return found.failure()
}

// choices decodes a query parameter that is an object, such as the filter of
// getLists, in the form that the contract gives it. It is nil if the request
// does not have it; what the contract does not have answers 400.
func (c *call) choices(name string) (map[string]any, *failure) {
	schema := c.op.query[name].Schema.Value
	value, sent, err := decodeDeepObject(c.query, name, schema)
	switch {
	case err != nil:
		return nil, badRequest("%s: %v.", name, err)
	case !sent:
		return nil, nil
	}
	var found problems
	for _, d := range differences(schema.VisitJSON(value, openapi3.MultiErrors())) {
		found.add(badRequest("%s%s: %s.", name, bracketedPointer(d.at), d.what))
	}
	object, ok := value.(map[string]any)
	if f := found.failure(); f != nil || !ok {
		return nil, f
	}
	for member := range object {
		if memberSchema(schema, member) == nil {
			return nil, badRequest("%s has no member %s.", name, member)
		}
	}
	return object, nil
}

// bracketedPointer writes /entity/0 as [entity][0].
func bracketedPointer(at pointer) string {
	if at == "" {
		return ""
	}
	return "[" + strings.ReplaceAll(strings.TrimPrefix(string(at), "/"), "/", "][") + "]"
}

func capitalized(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// difference is where a value is not what a schema says.
type difference struct {
	at   pointer // within the value
	what string
}

// differences reads what the validator returned for a value.
func differences(err error) []difference {
	var one *openapi3.SchemaError
	switch e := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var found []difference
		for _, inner := range e {
			found = append(found, differences(inner)...)
		}
		return found
	case *openapi3.SchemaError:
		one = e
	default:
		line, _, _ := strings.Cut(err.Error(), "\n")
		return []difference{{what: line}}
	}
	var branches openapi3.MultiError
	_ = errors.As(one.Origin, &branches)
	// Where a discriminator has chosen, there is only that branch to talk of.
	if one.SchemaField == "allOf" && len(branches) > 0 || one.SchemaField == "oneOf" && len(branches) == 1 {
		return differences(branches)
	}
	reason := one.Reason
	if reason == "" {
		reason = "does not match " + one.SchemaField
	}
	line, _, _ := strings.Cut(reason, "\n")
	if len(branches) > 0 {
		line += " (" + strings.Join(explain(branches), "; ") + ")"
	}
	var at pointer
	for _, step := range one.JSONPointer() {
		at = at.member(step)
	}
	return []difference{{at, line}}
}
