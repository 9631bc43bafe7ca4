package clarifytest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/internal/contract"
)

// getDeletedResources: GET /objects/{object}/deleted-resources
func getDeletedResources(c *call) (reply, error) {
	spec, f := c.object()
	if f != nil {
		return reply{}, f
	}
	for key := range c.query {
		if name, _, _ := contract.Bracketed(key); name == "sortOrder" || name == "include" {
			return reply{}, badRequest("Deleted records are neither sorted nor have they included ones: %s.", key)
		}
	}
	p, f := readPage(c.query)
	if f != nil {
		return reply{}, f
	}
	conditions, f := readFilter(c.query)
	if f != nil {
		return reply{}, f
	}
	tests, f := deletionTests(conditions)
	if f != nil {
		return reply{}, f
	}
	matching := []resource{}
	s := c.workspace.state
	_ = s.read(func() error {
		now := s.clock()
		for _, d := range s.table(spec).deleted {
			outside := func(test func(time.Time) bool) bool { return !test(d.at) }
			if now.Sub(d.at) <= retention && !slices.ContainsFunc(tests, outside) {
				matching = append(matching, d.resource)
			}
		}
		return nil
	})
	return reply{http.StatusOK, recordPage{
		Links: c.pageLinks(p, len(matching)),
		Meta:  p.meta(len(matching)),
		Data:  part(p, matching),
	}}, nil
}

// deletionTests reads conditions on _deleted_at, which are in seconds since
// 1970. That makes it a number as much as a date, so it takes the operators of
// both.
func deletionTests(conditions []condition) ([]func(time.Time) bool, error) {
	var tests []func(time.Time) bool
	for _, c := range conditions {
		if c.field != "_deleted_at" {
			return nil, badRequest("Deleted records are filtered by _deleted_at only, not by %s.", c.field)
		}
		op, ok := deletionOperators[c.op]
		if !ok {
			return nil, badRequest("The filter on _deleted_at: the operator %q is not for it.", c.op)
		}
		seconds, err := strconv.ParseInt(c.operand, 10, 64)
		if err != nil {
			return nil, badRequest("The filter on _deleted_at: the value %q is not a whole number of seconds.", c.operand)
		}
		negated := op == opIsNot
		if negated {
			op = opIs
		}
		from := time.Unix(seconds, 0)
		tests = append(tests, func(at time.Time) bool {
			if op == opIs {
				at = at.Truncate(time.Second)
			}
			return compareTimes(op, at, from, from) != negated
		})
	}
	return tests, nil
}

// deletionOperators are the operators on _deleted_at, as those for dates.
var deletionOperators = map[operator]operator{
	opIs:           opIs,
	opIsNot:        opIsNot,
	opIsBefore:     opIsBefore,
	opIsOnOrBefore: opIsOnOrBefore,
	opIsAfter:      opIsAfter,
	opIsOnOrAfter:  opIsOnOrAfter,

	opGreaterThan:        opIsAfter,
	opGreaterThanOrEqual: opIsOnOrAfter,
	opLessThan:           opIsBefore,
	opLessThanOrEqual:    opIsOnOrBefore,

	opAbove:   opIsAfter,
	opAtLeast: opIsOnOrAfter,
	opBelow:   opIsBefore,
	opAtMost:  opIsOnOrBefore,
}
