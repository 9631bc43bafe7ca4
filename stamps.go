package clarify

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// The names of the times that the API sets.
const (
	createdAt = "_created_at"
	updatedAt = "_updated_at"
)

// stamped holds attributes together with their times.
type stamped[T any] struct {
	stamps
	attributes T
}

// stamps are the times when a record was created and updated.
type stamps struct {
	CreatedAt time.Time `json:"_created_at"`
	UpdatedAt time.Time `json:"_updated_at"`
}

// at returns the time of a column, _created_at or _updated_at.
func (s *stamps) at(column string) *time.Time {
	if column == updatedAt {
		return &s.UpdatedAt
	}
	return &s.CreatedAt
}

func (s *stamped[T]) UnmarshalJSON(b []byte) error {
	if err := s.read(b); err != nil {
		return err
	}
	return decode(b, &s.attributes)
}

// scan reads attributes as UnmarshalJSON does, or gives up.
func (s *stamped[T]) scan(scan *jsonscan.Scanner) {
	start := scan.Mark()
	s.stamps.scan(scan)
	scan.Return(start)
	readerOf[T]()(scan, &s.attributes)
}

// read reads the times among attributes, and nothing else.
func (s *stamps) read(b []byte) error {
	*s = stamps{}
	if scanned, _ := jsonscan.Scan(b, s.scan); scanned {
		return nil
	}
	*s = stamps{}
	return unmarshal(b, s)
}

// scan reads what read does, or gives up.
func (s *stamps) scan(scan *jsonscan.Scanner) {
	for more := scan.Object(); more; more = scan.NextMember() {
		at := &s.UpdatedAt
		switch string(scan.Name()) {
		case createdAt:
			at = &s.CreatedAt
		case updatedAt:
		default:
			scan.Skip()
			continue
		}
		if t, ok := scan.Time(); ok && at.IsZero() {
			*at = t
		} else if text := scan.Bytes(); !at.IsZero() || text == nil || at.UnmarshalText(text) != nil {
			scan.GiveUp()
		}
	}
}

// written holds the attributes in the response to a write, decoded and as they were
// received, with their times.
type written[T any] struct {
	stamps
	raw        json.RawMessage
	attributes T
}

func (w *written[T]) UnmarshalJSON(raw []byte) error {
	if err := w.read(raw); err != nil {
		return err
	}
	w.raw = bytes.Clone(raw)
	return decode(raw, &w.attributes)
}

// scan reads attributes as UnmarshalJSON does, or gives up. Its raw attributes are a
// part of the response, and valid until that is released.
func (w *written[T]) scan(scan *jsonscan.Scanner) {
	start := scan.Mark()
	w.stamps.scan(scan)
	w.raw = scan.Since(start)
	scan.Return(start)
	quick.Read(scan, &w.attributes)
}
