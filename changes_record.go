package clarify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// changed holds attributes together with what they say about changes.
type changed[T any] struct {
	changeMembers
	digest     uint64 // of the attributes as they were sent
	attributes T
}

// changeMembers are the attributes that say when a record changed and how it ended.
type changeMembers struct {
	CreatedAt time.Time   `json:"_created_at"`
	UpdatedAt time.Time   `json:"_updated_at"`
	DeletedAt deletedTime `json:"_deleted_at"`
	MergedIDs mergedIDs   `json:"_merged_ids"`
}

var changeMemberNames = jsonscan.NewNames(jsonscan.FoldedGivesUp, createdAt, updatedAt, deletedAt, "_merged_ids")

const deletedAt = "_deleted_at"

func (c *changed[T]) UnmarshalJSON(b []byte) error {
	*c = changed[T]{}
	if err := unmarshal(b, &c.changeMembers); err != nil {
		return err
	}
	c.digest = digestOf(b)
	return decode(b, &c.attributes)
}

// scan reads attributes as UnmarshalJSON does, or gives up.
func (c *changed[T]) scan(s *jsonscan.Scanner) {
	start := s.Mark()
	c.changeMembers.scan(s)
	c.digest = digestOf(s.Since(start))
	s.Return(start)
	readerOf[T]()(s, &c.attributes)
}

func (m *changeMembers) scan(s *jsonscan.Scanner) {
	c := changeMemberNames.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch i := c.Next(); {
		case i >= 0 && s.Null():
		case i == 0:
			readTimeText(s, &m.CreatedAt)
		case i == 1:
			readTimeText(s, &m.UpdatedAt)
		case i == 2:
			_ = m.DeletedAt.UnmarshalJSON(s.Raw())
		case i == 3:
			_ = m.MergedIDs.UnmarshalJSON(s.Raw())
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
