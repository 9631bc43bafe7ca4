package clarify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// changed is what the attributes of a record say about changes.
type changed struct {
	stamps
	changeMembers
	order  stamps // the same times, which a stableReader may round
	digest uint64 // of the attributes as they were sent
}

// changeMembers are the attributes that say how a record ended.
type changeMembers struct {
	DeletedAt deletedTime `json:"_deleted_at"`
	MergedIDs mergedIDs   `json:"_merged_ids"`
}

var changeMemberNames = jsonscan.NewNames(jsonscan.FoldedGivesUp, createdAt, updatedAt, deletedAt, "_merged_ids")

const deletedAt = "_deleted_at"

func (c *changed) read(attributes []byte) error {
	*c = changed{digest: digestOf(attributes)}
	if err := unmarshal(attributes, &c.changeMembers); err != nil {
		return err
	}
	err := unmarshal(attributes, &c.stamps)
	c.order = c.stamps
	return err
}

func (c *changed) scan(s *jsonscan.Scanner) {
	start := s.Mark()
	c.members(s)
	c.order = c.stamps
	c.digest = digestOf(s.Since(start))
}

func (c *changed) members(s *jsonscan.Scanner) {
	names := changeMemberNames.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch i := names.Next(); {
		case i >= 0 && s.Null():
		case i == 0:
			readTimeText(s, &c.CreatedAt)
		case i == 1:
			readTimeText(s, &c.UpdatedAt)
		case i == 2:
			_ = c.DeletedAt.UnmarshalJSON(s.Raw())
		case i == 3:
			_ = c.MergedIDs.UnmarshalJSON(s.Raw())
		default:
			s.Skip()
		}
	}
}

func readTimeText(s *jsonscan.Scanner, at *time.Time) {
	if text := s.Bytes(); text == nil || at.UnmarshalText(text) != nil {
		s.GiveUp()
	}
}

// digestOf returns a number that is another one for other bytes.
func digestOf(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// deletedTime is a time, or seconds since 1970, which the API's filter takes. It is
// zero if it is neither.
type deletedTime struct{ time.Time }

func (d *deletedTime) UnmarshalJSON(b []byte) error {
	var seconds int64
	switch {
	case json.Unmarshal(b, &d.Time) == nil:
	case json.Unmarshal(b, &seconds) == nil:
		d.Time = time.Unix(seconds, 0)
	}
	return nil
}

// mergedIDs are ids in an array or in a collection. There are none if it is neither.
type mergedIDs []string

func (m *mergedIDs) UnmarshalJSON(b []byte) error {
	var collection struct {
		Items []string `json:"items"`
	}
	*m = nil
	switch {
	case json.Unmarshal(b, (*[]string)(m)) == nil:
	case json.Unmarshal(b, &collection) == nil:
		*m = collection.Items
	default:
		*m = nil
	}
	return nil
}
