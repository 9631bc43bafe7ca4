package clarify

import (
	"context"
	"iter"
	"net/http"
)

// recordReader reads records page by page, whatever the type of their attributes.
type recordReader struct {
	client   *Client
	listing  *listing
	send     sender
	newList  func() recordList
	newFacts func() facts // of records that are read with Stable
}

// run reads the pages of one iteration.
func (r *recordReader) run(ctx context.Context, opts []QueryOption, yield func(*recordPage, error) bool) {
	q, params, err := r.listing.readOptions(ctx, opts)
	switch {
	case err != nil:
		yield(nil, err)
	case q.stable:
		r.stablePages(ctx, q, yield)
	default:
		plain := &reader{client: r.client, listing: r.listing, send: r.send, decode: func(rsp *http.Response) (itemPage, envelope, error) {
			return readPage(rsp, r.newList, nil)
		}}
		plain.pages(ctx, q, params, func(page itemPage, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			return yield(page.(*recordPage), nil)
		})
	}
}

// typedPages returns the pages of records with attributes of type T.
func typedPages[T any](ctx context.Context, r *recordReader, opts []QueryOption) iter.Seq2[*Page[T], error] {
	return func(yield func(*Page[T], error) bool) {
		r.run(ctx, opts, func(p *recordPage, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			return yield(typedPage[T](p), nil)
		})
	}
}

// typedRecords returns the same records one by one.
func typedRecords[T any](ctx context.Context, r *recordReader, opts []QueryOption) iter.Seq2[Record[T], error] {
	return func(yield func(Record[T], error) bool) {
		r.run(ctx, opts, func(p *recordPage, err error) bool {
			if err != nil {
				return yield(Record[T]{}, err)
			}
			records := recordsOf[T](p)
			for i := range records {
				if err := ctx.Err(); err != nil {
					yield(Record[T]{}, err)
					return false
				}
				if !yield(records[i], nil) {
					return false
				}
			}
			return true
		})
	}
}
