package store

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// A history is what happened to one thing, mostly a record, in the order in which
// it happened. That a record was created or deleted is not in it: that is known
// of it anyway, so that a record which never changes costs nothing here.
type history struct {
	origin *Record // the record as it was created, nil if it has not changed
	latest *Event
	length int // of all events, also of those that are forgotten
}

// An Event is something that happened. Events are immutable and lead to the ones
// before them, so that histories can share them with those in snapshots.
type Event struct {
	before      *Event
	Number      int    // in its history, from 1
	serial      uint64 // among all events of the workspace
	Transaction *Transaction
	Kind        string // as in the contract

	Subject      *Participant // what it happened to, nil if it is what the history is of
	Changes      []Update     // of the subject
	Relationship string
	Role         string // of the others: ref, refs or target
	Others       []Participant
}

// A Transaction is what the events of one write have in common.
type Transaction struct {
	At time.Time
	By string
}

// A Participant is somebody or something that takes part in an event.
type Participant struct {
	Entity, ID string
	Data       map[string]any
}

// An Update is a member that has another value than before. Each of the two
// is absent if there is none.
type Update struct {
	Field    string
	Old, New any
}

// Absent is the value of a member that is not there. Null is another value.
type Absent struct{}

// The kinds of events.
const (
	EventCreate            = "clarify:create"
	EventUpdate            = "clarify:update"
	EventDelete            = "clarify:delete"
	EventMerge             = "clarify:merge"
	EventSetRelationship   = "clarify:set-relationship"
	EventUnsetRelationship = "clarify:unset-relationship"
	EventAddToList         = "clarify:add-to-list"
	EventRemoveFromList    = "clarify:remove-from-list"
	EventGrantAccess       = "clarify:grant-access"
	EventUpdateAccess      = "clarify:update-access"
	EventRevokeAccess      = "clarify:revoke-access"
)

// The roles of participants.
const (
	RoleRef    = "ref"
	RoleRefs   = "refs"
	RoleTarget = "target"
)

// A recorder records what a transaction changes, and adds it to the histories when the
// transaction is done. All writes to tables and schemas pass it, so that no operation
// can forget to.
type recorder struct {
	touched []*Record                // those that were replaced or removed, as they were before the transaction
	seen    map[string]bool          // their ids
	begun   map[string]int           // by object, how long the table was when the transaction first added to it
	sources map[string][]Participant // the records that were merged into another, by its id
	schemas *schema.Set              // as they were, if they have been replaced
	notes   []note
}

// note is an event for the history of a subject.
type note struct {
	subject string
	event   Event
}

// adding is called before a record is added to a table.
func (w *recorder) adding(object string, t *table) {
	if _, ok := w.begun[object]; ok {
		return
	}
	if w.begun == nil {
		w.begun = map[string]int{}
	}
	w.begun[object] = len(t.order)
}

// touching is called with a record that is being replaced or removed, and the
// place that it had. Only what there was before the change counts.
func (w *recorder) touching(r *Record, place int) {
	if begun, ok := w.begun[r.Object]; ok && place >= begun || w.seen[r.ID] {
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[r.ID] = true
	w.touched = append(w.touched, r)
}

// merging is called with a record that is merged into another.
func (w *recorder) merging(source, into *Record) {
	if w.sources == nil {
		w.sources = map[string][]Participant{}
	}
	w.sources[into.ID] = append(w.sources[into.ID], source.Participant())
}

// Note adds an event to the history of a subject when the transaction is done.
func (tx *Tx) Note(subject string, e Event) {
	tx.recorder.notes = append(tx.recorder.notes, note{subject, e})
}

// remember adds what the transaction did to the histories.
func (tx *Tx) remember() {
	for _, before := range tx.recorder.touched {
		spec := tx.store.ObjectOf(before)
		if spec == nil {
			continue
		}
		after := tx.store.Find(spec, before.ID)
		if after == nil {
			continue
		}
		tx.keepOrigin(before)
		for _, e := range tx.eventsBetween(spec, before, after) {
			tx.Note(before.ID, e)
		}
	}
	tx.rememberSchemas()
	if len(tx.recorder.notes) == 0 {
		return
	}
	common := &Transaction{tx.Now, tx.User}
	for _, n := range tx.recorder.notes {
		h, _ := tx.store.histories.Find(n.subject)
		tx.store.events++
		h.length++
		e := n.event
		e.before, e.Number, e.serial, e.Transaction = h.latest, h.length, tx.store.events, common
		h.latest = &e
		tx.store.histories.Put(tx, n.subject, h)
	}
	tx.forgetEvents(tx.store.config.MaxEvents)
}

// keepOrigin keeps a record that changes for the first time as it was.
func (tx *Tx) keepOrigin(r *Record) {
	h, _ := tx.store.histories.Find(r.ID)
	if h.origin == nil {
		h.origin = r
		tx.store.histories.Put(tx, r.ID, h)
	}
}

// eventsBetween returns what happened to a record between before and after. It
// notes what that means for the records at other ends of relationships.
func (tx *Tx) eventsBetween(spec *schema.Object, before, after *Record) []Event {
	var events []Event
	changes := UpdatesBetween(before.Attributes(), after.Attributes())
	sources := tx.recorder.sources[after.ID]
	switch {
	case len(sources) > 0:
		events = append(events, Event{Kind: EventMerge, Changes: changes, Role: RoleRefs, Others: sources})
	case len(changes) > 0:
		events = append(events, Event{Kind: EventUpdate, Changes: changes})
	}
	for _, update := range changes {
		by := spec.RelationOf(update.Field)
		if by == nil {
			continue
		}
		for _, end := range []struct {
			kind string
			id   any
		}{{EventUnsetRelationship, update.Old}, {EventSetRelationship, update.New}} {
			id, ok := end.id.(string)
			if !ok {
				continue
			}
			events = append(events, relationEvent(by, end.kind, RoleRef, id))
			if other := tx.store.Find(by.Target, id); other != nil && by.Inverse != "" {
				tx.Note(id, Event{Kind: end.kind, Relationship: by.Inverse, Role: RoleRefs, Others: []Participant{after.Participant()}})
			}
		}
	}
	for _, field := range linkFields(before, after) {
		by := spec.RelationOf(field)
		if by == nil {
			continue
		}
		was, is := before.Links[field], after.Links[field]
		if gone := without(was, is); len(gone) > 0 {
			events = append(events, relationEvent(by, EventUnsetRelationship, RoleRefs, gone...))
		}
		if added := without(is, was); len(added) > 0 {
			events = append(events, relationEvent(by, EventSetRelationship, RoleRefs, added...))
		}
	}
	return events
}

// linkFields are the many-to-many relationships that any of the records has.
func linkFields(all ...*Record) []string {
	var fields []string
	for _, r := range all {
		fields = slices.AppendSeq(fields, maps.Keys(r.Links))
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// relationEvent is that a relationship was set or unset to the records with the ids.
func relationEvent(r *schema.Relation, kind, role string, ids ...string) Event {
	e := Event{Kind: kind, Relationship: r.Name, Role: role}
	for _, id := range ids {
		e.Others = append(e.Others, Participant{Entity: r.Target.Name, ID: id})
	}
	return e
}

func (r *Record) Participant() Participant { return Participant{Entity: r.Object, ID: r.ID} }

// without returns what is in ids and not in the others.
func without(ids, others []string) []string {
	if len(ids) == 0 {
		return nil
	}
	there := make(map[string]bool, len(others))
	for _, id := range others {
		there[id] = true
	}
	var left []string
	for _, id := range ids {
		if !there[id] {
			left = append(left, id)
		}
	}
	return left
}

// UpdatesBetween returns the members that differ, by name.
func UpdatesBetween(before, after map[string]any) []Update {
	var updates []Update
	for field, old := range before {
		if now, ok := after[field]; !ok {
			updates = append(updates, Update{field, old, Absent{}})
		} else if !reflect.DeepEqual(old, now) {
			updates = append(updates, Update{field, old, now})
		}
	}
	for field, now := range after {
		if _, ok := before[field]; !ok {
			updates = append(updates, Update{field, Absent{}, now})
		}
	}
	slices.SortFunc(updates, func(a, b Update) int { return strings.Compare(a.Field, b.Field) })
	return updates
}

// schemaSubject is what the histories have the schema of an object as. No record
// has such an id.
func schemaSubject(object string) string { return "schema " + object }

// rememberSchemas notes how the schemas changed.
func (tx *Tx) rememberSchemas() {
	if tx.recorder.schemas == nil {
		return
	}
	for _, next := range tx.store.Schemas.Objects {
		subject := schemaSubject(next.Name)
		before := tx.recorder.schemas.Find(next.Name)
		if before == nil {
			tx.Note(subject, Event{Kind: EventCreate, Changes: UpdatesBetween(nil, next.Whole())})
		} else if changes := UpdatesBetween(before.Whole(), next.Whole()); len(changes) > 0 {
			tx.Note(subject, Event{Kind: EventUpdate, Changes: changes})
		}
	}
	for _, old := range tx.recorder.schemas.Objects {
		if tx.store.Schemas.Find(old.Name) == nil {
			tx.store.histories.Remove(tx, schemaSubject(old.Name))
		}
	}
}

// forgetEvents drops the oldest events once there are twice the limit, which spreads
// its cost over the events that made them so many.
func (tx *Tx) forgetEvents(limit uint64) {
	s := tx.store
	if s.events-s.forgotten < 2*limit {
		return
	}
	s.forgotten = s.events - limit
	for _, subject := range s.histories.IDs() {
		h, _ := s.histories.Find(subject)
		if left := h.latest.since(s.forgotten); left != h.latest {
			h.latest = left
			s.histories.Put(tx, subject, h)
		}
	}
}

// since returns a list of the events whose serial number is above a limit.
func (e *Event) since(serial uint64) *Event {
	var kept []*Event
	for ; e != nil && e.serial > serial; e = e.before {
		kept = append(kept, e)
	}
	if e == nil && len(kept) > 0 {
		return kept[0]
	}
	var latest *Event
	for _, old := range slices.Backward(kept) {
		again := *old
		again.before = latest
		latest = &again
	}
	return latest
}
