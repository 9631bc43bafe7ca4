package clarify

import (
	"bytes"
	"maps"
	"strings"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Fields are fields of a record by name, for an update of exactly these. A nil
// value sends null, which clears a field.
type Fields map[string]any

// exchange moves values between the members of an object and fields: from
// members to fields in decoding, the other way in encoding. What fields cannot
// express stays among the members.
//
// In reading, which is decoding without members to begin with, the fields are
// gone through for each member that a scanner comes to. What the field of the
// name does not take as it stands there becomes a member to be decoded.
//
// In writing, which is encoding without members, each field that has a value is
// written at once. It ends at what has to be combined with members.
type exchange struct {
	members  map[string]any
	decoding bool

	writing bool // whether it is encoding without members
	gaveUp  bool // because that does not do
	out     []byte

	scanner *jsonscan.Scanner // nil unless it is reading
	member  []byte            // the name of the member, nil once a field of this name was found
	field   string            // which is this
	nth     int               // how many fields the member was compared with
	seen    uint64            // the fields that had their member
	taken   bool              // whether the value was read
}

// readFields reads an object into fields.
func readFields(s *jsonscan.Scanner, extra *Fields, fields func(*exchange)) {
	if s.Null() {
		return
	}
	x := &exchange{decoding: true, scanner: s}
	decode := false
	for more := s.Object(); more; more = s.NextMember() {
		x.member, x.field, x.nth, x.taken = s.Name(), "", 0, false
		fields(x)
		if x.taken {
			continue
		}
		if x.members == nil {
			x.members = map[string]any{}
		}
		name := x.field
		if name == "" {
			name = s.Keep(x.member)
		}
		value := s.Any()
		x.members[name] = value
		// No field takes null. Names with _ are for System.
		decode = decode || x.field != "" && value != nil || strings.HasPrefix(name, "_")
	}
	if x.scanner = nil; decode {
		fields(x)
	}
	if len(x.members) > 0 {
		*extra = x.members
	}
}

// meets reports whether the member that is read is that of the field. It is small
// enough to be inlined, as it is called for every field at every member.
func (x *exchange) meets(name string) bool {
	x.nth++
	return string(x.member) == name && x.begin(name)
}

func (x *exchange) begin(name string) bool {
	if x.seen&(1<<x.nth) != 0 {
		// The last one counts, and it may be one that the field cannot express.
		x.scanner.GiveUp()
	}
	x.seen |= 1 << x.nth
	// The scanner may write over the name as soon as it reads on.
	x.member, x.field = nil, name
	return true
}

// decodeFields replaces v, which has extra and fields, by what b holds.
func decodeFields[T any](b []byte, v *T, extra *Fields, fields func(*exchange)) error {
	var zero T
	*v = zero
	if taken, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) { readFields(s, extra, fields) }); taken {
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
	takeFields(members, extra, fields)
	return nil
}

// takeFields moves the members of an object into fields. What is left is extra.
func takeFields(members map[string]any, extra *Fields, fields func(*exchange)) {
	fields(&exchange{members: members, decoding: true})
	if len(members) > 0 {
		*extra = members
	}
}

func encodeFields(extra Fields, fields func(*exchange)) ([]byte, error) {
	if len(extra) == 0 {
		x := &exchange{writing: true, out: append(make([]byte, 0, 256), '{')}
		if fields(x); !x.gaveUp {
			return append(x.out, '}'), nil
		}
	}
	return encodeJSON(allFields(extra, fields))
}

// allFields returns the fields that are set and the extra ones, by name.
func allFields(extra Fields, fields func(*exchange)) map[string]any {
	x := &exchange{members: make(map[string]any, len(extra)+8)}
	maps.Copy(x.members, extra)
	fields(x)
	return x.members
}

// write begins a member.
func (x *exchange) write(name string) {
	if x.out[len(x.out)-1] != '{' {
		x.out = append(x.out, ',')
	}
	x.out = append(x.out, '"')
	x.out = append(x.out, name...)
	x.out = append(x.out, '"', ':')
}

func (x *exchange) writeText(text string) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			x.out = append(x.out, jsonString(text)...)
			return
		}
	}
	x.out = append(x.out, '"')
	x.out = append(x.out, text...)
	x.out = append(x.out, '"')
}
