package clarifytest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// sorted sorts records by a column. Ties keep the order of all, turned around
// if it is descending, so that descending is ascending backwards but for the
// records without a value.
func (s *state) sorted(records []*record, order sortOrder) []*record {
	if order.column == "" {
		return records
	}
	type keyed struct {
		record *record
		value  any
	}
	var valued []keyed
	var rest []*record
	for _, r := range records {
		if value := s.value(r, order.column); isEmpty(value) {
			rest = append(rest, r)
		} else {
			valued = append(valued, keyed{r, value})
		}
	}
	slices.SortStableFunc(valued, func(a, b keyed) int { return compareValues(a.value, b.value) })
	if order.descending {
		slices.Reverse(valued)
		slices.Reverse(rest)
	}
	result := make([]*record, 0, len(records))
	for _, k := range valued {
		result = append(result, k.record)
	}
	return append(result, rest...)
}

// compareValues compares values of one kind, and orders kinds among each other
// so that a column of several kinds has an order, too.
func compareValues(a, b any) int {
	if order := cmp.Compare(sortRank(a), sortRank(b)); order != 0 {
		return order
	}
	switch a := a.(type) {
	case json.Number:
		x, _ := parseDecimal(a.String())
		y, _ := parseDecimal(b.(json.Number).String())
		return cmp.Compare(x, y)
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
	case json.Number:
		return 0
	case bool:
		return 1
	}
	return 2
}

// sortText is what a value sorts by as text: itself, or all the texts in it.
func sortText(value any) string {
	if text, ok := textOf(value); ok {
		return text
	}
	return strings.Join(textsIn(value), "\x00")
}
