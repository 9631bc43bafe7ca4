package store

import (
	"cmp"
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// deletion returns that of a record, or none.
func (t *table) deletion(id string) Deletion {
	for _, d := range slices.Backward(t.deleted) {
		if d.Record.ID == id {
			return d
		}
	}
	return Deletion{}
}

// created is what happened when a record was created. It has the number 0, and
// those of the relationships that the record had from the beginning go on below,
// because those of the history begin at 1.
func created(spec *schema.Object, r *Record) []Event {
	common := &Transaction{r.CreatedAt, r.CreatedBy}
	events := []Event{{Transaction: common, Kind: EventCreate, Changes: UpdatesBetween(nil, r.Attributes())}}
	add := func(e Event) {
		e.Transaction, e.Number = common, -len(events)
		events = append(events, e)
	}
	for _, field := range slices.Sorted(maps.Keys(r.Attributes())) {
		if by := spec.RelationOf(field); by != nil {
			if id, ok := r.Attribute(field).(string); ok {
				add(relationEvent(by, EventSetRelationship, RoleRef, id))
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(r.Links)) {
		if by := spec.RelationOf(field); by != nil && len(r.Links[field]) > 0 {
			add(relationEvent(by, EventSetRelationship, RoleRefs, r.Links[field]...))
		}
	}
	return events
}

// events returns what is remembered, oldest first.
func (h history) events() []Event {
	var events []Event
	for e := h.latest; e != nil; e = e.before {
		events = append(events, *e)
	}
	slices.Reverse(events)
	return events
}

// EventsOf returns what happened to a record, the oldest first: that it was created, what
// its history has, and that it was deleted. A record that was deleted has events as
// long as it is listed.
func (s *Store) EventsOf(spec *schema.Object, id string) ([]Event, error) {
	r, deleted := s.Find(spec, id), Deletion{}
	if r == nil {
		if deleted = s.table(spec).deletion(id); deleted.Record == nil || s.now().Sub(deleted.At) > retention {
			return nil, values.NewProblem(ErrNotFound, "", "There is no %s with this id.", spec.Name)
		}
		r = deleted.Record
	}
	h, _ := s.histories.Find(id)
	all := slices.Concat(created(spec, cmp.Or(h.origin, r)), h.events())
	if deleted.Record != nil {
		e := Event{Number: h.length + 1, Transaction: &Transaction{deleted.At, deleted.By}, Kind: EventDelete}
		if into, ok := s.mergedInto.Find(id); ok {
			e.Kind, e.Role, e.Others = EventMerge, RoleTarget, []Participant{{Entity: spec.Name, ID: into}}
		}
		all = append(all, e)
	}
	return all, nil
}

// SchemaEvents returns what happened to the schema of an object, the oldest first.
func (s *Store) SchemaEvents(object string) []Event {
	h, _ := s.histories.Find(schemaSubject(object))
	return h.events()
}
