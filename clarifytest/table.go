package clarifytest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// table is the records of one object. Looking one up, adding, changing and
// deleting one take the same time however many there are.
type table struct {
	epoch   *epoch
	spec    *objectSpec
	unique  map[string]string // key of the unique field to the id of the record that has it
	kinds   map[string]kind   // of the custom fields
	deleted []deletion        // oldest first

	// order has the records as they were created, with gaps where one was
	// deleted. That is the order of _created_at and _id, too, unless the clock
	// went back, because ids ascend.
	order    []*record
	places   map[string]int // id to the index in order
	latest   time.Time
	unsorted bool
}

// deletion is a record that was deleted, as it was.
type deletion struct {
	at       time.Time
	resource resource
}

func newTable(spec *objectSpec, e *epoch) *table {
	return &table{
		epoch:  e,
		spec:   spec,
		unique: map[string]string{},
		kinds:  map[string]kind{},
		places: map[string]int{},
	}
}

// clone returns a copy that may be changed within an epoch.
func (t *table) clone(e *epoch) *table {
	copied := *t
	copied.epoch = e
	copied.unique = maps.Clone(t.unique)
	copied.kinds = maps.Clone(t.kinds)
	copied.deleted = slices.Clone(t.deleted)
	copied.order = slices.Clone(t.order)
	copied.places = maps.Clone(t.places)
	return &copied
}

// find returns the record with the id, or nil.
func (t *table) find(id string) *record {
	if place, ok := t.places[id]; ok {
		return t.order[place]
	}
	return nil
}

// all returns the records in the order of _created_at and _id. The slice may be
// the table's own: it must not be changed, nor used without the state's lock.
func (t *table) all() []*record {
	if len(t.places) == len(t.order) && !t.unsorted {
		return t.order
	}
	records := make([]*record, 0, len(t.places))
	for _, r := range t.order {
		if r != nil {
			records = append(records, r)
		}
	}
	if t.unsorted {
		slices.SortFunc(records, func(a, b *record) int {
			return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id))
		})
	}
	return records
}

// kindOf is the kind of a field, and whether its texts match in either case. It
// is unknown if no record has had the field.
func (t *table) kindOf(field string) (k kind, fold bool) {
	if f, known := t.spec.field(field); known {
		return f.kind, f.fold
	}
	return t.kinds[field], false
}

// add puts a new record at the end.
func (t *table) add(r *record) {
	if r.createdAt.Before(t.latest) {
		t.unsorted = true
	} else {
		t.latest = r.createdAt
	}
	t.order = append(t.order, nil)
	t.put(r, len(t.order)-1)
}

// put puts a record into a place that is free.
func (t *table) put(r *record, place int) {
	t.order[place] = r
	t.places[r.id] = place
	for _, key := range t.spec.uniqueKeys(r) {
		t.unique[key] = r.id
	}
}

// take frees the place of a record and returns it.
func (t *table) take(r *record) int {
	place := t.places[r.id]
	t.order[place] = nil
	delete(t.places, r.id)
	for _, key := range t.spec.uniqueKeys(r) {
		delete(t.unique, key)
	}
	return place
}

// compact closes the gaps once they are the larger part, which spreads its cost
// over the deletions that made them.
func (t *table) compact() {
	if len(t.order) <= 2*len(t.places)+64 {
		return
	}
	t.order = slices.DeleteFunc(t.order, func(r *record) bool { return r == nil })
	for place, r := range t.order {
		t.places[r.id] = place
	}
}

// forget drops the deletions that are listed no more.
func (t *table) forget(now time.Time) {
	n := 0
	for n < len(t.deleted) && now.Sub(t.deleted[n].at) > retention {
		n++
	}
	t.deleted = t.deleted[n:]
}

// learn notes the kinds of a record's custom fields.
func (t *table) learn(r *record) {
	for field, value := range r.attributes() {
		if _, known := t.spec.field(field); !known {
			t.kinds[field] |= kindOf(value)
		}
	}
}
