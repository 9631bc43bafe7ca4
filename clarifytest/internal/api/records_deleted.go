package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/internal/contract"
)

// getDeletedResources: GET /objects/{object}/deleted-resources
func getDeletedResources(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	for key := range c.Query {
		if name, _, _ := contract.Bracketed(key); name == "sortOrder" || name == "include" {
			return Response{}, BadRequest("Deleted records are neither sorted nor have they included ones: %s.", key)
		}
	}
	p, err := readPage(c.Query)
	if err != nil {
		return Response{}, err
	}
	conditions, err := readFilter(c.Query)
	if err != nil {
		return Response{}, err
	}
	tests, err := deletionTests(conditions)
	if err != nil {
		return Response{}, err
	}
	matching := []resource{}
	s := c.State
	_ = s.Read(func() error {
		for _, d := range s.Deletions(spec) {
			outside := func(test func(time.Time) bool) bool { return !test(d.At) }
			if !slices.ContainsFunc(tests, outside) {
				matching = append(matching, d.Kept.(resource))
			}
		}
		return nil
	})
	return Response{http.StatusOK, recordPage{
		Links: c.pageLinks(p, len(matching)),
		Meta:  p.meta(len(matching)),
		Data:  part(p, matching),
	}}, nil
}

// deletionTests reads conditions on _deleted_at, which are in seconds since
// 1970. That makes it a number as much as a date, so it takes the operators of
// both.
func deletionTests(conditions []values.Comparison) ([]func(time.Time) bool, error) {
	var tests []func(time.Time) bool
	for _, c := range conditions {
		if c.Field != "_deleted_at" {
			return nil, BadRequest("Deleted records are filtered by _deleted_at only, not by %s.", c.Field)
		}
		op, ok := deletionOperators[c.Op]
		if !ok {
			return nil, BadRequest("The filter on _deleted_at: the operator %q is not for it.", c.Op)
		}
		seconds, err := strconv.ParseInt(c.Operand, 10, 64)
		if err != nil {
			return nil, BadRequest("The filter on _deleted_at: the value %q is not a whole number of seconds.", c.Operand)
		}
		negated := op == values.OpIsNot
		if negated {
			op = values.OpIs
		}
		from := time.Unix(seconds, 0)
		tests = append(tests, func(at time.Time) bool {
			if op == values.OpIs {
				at = at.Truncate(time.Second)
			}
			return values.CompareTimes(op, at, from, from) != negated
		})
	}
	return tests, nil
}

// deletionOperators are the operators on _deleted_at, as those for dates.
var deletionOperators = map[values.Operator]values.Operator{
	values.OpIs:           values.OpIs,
	values.OpIsNot:        values.OpIsNot,
	values.OpIsBefore:     values.OpIsBefore,
	values.OpIsOnOrBefore: values.OpIsOnOrBefore,
	values.OpIsAfter:      values.OpIsAfter,
	values.OpIsOnOrAfter:  values.OpIsOnOrAfter,

	values.OpGreaterThan:        values.OpIsAfter,
	values.OpGreaterThanOrEqual: values.OpIsOnOrAfter,
	values.OpLessThan:           values.OpIsBefore,
	values.OpLessThanOrEqual:    values.OpIsOnOrBefore,

	values.OpAbove:   values.OpIsAfter,
	values.OpAtLeast: values.OpIsOnOrAfter,
	values.OpBelow:   values.OpIsBefore,
	values.OpAtMost:  values.OpIsOnOrBefore,
}
