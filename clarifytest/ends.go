package clarifytest

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// end is one end of a relationship that is to be made.
type end struct {
	object, field string
	schema        jsonSchema
	at            values.Pointer
}

func (e end) relation() *relationSpec { return newField(e.field, e.schema).relation }

// createSchemaRelationshipProperties: POST /schemas/{entity}/relationships
func createSchemaRelationshipProperties(c *call) (reply, error) {
	spec, attributes, f := c.fieldChange("CreateRelationshipRequest")
	if f != nil {
		return reply{}, f
	}
	return c.accept(func(d *draft) error {
		ends, f := readEnds(attributes)
		if f == nil {
			f = d.checkEnds(spec, ends)
		}
		if f != nil {
			return f
		}
		for _, e := range ends {
			schema := e.schema
			if subschema(schema, keyPresentation) == nil {
				schema = ranked(schema, d.nextRank(e.object))
			}
			d.setField(e.object, e.field, schema)
			if e.relation().kind != manyToOne {
				// What records have under the name was an attribute, which it cannot be
				// any more.
				d.edits = append(d.edits, valueEdit{object: e.object, field: e.field})
			}
		}
		return nil
	})
}

// readEnds reads the two ends, which are given by object and then by field.
func readEnds(attributes map[string]any) ([]end, error) {
	const at values.Pointer = "/data/attributes"
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

// oppositeKinds are what the other end has of a relationship of each kind.
var oppositeKinds = map[string]string{manyToOne: oneToMany, oneToMany: manyToOne, manyToMany: manyToMany}

func (d *draft) checkEnds(spec *objectSpec, ends []end) error {
	var found values.Problems
	for i, e := range ends {
		own, other := e.relation(), ends[1-i]
		at := e.at.Member(keyRelationship)
		object := d.find(e.object)
		if object == nil {
			found.Add(values.Invalid(e.at, "There is no object %s.", e.object))
			continue
		}
		found.Add(object.checkFree(e.field, e.at))
		if own.object != other.object || own.field != other.field {
			found.Add(values.Invalid(at, "It must lead to the other end, the field %s of %s.", other.field, other.object))
		}
		if own.kind != oppositeKinds[other.relation().kind] {
			found.Add(values.Invalid(at.Member("kind"), "The kinds of the two ends do not go together: %s and %s.", own.kind, other.relation().kind))
		}
		_, hasType := e.schema["type"]
		_, hasOneOf := e.schema["oneOf"]
		switch {
		case own.kind == manyToOne && (!hasType || hasOneOf):
			found.Add(values.Invalid(e.at, "The end that refers to one record has a type, and no oneOf."))
		case own.kind != manyToOne && (hasType || !hasOneOf):
			found.Add(values.Invalid(e.at, "An end that leads to many records has oneOf, and no type."))
		}
	}
	if ends[0].object != spec.name && ends[1].object != spec.name {
		found.Add(values.Invalid("/data/attributes", "One end must be a field of %s, which the address names.", spec.name))
	}
	return found.Err()
}

// deleteSchemaRelationshipProperty: DELETE /schemas/{entity}/relationships/{fieldName}
func deleteSchemaRelationshipProperty(c *call) (reply, error) {
	spec, f := c.entity()
	if f == nil {
		f = readSilent(c.query)
	}
	if f != nil {
		return reply{}, f
	}
	name := c.request.PathValue("fieldName")
	field := spec.fields[name]
	if field == nil || field.relation == nil {
		return reply{}, notFound("%s has no relationship %s.", spec.name, name)
	}
	return c.changeSchemas(func(d *draft) error {
		if standardField(spec, name) {
			return values.Invalid("", "%s is a relationship of every workspace and cannot be deleted.", name)
		}
		d.removeField(spec.name, name)
		d.removeField(field.relation.object, field.relation.field)
		return nil
	})
}
