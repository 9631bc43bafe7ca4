package clarify

import (
	"bytes"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// TypedAttributes is a pointer to a struct whose fields are attributes: one of the
// built-in types, such as [Person], or one that clarify-gen generates. [Records] decodes
// and encodes all of them in the same way. It is for generated code, which looks like
// this:
//
//	type Deal struct {
//		clarify.System
//		Name  string
//		Stage DealStage // a string
//		Tags  []DealTag
//		Extra clarify.Fields
//	}
//
//	func (d Deal) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&d) }
//
//	func (d *Deal) UnmarshalJSON(b []byte) error { return clarify.UnmarshalAttributes(b, d) }
//
//	func (d *Deal) AttributeAt(i int) clarify.Attribute {
//		switch i {
//		case 0:
//			return clarify.TextAttribute("name", &d.Name)
//		case 1:
//			return clarify.TextAttribute("stage", (*string)(&d.Stage))
//		case 2:
//			return clarify.ItemsAttribute("tags", &d.Tags)
//		}
//		return clarify.ExtraAttributes(&d.Extra)
//	}
//
// A field with its zero value is not encoded. Extra holds what the fields cannot
// express: null, values of another form, and attributes without a field.
type TypedAttributes interface {
	// AttributeAt returns the i-th attribute, counted from 0 without gaps, and for any
	// other i [ExtraAttributes]. It always has the same name for the same i, in the order
	// in which attributes are encoded. A name must not occur twice, and not be one of
	// [System]. In UTF-8 it takes no escapes in JSON.
	AttributeAt(i int) Attribute
	// A struct has this method by embedding [System].
	system() *System
}

// Attribute is a field of a struct, with the name of its attribute in the API. Functions
// such as [TextAttribute] return one. It is for generated code: see [TypedAttributes].
type Attribute struct {
	// Not more than four words, so that it is returned in registers.
	name  string
	field field // a *extraField without a name for the extra ones
}

// extra returns the extra attributes if the attribute stands for them, or nil.
func (a Attribute) extra() *Fields {
	f, _ := a.field.(*extraField)
	return (*Fields)(f)
}

// MarshalAttributes encodes attributes, for MarshalJSON of their type. It returns an
// error if a value cannot be encoded, such as a date that does not exist.
func MarshalAttributes(a TypedAttributes) ([]byte, error) {
	w := &fieldWriter{}
	if w.object(a); w.gaveUp {
		return encodeJSON(fieldsOf(a))
	}
	return w.end(), nil
}

// UnmarshalAttributes replaces attributes by those in the JSON object b, for
// UnmarshalJSON of their type. null is an object without members. Any value of an
// attribute can be decoded; what its field cannot express goes to Extra. An error means
// that b is not a JSON object.
func UnmarshalAttributes[T any, P interface {
	*T
	TypedAttributes
}](b []byte, a P) error {
	var zero T
	*a = zero
	if taken, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) {
		s.Share()
		readObject(s, a)
	}); taken {
		return nil
	}
	*a = zero
	return decodeObject(b, a)
}

// decodeObject decodes what the scanner gives up at.
func decodeObject(b []byte, a TypedAttributes) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	var members map[string]any
	if err := unmarshal(b, &members); err != nil {
		return err
	}
	takeMembers(members, a)
	return nil
}

// ExtraAttributes returns the attributes that no field can express.
func ExtraAttributes(p *Fields) Attribute { return Attribute{field: (*extraField)(p)} }

// TextAttribute returns a string: a text, an option of a select, or an id. The empty
// string is the zero value; one that is received is kept in Extra.
func TextAttribute(name string, p *string) Attribute {
	return Attribute{name: name, field: (*stringField)(p)}
}

// NumberAttribute returns a number with all its digits.
func NumberAttribute(name string, p *json.Number) Attribute {
	return Attribute{name: name, field: (*numberField)(p)}
}

// CheckboxAttribute returns a boolean.
func CheckboxAttribute(name string, p *Checkbox) Attribute {
	return Attribute{name: name, field: (*checkboxField)(p)}
}

// DateAttribute returns a day.
func DateAttribute(name string, p *Date) Attribute {
	return Attribute{name: name, field: (*dateField)(p)}
}

// TimeAttribute returns a time, which is sent in UTC and to the millisecond.
func TimeAttribute(name string, p *time.Time) Attribute {
	return Attribute{name: name, field: (*timeField)(p)}
}

// NameAttribute returns the name of a person.
func NameAttribute(name string, p *Name) Attribute {
	return Attribute{name: name, field: (*nameField)(p)}
}

// ItemsAttribute returns a list of strings with an object around it, {"items": ["…"]}:
// a [Collection], or a multi select. An empty list is sent, a nil one is the zero value.
func ItemsAttribute[L ~[]S, S ~string](name string, p *L) Attribute {
	if c, ok := any(p).(*Collection); ok {
		return Attribute{name: name, field: (*collectionField)(c)}
	}
	return Attribute{name: name, field: itemsField[L, S]{p}}
}

// ListAttribute returns a list of strings without an object around it, ["…"]. An empty
// list is sent, a nil one is the zero value.
func ListAttribute[L ~[]S, S ~string](name string, p *L) Attribute {
	return Attribute{name: name, field: listField[L, S]{p}}
}

// ParticipantsAttribute returns the participants of a meeting, {"items": [{…}]}. An empty
// list is sent, a nil one is the zero value.
func ParticipantsAttribute(name string, p *[]Participant) Attribute {
	return Attribute{name: name, field: (*participantsField)(p)}
}

// RichTextAttribute returns rich text, {"text": [{…}]}. An empty list is sent, a nil one is
// the zero value.
func RichTextAttribute(name string, p *[]gen.RichTextBlock) Attribute {
	return Attribute{name: name, field: (*richTextField)(p)}
}

// ObjectAttribute returns an object of any form, such as a location, or a list of other
// values than strings with an object around it. Numbers in it are json.Number. An empty
// object is sent, a nil one is the zero value.
func ObjectAttribute(name string, p *map[string]any) Attribute {
	return Attribute{name: name, field: (*objectField)(p)}
}

// AnyAttribute returns a value of any form but null, for a field whose form is unknown,
// and a list of other values than strings. It is decoded as encoding/json decodes it into
// an any, with json.Number for numbers. nil is the zero value.
func AnyAttribute(name string, p *any) Attribute {
	return Attribute{name: name, field: anyField{p}}
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

// extraField stands for the attributes that no field can express. It is none itself.
type extraField Fields

func (f *extraField) isZero() bool                { return true }
func (f *extraField) read(*jsonscan.Scanner) bool { return false }
func (f *extraField) decode(any) bool             { return false }
func (f *extraField) write(*fieldWriter)          {}
func (f *extraField) encode(any) any              { return nil }

var typedAttributes = reflect.TypeFor[TypedAttributes]()

// typed has, by type, what isTyped found.
var typed sync.Map

// isTyped reports whether a pointer to a t is a TypedAttributes by itself. A struct that
// embeds a Person has its methods too, and may have fields of its own, or other methods
// for JSON.
func isTyped(t reflect.Type) bool {
	if known, ok := typed.Load(t); ok {
		return known.(bool)
	}
	is := reflect.PointerTo(t).Implements(typedAttributes) && t.Kind() == reflect.Struct
	for i := 0; is && i < t.NumField(); i++ {
		f := t.Field(i)
		is = !f.Anonymous || !f.Type.Implements(typedAttributes) && !reflect.PointerTo(f.Type).Implements(typedAttributes)
	}
	typed.Store(t, is)
	return is
}
