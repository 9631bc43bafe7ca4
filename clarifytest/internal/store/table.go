package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// table is the records of one object. Looking one up, adding, changing and
// deleting one take the same time however many there are.
type table struct {
	epoch   *epoch
	unique  []uniqueIndex
	kinds   map[string]values.Kind // of the fields that the schema does not have
	deleted []Deletion             // oldest first

	referrers *referrers // by the fields that were asked for

	// order has the records as they were created, with gaps where one was
	// deleted. That is the order of _created_at and _id, too, unless the clock
	// went back, because ids ascend.
	order    []*Record
	places   map[string]int // id to the index in order
	latest   time.Time
	unsorted bool
}

// uniqueIndex finds records by the values of a unique field.
type uniqueIndex struct {
	field string
	fold  bool
	ids   map[string]string // of the record that has a key
}

// keys returns what the index has for a value of the field: its string, or those
// of its items.
func (u *uniqueIndex) keys(value any) []string {
	items, ok := values.Items(value)
	if !ok {
		items = []any{value}
	}
	var keys []string
	for _, item := range items {
		text := values.Key(item)
		if text == "" {
			continue
		}
		if u.fold {
			text = values.Fold(text)
		}
		keys = append(keys, text)
	}
	return keys
}

// Deletion is a record that was deleted, as it was.
type Deletion struct {
	At     time.Time
	By     string
	Record *Record
	Kept   any // what the hook of the store returned
}

func newTable(spec *schema.Object, e *epoch) *table {
	t := &table{
		epoch:  e,
		kinds:  map[string]values.Kind{},
		places: map[string]int{},

		referrers: &referrers{},
	}
	t.index(spec)
	return t
}

// index makes the indexes that an object's unique fields need.
func (t *table) index(spec *schema.Object) {
	t.unique = nil
	for _, field := range spec.Unique {
		u := uniqueIndex{field: field, fold: spec.Folds(field), ids: map[string]string{}}
		for _, r := range t.all() {
			for _, key := range u.keys(r.Attribute(field)) {
				u.ids[key] = r.ID
			}
		}
		t.unique = append(t.unique, u)
	}
}

// uniqueIndex returns the index of a unique field, or nil.
func (t *table) uniqueIndex(field string) *uniqueIndex {
	for i := range t.unique {
		if t.unique[i].field == field {
			return &t.unique[i]
		}
	}
	return nil
}

// clone returns a copy that may be changed within an epoch.
func (t *table) clone(e *epoch) *table {
	copied := *t
	copied.epoch = e
	copied.unique = slices.Clone(t.unique)
	for i := range copied.unique {
		copied.unique[i].ids = maps.Clone(t.unique[i].ids)
	}
	copied.kinds = maps.Clone(t.kinds)
	copied.referrers = &referrers{}
	copied.deleted = slices.Clone(t.deleted)
	copied.order = slices.Clone(t.order)
	copied.places = maps.Clone(t.places)
	return &copied
}

// find returns the record with the id, or nil.
func (t *table) find(id string) *Record {
	if place, ok := t.places[id]; ok {
		return t.order[place]
	}
	return nil
}

// all returns the records in the order of _created_at and _id. The slice may be
// the table's own: it must not be changed, nor used without the store's lock.
func (t *table) all() []*Record {
	if len(t.places) == len(t.order) && !t.unsorted {
		return t.order
	}
	records := make([]*Record, 0, len(t.places))
	for _, r := range t.order {
		if r != nil {
			records = append(records, r)
		}
	}
	if t.unsorted {
		inOrder(records)
	}
	return records
}

// inOrder sorts records by _created_at and _id.
func inOrder(records []*Record) {
	slices.SortFunc(records, func(a, b *Record) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}

// kindOf returns the kind of a field, and whether its strings match in either case. It
// is unknown if no record has had the field.
func (t *table) kindOf(spec *schema.Object, field string) (k values.Kind, fold bool) {
	if f, known := spec.Field(field); known && f.Kind != values.KindUnknown {
		return f.Kind, f.Fold
	}
	return t.kinds[field], false
}

// had reports whether a record has had a field that the schema does not have.
func (t *table) had(field string) bool {
	_, has := t.kinds[field]
	return has
}

// add puts a new record at the end.
func (t *table) add(r *Record) {
	t.seat(r, t.last(r))
	t.claim(r)
}

// addFree is add for a record that goes without the unique values that another
// one has.
func (t *table) addFree(r *Record) {
	for _, u := range t.unique {
		keys := u.keys(r.Attribute(u.field))
		if slices.ContainsFunc(keys, func(key string) bool { return u.ids[key] != "" }) {
			r.given = maps.Clone(r.Attributes())
			delete(r.given, u.field)
			continue
		}
		for _, key := range keys {
			u.ids[key] = r.ID
		}
	}
	t.seat(r, t.last(r))
}

// last makes a place at the end for a new record.
func (t *table) last(r *Record) int {
	if r.CreatedAt.Before(t.latest) {
		t.unsorted = true
	} else {
		t.latest = r.CreatedAt
	}
	t.order = append(t.order, nil)
	return len(t.order) - 1
}

// put puts a record into a place that is free.
func (t *table) put(r *Record, place int) {
	t.seat(r, place)
	t.claim(r)
}

func (t *table) seat(r *Record, place int) {
	t.order[place] = r
	t.places[r.ID] = place
	t.referrers.add(r)
}

// claim enters the unique values of a record.
func (t *table) claim(r *Record) {
	for _, u := range t.unique {
		for _, key := range u.keys(r.Attribute(u.field)) {
			u.ids[key] = r.ID
		}
	}
}

// take frees the place of a record and returns it.
func (t *table) take(r *Record) int {
	place := t.places[r.ID]
	t.order[place] = nil
	delete(t.places, r.ID)
	t.referrers.remove(r)
	for _, u := range t.unique {
		for _, key := range u.keys(r.Attribute(u.field)) {
			if u.ids[key] == r.ID {
				delete(u.ids, key)
			}
		}
	}
	return place
}

// compact closes the gaps once they are the larger part, which spreads its cost
// over the deletions that made them.
func (t *table) compact() {
	if len(t.order) <= 2*len(t.places)+64 {
		return
	}
	t.order = slices.DeleteFunc(t.order, func(r *Record) bool { return r == nil })
	for place, r := range t.order {
		t.places[r.ID] = place
	}
}

// forget drops the deletions that are no longer listed, and returns them.
func (t *table) forget(now time.Time) []Deletion {
	n := 0
	for n < len(t.deleted) && now.Sub(t.deleted[n].At) > retention {
		n++
	}
	forgotten := t.deleted[:n]
	t.deleted = t.deleted[n:]
	return forgotten
}

// learn notes the kinds of a record's fields that the schema does not have.
func (t *table) learn(spec *schema.Object, r *Record) {
	for field, value := range r.Attributes() {
		if f, known := spec.Field(field); !known || f.Kind == values.KindUnknown {
			t.kinds[field] |= values.KindOf(value)
		}
	}
}
