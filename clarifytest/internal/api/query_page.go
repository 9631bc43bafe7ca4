package api

import (
	"net/url"
	"strconv"

	"github.com/clarify-go/clarify/internal/contract"
)

// A page has at most maxPage items, and so many if the request does not say.
const maxPage = 500

// page is which part of a collection is asked for. Its numbers are the same on all
// platforms.
type page struct{ offset, limit int64 }

type pageLinks struct {
	Next *string `json:"next"`
	Prev *string `json:"prev"`
}

type pageMeta struct {
	TotalRecords int    `json:"total_records"`
	TotalPages   int    `json:"total_pages"`
	Offset       *int64 `json:"offset,omitempty"`
	Limit        *int64 `json:"limit,omitempty"`
}

// part is the part of a collection that the page has.
func part[T any](p page, all []T) []T {
	n := int64(len(all))
	from := min(p.offset, n)
	return all[from:min(from+p.limit, n)]
}

func (p page) meta(total int) pageMeta {
	return pageMeta{
		TotalRecords: total,
		TotalPages:   int((int64(total) + p.limit - 1) / p.limit),
		Offset:       &p.offset,
		Limit:        &p.limit,
	}
}

// pageLinks are those of a page of a collection with so many items.
func (c *Call) pageLinks(p page, items int) pageLinks {
	total := int64(items)
	address := func(offset int64) *string {
		q := url.Values{}
		for key, values := range c.Query {
			if name, _, _ := contract.Bracketed(key); name != "page" {
				q[key] = values
			}
		}
		q.Set("page[offset]", strconv.FormatInt(offset, 10))
		q.Set("page[limit]", strconv.FormatInt(p.limit, 10))
		return c.linkTo(q)
	}
	var links pageLinks
	if c.Quirks.NoLinks {
		return links
	}
	if p.offset < total && p.limit < total-p.offset {
		links.Next = address(p.offset + p.limit)
	}
	if p.offset > 0 {
		links.Prev = address(max(0, min(p.offset, total)-p.limit))
	}
	return links
}

// linkTo returns a link to where the request went, with another query. It is
// absolute and leads to the host that the client asked, so that it is right
// under every name that it has.
func (c *Call) linkTo(query url.Values) *string {
	scheme := c.Scheme
	if c.Quirks.HTTPLinks {
		scheme = "http"
	}
	link := scheme + "://" + c.Request.Host + c.Request.URL.EscapedPath() + "?" + query.Encode()
	return &link
}
