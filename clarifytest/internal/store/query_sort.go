package store

import (
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// checkSortOrder checks that records of an object can be sorted by the column.
func (s *Store) checkSortOrder(spec *schema.Object, order Order) error {
	if order.Column == "" {
		return nil
	}
	if what := s.Unqueryable(spec, order.Column); what != "" {
		return values.NewProblem(ErrQuery, "", "sortOrder[column]: %s.", what)
	}
	return nil
}

// sorted sorts records of an object by a column.
func (s *Store) sorted(spec *schema.Object, records []*Record, order Order) []*Record {
	if order.Column == "" {
		return records
	}
	target := spec.Reference(order.Column)
	return values.SortedBy(records, order.Descending, func(r *Record) any { return s.ValueIn(target, r, order.Column) })
}
