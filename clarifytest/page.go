package clarifytest

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/clarify-go/clarify/internal/contract"
)

// A page has at most maxPage items, and so many if the request does not say.
const maxPage = 500

// page is which part of a collection is asked for.
type page struct{ offset, limit int }

type pageLinks struct {
	Next *string `json:"next"`
	Prev *string `json:"prev"`
}

type pageMeta struct {
	TotalRecords int  `json:"total_records"`
	TotalPages   int  `json:"total_pages"`
	Offset       *int `json:"offset,omitempty"`
	Limit        *int `json:"limit,omitempty"`
}

// part is the part of a collection that the page has.
func part[T any](p page, all []T) []T {
	from := min(p.offset, len(all))
	return all[from:min(from+p.limit, len(all))]
}

func (p page) meta(total int) pageMeta {
	return pageMeta{
		TotalRecords: total,
		TotalPages:   (total + p.limit - 1) / p.limit,
		Offset:       &p.offset,
		Limit:        &p.limit,
	}
}

// links are absolute and lead to the host that the client asked, so that they
// are right under every name that it has.
func (p page) links(r *http.Request, query url.Values, total int) pageLinks {
	address := func(offset int) *string {
		q := url.Values{}
		for key, values := range query {
			if name, _, _ := contract.Bracketed(key); name != "page" {
				q[key] = values
			}
		}
		q.Set("page[offset]", strconv.Itoa(offset))
		q.Set("page[limit]", strconv.Itoa(p.limit))
		link := "http://" + r.Host + r.URL.EscapedPath() + "?" + q.Encode()
		return &link
	}
	var links pageLinks
	if p.offset < total && p.limit < total-p.offset {
		links.Next = address(p.offset + p.limit)
	}
	if p.offset > 0 {
		links.Prev = address(max(0, min(p.offset, total)-p.limit))
	}
	return links
}
