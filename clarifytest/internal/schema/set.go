package schema

// A Set is the schemas of a workspace. It is immutable: a change of one object makes
// another set. So it may be used without the store's lock, and snapshots share it.
type Set struct {
	rules   Rules
	origin  *origin   // nil if the set began as [Standard]
	Objects []*Object // in the order in which they are listed
	byName  map[string]*Object
}

// Rules are what differs between the schemas of sandboxes.
type Rules struct {
	UnknownAttributes     bool // records may have attributes that are not in the schema
	ObjectTimes           bool // _created_at has the type object
	ObjectsWithoutRecords bool // objects that have no records are listed
}

// NewSet returns the set of the objects, in this order.
func NewSet(r Rules, objects []*Object) *Set { return newSet(nil, r, objects) }

func newSet(from *origin, r Rules, objects []*Object) *Set {
	s := &Set{rules: r, origin: from, byName: make(map[string]*Object, len(objects))}
	for _, o := range objects {
		own := *o
		own.set = s
		s.Objects = append(s.Objects, &own)
		s.byName[own.Name] = &own
	}
	return s
}

// Under returns the set with other rules.
func (s *Set) Under(r Rules) *Set {
	if s == nil || s.rules == r {
		return s
	}
	return newSet(s.origin, r, s.Objects)
}

// FromDocuments reports whether the set began as one that [FromDocuments] returned.
func (s *Set) FromDocuments() bool { return s.origin != nil }

// Find returns the object of a name, or nil.
func (s *Set) Find(name string) *Object { return s.byName[name] }
