package jsonscan

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is a field of a struct, or of a struct that is embedded in it.
type field struct {
	name   string
	index  []int
	tagged bool // whether a tag gives the name
	typ    reflect.Type
	read   Func
}

// maxFields is how many fields a struct may have.
const maxFields = 256

func (c *compiler) structure(t reflect.Type) Func {
	fields, ok := fieldsOf(t)
	if !ok || len(fields) > maxFields {
		return giveUp
	}
	p := &structure{fields: fields}
	names := make([]string, len(fields))
	for i := range fields {
		fields[i].read = c.compile(fields[i].typ)
		names[i] = fields[i].name
	}
	// As in encoding/json, a field whose name differs in case matches if no other does.
	p.names = NewNames(Folded, names...)
	return p.read
}

// structure reads a struct.
type structure struct {
	fields []field
	names  *Names
}

func (p *structure) read(s *Scanner, v reflect.Value) {
	if s.Null() {
		return
	}
	// encoding/json decodes the second value of a name over the first, and the cursor
	// gives up.
	c := p.names.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		i := c.Next()
		if i < 0 {
			s.Skip()
			continue
		}
		if f := &p.fields[i]; len(f.index) == 1 {
			f.read(s, v.Field(f.index[0]))
		} else {
			f.read(s, f.in(v))
		}
	}
}

// in returns the field of a struct.
func (f *field) in(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// fieldsOf returns the fields of a struct as encoding/json sees them. It reports false if
// only encoding/json can decode them.
func fieldsOf(t reflect.Type) (fields []field, ok bool) {
	level := []field{{typ: t}}
	times := map[reflect.Type]int{t: 1} // how often a struct is embedded at this level
	visited := map[reflect.Type]bool{}
	var all []field
	for len(level) > 0 {
		var below []field
		timesBelow := map[reflect.Type]int{}
		for _, outer := range level {
			if visited[outer.typ] {
				continue
			}
			visited[outer.typ] = true
			for i := range outer.typ.NumField() {
				f, embedded, ok := fieldOf(outer, i)
				switch {
				case !ok:
					return nil, false
				case f.typ == nil:
				case embedded:
					if timesBelow[f.typ]++; timesBelow[f.typ] == 1 {
						below = append(below, f)
					}
				default:
					all = append(all, f)
					if times[outer.typ] > 1 {
						// A field that is there twice is ignored.
						all = append(all, f)
					}
				}
			}
		}
		level, times = below, timesBelow
	}
	return visible(all), true
}

// fieldOf returns the i-th field of a struct, without a type if JSON ignores it. An
// embedded field stands for the fields of its struct.
func fieldOf(outer field, i int) (f field, embedded, ok bool) {
	sf := outer.typ.Field(i)
	inner := sf.Type
	if inner.Kind() == reflect.Pointer && inner.Name() == "" {
		inner = inner.Elem()
	}
	if !sf.IsExported() && !(sf.Anonymous && inner.Kind() == reflect.Struct) {
		return field{}, false, true
	}
	tag := sf.Tag.Get("json")
	if tag == "-" {
		return field{}, false, true
	}
	name, options, _ := strings.Cut(tag, ",")
	if !isUsual(name, options) {
		return field{}, false, false
	}
	f = field{name: name, index: append(slices.Clone(outer.index), i), tagged: name != "", typ: sf.Type}
	if sf.Anonymous && name == "" && inner.Kind() == reflect.Struct {
		// A pointer to an unexported struct could not be set.
		f.typ = inner
		return f, true, sf.IsExported() || sf.Type.Kind() == reflect.Struct
	}
	if !sf.IsExported() {
		return field{}, false, false
	}
	if name == "" {
		f.name = sf.Name
	}
	return f, false, true
}

// isUsual reports whether a tag means the same to all versions of encoding/json, and has
// only a name that matters to a decoder.
func isUsual(name, options string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option != "" && option != "omitempty" && option != "omitzero" {
			return false
		}
	}
	return name != "-" && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// visible returns one field of each name: the least deeply embedded one, and of several
// such the one with a tag. If several are left, it returns none.
func visible(all []field) []field {
	byName := map[string][]field{}
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	var left []field
	for _, same := range byName {
		slices.SortStableFunc(same, rank)
		if len(same) == 1 || rank(same[0], same[1]) != 0 {
			left = append(left, same[0])
		}
	}
	slices.SortFunc(left, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return left
}

func rank(a, b field) int {
	if len(a.index) != len(b.index) {
		return len(a.index) - len(b.index)
	}
	switch {
	case a.tagged == b.tagged:
		return 0
	case a.tagged:
		return -1
	}
	return 1
}
