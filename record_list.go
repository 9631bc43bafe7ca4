package clarify

import (
	"encoding/json"
	"reflect"
)

// recordList is a list of records, whatever the type of their attributes. What reads and
// writes records knows them as this: it is compiled once, and not for each type that a
// program uses.
type recordList interface {
	// add adds a record of which nothing is set. If the list is full, it makes room for
	// that many.
	add(room int) recordParts
	at(i int) recordParts
}

// recordParts points to the members of a record.
type recordParts struct {
	object, id    *string
	attributes    any // a pointer to a T
	relationships *Relationships
	included      *[]Record[json.RawMessage]
}

// recordAt is a record in a list. The zero recordAt is none.
type recordAt struct {
	list recordList
	i    int
}

// copy returns a copy of a record, in a list of its own.
func (r recordAt) copy(newList func() recordList) recordAt {
	list := newList()
	from, to := r.list.at(r.i), list.add(1)
	*to.object, *to.id, *to.relationships, *to.included = *from.object, *from.id, *from.relationships, *from.included
	reflect.ValueOf(to.attributes).Elem().Set(reflect.ValueOf(from.attributes).Elem())
	return recordAt{list, 0}
}

// typedList is a list of records with attributes of type T.
type typedList[T any] struct{ records []Record[T] }

func newTypedList[T any]() recordList { return &typedList[T]{records: []Record[T]{}} }

func (l *typedList[T]) add(room int) recordParts {
	n := len(l.records)
	if n == cap(l.records) {
		l.records = append(l.records, make([]Record[T], room)...)
	}
	l.records = l.records[:n+1]
	return l.at(n)
}

func (l *typedList[T]) at(i int) recordParts {
	r := &l.records[i]
	return recordParts{&r.Type, &r.ID, &r.Attributes, &r.Relationships, &r.Included}
}

// typedRecord returns a record with attributes of type T, nil if there is an error.
func typedRecord[T any](r recordAt, err error) (*Record[T], error) {
	if err != nil {
		return nil, err
	}
	return pointerTo[T](r), nil
}

// pointerTo returns a record in a list with attributes of type T, nil if there is none.
func pointerTo[T any](r recordAt) *Record[T] {
	if r.list == nil {
		return nil
	}
	return &r.list.(*typedList[T]).records[r.i]
}
