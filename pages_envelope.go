package clarify

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
)

// envelope is what a page says about itself.
type envelope struct {
	count       int
	fingerprint uint64 // of the ids of its items
	links       pageLinks
	total       int // how many items there are on all pages, -1 if it does not say
	limit       int // how many items a page has at most, -1 if it does not say
}

func newEnvelope(count int, ids *fingerprint, links pageLinks, meta pageMeta) envelope {
	return envelope{count, ids.sum(), links, readCount(meta.TotalRecords), readCount(meta.Limit)}
}

func (e *envelope) knowsTotal() bool { return e.total >= 0 }

// more reports whether items follow a page that has no link to them, ends at
// offset, and was requested with up to size items, 0 for as many as the API likes.
// It is an error if items follow and no offset leads to them.
func (e *envelope) more(paging paging, size, offset int) (bool, error) {
	switch {
	case e.knowsTotal() && offset >= e.total:
		return false, nil
	case e.knowsTotal() && e.count == 0:
		return true, e.endsEarly(offset, "the page after these is empty")
	case e.knowsTotal() && paging == pagingNone:
		return true, e.endsEarly(offset, "no link leads to the others")
	case e.knowsTotal():
		return true, nil
	case paging != pagingNone && e.full(size):
		return true, nil
	case e.links.odd:
		return false, errors.New("links.next is neither a URL nor null, and there is no meta.total_records: items may be missing")
	}
	return false, nil
}

// full reports whether a page has as many items as it can. The API may have lowered
// the limit of the request.
func (e *envelope) full(size int) bool {
	if e.limit > 0 && (size == 0 || e.limit < size) {
		size = e.limit
	}
	return size > 0 && e.count >= size
}

func (e *envelope) endsEarly(offset int, why string) error {
	return fmt.Errorf("the list ends after %d of %d items: %s, and meta.total_records says that there are more", offset, e.total, why)
}

// advance returns the offset after count items that begin at an offset. It does not
// overflow.
func advance(offset, count int) int {
	if offset > math.MaxInt-count {
		return math.MaxInt
	}
	return offset + count
}

// fingerprint tells whether two pages have the same items without keeping their
// ids.
type fingerprint struct{ hash maphash.Hash }

var fingerprintSeed = maphash.MakeSeed()

func newFingerprint() *fingerprint {
	f := &fingerprint{}
	f.hash.SetSeed(fingerprintSeed)
	return f
}

func (f *fingerprint) add(id string) {
	_, _ = f.hash.WriteString(id)
	_ = f.hash.WriteByte(0)
}

func (f *fingerprint) sum() uint64 { return f.hash.Sum64() }
