package clarify

import (
	"bytes"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Fields are fields of a record by name, for an update of exactly these. A nil
// value sends null, which clears a field.
type Fields map[string]any

// object is a Go value whose fields stand for the members of a JSON object. It is
// implemented by pointers.
type object interface {
	// visit calls v for the extra fields first, and then for each field.
	visit(v visitor)
}

// visitor visits the fields of an object. There are two for each direction:
//
//   - fieldReader reads JSON in one pass, and fieldDecoder takes what it does not
//     from decoded members.
//   - fieldWriter writes JSON in one pass, and fieldEncoder collects members to be
//     encoded where it gives up.
type visitor interface {
	field(name string, f field)
	// extra visits the members that no field can express, and system those of them
	// whose names begin with _.
	extra(*Fields)
	system(*Fields)
}

// field points to a field of an object. Each kind of field has its own type.
type field interface {
	isZero() bool
	// read reads the next value. It reports whether the field can express it; if not,
	// the caller resets the scanner.
	read(*jsonscan.Scanner) bool
	// decode sets the field to a decoded value, nil if there is none. It reports
	// whether the field expresses all of it.
	decode(value any) bool
	// write writes the value, which must not be zero.
	write(*fieldWriter)
	// encode returns the value, which must not be zero. present is the value in Extra
	// with the same name, or nil.
	encode(present any) any
}

// decodeObject replaces v by the object in b.
func decodeObject[T any, P interface {
	*T
	object
}](b []byte, v P) error {
	var zero T
	*v = zero
	if taken, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) { readObject(s, v) }); taken {
		return nil
	}
	*v = zero
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var members map[string]any
	if err := unmarshal(b, &members); err != nil {
		return err
	}
	takeMembers(members, v)
	return nil
}

// encodeObject returns an object as JSON.
func encodeObject(o object) ([]byte, error) {
	w := &fieldWriter{}
	if o.visit(w); w.gaveUp {
		return encodeJSON(fieldsOf(o))
	}
	return w.end(), nil
}
