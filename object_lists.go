package clarify

import (
	"maps"
	"reflect"
	"slices"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// The fields in this file are objects with a list in one member. Other members are
// kept among the extra ones, and are encoded beside the list.

// collectionField is a list of strings.
type collectionField Collection

func (f *collectionField) isZero() bool { return *f == nil }

func (f *collectionField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '{' || !s.Object() || string(s.Name()) != "items" || s.Peek() != '[' {
		return false
	}
	items, ok := s.Strings()
	if !ok || s.NextMember() {
		return false
	}
	*f = items
	return true
}

func (f *collectionField) decode(value any) bool {
	object, _ := value.(map[string]any)
	items, ok := decodeList[string](object["items"])
	if !ok {
		return false
	}
	*f = items
	return len(object) == 1
}

func (f *collectionField) write(w *fieldWriter) {
	w.out = append(w.out, `{"items":[`...)
	for i, item := range *f {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.string(item)
	}
	w.out = append(w.out, "]}"...)
}

func (f *collectionField) encode(present any) any {
	object, _ := present.(map[string]any)
	if items, ok := decodeList[string](object["items"]); ok && slices.Equal(items, *f) {
		return present
	}
	return withMember(object, "items", []string(*f))
}

// richTextField is a list of blocks.
type richTextField []gen.RichTextBlock

func (f *richTextField) isZero() bool { return *f == nil }

func (f *richTextField) read(s *jsonscan.Scanner) bool {
	blocks, ok := readList(s, "text", func(s *jsonscan.Scanner) (gen.RichTextBlock, bool) {
		if s.Peek() != '{' {
			return nil, false
		}
		return s.Members(), true
	})
	if ok {
		*f = blocks
	}
	return ok
}

func (f *richTextField) decode(value any) bool {
	object, _ := value.(map[string]any)
	return (*blocksField)(f).decode(object["text"]) && len(object) == 1
}

func (f *richTextField) write(w *fieldWriter) { w.list("text", *f) }

func (f *richTextField) encode(present any) any {
	object, _ := present.(map[string]any)
	return withMember(object, "text", []gen.RichTextBlock(*f))
}

// blocksField is rich text without an object around it.
type blocksField []gen.RichTextBlock

func blocksAttribute(name string, p *[]gen.RichTextBlock) Attribute {
	return Attribute{name: name, field: (*blocksField)(p)}
}

func (f *blocksField) isZero() bool { return *f == nil }

// read leaves the blocks to decode.
func (f *blocksField) read(*jsonscan.Scanner) bool { return false }

func (f *blocksField) decode(value any) bool {
	objects, ok := decodeList[map[string]any](value)
	if !ok {
		return false
	}
	*f = make(blocksField, len(objects))
	for i, object := range objects {
		(*f)[i] = object
	}
	return true
}

func (f *blocksField) write(w *fieldWriter) { w.gaveUp = true }
func (f *blocksField) encode(any) any       { return []gen.RichTextBlock(*f) }

var layoutOfParticipant = layoutOf(reflect.TypeFor[*Participant]())

// participantsField is the participants of a meeting.
type participantsField []Participant

func (f *participantsField) isZero() bool { return *f == nil }

func (f *participantsField) read(s *jsonscan.Scanner) bool {
	list, ok := readList(s, "items", func(s *jsonscan.Scanner) (p Participant, ok bool) {
		if s.Peek() != '{' {
			return p, false
		}
		layoutOfParticipant.read(s, &p)
		return p, true
	})
	if ok {
		*f = list
	}
	return ok
}

func (f *participantsField) decode(value any) bool {
	object, _ := value.(map[string]any)
	objects, ok := decodeList[map[string]any](object["items"])
	if !ok {
		return false
	}
	*f = make(participantsField, len(objects))
	for i := range objects {
		// The list may stay among the extra members.
		takeMembers(maps.Clone(objects[i]), &(*f)[i])
	}
	return len(object) == 1
}

func (f *participantsField) write(w *fieldWriter) { w.list("items", *f) }

func (f *participantsField) encode(present any) any {
	object, _ := present.(map[string]any)
	return withMember(object, "items", []Participant(*f))
}

// readList reads an object that has nothing but a list, of elements that read
// accepts.
func readList[T any](s *jsonscan.Scanner, member string, read func(*jsonscan.Scanner) (T, bool)) (list []T, ok bool) {
	if s.Peek() != '{' || !s.Object() || string(s.Name()) != member || s.Peek() != '[' {
		return nil, false
	}
	list = []T{}
	for more := s.Array(); more; more = s.NextElement() {
		element, ok := read(s)
		if !ok {
			return nil, false
		}
		list = append(list, element)
	}
	return list, !s.NextMember()
}

// decodeList returns the elements of a decoded list if all are a T.
func decodeList[T any](value any) (list []T, ok bool) {
	elements, ok := value.([]any)
	list = make([]T, len(elements))
	for i := range elements {
		if list[i], ok = elements[i].(T); !ok {
			return nil, false
		}
	}
	return list, ok
}

// list writes an object that has nothing but a list.
func (w *fieldWriter) list(member string, list any) {
	b, err := encodeJSON(list)
	if err != nil {
		w.gaveUp = true
		return
	}
	w.out = append(w.out, '{')
	w.name(member)
	w.out = append(w.out, b...)
	w.out = append(w.out, '}')
}

// withMember returns a copy of an object in which a member is set.
func withMember(object map[string]any, name string, value any) map[string]any {
	object = maps.Clone(object)
	if object == nil {
		object = map[string]any{}
	}
	object[name] = value
	return object
}
