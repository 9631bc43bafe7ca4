package clarifytest

import "slices"

// shelf keeps values of one type by id, in the order in which they were put
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
type shelf[T any] struct{ data *shelved[T] }

// shelved is what a shelf holds. Slots of values that were removed stay behind
// as gaps until the change is committed, because undoing it needs them.
type shelved[T any] struct {
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

// find returns the value with the id, and whether there is one.
func (s *shelf[T]) find(id string) (value T, ok bool) {
	if s.data == nil {
		return value, false
	}
	place, ok := s.data.places[id]
	if !ok {
		return value, false
	}
	return s.data.slots[place].value, true
}

// get is find with the response that the API gives if there is none. what is the
// name of a value for its text, as in "list".
func (s *shelf[T]) get(what, id string) (T, error) {
	value, ok := s.find(id)
	if !ok {
		return value, notFound("There is no %s with this id.", what)
	}
	return value, nil
}

// len returns how many values there are.
func (s *shelf[T]) len() int {
	if s.data == nil {
		return 0
	}
	return len(s.data.places)
}

// all returns the values in the order in which their ids were first put. The
// slice is the caller's.
func (s *shelf[T]) all() []T {
	return s.where(func(T) bool { return true })
}

// where returns the values for which keep is true, in the order of all.
func (s *shelf[T]) where(keep func(T) bool) []T {
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

// ids returns the ids in the order of all.
func (s *shelf[T]) ids() []string {
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

// put adds a value at the end, or puts it in the place of the one with its id.
func (s *shelf[T]) put(c *change, id string, value T) {
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

// remove takes the value with the id away, if there is one.
func (s *shelf[T]) remove(c *change, id string) {
	if _, ok := s.find(id); !ok {
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
	c.settle = append(c.settle, data.compact)
}

// open returns what the shelf holds, for changing it in place.
func (s *shelf[T]) open(c *change) *shelved[T] {
	if s.data != nil && s.data.epoch == c.state.epoch {
		return s.data
	}
	old := s.data
	fresh := &shelved[T]{epoch: c.state.epoch, places: map[string]int{}}
	if old != nil {
		fresh.slots = slices.DeleteFunc(slices.Clone(old.slots), func(one slot[T]) bool { return !one.taken })
		fresh.number()
	}
	s.data = fresh
	c.undo = append(c.undo, func() { s.data = old })
	return fresh
}

func (d *shelved[T]) number() {
	for place, slot := range d.slots {
		d.places[slot.id] = place
	}
}

// compact closes the gaps once they are the larger part, which spreads its cost
// over the removals that made them.
func (d *shelved[T]) compact() {
	if len(d.slots) <= 2*len(d.places)+16 {
		return
	}
	d.slots = slices.DeleteFunc(d.slots, func(one slot[T]) bool { return !one.taken })
	d.number()
}
