package clarify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// step is one request of an iteration, and what is known when it is made.
type step struct {
	link      *url.URL // where the page is, nil if its offset says so
	offset    int      // how many items come before the page
	size      int      // how many items to ask for, 0 to leave that to the API
	remaining int      // how many items are still wanted, -1 for all
	total     int      // how many items all pages have, according to an earlier page; -1 if none said so

	follows  bool   // whether there was a page before
	empty    bool   // whether that page was empty
	previous uint64 // that page's fingerprint
	cycle    cycleDetector
}

// firstStep returns the step to the first page.
func firstStep(l *listing, q *query) step {
	s := step{remaining: -1, total: -1}
	if q.limit != nil {
		s.remaining = *q.limit
	}
	if q.offset != nil {
		s.offset = *q.offset
	}
	wanted := q.pageSize != nil || q.limit != nil || q.offset != nil
	if l.paging == pagingAlways || l.paging == pagingOnDemand && wanted {
		s.size = maxPageSize
		if q.pageSize != nil {
			s.size = *q.pageSize
		}
		s.shrink()
	}
	return s
}

// shrink asks for no more than is wanted.
func (s *step) shrink() {
	if s.remaining >= 0 {
		s.size = min(s.size, s.remaining)
	}
}

// edit returns an editor that makes a request the step's.
func (s *step) edit(params parameters) gen.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		if s.link != nil {
			link := *s.link
			req.URL, req.Host = &link, link.Host
			return nil
		}
		all := append(parameters{}, params...)
		if s.size > 0 {
			if s.offset > 0 {
				all.add(strconv.Itoa(s.offset), "page", "offset")
			}
			all.add(strconv.Itoa(s.size), "page", "limit")
		}
		req.URL.RawQuery = all.encode()
		return nil
	}
}

// after returns the step to the page after one with this envelope, which came in
// response to sent. It is nil if there is none or if no more is wanted. It follows
// the link to the next page. Without a link it goes by the offset
// (live-api.md, L3), so that no list ends early in silence.
func (s *step) after(c *Client, l *listing, e envelope, sent *http.Request) (*step, error) {
	next := *s
	next.follows, next.previous, next.empty, next.total = true, e.fingerprint, e.count == 0, e.total
	next.offset = advance(s.offset, e.count)
	if s.remaining >= 0 {
		next.remaining = max(0, s.remaining-e.count)
		if next.remaining == 0 {
			return nil, nil
		}
	}
	if e.links.next != "" {
		u, err := c.checkLink(e.links.next)
		if err != nil {
			return nil, err
		}
		if err := next.follow(s, u, sent); err != nil {
			return nil, err
		}
		if e.count == 0 && (s.empty || !e.knowsTotal() || next.offset >= e.total) {
			return nil, errors.New("the page is empty, but has a link to a next one")
		}
		return &next, nil
	}
	more, err := e.more(l.paging, s.size, next.offset)
	if !more || err != nil {
		return nil, err
	}
	next.link = nil
	if next.size == 0 {
		next.size = maxPageSize
	}
	next.shrink()
	return &next, nil
}

// follow makes s the step to where the link u leads. It stands in the page that from
// leads to, which is the response to sent.
func (s *step) follow(from *step, u *url.URL, sent *http.Request) error {
	if sent != nil && sent.URL.Path != u.Path {
		return fmt.Errorf("links.next leads to another collection, %s", u.EscapedPath())
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the query of links.next is malformed")
	}
	if query.Has("page[offset]") {
		offset, err := strconv.Atoi(query.Get("page[offset]"))
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("the offset %q of links.next is not a number", query.Get("page[offset]"))
		}
		if offset <= from.offset {
			return fmt.Errorf("links.next does not advance: it leads to offset %d, and this page is at %d", offset, from.offset)
		}
		if offset < s.offset {
			return fmt.Errorf("links.next leads to offset %d, and this page reaches to %d: items would come twice", offset, s.offset)
		}
		s.offset = offset
	} else if s.cycle.found(u.String()) {
		return errors.New("links.next does not advance: it leads to where it led before")
	}
	limitLink(u, query, from.size, s.remaining)
	s.link = u
	return nil
}

// limitLink lowers the limit of a link, whose query is given, to what is still
// wanted. size is 0 if the client does not choose the limit.
func limitLink(u *url.URL, query url.Values, size, remaining int) {
	limit, err := strconv.Atoi(query.Get("page[limit]"))
	if size > 0 && remaining >= 0 && (err != nil || limit > remaining) {
		query.Set("page[limit]", strconv.Itoa(remaining))
		u.RawQuery = encodeLinkQuery(query)
	}
}

// encodeLinkQuery writes a space as %20, as the API's own links do.
func encodeLinkQuery(query url.Values) string { return strings.ReplaceAll(query.Encode(), "+", "%20") }

// fetched is a page that was read, and where the next one is.
type fetched struct {
	page    itemPage
	next    *step // nil if this is the last page
	err     error // the page cannot be used
	nextErr error // the page can be used, but what comes after it cannot be read

	stride      int            // how far the next page is from this one
	total       int            // how many items all pages have, -1 if that is not known
	count       int            // how many items the page has
	fingerprint uint64         // of their ids
	rsp         *http.Response // without its body
}

// cycleDetector finds a cycle in links that have no offset, without keeping them
// all (Brent's algorithm).
type cycleDetector struct {
	mark       string
	steps, max int
}

func (d *cycleDetector) found(link string) bool {
	if link == d.mark {
		return true
	}
	if d.steps++; d.steps > d.max {
		d.mark, d.steps, d.max = link, 0, 2*d.max+1
	}
	return false
}
