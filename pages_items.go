package clarify

import (
	"context"
	"fmt"
	"iter"
	"net/http"
)

// itemsPage is a page of anything but records.
type itemsPage[E any] struct {
	Data  []optional[E] `json:"data"`
	Links pageLinks     `json:"links"`
	Meta  pageMeta      `json:"meta"`
}

func (p *itemsPage[E]) cut(n int) { p.Data = p.Data[:n] }

func readItemsPage[E any](rsp *http.Response, id func(*E) string) (*itemsPage[E], envelope, error) {
	page := &itemsPage[E]{}
	if err := readResponse(rsp, page); err != nil {
		return nil, envelope{}, err
	}
	if page.Data == nil {
		return nil, envelope{}, errNoData
	}
	ids := newFingerprint()
	for i := range page.Data {
		itemID := id(&page.Data[i].value)
		if itemID == "" {
			return nil, envelope{}, fmt.Errorf("data[%d] has no id", i)
		}
		ids.add(itemID)
	}
	return page, newEnvelope(len(page.Data), ids, page.Links, page.Meta), nil
}

// list reads items one by one. id returns what tells them apart.
func list[E any](ctx context.Context, c *Client, l *listing, send sender, id func(*E) string, opts []QueryOption) iter.Seq2[E, error] {
	r := &reader{
		client:  c,
		listing: l,
		send:    send,
		decode:  func(rsp *http.Response) (itemPage, envelope, error) { return readItemsPage(rsp, id) },
	}
	return func(yield func(E, error) bool) {
		var none E
		q, params, err := l.readOptions(ctx, opts)
		if err != nil {
			yield(none, err)
			return
		}
		r.pages(ctx, q, params, func(page itemPage, err error) bool {
			if err != nil {
				return yield(none, err)
			}
			data := page.(*itemsPage[E]).Data
			for i := range data {
				if err := ctx.Err(); err != nil {
					yield(none, err)
					return false
				}
				if !yield(data[i].value, nil) {
					return false
				}
			}
			return true
		})
	}
}
