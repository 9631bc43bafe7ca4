package clarify

import (
	"slices"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// The fields in this file are for types that are generated.

// listField is a list of strings without an object around it.
type listField[L ~[]S, S ~string] struct{ list *L }

func (f listField[L, S]) isZero() bool { return *f.list == nil }

func (f listField[L, S]) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '[' {
		return false
	}
	elements, ok := s.Strings()
	if !ok {
		return false
	}
	if same, ok := any(f.list).(*[]string); ok {
		*same = elements
		return true
	}
	list := make(L, len(elements))
	for i, element := range elements {
		list[i] = S(element)
	}
	*f.list = list
	return true
}

func (f listField[L, S]) decode(value any) bool {
	elements, ok := decodeList[string](value)
	if !ok {
		return false
	}
	list := make(L, len(elements))
	for i, element := range elements {
		list[i] = S(element)
	}
	*f.list = list
	return true
}

func (f listField[L, S]) write(w *fieldWriter) {
	w.out = append(w.out, '[')
	for i, element := range *f.list {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.string(string(element))
	}
	w.out = append(w.out, ']')
}

func (f listField[L, S]) encode(any) any { return []S(*f.list) }

// itemsField is a list of strings with an object around it.
type itemsField[L ~[]S, S ~string] struct{ list *L }

func (f itemsField[L, S]) isZero() bool { return *f.list == nil }

func (f itemsField[L, S]) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '{' || !s.Object() || string(s.Name()) != "items" {
		return false
	}
	return listField[L, S](f).read(s) && !s.NextMember()
}

func (f itemsField[L, S]) decode(value any) bool {
	object, _ := value.(map[string]any)
	return listField[L, S](f).decode(object["items"]) && len(object) == 1
}

func (f itemsField[L, S]) write(w *fieldWriter) {
	w.out = append(w.out, `{"items":`...)
	listField[L, S](f).write(w)
	w.out = append(w.out, '}')
}

func (f itemsField[L, S]) encode(present any) any {
	object, _ := present.(map[string]any)
	var items L
	if (listField[L, S]{&items}).decode(object["items"]) && slices.Equal(items, *f.list) {
		return present
	}
	return withMember(object, "items", []S(*f.list))
}

// objectField is an object of any form.
type objectField map[string]any

func (f *objectField) isZero() bool { return *f == nil }

func (f *objectField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '{' {
		return false
	}
	*f = s.Members()
	return true
}

func (f *objectField) decode(value any) bool {
	object, ok := value.(map[string]any)
	if ok {
		*f = object
	}
	return ok
}

func (f *objectField) write(w *fieldWriter) { w.any(map[string]any(*f)) }
func (f *objectField) encode(any) any       { return map[string]any(*f) }

// anyField is a value of any form but null.
type anyField struct{ value *any }

func (f anyField) isZero() bool { return *f.value == nil }

func (f anyField) read(s *jsonscan.Scanner) bool {
	*f.value = s.Any()
	return *f.value != nil
}

func (f anyField) decode(value any) bool {
	if value != nil {
		*f.value = value
	}
	return value != nil
}

func (f anyField) write(w *fieldWriter) { w.any(*f.value) }
func (f anyField) encode(any) any       { return *f.value }

// any writes a value as encoding/json does.
func (w *fieldWriter) any(value any) {
	b, err := encodeJSON(value)
	w.out, w.gaveUp = append(w.out, b...), err != nil
}
