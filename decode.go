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
	jsonscan.ReadAll(isTyped, func(v any, s *jsonscan.Scanner) { readObject(s, v.(TypedAttributes)) }),
	jsonscan.ReadWith((*Collection).read),
	jsonscan.ReadWith((*Relationships).read),
	jsonscan.ReadWith(func(v *gen.Attributes, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(func(v *gen.RichTextBlock, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(readTime),
	jsonscan.ReadWith((*pageLinks).read),
	jsonscan.ReadWith((*pageMeta).read),
	jsonscan.ReadWith(readPageMeta),
)

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
	if own, ok := v.(json.Marshaler); ok && isTyped(reflect.TypeOf(v)) {
		// The output is valid and compact already, so json.Encoder need not check it.
		return own.MarshalJSON()
	}
	return encodeJSON(v)
}

// readPageMeta leaves meta unset if it does not fit: the page is usable without it.
func readPageMeta(v *gen.ResourcePageMeta, s *jsonscan.Scanner) {
	if raw := s.Raw(); raw != nil && v.UnmarshalJSON(raw) != nil {
		*v = gen.ResourcePageMeta{}
	}
}
