package store

import (
	"sync"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// referrers finds the records of a table by what their fields refer to. The first lookup
// of a field indexes it, which only needs the store's lock for reading. From then on all
// changes of the table keep the index up to date.
type referrers struct {
	mu     sync.Mutex
	fields map[string]referrerIDs
}

// referrerIDs has, by the id that is referred to, the ids of those who do.
type referrerIDs map[string]map[string]struct{}

// of returns what there is for a field of a table.
func (x *referrers) of(t *table, field string) referrerIDs {
	x.mu.Lock()
	defer x.mu.Unlock()
	if ids, ok := x.fields[field]; ok {
		return ids
	}
	ids := referrerIDs{}
	for _, r := range t.order {
		if r != nil {
			ids.add(r, field)
		}
	}
	if x.fields == nil {
		x.fields = map[string]referrerIDs{}
	}
	x.fields[field] = ids
	return ids
}

// add and remove are called for each record that comes to the table or leaves it,
// with the store's lock for writing.
func (x *referrers) add(r *Record) {
	for field, ids := range x.fields {
		ids.add(r, field)
	}
}

func (x *referrers) remove(r *Record) {
	for field, ids := range x.fields {
		ids.remove(r, field)
	}
}

func (ids referrerIDs) add(r *Record, field string) {
	id, ok := r.Attribute(field).(string)
	if !ok {
		return
	}
	if ids[id] == nil {
		ids[id] = map[string]struct{}{}
	}
	ids[id][r.ID] = struct{}{}
}

func (ids referrerIDs) remove(r *Record, field string) {
	id, ok := r.Attribute(field).(string)
	if !ok {
		return
	}
	if delete(ids[id], r.ID); len(ids[id]) == 0 {
		delete(ids, id)
	}
}

// referring returns the records of an object whose field refers to r, in the
// order of _created_at and _id.
func (s *Store) referring(spec *schema.Object, field string, r *Record) []*Record {
	t := s.table(spec)
	ids := t.referrers.of(t, field)
	var found []*Record
	for _, id := range s.idsOf(r.ID) {
		for from := range ids[id] {
			found = append(found, t.find(from))
		}
	}
	inOrder(found)
	return found
}

// merged is a record that was merged into another one, and leads to those that
// were so before. It is immutable.
type merged struct {
	id     string
	before *merged
}

// idsOf is the id of a record and those of all that were merged into it, or
// into one that was. They are what references to it may have.
func (s *Store) idsOf(id string) []string {
	all := []string{id}
	for i := 0; i < len(all); i++ {
		a, _ := s.mergedFrom.Find(all[i])
		for ; a != nil; a = a.before {
			all = append(all, a.id)
		}
	}
	return all
}
