package store

import (
	"time"
)

// A Record is one record, whole and immutable.
type Record struct {
	Object    string
	ID        string
	given     map[string]any // see attributes
	Source    Source         // what makes them if they were not given
	Number    int            // of the record, for the source
	Links     map[string][]string
	CreatedAt time.Time
	UpdatedAt time.Time
	CreatedBy string
	UpdatedBy string
}

// Attributes returns the fields of the record, without the system's. The map must
// not be changed.
func (r *Record) Attributes() map[string]any {
	if r.given == nil && r.Source != nil {
		return r.Source.Attributes(r.Object, r.Number)
	}
	return r.given
}

// Attribute returns the value of one of the attributes, or nil.
func (r *Record) Attribute(field string) any {
	value, _ := r.lookup(field)
	return value
}

// lookup is Attribute that also reports whether there is one.
func (r *Record) lookup(field string) (value any, has bool) {
	if r.given == nil && r.Source != nil {
		value = r.Source.Attribute(r.Object, field, r.Number)
		return value, value != nil
	}
	value, has = r.given[field]
	return value, has
}

// with returns a record that is r but for its attributes.
func (r *Record) with(attributes map[string]any) *Record {
	changed := *r
	changed.given, changed.Source = attributes, nil
	return &changed
}

// A Source makes the attributes of records whenever they are asked for, so that many
// records take little memory. It is immutable.
type Source interface {
	Attributes(object string, number int) map[string]any
	Attribute(object, field string, number int) any // nil if there is none
}
