package clarify

import (
	"strings"
	"sync"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// fieldReader collects the fields of an object, to be read from JSON in one pass.
type fieldReader struct {
	fields []namedField
	rest   *Fields
	next   int // where the field of the next member is likely to be
}

type namedField struct {
	name string
	field
}

func (r *fieldReader) field(name string, f field) { r.fields = append(r.fields, namedField{name, f}) }
func (r *fieldReader) extra(f *Fields)            { r.rest = f }
func (r *fieldReader) system(*Fields)             {}

// fieldReaders saves a list of fields for each record.
var fieldReaders = sync.Pool{New: func() any { return new(fieldReader) }}

// readObject reads an object. null leaves it as it is.
func readObject(s *jsonscan.Scanner, o object) {
	if s.Null() {
		return
	}
	r := fieldReaders.Get().(*fieldReader)
	o.visit(r)
	if members, decode := r.read(s); decode {
		takeMembers(members, o)
	} else if len(members) > 0 {
		*r.rest = members
	}
	clear(r.fields)
	*r = fieldReader{fields: r.fields[:0]}
	fieldReaders.Put(r)
}

// read reads the members of an object. It returns those that no field took, and
// whether some of them may be for a field all the same.
func (r *fieldReader) read(s *jsonscan.Scanner) (members map[string]any, decode bool) {
	var seen uint64
	for more := s.Object(); more; more = s.NextMember() {
		name := s.Name()
		i := r.find(name)
		if i >= 0 {
			if seen&(1<<i) != 0 {
				// The last one wins, and the field may be unable to express it.
				s.GiveUp()
			}
			seen |= 1 << i
			start := s.Mark()
			if r.fields[i].read(s) {
				continue
			}
			s.Return(start)
		}
		var key string
		if i >= 0 {
			key = r.fields[i].name
		} else {
			// The scanner may overwrite the name as soon as it reads on.
			key = s.Keep(name)
		}
		value := s.Any()
		if members == nil {
			members = map[string]any{}
		}
		members[key] = value
		// No field takes null. Names that begin with _ are for System.
		decode = decode || i >= 0 && value != nil || strings.HasPrefix(key, "_")
	}
	return members, decode
}

// find returns the index of the field with a name, or -1. The API sends the members of
// all records in the same order, so it looks after the last one first.
func (r *fieldReader) find(name []byte) int {
	for i := r.next; i < len(r.fields); i++ {
		if string(name) == r.fields[i].name {
			r.next = i + 1
			return i
		}
	}
	for i := range min(r.next, len(r.fields)) {
		if string(name) == r.fields[i].name {
			r.next = i + 1
			return i
		}
	}
	return -1
}

// fieldDecoder moves decoded members into fields.
type fieldDecoder struct {
	members    map[string]any
	rest       *Fields
	restSystem *Fields // nil if the object has no System
}

func (d *fieldDecoder) field(name string, f field) {
	if f.decode(d.members[name]) {
		delete(d.members, name)
	}
}

func (d *fieldDecoder) extra(f *Fields)  { d.rest = f }
func (d *fieldDecoder) system(f *Fields) { d.restSystem = f }

// takeMembers moves the members of an object into its fields. Those that no field can
// express become extra members.
func takeMembers(members map[string]any, o object) {
	d := &fieldDecoder{members: members}
	o.visit(d)
	for name, value := range members {
		if d.restSystem == nil || !strings.HasPrefix(name, "_") {
			continue
		}
		if *d.restSystem == nil {
			*d.restSystem = Fields{}
		}
		(*d.restSystem)[name] = value
		delete(members, name)
	}
	if len(members) > 0 {
		*d.rest = members
	}
}
