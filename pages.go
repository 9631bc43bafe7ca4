package clarify

import (
	"context"
	"errors"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// sender sends a request of one operation, which editors complete.
type sender func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error)

// reader reads an operation that lists page by page.
type reader struct {
	client  *Client
	listing *listing
	send    sender
	decode  func(rsp *http.Response) (itemPage, envelope, error)
}

// itemPage is a page of items of any type.
type itemPage interface {
	cut(n int) // keeps the first n items
}

// readOptions reads the options of an iteration.
func (l *listing) readOptions(ctx context.Context, opts []QueryOption) (*query, parameters, error) {
	q, params, err := l.readQuery(opts)
	if err == nil && ctx == nil {
		err = errNilContext
	}
	return q, params, err
}

// pages yields page by page. While the caller uses one, those after it are
// fetched.
func (r *reader) pages(ctx context.Context, q *query, params parameters, yield func(itemPage, error) bool) {
	first := firstStep(r.listing, q)
	if first.remaining == 0 {
		return
	}
	ahead := predictor{ahead: fetchAhead(ctx, q.concurrency, func(ctx context.Context, s step, sent func()) fetched {
		return r.fetch(ctx, params, s, sent)
	})}
	// However the loop is left, no request and no goroutine outlives it.
	defer ahead.Close()

	next := &first
	ahead.fill(first, 0, -1)
	for {
		current, err := ahead.Take()
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case err != nil:
		case current.err != nil:
			err = current.err
		default:
			err = r.checkRepetition(next, &current)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if next = current.next; next != nil {
			ahead.fill(*next, current.stride, current.total)
		}
		if !yield(current.page, nil) {
			return
		}
		if current.nextErr != nil {
			yield(nil, current.nextErr)
			return
		}
		if next == nil {
			return
		}
	}
}

// fetch reads the page that a step leads to. It calls sent when the request is no
// longer in flight.
func (r *reader) fetch(ctx context.Context, params parameters, s step, sent func()) fetched {
	rsp, err := r.send(ctx, s.edit(params))
	sent()
	if err != nil {
		return fetched{err: err}
	}
	decoded := decodingBegins(rsp)
	page, e, err := r.decode(rsp)
	if err != nil {
		return fetched{err: responseError(r.listing.operation, rsp, err)}
	}
	decoded(e.count)
	if s.remaining >= 0 && e.count > s.remaining {
		page.cut(s.remaining)
	}
	if !e.knowsTotal() {
		e.total = s.total
	}
	f := fetched{page: page, total: e.total, count: e.count, fingerprint: e.fingerprint, rsp: rsp}
	if f.next, err = s.after(r.client, r.listing, e, rsp.Request); err != nil {
		f.nextErr = responseError(r.listing.operation, rsp, err)
	}
	// Where the links end, the list probably does too: nothing is predicted then.
	if f.next != nil && (s.link == nil || f.next.link != nil) {
		f.stride = f.next.offset - s.offset
	}
	// The page may be held for long, and the body is no longer needed.
	release(rsp)
	return f
}

// checkRepetition returns an error if a page has the same items as the one before.
func (r *reader) checkRepetition(s *step, f *fetched) error {
	if s.follows && f.count > 0 && f.fingerprint == s.previous {
		return responseError(r.listing.operation, f.rsp, errors.New("the page has the same items as the one before"))
	}
	return nil
}
