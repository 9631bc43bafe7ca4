package values

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// SortedBy sorts all by a key. Values whose key is empty come last in both
// directions; ties keep the order of all, turned around if it is descending, so
// that descending is ascending backwards but for those.
func SortedBy[T any](all []T, descending bool, key func(T) any) []T {
	type keyed struct {
		value T
		key   sortKey
	}
	var valued []keyed
	var rest []T
	for _, value := range all {
		if k := key(value); IsEmpty(k) {
			rest = append(rest, value)
		} else {
			valued = append(valued, keyed{value, newSortKey(k)})
		}
	}
	slices.SortStableFunc(valued, func(a, b keyed) int { return a.key.compare(b.key) })
	if descending {
		slices.Reverse(valued)
		slices.Reverse(rest)
	}
	result := make([]T, 0, len(all))
	for _, k := range valued {
		result = append(result, k.value)
	}
	return append(result, rest...)
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
	if text, ok := StringOf(value); ok {
		return sortKey{rank: 2, text: text}
	}
	return sortKey{rank: 2, text: strings.Join(StringsIn(value), "\x00")}
}

func (k sortKey) compare(other sortKey) int {
	return cmp.Or(cmp.Compare(k.rank, other.rank), cmp.Compare(k.number, other.number), strings.Compare(k.text, other.text))
}
