package api

import "github.com/clarify-go/clarify/clarifytest/internal/values"

// pageDocument is a page of a collection, as it is sent.
type pageDocument[T any] struct {
	Links pageLinks `json:"links"`
	Meta  pageMeta  `json:"meta"`
	Data  []T       `json:"data"`
}

// pageOf is the response of an operation that lists: the part of all that
// page[offset] and page[limit] ask for, in the order of sortOrder if the
// request has one. column returns what a value has in a column, nil if there is
// nothing, and whether there is such a column: of a zero value, too. It is nil for
// operations that do not sort. all is sorted in place.
func pageOf[T any](c *Call, all []T, column func(value T, name string) (any, bool)) (pageDocument[T], error) {
	p, err := readPage(c.Query)
	if err != nil {
		return pageDocument[T]{}, err
	}
	if column != nil {
		order, err := readSortOrder(c.Query)
		if err != nil {
			return pageDocument[T]{}, err
		}
		if order.Column != "" {
			var none T
			if _, known := column(none, order.Column); !known {
				return pageDocument[T]{}, BadRequest("sortOrder[column]: there is no field %q to sort by.", order.Column)
			}
			all = values.SortedBy(all, order.Descending, func(value T) any {
				key, _ := column(value, order.Column)
				return key
			})
		}
	}
	return pageDocument[T]{
		Links: c.pageLinks(p, len(all)),
		Meta:  p.meta(len(all)),
		Data:  append([]T{}, part(p, all)...),
	}, nil
}

// rendered turns the values of a page into what is sent.
func rendered[T, R any](page pageDocument[T], render func(T) R) pageDocument[R] {
	response := pageDocument[R]{Links: page.Links, Meta: page.Meta, Data: make([]R, len(page.Data))}
	for i, value := range page.Data {
		response.Data[i] = render(value)
	}
	return response
}
