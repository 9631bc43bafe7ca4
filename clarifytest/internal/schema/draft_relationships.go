package schema

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// end is one end of a relationship that is to be made.
type end struct {
	object, field string
	schema        JSON
	at            values.Pointer
}

func (e end) relation() *Relationship { return newField(e.field, e.schema).Relationship }

// readEnds reads the two ends, which are given by object and then by field.
func readEnds(attributes map[string]any, at values.Pointer) ([]end, error) {
	var ends []end
	for _, object := range slices.Sorted(maps.Keys(attributes)) {
		fields := attributes[object].(map[string]any)
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			ends = append(ends, end{object, field, fields[field].(map[string]any), at.Member(object).Member(field)})
		}
	}
	if len(ends) != 2 {
		return nil, values.Invalid(at, "A relationship has two ends: a field of each object, or two of one.")
	}
	return ends, nil
}

func (d *Draft) checkEnds(object string, ends []end, at values.Pointer) error {
	var found values.Problems
	for i, e := range ends {
		own, other := e.relation(), ends[1-i]
		at := e.at.Member(keyRelationship)
		spec := d.Find(e.object)
		if spec == nil {
			found.Add(values.Invalid(e.at, "There is no object %s.", e.object))
			continue
		}
		found.Add(spec.checkFree(e.field, e.at))
		if own.Object != other.object || own.Field != other.field {
			found.Add(values.Invalid(at, "It must lead to the other end, the field %s of %s.", other.field, other.object))
		}
		if own.Kind != oppositeKinds[other.relation().Kind] {
			found.Add(values.Invalid(at.Member("kind"), "The kinds of the two ends do not go together: %s and %s.", own.Kind, other.relation().Kind))
		}
		_, hasType := e.schema["type"]
		_, hasOneOf := e.schema["oneOf"]
		switch {
		case own.Kind == ManyToOne && (!hasType || hasOneOf):
			found.Add(values.Invalid(e.at, "The end that refers to one record has a type, and no oneOf."))
		case own.Kind != ManyToOne && (hasType || !hasOneOf):
			found.Add(values.Invalid(e.at, "An end that leads to many records has oneOf, and no type."))
		}
	}
	if ends[0].object != object && ends[1].object != object {
		found.Add(values.Invalid(at, "One end must be a field of %s, which the path names.", object))
	}
	return found.Err()
}

// AddRelationship adds a relationship of an object. attributes are its two ends, by
// object and then by field; at is where they are in the request.
func (d *Draft) AddRelationship(object string, attributes map[string]any, at values.Pointer) error {
	ends, err := readEnds(attributes, at)
	if err == nil {
		err = d.checkEnds(object, ends, at)
	}
	if err != nil {
		return err
	}
	for _, e := range ends {
		field := d.origin.newField(e.field, e.schema)
		if field.presentation() == nil {
			field = field.ranked(e.field, d.nextRank(e.object))
		}
		d.setField(e.object, e.field, field)
		if e.relation().Kind != ManyToOne {
			// What records have under the name was an attribute, which it cannot be
			// any more.
			d.Edits = append(d.Edits, Edit{Object: e.object, Field: e.field})
		}
	}
	return nil
}

// RemoveRelationship removes a relationship of an object at both ends.
func (d *Draft) RemoveRelationship(object, field string) error {
	spec := d.Find(object)
	if spec.isStandard(field) {
		return values.Invalid("", "%s is a relationship of every workspace and cannot be deleted.", field)
	}
	by := spec.Fields[field].Relationship
	d.removeField(object, field)
	d.removeField(by.Object, by.Field)
	return nil
}
