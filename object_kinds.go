package clarify

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// stringField is a string. It does not express "", which may differ from an absent
// member.
type stringField string

func (f *stringField) isZero() bool { return *f == "" }

func (f *stringField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '"' {
		return false
	}
	*f = stringField(s.Text())
	return *f != ""
}

func (f *stringField) decode(value any) bool {
	s, ok := value.(string)
	if !ok || s == "" {
		return false
	}
	*f = stringField(s)
	return true
}

func (f *stringField) write(w *fieldWriter) { w.string(string(*f)) }
func (f *stringField) encode(any) any       { return string(*f) }

// numberField is a number with all its digits.
type numberField json.Number

func (f *numberField) isZero() bool { return *f == "" }

func (f *numberField) read(s *jsonscan.Scanner) bool {
	if strings.IndexByte("-0123456789", s.Peek()) < 0 {
		return false
	}
	*f = numberField(s.NumberText())
	return true
}

func (f *numberField) decode(value any) bool {
	number, ok := value.(json.Number)
	if ok {
		*f = numberField(number)
	}
	return ok
}

func (f *numberField) write(w *fieldWriter) {
	number := string(*f)
	if !json.Valid([]byte(number)) || !strings.ContainsAny(number[:1], "-0123456789") || !strings.ContainsAny(number[len(number)-1:], "0123456789") {
		w.gaveUp = true
		return
	}
	w.out = append(w.out, number...)
}

func (f *numberField) encode(any) any { return json.Number(*f) }

// boolField is a boolean. It does not express false.
type boolField bool

func boolAttribute(name string, p *bool) Attribute {
	return Attribute{name: name, field: (*boolField)(p)}
}

func (f *boolField) isZero() bool { return !bool(*f) }

func (f *boolField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != 't' {
		return false
	}
	*f = boolField(s.Bool())
	return true
}

func (f *boolField) decode(value any) bool {
	is := value == true
	if is {
		*f = true
	}
	return is
}

func (f *boolField) write(w *fieldWriter) { w.out = append(w.out, "true"...) }
func (f *boolField) encode(any) any       { return true }

// checkboxField is a boolean.
type checkboxField Checkbox

func (f *checkboxField) isZero() bool { return *f == 0 }

func (f *checkboxField) read(s *jsonscan.Scanner) bool {
	if c := s.Peek(); c != 't' && c != 'f' {
		return false
	}
	*f = checkboxField(CheckboxOf(s.Bool()))
	return true
}

func (f *checkboxField) decode(value any) bool {
	checked, ok := value.(bool)
	if ok {
		*f = checkboxField(CheckboxOf(checked))
	}
	return ok
}

func (f *checkboxField) write(w *fieldWriter) {
	b, err := Checkbox(*f).MarshalJSON()
	w.out, w.gaveUp = append(w.out, b...), err != nil
}

func (f *checkboxField) encode(any) any { return Checkbox(*f) }

// dateField is a day.
type dateField Date

func (f *dateField) isZero() bool { return *f == dateField{} }

func (f *dateField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '"' {
		return false
	}
	year, month, day, ok := jsonscan.ParseDate(s.Bytes())
	if ok {
		*f = dateField{year, month, day}
	}
	return ok
}

func (f *dateField) decode(value any) bool {
	s, ok := value.(string)
	return ok && (*Date)(f).UnmarshalText([]byte(s)) == nil
}

func (f *dateField) write(w *fieldWriter) {
	day, err := Date(*f).MarshalText()
	if err != nil {
		w.gaveUp = true
		return
	}
	w.string(string(day))
}

func (f *dateField) encode(any) any { return Date(*f) }

// timeField is a time, to the millisecond. One in another format, such as without
// milliseconds, is kept among the extra members too, so that it is encoded as it was
// read.
type timeField time.Time

func (f *timeField) isZero() bool { return time.Time(*f).IsZero() }

func (f *timeField) read(s *jsonscan.Scanner) bool {
	// Others are left to decode: it keeps their form.
	t, ok := s.Time()
	if !ok || t.IsZero() {
		return false
	}
	*f = timeField(t)
	return true
}

func (f *timeField) decode(value any) bool {
	s, _ := value.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return false
	}
	*f = timeField(t)
	return !t.IsZero() && t.UTC().Format(timestamp) == s
}

func (f *timeField) write(w *fieldWriter) {
	if t := time.Time(*f); hasRFC3339(t) {
		w.string(t.UTC().Format(timestamp))
	} else {
		w.gaveUp = true
	}
}

func (f *timeField) encode(present any) any {
	t := time.Time(*f)
	s, _ := present.(string)
	if same, err := time.Parse(time.RFC3339, s); err == nil && same.Equal(t) {
		return present
	}
	if !hasRFC3339(t) {
		return t.UTC() // encoding it returns an error
	}
	return t.UTC().Format(timestamp)
}

var layoutOfName = layoutOf(reflect.TypeFor[*Name]())

// nameField is the name of a person.
type nameField Name

func (f *nameField) isZero() bool {
	return f.FirstName == "" && f.LastName == "" && f.FullName == "" && len(f.Extra) == 0
}

func (f *nameField) read(s *jsonscan.Scanner) bool {
	if s.Peek() != '{' {
		return false
	}
	layoutOfName.read(s, (*Name)(f))
	return !f.isZero()
}

func (f *nameField) decode(value any) bool {
	members, _ := value.(map[string]any)
	if len(members) == 0 {
		return false
	}
	takeMembers(members, (*Name)(f))
	return true
}

func (f *nameField) write(w *fieldWriter) {
	w.out = append(w.out, '{')
	w.object((*Name)(f))
	w.out = append(w.out, '}')
}

func (f *nameField) encode(any) any { return Name(*f) }
