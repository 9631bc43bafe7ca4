package store

import (
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Map keeps values of one type by id, in the order in which they were put
// there. It is for what a workspace holds beside records. Its zero value is
// empty and ready for use. It is a field of [holdings] and belongs to that
// state: reading it needs the state's lock, and only a change writes to it, so
// that all writes are undone if the change fails.
//
// Values are immutable: to change one, put another in its place. A value may
// therefore be used after the lock is released.
//
// Copying a shelf takes a snapshot of it. The next change to it copies what it
// holds, and only then.
type Map[T any] struct{ data *mapData[T] }

// mapData is what a shelf holds. Slots of values that were removed stay behind
// as gaps until the change is committed, because undoing it needs them.
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

// epoch is the time between two snapshots of a state. Only what was made within
// the present epoch may be changed in place, because no snapshot has it.
type epoch struct{ _ byte }

// Find returns the value with the id, and whether there is one.
func (s *Map[T]) Find(id string) (value T, ok bool) {
	if s.data == nil {
		return value, false
	}
	place, ok := s.data.places[id]
	if !ok {
		return value, false
	}
	return s.data.slots[place].value, true
}

// Get is find with the response that the API gives if there is none. what is the
// name of a value for its text, as in "list".
func (s *Map[T]) Get(what, id string) (T, error) {
	value, ok := s.Find(id)
	if !ok {
		return value, values.NewProblem(ErrNotFound, "", "There is no %s with this id.", what)
	}
	return value, nil
}

// Len returns how many values there are.
func (s *Map[T]) Len() int {
	if s.data == nil {
		return 0
	}
	return len(s.data.places)
}

// All returns the values in the order in which their ids were first put. The
// slice is the caller's.
func (s *Map[T]) All() []T {
	return s.Where(func(T) bool { return true })
}

// Where returns the values for which keep is true, in the order of all.
func (s *Map[T]) Where(keep func(T) bool) []T {
	values := []T{}
	if s.data == nil {
		return values
	}
	for _, slot := range s.data.slots {
		if slot.taken && keep(slot.value) {
			values = append(values, slot.value)
		}
	}
	return values
}

// IDs returns the ids in the order of all.
func (s *Map[T]) IDs() []string {
	ids := []string{}
	if s.data == nil {
		return ids
	}
	for _, slot := range s.data.slots {
		if slot.taken {
			ids = append(ids, slot.id)
		}
	}
	return ids
}

// Put adds a value at the end, or puts it in the place of the one with its id.
func (s *Map[T]) Put(c *Tx, id string, value T) {
	data := s.open(c)
	place, there := data.places[id]
	if !there {
		place = len(data.slots)
		data.places[id] = place
		data.slots = append(data.slots, slot[T]{id, true, value})
		c.undo = append(c.undo, func() {
			data.slots = data.slots[:place]
			delete(data.places, id)
		})
		return
	}
	old := data.slots[place].value
	data.slots[place].value = value
	c.undo = append(c.undo, func() { data.slots[place].value = old })
}

// Remove takes the value with the id away, if there is one.
func (s *Map[T]) Remove(c *Tx, id string) {
	if _, ok := s.Find(id); !ok {
		return
	}
	data := s.open(c)
	place := data.places[id]
	old := data.slots[place]
	data.slots[place] = slot[T]{}
	delete(data.places, id)
	c.undo = append(c.undo, func() {
		data.slots[place] = old
		data.places[id] = place
	})
	c.onCommit = append(c.onCommit, data.compact)
}

// open returns what the shelf holds, for changing it in place.
func (s *Map[T]) open(c *Tx) *mapData[T] {
	if s.data != nil && s.data.epoch == c.store.epoch {
		return s.data
	}
	old := s.data
	fresh := &mapData[T]{epoch: c.store.epoch, places: map[string]int{}}
	if old != nil {
		fresh.slots = slices.DeleteFunc(slices.Clone(old.slots), func(one slot[T]) bool { return !one.taken })
		fresh.number()
	}
	s.data = fresh
	c.undo = append(c.undo, func() { s.data = old })
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
