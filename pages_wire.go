package clarify

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// pageLinks is the member links of a page, as far as it can be used. A link that is
// absent, null or empty counts as none.
type pageLinks struct {
	next string
	odd  bool // whether links.next is neither a string nor null
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

// readCount reads a count in JSON, and returns -1 if raw is not a count. A string of
// digits and a number such as 60.0 count too.
func readCount(raw json.RawMessage) int {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || n < 0 || n > maxCount || n != math.Trunc(n) {
		return -1
	}
	return int(min(n, math.MaxInt))
}
