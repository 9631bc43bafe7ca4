package clarify

import (
	"context"
	"iter"
)

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
		q, params, err := l.readOptions(ctx, opts)
		switch {
		case err != nil:
			yield(nil, err)
		case q.stable:
			stablePages(ctx, l, send, q, yield)
		default:
			r.pages(ctx, q, params, yield)
		}
	}
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
