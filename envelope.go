package clarify

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonscan"
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

// more reports whether items follow after a page that has no link to them, ends at
// offset, and was to have up to size items (0 for as many as the API likes). It is
// an error if they do and no offset leads to them.
func (e *envelope) more(l *listing, size, offset int) (bool, error) {
	switch {
	case e.knowsTotal() && offset >= e.total:
		return false, nil
	case e.knowsTotal() && e.count == 0:
		return true, e.endsEarly(offset, "the page after these is empty")
	case e.knowsTotal() && l.paging == pagingNone:
		return true, e.endsEarly(offset, "no link leads to the others")
	case e.knowsTotal():
		return true, nil
	case l.paging != pagingNone && e.full(size):
		return true, nil
	case e.links.odd:
		return false, errors.New("links.next is neither a URL nor null, and there is no meta.total_records: items may be missing")
	}
	return false, nil
}

// full reports whether a page has as many items as it can. The API may have set
// the limit lower than it was asked to.
func (e *envelope) full(size int) bool {
	if e.limit > 0 && (size == 0 || e.limit < size) {
		size = e.limit
	}
	return size > 0 && e.count >= size
}

func (e *envelope) endsEarly(offset int, why string) error {
	return fmt.Errorf("the list ends after %d of %d items: %s, and meta.total_records says that there are more", offset, e.total, why)
}

// reach is how far count items reach that begin at an offset, however large that
// is.
func reach(offset, count int) int {
	if offset > math.MaxInt-count {
		return math.MaxInt
	}
	return offset + count
}

// pageLinks is the member links of a page, as far as it can be used: a link that is
// absent, null or empty is none.
type pageLinks struct {
	next string
	odd  bool // whether links.next is something else than a string or null
}

func (l *pageLinks) read(s *jsonscan.Scanner) {
	if raw := s.Raw(); raw != nil {
		_ = l.UnmarshalJSON(raw)
	}
}

// UnmarshalJSON never fails: a page without usable links can be used.
func (l *pageLinks) UnmarshalJSON(b []byte) error {
	var members struct {
		Next json.RawMessage `json:"next"`
	}
	if json.Unmarshal(b, &members) == nil && members.Next != nil {
		l.odd = json.Unmarshal(members.Next, &l.next) != nil
	}
	return nil
}

// pageMeta is the members of meta that say whether there are more pages.
type pageMeta struct {
	TotalRecords json.RawMessage `json:"total_records"`
	Limit        json.RawMessage `json:"limit"`
}

func (m *pageMeta) read(s *jsonscan.Scanner) {
	if raw := s.Raw(); raw != nil {
		_ = m.UnmarshalJSON(raw)
	}
}

// UnmarshalJSON never fails: a page without a total can be used.
func (m *pageMeta) UnmarshalJSON(b []byte) error {
	type plain pageMeta
	if json.Unmarshal(b, (*plain)(m)) != nil {
		*m = pageMeta{}
	}
	return nil
}

// maxCount is 2 to the power of 53. Above it, JSON numbers are not exact everywhere.
const maxCount = 1 << 53

// readCount reads a count in JSON, -1 if it is none. A string of digits and a
// number such as 60.0 are one too.
func readCount(raw json.RawMessage) int {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || n < 0 || n > maxCount || n != math.Trunc(n) {
		return -1
	}
	return int(min(n, math.MaxInt))
}

// fingerprint tells whether two pages have the same entries without keeping
// their ids.
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
