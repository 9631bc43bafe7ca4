package clarifytest

import (
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// checkSortOrder checks that records of an object can be sorted by the column.
func (s *state) checkSortOrder(spec *schema.Object, order sortOrder) error {
	if order.column == "" {
		return nil
	}
	if what := s.unqueryable(spec, order.column); what != "" {
		return badRequest("sortOrder[column]: %s.", what)
	}
	return nil
}

// sorted sorts records of an object by a column.
func (s *state) sorted(spec *schema.Object, records []*record, order sortOrder) []*record {
	if order.column == "" {
		return records
	}
	target := spec.Reference(order.column)
	return values.SortedBy(records, order.descending, func(r *record) any { return s.valueIn(target, r, order.column) })
}
