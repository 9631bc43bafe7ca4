package clarifytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// checkSortOrder checks that records of an object can be sorted by the column.
func (s *state) checkSortOrder(spec *objectSpec, order sortOrder) error {
	if order.column == "" {
		return nil
	}
	if what := s.unqueryable(spec, order.column); what != "" {
		return badRequest("sortOrder[column]: %s.", what)
	}
	return nil
}

// sorted sorts records of an object by a column.
func (s *state) sorted(spec *objectSpec, records []*record, order sortOrder) []*record {
	if order.column == "" {
		return records
	}
	target := spec.reference(order.column)
	return sortedBy(records, order.descending, func(r *record) any { return s.valueIn(target, r, order.column) })
}

// sortKey is what a value sorts by. Kinds are ordered among each other, so that a
// column of several kinds has an order, too.
type sortKey struct {
	rank   int
	number decimal
	text   string
}

func newSortKey(value any) sortKey {
	switch v := value.(type) {
	case json.Number, int, int64, float64:
		// Numbers in records fit a decimal; others are counts and ranks.
		n, _ := parseDecimal(fmt.Sprint(v))
		return sortKey{number: n}
	case bool:
		k := sortKey{rank: 1}
		if v {
			k.number = 1
		}
		return k
	}
	if text, ok := textOf(value); ok {
		return sortKey{rank: 2, text: text}
	}
	return sortKey{rank: 2, text: strings.Join(textsIn(value), "\x00")}
}

func (k sortKey) compare(other sortKey) int {
	return cmp.Or(cmp.Compare(k.rank, other.rank), cmp.Compare(k.number, other.number), strings.Compare(k.text, other.text))
}
