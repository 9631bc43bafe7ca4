package clarify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// Page is a page of records.
type Page[T any] struct {
	// Records are the page's records, in the order that was asked for.
	Records []Record[T]
	// Included are the related records that [Include] asked for, each once. They
	// are of any object: [As] gives them a type.
	Included []Record[json.RawMessage]
	// Meta says how large the collection is, as far as the API tells.
	Meta gen.ResourcePageMeta
}

// sender sends a request of one operation, which editors complete.
type sender func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error)

// reader reads an operation that lists page by page. P is a page.
type reader[P any] struct {
	client  *Client
	listing *listing
	send    sender
	decode  func(rsp *http.Response) (P, envelope, error)
	cut     func(page P, n int) // leaves the first n entries
}

// step is one request of an iteration, and what is to be remembered for it.
type step struct {
	link      *url.URL // where the page is, nil for one that is addressed by its offset
	offset    int      // how many entries stand before the page
	size      int      // how many entries to ask for, 0 to leave that to the API
	remaining int      // how many entries are wanted yet, -1 for all
	total     int      // how many there are on all pages, as an earlier page said; -1 if none did

	follows bool   // whether there was a page before
	empty   bool   // whether it was empty
	before  uint64 // its fingerprint
	trail   trail
}

// trail finds a loop in links that do not say how far they lead, without keeping
// them all (Brent's algorithm).
type trail struct {
	mark        string
	steps, most int
}

func (t *trail) looped(link string) bool {
	if link == t.mark {
		return true
	}
	if t.steps++; t.steps > t.most {
		t.mark, t.steps, t.most = link, 0, 2*t.most+1
	}
	return false
}

// fetched is a page that was read, and where the next one is.
type fetched[P any] struct {
	page    P
	next    *step // nil if this is the last one
	err     error // the page cannot be used
	nextErr error // the page can be used, but what comes after it cannot be read

	stride      int            // how far the next page is from this one
	total       int            // how many entries there are on all pages, -1 if that is not known
	count       int            // how many entries the page has
	fingerprint uint64         // of their ids
	rsp         *http.Response // without its body
}

// pages reads page by page. While the caller uses one, those after it are
// fetched.
func (r *reader[P]) pages(ctx context.Context, opts []QueryOption) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		var none P
		q, params, err := r.listing.readQuery(opts)
		if err == nil && ctx == nil {
			err = errNilContext
		}
		if err != nil {
			yield(none, err)
			return
		}
		first := r.listing.first(q)
		if first.remaining == 0 {
			return
		}
		inner, cancel := context.WithCancel(ctx)
		ahead := foretelling[P]{prefetch: newPrefetch(q.concurrency, func(ctx context.Context, s step, sent func()) fetched[P] {
			return r.fetch(ctx, params, s, sent)
		})}
		// However the loop is left, no request and no goroutine outlives it.
		defer ahead.wait()
		defer cancel()

		next := &first
		ahead.fill(inner, first, 0, -1)
		for {
			current, err := ahead.take()
			switch {
			case err != nil:
			case current.err != nil:
				err = current.err
			default:
				err = r.checkRepetition(next, current)
			}
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(none, err)
				return
			}
			if next = current.next; next != nil {
				ahead.fill(inner, *next, current.stride, current.total)
			}
			if !yield(current.page, nil) {
				return
			}
			switch {
			case current.nextErr != nil:
				yield(none, current.nextErr)
				return
			case next == nil:
				return
			}
		}
	}
}

// first returns the step to the first page.
func (l *listing) first(q *query) step {
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

// shrink asks for no more than what is wanted.
func (s *step) shrink() {
	if s.remaining >= 0 {
		s.size = min(s.size, s.remaining)
	}
}

// edit makes a request that of a step.
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

// fetch reads the page that a step leads to.
func (r *reader[P]) fetch(ctx context.Context, params parameters, s step, sent func()) fetched[P] {
	rsp, err := r.send(ctx, s.edit(params))
	sent()
	if err != nil {
		return fetched[P]{err: err}
	}
	page, e, err := r.decode(rsp)
	if err != nil {
		return fetched[P]{err: responseError(r.listing.operation, rsp, err)}
	}
	if s.remaining >= 0 && e.count > s.remaining {
		r.cut(page, s.remaining)
	}
	if !e.knowsTotal() {
		e.total = s.total
	}
	f := fetched[P]{page: page, total: e.total, count: e.count, fingerprint: e.fingerprint, rsp: rsp}
	if f.next, err = r.after(s, e, rsp.Request); err != nil {
		f.nextErr = responseError(r.listing.operation, rsp, err)
	}
	// Where the links end it is likely that the list does: nothing is predicted then.
	if f.next != nil && (s.link == nil || f.next.link != nil) {
		f.stride = f.next.offset - s.offset
	}
	// The page may be held for long, and the body is no longer needed.
	release(rsp)
	return f
}

// checkRepetition returns an error if a page has the same entries as the one
// before it.
func (r *reader[P]) checkRepetition(s *step, f fetched[P]) error {
	if s.follows && f.count > 0 && f.fingerprint == s.before {
		return responseError(r.listing.operation, f.rsp, errors.New("the page has the same entries as the one before"))
	}
	return nil
}

// after returns the step to the page after the one that s led to, nil if there
// is none or if no more is wanted. It follows the link to it. Without one it goes
// by the offset (live-api.md, L3), so that no list ends early in silence.
func (r *reader[P]) after(s step, e envelope, sent *http.Request) (*step, error) {
	next := s
	next.follows, next.before, next.empty, next.total = true, e.fingerprint, e.count == 0, e.total
	next.offset = reach(s.offset, e.count)
	if s.remaining >= 0 {
		next.remaining = max(0, s.remaining-e.count)
		if next.remaining == 0 {
			return nil, nil
		}
	}
	if e.links.next != "" {
		if err := r.client.follow(&next, s, e.links.next, sent); err != nil {
			return nil, err
		}
		if e.count == 0 && (s.empty || !e.knowsTotal() || next.offset >= e.total) {
			return nil, errors.New("the page is empty, and yet there is a next one")
		}
		return &next, nil
	}
	more, err := e.more(r.listing, s.size, next.offset)
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

// follow makes next the step to where a link leads.
func (c *Client) follow(next *step, from step, link string, sent *http.Request) error {
	u, err := c.checkLink(link)
	if err != nil {
		return err
	}
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
		if offset < next.offset {
			return fmt.Errorf("links.next leads to offset %d, and this page reaches to %d: entries would come twice", offset, next.offset)
		}
		next.offset = offset
	} else if next.trail.looped(u.String()) {
		return errors.New("links.next does not advance: it leads to where it led before")
	}
	size, err := strconv.Atoi(query.Get("page[limit]"))
	if from.size > 0 && next.remaining >= 0 && (err != nil || size > next.remaining) {
		query.Set("page[limit]", strconv.Itoa(next.remaining))
		u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	next.link = u
	return nil
}

// entries is a page of anything but records.
type entries[E any] struct {
	Data  []optional[E] `json:"data"`
	Links pageLinks     `json:"links"`
	Meta  pageMeta      `json:"meta"`
}

// list reads entries one by one. id tells them apart.
func list[E any](ctx context.Context, c *Client, l *listing, send sender, id func(*E) string, opts []QueryOption) iter.Seq2[E, error] {
	r := &reader[*entries[E]]{
		client:  c,
		listing: l,
		send:    send,
		cut:     func(page *entries[E], n int) { page.Data = page.Data[:n] },
		decode: func(rsp *http.Response) (*entries[E], envelope, error) {
			page := &entries[E]{}
			if err := readResponse(rsp, page); err != nil {
				return nil, envelope{}, err
			}
			if page.Data == nil {
				return nil, envelope{}, errNoData
			}
			ids := newFingerprint()
			for i := range page.Data {
				entry := id(&page.Data[i].value)
				if entry == "" {
					return nil, envelope{}, fmt.Errorf("data[%d] has no id", i)
				}
				ids.add(entry)
			}
			return page, newEnvelope(len(page.Data), ids, page.Links, page.Meta), nil
		},
	}
	return func(yield func(E, error) bool) {
		var none E
		for page, err := range r.pages(ctx, opts) {
			if err != nil {
				yield(none, err)
				return
			}
			for _, entry := range page.Data {
				if err := ctx.Err(); err != nil {
					yield(none, err)
					return
				}
				if !yield(entry.value, nil) {
					return
				}
			}
		}
	}
}

// recordPages reads records page by page.
func recordPages[T any](ctx context.Context, c *Client, l *listing, send sender, opts []QueryOption) iter.Seq2[*Page[T], error] {
	r := &reader[*Page[T]]{
		client:  c,
		listing: l,
		send:    send,
		cut:     func(page *Page[T], n int) { page.Records = page.Records[:n] },
		decode:  readPage[T],
	}
	return func(yield func(*Page[T], error) bool) {
		pages := r.pages(ctx, opts)
		if isStable(opts) {
			pages = stablePages[T](ctx, c, l, send, opts)
		}
		pages(yield)
	}
}

// isStable reports whether Stable is among the options. What is wrong with them
// comes out later.
func isStable(opts []QueryOption) bool {
	q := &query{}
	for _, opt := range opts {
		if opt != nil {
			opt(q)
		}
	}
	return q.stable
}

// records takes pages of records apart.
func records[T any](ctx context.Context, pages iter.Seq2[*Page[T], error]) iter.Seq2[Record[T], error] {
	return func(yield func(Record[T], error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(Record[T]{}, err)
				return
			}
			for i := range page.Records {
				if err := ctx.Err(); err != nil {
					yield(Record[T]{}, err)
					return
				}
				if !yield(page.Records[i], nil) {
					return
				}
			}
		}
	}
}
