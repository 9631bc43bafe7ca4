package api

import (
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/internal/contract"
)

// conform checks a value in the request body against a schema of the contract. It
// responds with 422 and a problem for each difference.
func (c *Call) conform(value any, schema string, at values.Pointer) error {
	return conform(value, c.Contract.Schema(schema), at)
}

func conform(value any, schema contract.Schema, at values.Pointer) error {
	var found values.Problems
	for _, d := range schema.Differences(value) {
		found.Add(values.Invalid(at+values.Pointer(d.Pointer()), "%s.", capitalized(d.What)))
	}
	return found.Err()
}

// choices decodes a query parameter that is an object, such as the filter of
// getLists, according to the contract. It is nil if the request does not have it.
// What the contract does not allow gets 400.
func (c *Call) choices(name string) (map[string]any, error) {
	object, differences, err := c.Op.QueryObject(c.Query, name)
	if err != nil {
		return nil, BadRequest("%s: %v.", name, err)
	}
	var found values.Problems
	for _, d := range differences {
		found.Add(BadRequest("%s%s: %s.", name, bracketedKeys(d.Path), d.What))
	}
	return object, found.Err()
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
