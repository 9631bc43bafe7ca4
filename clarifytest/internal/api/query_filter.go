package api

import (
	"maps"
	"net/url"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/internal/contract"
)

// readFilter reads the conditions of filter.
func readFilter(query url.Values) ([]values.Comparison, error) {
	var conditions []values.Comparison
	for _, key := range slices.Sorted(maps.Keys(query)) {
		list := query[key]
		base, keys, ok := contract.Bracketed(key)
		switch {
		case base != "filter":
			continue
		case !ok || len(keys) == 0 || len(keys) > 2 || keys[0] == "":
			return nil, BadRequest("The parameter %s is neither filter[field] nor filter[field][Operator].", key)
		case len(list) > 1:
			return nil, BadRequest("The parameter %s is sent more than once.", key)
		}
		c := values.Comparison{Field: keys[0], Operand: list[0]}
		if len(keys) == 1 {
			c.Op, c.Operand = values.ParseShorthand(list[0])
		} else if c.Op = values.Operator(keys[1]); !c.Op.Known() {
			return nil, BadRequest("%q is not an operator. Operators are case sensitive.", keys[1])
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}
