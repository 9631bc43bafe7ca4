package store

import (
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// A Map keeps values of one type by id, in the order in which they were put there, and
// is copied on write: a copy of it is a snapshot, and the next transaction that changes
// it copies its contents. Its zero value is empty and ready for use. Reading needs the
// lock of the store whose transactions change it. They undo their changes if they fail.
//
// Values are immutable: to change one, put another in its place. A value may therefore
// be used after the lock is released.
type Map[T any] struct{ data *mapData[T] }

// mapData is the contents of a Map. Slots of values that were removed stay behind as gaps
// until the transaction is committed, because undoing it needs them.
type mapData[T any] struct {
	epoch  *epoch
	slots  []slot[T]
	places map[string]int // id to the index in slots
}

type slot[T any] struct {
	id    string
	taken bool
	value T
}

// An epoch is the time between two snapshots of a store. Only what was made in the
// current epoch may be changed in place, because no snapshot has it.
type epoch struct{ _ byte }

// Find returns the value with the id, and whether there is one.
func (m *Map[T]) Find(id string) (value T, ok bool) {
	if m.data == nil {
		return value, false
	}
	place, ok := m.data.places[id]
	if !ok {
		return value, false
	}
	return m.data.slots[place].value, true
}

// Get is Find with an error if there is no value. what names the value in the error, as
// in "list".
func (m *Map[T]) Get(what, id string) (T, error) {
	value, ok := m.Find(id)
	if !ok {
		return value, values.NewProblem(ErrNotFound, "", "There is no %s with this id.", what)
	}
	return value, nil
}

// Len returns how many values there are.
func (m *Map[T]) Len() int {
	if m.data == nil {
		return 0
	}
	return len(m.data.places)
}

// All returns the values in the order in which their ids were first put. The
// slice is the caller's.
func (m *Map[T]) All() []T {
	return m.Where(func(T) bool { return true })
}

// Where returns the values for which keep returns true, in the order of All.
func (m *Map[T]) Where(keep func(T) bool) []T {
	values := []T{}
	if m.data == nil {
		return values
	}
	for _, slot := range m.data.slots {
		if slot.taken && keep(slot.value) {
			values = append(values, slot.value)
		}
	}
	return values
}

// IDs returns the ids in the order of All.
func (m *Map[T]) IDs() []string {
	ids := []string{}
	if m.data == nil {
		return ids
	}
	for _, slot := range m.data.slots {
		if slot.taken {
			ids = append(ids, slot.id)
		}
	}
	return ids
}

// Put adds a value at the end, or puts it in the place of the one with its id.
func (m *Map[T]) Put(tx *Tx, id string, value T) {
	data := m.open(tx)
	place, there := data.places[id]
	if !there {
		place = len(data.slots)
		data.places[id] = place
		data.slots = append(data.slots, slot[T]{id, true, value})
		tx.undo = append(tx.undo, func() {
			data.slots = data.slots[:place]
			delete(data.places, id)
		})
		return
	}
	old := data.slots[place].value
	data.slots[place].value = value
	tx.undo = append(tx.undo, func() { data.slots[place].value = old })
}

// Remove removes the value with the id, if there is one.
func (m *Map[T]) Remove(tx *Tx, id string) {
	if _, ok := m.Find(id); !ok {
		return
	}
	data := m.open(tx)
	place := data.places[id]
	old := data.slots[place]
	data.slots[place] = slot[T]{}
	delete(data.places, id)
	tx.undo = append(tx.undo, func() {
		data.slots[place] = old
		data.places[id] = place
	})
	tx.onCommit = append(tx.onCommit, data.compact)
}

// open returns the contents of the map, for changing them in place.
func (m *Map[T]) open(tx *Tx) *mapData[T] {
	if m.data != nil && m.data.epoch == tx.store.epoch {
		return m.data
	}
	old := m.data
	fresh := &mapData[T]{epoch: tx.store.epoch, places: map[string]int{}}
	if old != nil {
		fresh.slots = slices.DeleteFunc(slices.Clone(old.slots), func(one slot[T]) bool { return !one.taken })
		fresh.number()
	}
	m.data = fresh
	tx.undo = append(tx.undo, func() { m.data = old })
	return fresh
}

func (d *mapData[T]) number() {
	for place, slot := range d.slots {
		d.places[slot.id] = place
	}
}

// compact closes the gaps once they are the larger part, which spreads its cost
// over the removals that made them.
func (d *mapData[T]) compact() {
	if len(d.slots) <= 2*len(d.places)+16 {
		return
	}
	d.slots = slices.DeleteFunc(d.slots, func(one slot[T]) bool { return !one.taken })
	d.number()
}
