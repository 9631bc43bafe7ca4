package clarifytest

import "slices"

// collection is a page of a collection, as it is answered.
type collection[T any] struct {
	Links pageLinks `json:"links"`
	Meta  pageMeta  `json:"meta"`
	Data  []T       `json:"data"`
}

// pageOf is the response of an operation that lists: the part of all that
// page[offset] and page[limit] ask for, in the order of sortOrder if the
// request has one. column returns what a value has in a column, nil if there is
// nothing, and whether there is such a column: of a zero value, too. It is nil for
// operations that do not sort. all is sorted in place.
func pageOf[T any](c *call, all []T, column func(value T, name string) (any, bool)) (collection[T], error) {
	p, f := readPage(c.query)
	if f != nil {
		return collection[T]{}, f
	}
	if column != nil {
		order, f := readSortOrder(c.query)
		if f != nil {
			return collection[T]{}, f
		}
		if order.column != "" {
			var none T
			if _, known := column(none, order.column); !known {
				return collection[T]{}, badRequest("sortOrder[column]: there is no field %q to sort by.", order.column)
			}
			all = sortedBy(all, order.descending, func(value T) any {
				key, _ := column(value, order.column)
				return key
			})
		}
	}
	return collection[T]{
		Links: c.pageLinks(p, len(all)),
		Meta:  p.meta(len(all)),
		Data:  append([]T{}, part(p, all)...),
	}, nil
}

// sortedBy sorts by a key. Values whose key is empty come last in both
// directions; ties keep the order of all, turned around if it is descending, so
// that descending is ascending backwards but for those.
func sortedBy[T any](all []T, descending bool, key func(T) any) []T {
	type keyed struct {
		value T
		key   sortKey
	}
	var valued []keyed
	var rest []T
	for _, value := range all {
		if k := key(value); isEmpty(k) {
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

// rendered turns the values of a page into what is answered.
func rendered[T, R any](page collection[T], render func(T) R) collection[R] {
	response := collection[R]{Links: page.Links, Meta: page.Meta, Data: make([]R, len(page.Data))}
	for i, value := range page.Data {
		response.Data[i] = render(value)
	}
	return response
}
