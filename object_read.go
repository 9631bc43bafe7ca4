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
			if a := o.AttributeAt(i); a.extra() != nil || !yield(a) {
				return
			}
		}
	}
}

// layout has the names of the attributes of a type, those of System first.
type layout struct {
	names  *jsonscan.Names
	system int // how many are those of System
}

// layouts has, by type, what layoutOf made.
var layouts sync.Map

// layoutOf returns the layout of a type, a pointer to a struct.
func layoutOf(t reflect.Type) *layout {
	if known, ok := layouts.Load(t); ok {
		return known.(*layout)
	}
	l := &layout{}
	o := reflect.New(t.Elem()).Interface().(TypedAttributes)
	if o.system() != nil {
		l.system = attributesOfSystem
	}
	var names []string
	for a := range attributesOf(o) {
		if a.extra() == nil {
			names = append(names, a.name)
		}
	}
	l.names = jsonscan.NewNames(jsonscan.Exact, names...)
	known, _ := layouts.LoadOrStore(t, l)
	return known.(*layout)
}

// readObject reads an object. null leaves it as it is.
func readObject(s *jsonscan.Scanner, o TypedAttributes) { layoutOf(reflect.TypeOf(o)).read(s, o) }

func (l *layout) read(s *jsonscan.Scanner, o TypedAttributes) {
	if s.Null() {
		return
	}
	var system *System
	if l.system > 0 {
		system = o.system()
	}
	// The last member of a name wins, and its field may be unable to express it: the
	// cursor gives up.
	names := l.names.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		i := names.Next()
		var f field
		switch {
		case i >= l.system:
			f = o.AttributeAt(i - l.system).field
		case i >= 0:
			f = system.attributeAt(i).field
		}
		if f != nil {
			start := s.Mark()
			if f.read(s) {
				continue
			}
			s.Return(start)
		}
		name := names.Name()
		value := s.Any()
		if f == nil || value == nil || !f.decode(value) {
			addExtra(o, system, name, value)
		}
	}
}

// addExtra keeps a member that no field can express.
func addExtra(o TypedAttributes, system *System, name string, value any) {
	extra := o.AttributeAt(-1).extra()
	if system != nil && strings.HasPrefix(name, "_") {
		extra = &system.Extra
	}
	if *extra == nil {
		*extra = Fields{}
	}
	(*extra)[name] = value
}

// takeMembers moves the members of an object into its fields. Those that no field can
// express become extra members.
func takeMembers(members map[string]any, o TypedAttributes) {
	for a := range attributesOf(o) {
		if a.field.decode(members[a.name]) {
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
		*o.AttributeAt(-1).extra() = members
	}
}
