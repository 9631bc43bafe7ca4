package clarify

import (
	"encoding/json"
	"fmt"
)

// Record is a record of an object. T holds its attributes and may be
//
//   - one of the built-in types [Person], [Company], [Deal], [Meeting], [Task], or one
//     that clarify-gen generates;
//   - a struct of yours with json tags, which leaves out the other attributes;
//   - map[string]any or [Fields], where numbers are json.Number and keep their
//     digits;
//   - json.RawMessage, the attributes as they were sent.
//
// Attributes are decoded as encoding/json does, with json.Number for numbers in values
// of type any. Tags, UnmarshalJSON and UnmarshalText have the same effect. Decoding is
// faster than with encoding/json if a struct has no other tag options than omitempty
// and omitzero. UnmarshalJSON and UnmarshalText must not keep the bytes that they get.
// The strings of a record share memory: one that is kept may keep those of its record.
//
// As JSON it has the form of a record in the API's responses, without other members
// than these; the generated client keeps them. A record without an id is an error. Its
// type, attributes and relationships are left unset if they are absent or null, type
// and relationships also if they have another JSON type. A single relationship is kept
// whatever it is.
type Record[T any] struct {
	// Type is the object of the record, such as person.
	Type string `json:"type"`
	// ID is the id of the record.
	ID string `json:"id"`
	// Attributes are the values of the record's fields.
	Attributes T `json:"attributes"`
	// Relationships are the records that it is linked to, by the name of the property.
	// It is nil if the API sent none, and often empty in lists: a link to one record is
	// an attribute too, see [Record.LinkedID].
	Relationships Relationships `json:"relationships,omitzero"`
	// Included are the related records that [Include] asked for, in what
	// [Records.Get] returns. Those of a page are in [Page.Included].
	Included []Record[json.RawMessage] `json:"included,omitempty"`
}

// As returns a record with its attributes decoded into T. It is for records whose
// attributes are not decoded: those of [Page.Included], [Record.Included] and
// [Records.Related]. It is an error if the attributes do not fit T.
func As[T any](r Record[json.RawMessage]) (*Record[T], error) {
	typed := &Record[T]{Type: r.Type, ID: r.ID, Relationships: r.Relationships, Included: r.Included}
	if r.Attributes == nil {
		return typed, nil
	}
	if err := decode(r.Attributes, &typed.Attributes); err != nil {
		return nil, fmt.Errorf("clarify: cannot decode the attributes of %s %s: %w", r.Type, r.ID, err)
	}
	return typed, nil
}
