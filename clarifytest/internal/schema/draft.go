package schema

import (
	"maps"
	"slices"
)

// An Edit is what a change of the schemas does to the values of a field, in
// all records of an object.
type Edit struct {
	Object, Field string

	// Convert returns the new value for one that is not null, and whether it differs.
	// If Convert is nil the field is gone, and its values and links go with it.
	Convert func(value any) (any, bool)
}

// A Draft is a change of a set. Its methods change the draft only; Set returns the
// set that it makes.
type Draft struct {
	rules   Rules
	origin  *origin
	Objects []*Object
	Edits   []Edit
}

// Draft returns a draft that has changed nothing yet.
func (s *Set) Draft() *Draft {
	return &Draft{rules: s.rules, origin: s.origin, Objects: slices.Clone(s.Objects)}
}

// Find returns an object as the draft has it, or nil.
func (d *Draft) Find(name string) *Object {
	for _, o := range d.Objects {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// Put adds an object, or replaces the one of its name.
func (d *Draft) Put(o *Object) {
	for i := range d.Objects {
		if d.Objects[i].Name == o.Name {
			d.Objects[i] = o
			return
		}
	}
	d.Objects = append(d.Objects, o)
}

// setField adds a field to an object, or replaces the one of its name.
func (d *Draft) setField(object, name string, field *Field) {
	o := d.Find(object)
	fields := maps.Clone(o.Fields)
	fields[name] = field
	d.Put(newObject(o.Name, o.plural, o.document, fields))
}

// removeField removes a field, and its values and links from all records.
func (d *Draft) removeField(object, name string) {
	o := d.Find(object)
	if o == nil || o.Fields[name] == nil {
		return // the other end of a relationship may not be there
	}
	fields := maps.Clone(o.Fields)
	delete(fields, name)
	d.Put(newObject(o.Name, o.plural, o.document, fields))
	d.Edits = append(d.Edits, Edit{Object: object, Field: name})
}

// RemoveObject removes an object, and the relationships that lead to it.
func (d *Draft) RemoveObject(name string) {
	d.Objects = slices.DeleteFunc(d.Objects, func(o *Object) bool { return o.Name == name })
	for _, o := range slices.Clone(d.Objects) {
		for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
			if r := o.Fields[field].Relationship; r != nil && r.Object == name {
				d.removeField(o.Name, field)
			}
		}
	}
}

// nextRank is the place of a field that is added to an object.
func (d *Draft) nextRank(object string) int {
	last := 0
	for _, f := range d.Find(object).Fields {
		last = max(last, int(f.rank()))
	}
	return last + 1
}

// Set returns the set that the draft makes.
func (d *Draft) Set() *Set { return newSet(d.origin, d.rules, d.Objects) }
