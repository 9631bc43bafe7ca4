package clarify

import (
	"encoding/json"
	"fmt"
)

// Record is a record of an object. T holds its attributes and may be
//
//   - one of the built-in types [Person], [Company], [Deal], [Meeting], [Task];
//   - a struct of yours with json tags, of which a record's other attributes are
//     left out;
//   - map[string]any or [Fields], where numbers are json.Number and keep their
//     digits;
//   - json.RawMessage, the attributes as they came.
//
// Attributes are decoded to what encoding/json would decode, with json.Number
// for numbers in values of type any, so all that your types say to it counts:
// tags, UnmarshalJSON, UnmarshalText. They are decoded faster than by it as long as
// a struct has no other tag options than omitempty and omitzero. What
// UnmarshalJSON and UnmarshalText are given is theirs until they return.
//
// As JSON it is what the API responds for a record, but for members beside these;
// the generated client keeps them. A record without an id is an error. Its type,
// attributes and relationships are left unset if they are absent or null, type and
// relationships also if they are of another kind. A single relationship is kept
// whatever it is.
type Record[T any] struct {
	// Type is the object of the record, such as person.
	Type string `json:"type"`
	// ID is the id of the record.
	ID string `json:"id"`
	// Attributes are the values of the record's fields.
	Attributes T `json:"attributes"`
	// Relationships are the records that it is linked to, by the name of the
	// property. It is nil if the API did not say. In lists it is often empty: a link
	// to one record is an attribute too, see [Record.LinkedID].
	Relationships Relationships `json:"relationships,omitzero"`
	// Included are the related records that [Include] asked for, in what
	// [Records.Get] returns. Those of a page are in [Page.Included].
	Included []Record[json.RawMessage] `json:"included,omitempty"`
}

// As returns a record with its attributes decoded into T, for one that came as
// it was sent: those in [Page.Included] and [Record.Included], and those of
// [Records.Related]. It is an error if the attributes do not fit T.
func As[T any](r Record[json.RawMessage]) (*Record[T], error) {
	typed := &Record[T]{Type: r.Type, ID: r.ID, Relationships: r.Relationships, Included: r.Included}
	if r.Attributes == nil {
		return typed, nil
	}
	if err := decode(r.Attributes, &typed.Attributes); err != nil {
		return nil, fmt.Errorf("clarify: the attributes of %s %s do not fit: %w", r.Type, r.ID, err)
	}
	return typed, nil
}
