package clarifytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// sorted sorts records of an object by a column.
func (s *state) sorted(spec *objectSpec, records []*record, order sortOrder) []*record {
	if order.column == "" {
		return records
	}
	target := spec.reference(order.column)
	return sortedBy(records, order.descending, func(r *record) any { return s.valueIn(target, r, order.column) })
}

// compareValues compares values of one kind, and orders kinds among each other
// so that a column of several kinds has an order, too.
func compareValues(a, b any) int {
	if order := cmp.Compare(sortRank(a), sortRank(b)); order != 0 {
		return order
	}
	switch a := a.(type) {
	case json.Number, int, int64, float64:
		return cmp.Compare(sortNumber(a), sortNumber(b))
	case bool:
		if a == b.(bool) {
			return 0
		} else if a {
			return 1
		}
		return -1
	}
	return strings.Compare(sortText(a), sortText(b))
}

func sortRank(value any) int {
	switch value.(type) {
	case json.Number, int, int64, float64:
		return 0
	case bool:
		return 1
	}
	return 2
}

// sortNumber is what a number sorts by. Numbers in records fit a decimal; others
// are counts and ranks.
func sortNumber(value any) decimal {
	n, _ := parseDecimal(fmt.Sprint(value))
	return n
}

// sortText is what a value sorts by as text: itself, or all the texts in it.
func sortText(value any) string {
	if text, ok := textOf(value); ok {
		return text
	}
	return strings.Join(textsIn(value), "\x00")
}
