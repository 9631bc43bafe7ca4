package clarify

import (
	"errors"

	"github.com/clarify-go/clarify/gen"
)

// Sortable is the name of a field that records can be sorted by. The contract does not
// say which fields these are. Here they are the fields of the object itself whose
// values have an order: text, numbers, checkboxes, dates, selects and names. [OrderBy]
// takes any.
type Sortable string

// OrderBy sorts by the field, as the option [OrderBy] does.
func (s Sortable) OrderBy(d Direction) QueryOption { return OrderBy(string(s), d) }

// Includable is the name of a relationship whose records can be included.
type Includable string

// Include asks for the linked records, as the option [Include] does.
func (i Includable) Include() QueryOption { return Include(string(i)) }

// Unique is the name of a unique field. It can be embedded in a struct beside a field
// of any type:
//
//	struct {
//		clarify.RequiredNumberField[int]
//		clarify.Unique
//	}{clarify.NewRequiredNumberField[int]("number"), "number"}
type Unique string

// MatchOn makes [Records.Create] update the record that has the same value of the
// field, as the option [MatchOn] does.
func (u Unique) MatchOn() WriteOption { return MatchOn(string(u)) }

// Clearable is the name of a field that can be without a value.
type Clearable string

// Clear clears the field: it sends null.
func (c Clearable) Clear() FieldChange { return FieldChange{field: string(c), value: []byte("null")} }

// Setter is the name of a field that can be set to a value of the type V.
type Setter[V any] string

// To sets the field to a value. It must not be null in JSON, for which there is
// [Clearable.Clear]. A [time.Time] is sent in UTC and to the millisecond, and must not be
// zero. Numbers are sent with all their digits.
func (s Setter[V]) To(value V) FieldChange { return changeTo(string(s), value) }

// IDSetter is the name of a field that can be set to an id.
type IDSetter[ID ~string] string

// To sets the field to an id, which must not be empty.
func (s IDSetter[ID]) To(id ID) FieldChange {
	if id == "" {
		return FieldChange{field: string(s), err: errors.New("the id is empty")}
	}
	return changeTo(string(s), string(id))
}

// CollectionSetter is the name of a collection or a multi select with items of the type
// E. The values of the former are sent as {"items": […]}.
type CollectionSetter[E any] string

// To sets the field to items, or to none. Without [CollectionSetter.Replace] the API
// decides how they combine with the present ones.
func (s CollectionSetter[E]) To(items ...E) FieldChange {
	return changeTo(string(s), collectionOf(items))
}

// Append adds one or more items to the field, as the option [Append] does.
func (s CollectionSetter[E]) Append(items ...E) FieldChange {
	return changeItems("Append", string(s), items, collectionOf(items))
}

// Remove removes one or more items from the field, as the option [Remove] does.
func (s CollectionSetter[E]) Remove(items ...E) FieldChange {
	return changeItems("Remove", string(s), items, collectionOf(items))
}

// Replace replaces all items of the field by others, or by none, as the option
// [Replace] does.
func (s CollectionSetter[E]) Replace(items ...E) FieldChange {
	return changeBy("Replace", string(s), collectionOf(items))
}

// ArraySetter is the name of an array with elements of the type E. Its values are sent
// as […].
type ArraySetter[E any] string

// To sets the field to elements, or to none.
func (s ArraySetter[E]) To(elements ...E) FieldChange {
	return changeTo(string(s), notNil(elements))
}

// Append adds one or more elements to the field, as the option [Append] does.
func (s ArraySetter[E]) Append(elements ...E) FieldChange {
	return changeItems("Append", string(s), elements, elements)
}

// ObjectSetter is the name of a field whose values are objects in JSON, of the type V.
type ObjectSetter[V any] string

// To sets the field to a value. Without [ObjectSetter.Merge] the whole value is
// replaced.
func (s ObjectSetter[V]) To(value V) FieldChange { return changeTo(string(s), value) }

// Merge changes only those members of the field that value has, as the option [Merge]
// does. There must be one or more.
func (s ObjectSetter[V]) Merge(value V) FieldChange {
	c := changeBy("Merge", string(s), value)
	if c.err == nil && string(c.value) == "{}" {
		c.err = errors.New("Merge has no member")
	}
	return c
}

// RichTextSetter is the name of a rich text field. Its values are sent as
// {"text": […]}.
type RichTextSetter string

// To sets the field to blocks, such as those that [Text] makes.
func (s RichTextSetter) To(blocks []gen.RichTextBlock) FieldChange {
	return changeTo(string(s), map[string]any{"text": notNil(blocks)})
}
