package clarify

import (
	"cmp"
	"maps"
	"slices"
)

// event is what was last yielded of a record. Its numbers are digests: a cursor holds
// no data of the workspace.
type event struct {
	id      uint64 // of the record
	digest  uint64 // of its attributes, 0 if it was deleted
	at      int64  // when it was updated or deleted, in milliseconds since 1970
	deleted bool
}

// changesMemory has the events that the next run may meet again. Cursors share its log:
// events are only ever appended, and a cursor has the length that it had.
type changesMemory struct {
	log    []event
	latest map[uint64]int // by id, the index of the latest event
	forgotten
}

// forgotten has the latest time of an update and of a deletion that there was no room
// for. To forget an update means to yield it again, and to forget a deletion to ask for
// records that may have been deleted.
type forgotten struct{ update, deletion int64 }

// room is how many updates and how many deletions are remembered.
type room struct{ updates, deletions int }

var (
	roomInMemory = room{20_000, 20_000}
	roomInText   = room{400, 2_000}
)

func newChangesMemory(log []event, f forgotten) *changesMemory {
	m := &changesMemory{log: slices.Clone(log), forgotten: f}
	m.index()
	return m
}

func (m *changesMemory) index() {
	m.latest = make(map[uint64]int, len(m.log))
	for i := range m.log {
		m.latest[m.log[i].id] = i
	}
}

// of returns what was last yielded of a record.
func (m *changesMemory) of(id uint64) (event, bool) {
	i, ok := m.latest[id]
	if !ok {
		return event{}, false
	}
	return m.log[i], true
}

// add remembers an event if the next run, which begins at from, may meet it. It also
// replaces what was known of the record.
func (m *changesMemory) add(e event, from int64) {
	if _, known := m.latest[e.id]; !known && e.at < from {
		return
	}
	m.latest[e.id] = len(m.log)
	m.log = append(m.log, e)
	if len(m.log) >= 2*(roomInMemory.updates+roomInMemory.deletions) {
		m.keep(from)
	}
}

// count returns how many updates from a time on it remembers.
func (m *changesMemory) count(from int64) int {
	n := 0
	for _, i := range m.latest {
		if e := &m.log[i]; !e.deleted && e.at >= from {
			n++
		}
	}
	return n
}

// keep drops what the next run, which begins at from, cannot meet, and what there is no
// room for.
func (m *changesMemory) keep(from int64) {
	m.log, m.forgotten = latestEvents(m.log, m.forgotten, roomInMemory, from)
	m.index()
}

// latestEvents returns the last event of each record from a time on, as far as there is
// room, in the order of their times.
func latestEvents(log []event, f forgotten, r room, from int64) ([]event, forgotten) {
	last := make(map[uint64]event, len(log))
	for _, e := range log {
		last[e.id] = e
	}
	latestFirst := slices.SortedFunc(maps.Values(last), func(a, b event) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id))
	})
	var kept []event
	for _, e := range latestFirst {
		left, latest := &r.updates, &f.update
		if e.deleted {
			left, latest = &r.deletions, &f.deletion
		}
		switch {
		case e.at < from:
		case *left > 0:
			*left--
			kept = append(kept, e)
		default:
			*latest = max(*latest, e.at)
		}
	}
	slices.Reverse(kept)
	return kept, f
}
