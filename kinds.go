package clarify

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Each method is a kind of field. It does what exchange says: it writes, reads,
// encodes or decodes.

func (x *exchange) text(name string, field *string) {
	if x.writing {
		if *field != "" {
			x.write(name)
			x.writeText(*field)
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '"' {
			start := s.Mark()
			if *field = s.Text(); *field == "" {
				s.Return(start)
				return
			}
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field != "" {
			x.members[name] = *field
		}
		return
	}
	if text, ok := x.members[name].(string); ok && text != "" {
		*field = text
		delete(x.members, name)
	}
}

func (x *exchange) number(name string, field *json.Number) {
	if x.writing {
		switch number := string(*field); {
		case number == "":
		case json.Valid([]byte(number)) && strings.ContainsAny(number[:1], "-0123456789") && strings.ContainsAny(number[len(number)-1:], "0123456789"):
			x.write(name)
			x.out = append(x.out, number...)
		default:
			x.gaveUp = true
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && strings.IndexByte("-0123456789", s.Peek()) >= 0 {
			*field = json.Number(s.Number())
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field != "" {
			x.members[name] = *field
		}
		return
	}
	if number, ok := x.members[name].(json.Number); ok {
		*field = number
		delete(x.members, name)
	}
}

func (x *exchange) boolean(name string, field *bool) {
	if x.writing {
		if *field {
			x.write(name)
			x.out = append(x.out, "true"...)
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == 't' {
			*field = s.Bool()
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field {
			x.members[name] = true
		}
		return
	}
	if x.members[name] == true {
		*field = true
		delete(x.members, name)
	}
}

func (x *exchange) date(name string, field *Date) {
	if x.writing {
		if *field == (Date{}) {
			return
		}
		text, err := field.MarshalText()
		if err != nil {
			x.gaveUp = true
			return
		}
		x.write(name)
		x.writeText(string(text))
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '"' {
			start := s.Mark()
			if field.UnmarshalText(s.Bytes()) != nil {
				s.Return(start)
				return
			}
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if *field != (Date{}) {
			x.members[name] = *field
		}
		return
	}
	if text, ok := x.members[name].(string); ok && field.UnmarshalText([]byte(text)) == nil {
		delete(x.members, name)
	}
}

func (x *exchange) timestamp(name string, field *time.Time) {
	if x.writing {
		switch {
		case field.IsZero():
		case !hasRFC3339(*field):
			x.gaveUp = true
		default:
			x.write(name)
			x.writeText(field.UTC().Format(timestamp))
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '"' {
			start := s.Mark()
			text := s.Bytes()
			var t time.Time
			var again [len(timestamp)]byte
			if t.UnmarshalText(text) != nil || t.IsZero() || !bytes.Equal(t.UTC().AppendFormat(again[:0], timestamp), text) {
				s.Return(start)
				return
			}
			*field, x.taken = t, true
		}
		return
	}
	text, _ := x.members[name].(string)
	t, err := time.Parse(time.RFC3339, text)
	switch {
	case x.decoding && err == nil:
		*field = t
		if t.UTC().Format(timestamp) == text && !t.IsZero() {
			delete(x.members, name)
		}
	case x.decoding || field.IsZero() || err == nil && t.Equal(*field):
	case !hasRFC3339(*field):
		x.members[name] = field.UTC() // encoding it is an error
	default:
		x.members[name] = field.UTC().Format(timestamp)
	}
}

func (x *exchange) collection(name string, field *Collection) {
	if x.writing {
		if *field == nil {
			return
		}
		x.write(name)
		x.out = append(x.out, `{"items":[`...)
		for i, item := range *field {
			if i > 0 {
				x.out = append(x.out, ',')
			}
			x.writeText(item)
		}
		x.out = append(x.out, "]}"...)
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '{' {
			start := s.Mark()
			items, ok := readItems(s)
			if !ok {
				s.Return(start)
				return
			}
			*field, x.taken = items, true
		}
		return
	}
	object, _ := x.members[name].(map[string]any)
	items, ok := textsOf(object["items"])
	switch {
	case x.decoding && ok:
		*field = items
		if len(object) == 1 {
			delete(x.members, name)
		}
	case !x.decoding && *field != nil && !(ok && slices.Equal(items, *field)):
		object = maps.Clone(object)
		if object == nil {
			object = map[string]any{}
		}
		object["items"] = []string(*field)
		x.members[name] = object
	}
}

// readItems reads a collection that has nothing but texts.
func readItems(s *jsonscan.Scanner) (items []string, ok bool) {
	if !s.Object() || string(s.Name()) != "items" || s.Peek() != '[' {
		return nil, false
	}
	items = []string{}
	for more := s.Array(); more; more = s.NextElement() {
		if s.Peek() != '"' {
			return nil, false
		}
		items = append(items, s.Text())
	}
	return items, !s.NextMember()
}

func textsOf(value any) ([]string, bool) {
	list, ok := value.([]any)
	texts := make([]string, len(list))
	for i := range list {
		if texts[i], ok = list[i].(string); !ok {
			return nil, false
		}
	}
	return texts, ok
}

func (x *exchange) name(name string, field *Name) {
	if x.writing {
		switch {
		case len(field.Extra) > 0:
			x.gaveUp = true
		case !field.isZero():
			x.write(name)
			x.out = append(x.out, '{')
			field.exchange(x)
			x.out = append(x.out, '}')
		}
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '{' {
			start := s.Mark()
			if field.read(s); field.isZero() {
				s.Return(start)
				return
			}
			x.taken = true
		}
		return
	}
	if !x.decoding {
		if !field.isZero() {
			x.members[name] = *field
		}
		return
	}
	if object, ok := x.members[name].(map[string]any); ok && len(object) > 0 {
		takeFields(object, &field.Extra, field.exchange)
		delete(x.members, name)
	}
}

func (x *exchange) richText(name string, field *[]gen.RichTextBlock) {
	exchangeList(x, name, "text", field,
		func(s *jsonscan.Scanner, block *gen.RichTextBlock) { *block = s.Members() },
		func(object map[string]any, block *gen.RichTextBlock) { *block = object })
}

func (x *exchange) participants(name string, field *[]Participant) {
	exchangeList(x, name, "items", field,
		func(s *jsonscan.Scanner, p *Participant) { p.read(s) },
		// The object stays among the members if there is more beside the list.
		func(object map[string]any, p *Participant) { takeFields(maps.Clone(object), &p.Extra, p.exchange) })
}

// exchangeList exchanges an object with a member that is a list of objects. read
// and take make an element of one of these.
func exchangeList[T any](x *exchange, name, member string, field *[]T, read func(*jsonscan.Scanner, *T), take func(map[string]any, *T)) {
	if x.writing {
		if *field == nil {
			return
		}
		list, err := encodeJSON(*field)
		if err != nil {
			x.gaveUp = true
			return
		}
		x.write(name)
		x.out = append(x.out, '{')
		x.write(member)
		x.out = append(x.out, list...)
		x.out = append(x.out, '}')
		return
	}
	if s := x.scanner; s != nil {
		if x.meets(name) && s.Peek() == '{' {
			start := s.Mark()
			list, ok := readList(s, member, read)
			if !ok {
				s.Return(start)
				return
			}
			*field, x.taken = list, true
		}
		return
	}
	object, _ := x.members[name].(map[string]any)
	if !x.decoding {
		if *field == nil {
			return
		}
		object = maps.Clone(object)
		if object == nil {
			object = map[string]any{}
		}
		object[member] = *field
		x.members[name] = object
		return
	}
	list, ok := takeList(object[member], take)
	if !ok {
		return
	}
	if *field = list; len(object) == 1 {
		delete(x.members, name)
	}
}

// readList reads an object that has nothing but a list of objects.
func readList[T any](s *jsonscan.Scanner, member string, read func(*jsonscan.Scanner, *T)) (list []T, ok bool) {
	if !s.Object() || string(s.Name()) != member || s.Peek() != '[' {
		return nil, false
	}
	list = []T{}
	for more := s.Array(); more; more = s.NextElement() {
		if s.Peek() != '{' {
			return nil, false
		}
		var element T
		read(s, &element)
		list = append(list, element)
	}
	return list, !s.NextMember()
}

func takeList[T any](value any, take func(map[string]any, *T)) (list []T, ok bool) {
	objects, ok := value.([]any)
	list = make([]T, len(objects))
	for i := range objects {
		object, isObject := objects[i].(map[string]any)
		if !isObject {
			return nil, false
		}
		take(object, &list[i])
	}
	return list, ok
}
