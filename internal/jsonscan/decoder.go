package jsonscan

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
	"time"
)

// Decoder decodes into values of any type. It is safe for concurrent use.
type Decoder struct {
	special map[reflect.Type]Func
	sets    []Special // without a type
	funcs   sync.Map  // from reflect.Type to Func
}

// Func reads a value into v, which is settable and zero.
type Func func(s *Scanner, v reflect.Value)

// Special says how to read the values of one type, or of several.
type Special struct {
	typ  reflect.Type
	has  func(reflect.Type) bool // whether a type is one of several
	read Func
}

// ReadWith makes a decoder call read for values of type T, which are zero. read must
// decode them as encoding/json does, or give up, and must not keep a part of the data.
func ReadWith[T any](read func(v *T, s *Scanner)) Special {
	return Special{typ: reflect.TypeFor[T](), read: func(s *Scanner, v reflect.Value) { read(v.Addr().Interface().(*T), s) }}
}

// ReadAll is like [ReadWith] for all types that has returns true for. read is called with
// a pointer to the value.
func ReadAll(has func(reflect.Type) bool, read func(v any, s *Scanner)) Special {
	return Special{has: has, read: func(s *Scanner, v reflect.Value) { read(v.Addr().Interface(), s) }}
}

// NewDecoder returns a decoder.
func NewDecoder(specials ...Special) *Decoder {
	d := &Decoder{special: map[reflect.Type]Func{
		reflect.TypeFor[json.Number]():     readNumber,
		reflect.TypeFor[json.RawMessage](): readRaw,
		reflect.TypeFor[time.Time]():       readTime,
	}}
	for _, s := range specials {
		if s.has != nil {
			d.sets = append(d.sets, s)
		} else {
			d.special[s.typ] = s.read
		}
	}
	return d
}

// Decode decodes data into v, a pointer to a zero value, and reports whether it could.
// If not, v may have changed.
func (d *Decoder) Decode(data []byte, v any) bool {
	taken, _ := Scan(data, func(s *Scanner) { d.Read(s, v) })
	return taken
}

// Read reads the next value into v, a pointer to a zero value.
func (d *Decoder) Read(s *Scanner, v any) {
	p := reflect.ValueOf(v).Elem()
	d.For(p.Type())(s, p)
}

// For returns the function that reads values of a type.
func (d *Decoder) For(t reflect.Type) Func {
	if read, ok := d.funcs.Load(t); ok {
		return read.(Func)
	}
	c := compiler{d, map[reflect.Type]*Func{}}
	read, _ := d.funcs.LoadOrStore(t, c.compile(t))
	return read.(Func)
}

// compiler makes the functions that read a type and its parts.
type compiler struct {
	*Decoder
	begun map[reflect.Type]*Func // types may be recursive
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	anything        = reflect.TypeFor[any]()
	plainString     = reflect.TypeFor[string]()
	stringPointer   = reflect.TypeFor[*string]()
	plainStrings    = reflect.TypeFor[[]string]()
)

func (c *compiler) compile(t reflect.Type) Func {
	if read, ok := c.special[t]; ok {
		return read
	}
	for _, set := range c.sets {
		if set.has(t) {
			return set.read
		}
	}
	if read, ok := c.begun[t]; ok {
		if *read != nil {
			return *read
		}
		return func(s *Scanner, v reflect.Value) { (*read)(s, v) }
	}
	read := new(Func)
	c.begun[t] = read
	*read = c.read(t)
	return *read
}

func (c *compiler) read(t reflect.Type) Func {
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		pointer := reflect.PointerTo(t)
		reads, readsText := pointer.Implements(unmarshaler), pointer.Implements(textUnmarshaler)
		switch {
		case !reads && !readsText:
		case t.Name() == "":
			// It has the methods of the type that it embeds. Whether encoding/json uses
			// them depends on the context.
			return giveUp
		case reads:
			return readByItself
		default:
			return readTextByItself
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.pointer(t)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return readAny
		}
		return giveUp
	case reflect.Struct:
		return c.structure(t)
	case reflect.Map:
		return c.mapping(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return readByEncodingJSON
		}
		return c.slice(t)
	case reflect.Array:
		return readByEncodingJSON
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return readInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return readUint
	case reflect.Float32, reflect.Float64:
		return readFloat
	}
	return giveUp
}

func giveUp(s *Scanner, _ reflect.Value) { s.GiveUp() }

// readByItself calls UnmarshalJSON of the value.
func readByItself(s *Scanner, v reflect.Value) {
	raw := s.Raw()
	s.lent = true
	if raw != nil && v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw) != nil {
		s.GiveUp()
	}
}

// readTextByItself calls UnmarshalText of the value.
func readTextByItself(s *Scanner, v reflect.Value) {
	if s.Null() {
		return
	}
	text := s.Bytes()
	s.lent = true
	if text != nil && v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text) != nil {
		s.GiveUp()
	}
	// The text may stand there.
	s.unescaped = nil
}

// readByEncodingJSON is for types that are too rare to be worth code.
func readByEncodingJSON(s *Scanner, v reflect.Value) {
	raw := s.Raw()
	if raw == nil {
		return
	}
	s.lent = true
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(v.Addr().Interface()) != nil {
		s.GiveUp()
	}
}

func readRaw(s *Scanner, v reflect.Value) {
	v.SetBytes(bytes.Clone(s.Raw()))
}

func readTime(s *Scanner, v reflect.Value) {
	if t, ok := s.Time(); ok {
		*v.Addr().Interface().(*time.Time) = t
		return
	}
	raw := s.Raw()
	if raw != nil && v.Addr().Interface().(*time.Time).UnmarshalJSON(raw) != nil {
		s.GiveUp()
	}
}

func readAny(s *Scanner, v reflect.Value) {
	if value := s.Any(); value != nil {
		v.Set(reflect.ValueOf(value))
	}
}

func readString(s *Scanner, v reflect.Value) {
	if !s.Null() {
		v.SetString(s.Text())
	}
}

// readNumber is for json.Number, which also accepts a number in quotes.
func readNumber(s *Scanner, v reflect.Value) {
	if !s.Null() {
		v.SetString(s.keep(s.Number()))
	}
}

func readBool(s *Scanner, v reflect.Value) {
	if !s.Null() {
		v.SetBool(s.Bool())
	}
}

func readInt(s *Scanner, v reflect.Value) {
	if s.Null() {
		return
	}
	n, ok := parseInt(s.Number(), v.Type().Bits())
	if !ok {
		s.GiveUp()
		return
	}
	v.SetInt(n)
}

func readUint(s *Scanner, v reflect.Value) {
	if s.Null() {
		return
	}
	n, err := strconv.ParseUint(string(s.Number()), 10, v.Type().Bits())
	if err != nil {
		s.GiveUp()
		return
	}
	v.SetUint(n)
}

func readFloat(s *Scanner, v reflect.Value) {
	if s.Null() {
		return
	}
	n, ok := parseFloat(s.Number(), v.Type().Bits())
	if !ok {
		s.GiveUp()
		return
	}
	v.SetFloat(n)
}

func (c *compiler) pointer(t reflect.Type) Func {
	elem := t.Elem()
	read := c.compile(elem)
	return func(s *Scanner, v reflect.Value) {
		if s.Null() {
			return
		}
		if t == stringPointer {
			text := s.Text()
			*v.Addr().Interface().(**string) = &text
			return
		}
		p := reflect.New(elem)
		read(s, p.Elem())
		// v may have a named type.
		v.Set(p.Convert(t))
	}
}

func (c *compiler) slice(t reflect.Type) Func {
	read := c.compile(t.Elem())
	return func(s *Scanner, v reflect.Value) {
		if s.Null() || t == plainStrings && readStrings(s, v) {
			return
		}
		n := 0
		for more := s.Array(); more; more = s.NextElement() {
			if n == v.Cap() {
				v.Grow(2)
			}
			v.SetLen(n + 1)
			read(s, v.Index(n))
			n++
		}
		if n == 0 {
			v.Set(reflect.MakeSlice(t, 0, 0))
		}
	}
}

// readStrings reads a list of which all elements are strings, or nothing.
func readStrings(s *Scanner, v reflect.Value) bool {
	start := s.Mark()
	list, ok := s.Strings()
	if ok {
		*v.Addr().Interface().(*[]string) = list
	} else {
		s.Return(start)
	}
	return ok
}

func (c *compiler) mapping(t reflect.Type) Func {
	key, elem := t.Key(), t.Elem()
	if key.Kind() != reflect.String || reflect.PointerTo(key).Implements(textUnmarshaler) {
		return readByEncodingJSON
	}
	if key == plainString && elem == anything {
		return func(s *Scanner, v reflect.Value) {
			if !s.Null() {
				v.Set(reflect.ValueOf(s.Members()).Convert(t))
			}
		}
	}
	read := c.compile(elem)
	return func(s *Scanner, v reflect.Value) {
		if s.Null() {
			return
		}
		v.Set(reflect.MakeMap(t))
		value := reflect.New(elem).Elem()
		for more := s.Object(); more; more = s.NextMember() {
			name := reflect.ValueOf(s.NameText()).Convert(key)
			value.SetZero()
			read(s, value)
			v.SetMapIndex(name, value)
		}
	}
}
