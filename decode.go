package clarify

import (
	"encoding/json"
	"reflect"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// quick decodes what the API usually sends. It gives up at anything else, and
// encoding/json decodes that or says what is wrong with it.
var quick = jsonscan.NewDecoder(
	readWith[Person](),
	readWith[Company](),
	readWith[Deal](),
	readWith[Meeting](),
	readWith[Task](),
	readWith[Name](),
	readWith[Participant](),
	jsonscan.ReadWith((*Collection).read),
	jsonscan.ReadWith((*Relationships).read),
	jsonscan.ReadWith(func(v *gen.Attributes, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(func(v *gen.RichTextBlock, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(readTime),
	jsonscan.ReadWith((*pageLinks).read),
	jsonscan.ReadWith((*pageMeta).read),
	jsonscan.ReadWith(readPageMeta),
)

// readWith reads values of an object type.
func readWith[T any, P interface {
	*T
	object
}]() jsonscan.Special {
	return jsonscan.ReadWith(func(v *T, s *jsonscan.Scanner) { readObject(s, P(v)) })
}

func readMembers(v *map[string]any, s *jsonscan.Scanner) {
	if !s.Null() {
		*v = s.Members()
	}
}

func readTime(v *gen.Time, s *jsonscan.Scanner) {
	if s.Null() {
		return
	}
	if text := s.Bytes(); text != nil && v.UnmarshalText(text) != nil {
		s.GiveUp()
	}
}

// decode decodes one JSON value into v, a pointer to a zero value. Numbers become
// json.Number where v leaves the type open.
func decode(b []byte, v any) error {
	if quick.Decode(b, v) {
		return nil
	}
	reflect.ValueOf(v).Elem().SetZero()
	return unmarshal(b, v)
}

// encode encodes v without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	switch own := v.(type) {
	case Person, Company, Deal, Meeting, Task:
		// Their output is valid and compact already, so json.Encoder need not check it.
		return own.(json.Marshaler).MarshalJSON()
	}
	return encodeJSON(v)
}

// readPageMeta leaves meta unset if it does not fit: the page is usable without it.
func readPageMeta(v *gen.ResourcePageMeta, s *jsonscan.Scanner) {
	if raw := s.Raw(); raw != nil && v.UnmarshalJSON(raw) != nil {
		*v = gen.ResourcePageMeta{}
	}
}
