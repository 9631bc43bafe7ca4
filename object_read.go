package clarify

import (
	"iter"
	"reflect"
	"strings"
	"sync"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// attributesOf yields the extra attributes of an object, and then those with a field.
func attributesOf(o TypedAttributes) iter.Seq[Attribute] {
	return func(yield func(Attribute) bool) {
		if !yield(o.AttributeAt(-1)) {
			return
		}
		if system := o.system(); system != nil {
			if !yield(ExtraAttributes(&system.Extra)) {
				return
			}
			for i := range attributesOfSystem {
				if !yield(system.attributeAt(i)) {
					return
				}
			}
		}
		for i := 0; ; i++ {
			if a := o.AttributeAt(i); a.field == nil || !yield(a) {
				return
			}
		}
	}
}

// layout has the names of the attributes of a type, those of System first.
type layout struct {
	names  []string
	system int // how many are those of System
}

// layouts has, by type, what layoutOf made.
var layouts sync.Map

func layoutOf(o TypedAttributes) *layout {
	t := reflect.TypeOf(o)
	if known, ok := layouts.Load(t); ok {
		return known.(*layout)
	}
	l := &layout{}
	if o.system() != nil {
		l.system = attributesOfSystem
	}
	for a := range attributesOf(o) {
		if a.field != nil {
			l.names = append(l.names, a.name)
		}
	}
	known, _ := layouts.LoadOrStore(t, l)
	return known.(*layout)
}

// at returns the field with an index in names.
func (l *layout) at(o TypedAttributes, i int) field {
	if i < l.system {
		return o.system().attributeAt(i).field
	}
	return o.AttributeAt(i - l.system).field
}

// find returns the index of a name, or -1. The API sends the members of all records in
// the same order, so it looks first from next.
func (l *layout) find(name []byte, next int) int {
	for i := next; i < len(l.names); i++ {
		if string(name) == l.names[i] {
			return i
		}
	}
	for i := range min(next, len(l.names)) {
		if string(name) == l.names[i] {
			return i
		}
	}
	return -1
}

// readObject reads an object. null leaves it as it is.
func readObject(s *jsonscan.Scanner, o TypedAttributes) {
	if s.Null() {
		return
	}
	if members, decode := layoutOf(o).read(s, o); decode {
		takeMembers(members, o)
	} else if len(members) > 0 {
		*o.AttributeAt(-1).extra = members
	}
}

// maxAttributes is how many fields a type may have to be read in one pass.
const maxAttributes = 1024

// read reads the members of an object. It returns those that no field took, and
// whether some of them may be for a field all the same.
func (l *layout) read(s *jsonscan.Scanner, o TypedAttributes) (members map[string]any, decode bool) {
	var seen [maxAttributes / 64]uint64
	if len(l.names) > maxAttributes {
		s.GiveUp()
	}
	next := 0
	for more := s.Object(); more; more = s.NextMember() {
		name := s.Name()
		i := l.find(name, next)
		if i >= 0 {
			next = i + 1
			if seen[i/64]&(1<<(i%64)) != 0 {
				// The last one wins, and the field may be unable to express it.
				s.GiveUp()
			}
			seen[i/64] |= 1 << (i % 64)
			start := s.Mark()
			if l.at(o, i).read(s) {
				continue
			}
			s.Return(start)
		}
		var key string
		if i >= 0 {
			key = l.names[i]
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

// takeMembers moves the members of an object into its fields. Those that no field can
// express become extra members.
func takeMembers(members map[string]any, o TypedAttributes) {
	for a := range attributesOf(o) {
		if a.field != nil && a.field.decode(members[a.name]) {
			delete(members, a.name)
		}
	}
	if system := o.system(); system != nil {
		for name, value := range members {
			if !strings.HasPrefix(name, "_") {
				continue
			}
			if system.Extra == nil {
				system.Extra = Fields{}
			}
			system.Extra[name] = value
			delete(members, name)
		}
	}
	if len(members) > 0 {
		*o.AttributeAt(-1).extra = members
	}
}
