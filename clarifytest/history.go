package clarifytest

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// EventLimit is how many of the latest events a workspace remembers at least,
// beside that records were created and deleted. A program that changes records
// for hours would otherwise fill the memory with what it did.
const EventLimit = 100_000

// history is what happened to one thing, mostly a record, in the order in which
// it happened. That a record was created or deleted is not in it: that is known
// of it anyway, so that a record which never changes costs nothing here.
type history struct {
	origin *record // the record as it was created, nil if it has not changed
	latest *event
	length int // of all events, also of those that are forgotten
}

// event is something that happened. Events are immutable and lead to the ones
// before them, so that histories can share them with those in snapshots.
type event struct {
	before *event
	number int    // in its history, from 1
	serial uint64 // among all events of the workspace
	deed   *deed
	kind   string // as the contract has it

	subject      *participant  // what it happened to, nil if it is what the history is of
	changes      []fieldUpdate // of the subject
	relationship string
	role         string // of the others: ref, refs or target
	others       []participant
}

// deed is what the events of one write have in common.
type deed struct {
	at time.Time
	by string
}

// participant is somebody or something that takes part in an event.
type participant struct {
	entity, id string
	data       map[string]any
}

// fieldUpdate is a member that has another value than before. Each of the two
// is absent if there is none.
type fieldUpdate struct {
	field    string
	old, new any
}

// absent is the value of a member that is not there, which null is not.
type absent struct{}

// The kinds of events.
const (
	eventCreate            = "clarify:create"
	eventUpdate            = "clarify:update"
	eventDelete            = "clarify:delete"
	eventMerge             = "clarify:merge"
	eventSetRelationship   = "clarify:set-relationship"
	eventUnsetRelationship = "clarify:unset-relationship"
	eventAddToList         = "clarify:add-to-list"
	eventRemoveFromList    = "clarify:remove-from-list"
	eventGrantAccess       = "clarify:grant-access"
	eventUpdateAccess      = "clarify:update-access"
	eventRevokeAccess      = "clarify:revoke-access"
)

// The roles of participants.
const (
	roleRef    = "ref"
	roleRefs   = "refs"
	roleTarget = "target"
)

// witness sees what a change does, and tells the histories once it is done. All
// writes to tables and schemas pass it, so that no operation can forget to.
type witness struct {
	touched []*record                // those that were replaced or removed, as they were before the change
	seen    map[string]bool          // their ids
	begun   map[string]int           // by object, how long the table was when the change first added to it
	sources map[string][]participant // the records that were merged into another, by its id
	schemas *schema.Set              // as they were, if they have been replaced
	notes   []note
}

// note is an event for the history of a subject.
type note struct {
	subject string
	event   event
}

// adding is called before a record is added to a table.
func (w *witness) adding(object string, t *table) {
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
func (w *witness) touching(r *record, place int) {
	if begun, ok := w.begun[r.object]; ok && place >= begun || w.seen[r.id] {
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[r.id] = true
	w.touched = append(w.touched, r)
}

// merging is called with a record that is merged into another.
func (w *witness) merging(source, heir *record) {
	if w.sources == nil {
		w.sources = map[string][]participant{}
	}
	w.sources[heir.id] = append(w.sources[heir.id], source.participant())
}

// note remembers an event of something.
func (c *change) note(subject string, e event) {
	c.witness.notes = append(c.witness.notes, note{subject, e})
}

// remember writes what the change did into the histories.
func (c *change) remember() {
	for _, before := range c.witness.touched {
		spec := c.state.spec(before)
		if spec == nil {
			continue
		}
		after := c.state.find(spec, before.id)
		if after == nil {
			continue
		}
		c.keepOrigin(before)
		for _, e := range c.eventsBetween(spec, before, after) {
			c.note(before.id, e)
		}
	}
	c.rememberSchemas()
	if len(c.witness.notes) == 0 {
		return
	}
	common := &deed{c.now, c.user}
	for _, n := range c.witness.notes {
		h, _ := c.state.histories.find(n.subject)
		c.state.events++
		h.length++
		e := n.event
		e.before, e.number, e.serial, e.deed = h.latest, h.length, c.state.events, common
		h.latest = &e
		c.state.histories.put(c, n.subject, h)
	}
	c.forgetEvents(EventLimit)
}

// keepOrigin keeps a record that changes for the first time as it was.
func (c *change) keepOrigin(r *record) {
	h, _ := c.state.histories.find(r.id)
	if h.origin == nil {
		h.origin = r
		c.state.histories.put(c, r.id, h)
	}
}

// eventsBetween tells what happened to a record that is before and after. It
// notes what that means for the records at other ends of relationships.
func (c *change) eventsBetween(spec *schema.Object, before, after *record) []event {
	var events []event
	changes := updatesBetween(before.attributes(), after.attributes())
	sources := c.witness.sources[after.id]
	switch {
	case len(sources) > 0:
		events = append(events, event{kind: eventMerge, changes: changes, role: roleRefs, others: sources})
	case len(changes) > 0:
		events = append(events, event{kind: eventUpdate, changes: changes})
	}
	for _, update := range changes {
		by := spec.RelationOf(update.field)
		if by == nil {
			continue
		}
		for _, end := range []struct {
			kind string
			id   any
		}{{eventUnsetRelationship, update.old}, {eventSetRelationship, update.new}} {
			id, ok := end.id.(string)
			if !ok {
				continue
			}
			events = append(events, relationEvent(by, end.kind, roleRef, id))
			if other := c.state.find(by.Target, id); other != nil && by.Inverse != "" {
				c.note(id, event{kind: end.kind, relationship: by.Inverse, role: roleRefs, others: []participant{after.participant()}})
			}
		}
	}
	for _, field := range linkFields(before, after) {
		by := spec.RelationOf(field)
		if by == nil {
			continue
		}
		was, is := before.links[field], after.links[field]
		if gone := without(was, is); len(gone) > 0 {
			events = append(events, relationEvent(by, eventUnsetRelationship, roleRefs, gone...))
		}
		if added := without(is, was); len(added) > 0 {
			events = append(events, relationEvent(by, eventSetRelationship, roleRefs, added...))
		}
	}
	return events
}

// linkFields are the many-to-many relationships that any of the records has.
func linkFields(all ...*record) []string {
	var fields []string
	for _, r := range all {
		fields = slices.AppendSeq(fields, maps.Keys(r.links))
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// relationEvent is that a relationship was set or unset to the records with the ids.
func relationEvent(r *schema.Relation, kind, role string, ids ...string) event {
	e := event{kind: kind, relationship: r.Name, role: role}
	for _, id := range ids {
		e.others = append(e.others, participant{entity: r.Target.Name, id: id})
	}
	return e
}

func (r *record) participant() participant { return participant{entity: r.object, id: r.id} }

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

// updatesBetween returns the members that differ, by name.
func updatesBetween(before, after map[string]any) []fieldUpdate {
	var updates []fieldUpdate
	for field, old := range before {
		if now, ok := after[field]; !ok {
			updates = append(updates, fieldUpdate{field, old, absent{}})
		} else if !reflect.DeepEqual(old, now) {
			updates = append(updates, fieldUpdate{field, old, now})
		}
	}
	for field, now := range after {
		if _, ok := before[field]; !ok {
			updates = append(updates, fieldUpdate{field, absent{}, now})
		}
	}
	slices.SortFunc(updates, func(a, b fieldUpdate) int { return strings.Compare(a.field, b.field) })
	return updates
}

// schemaSubject is what the histories have the schema of an object as. No record
// has such an id.
func schemaSubject(object string) string { return "schema " + object }

// rememberSchemas notes what became of the schemas.
func (c *change) rememberSchemas() {
	if c.witness.schemas == nil {
		return
	}
	for _, next := range c.state.schemas.Objects {
		subject := schemaSubject(next.Name)
		before := c.witness.schemas.Find(next.Name)
		if before == nil {
			c.note(subject, event{kind: eventCreate, changes: updatesBetween(nil, next.Whole())})
		} else if changes := updatesBetween(before.Whole(), next.Whole()); len(changes) > 0 {
			c.note(subject, event{kind: eventUpdate, changes: changes})
		}
	}
	for _, old := range c.witness.schemas.Objects {
		if c.state.schemas.Find(old.Name) == nil {
			c.state.histories.remove(c, schemaSubject(old.Name))
		}
	}
}

// forgetEvents drops the oldest events once there are twice the limit, which spreads
// its cost over the events that made them so many.
func (c *change) forgetEvents(limit uint64) {
	s := c.state
	if s.events-s.forgotten < 2*limit {
		return
	}
	s.forgotten = s.events - limit
	for _, subject := range s.histories.ids() {
		h, _ := s.histories.find(subject)
		if left := h.latest.since(s.forgotten); left != h.latest {
			h.latest = left
			s.histories.put(c, subject, h)
		}
	}
}

// since returns a list of the events whose serial number is above a limit.
func (e *event) since(serial uint64) *event {
	var kept []*event
	for ; e != nil && e.serial > serial; e = e.before {
		kept = append(kept, e)
	}
	if e == nil && len(kept) > 0 {
		return kept[0]
	}
	var latest *event
	for _, old := range slices.Backward(kept) {
		again := *old
		again.before = latest
		latest = &again
	}
	return latest
}
