package schema

import (
	"maps"
	"slices"
	"strings"
)

// A Relation is a relationship of an object, as seen from there.
type Relation struct {
	Name    string // as records have it among their relationships
	Field   string // of the object, which the relationship belongs to
	Kind    string // ManyToOne, OneToMany or ManyToMany
	Target  *Object
	Inverse string // the field at the target; empty if there is none
	Many    bool   // whether responses have it as a list
}

// The kinds of relationships, as a schema has them.
const (
	ManyToOne  = "many-to-one"
	OneToMany  = "one-to-many"
	ManyToMany = "many-to-many"
)

// oppositeKinds are what the other end has of a relationship of each kind.
var oppositeKinds = map[string]string{ManyToOne: OneToMany, OneToMany: ManyToOne, ManyToMany: ManyToMany}

// relation returns the relationship of a name, or nil. The name is that of the
// field, which may lack _id if it refers to one record. The plural of an object
// is a name for the only relationship that leads to it.
func (o *Object) relation(name string) *Relation {
	for _, field := range []string{name, name + referenceSuffix} {
		if r := o.RelationOf(field); r != nil {
			return r
		}
	}
	var found *Relation
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		r := o.RelationOf(field)
		if r == nil || r.Target.plural != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = r
		found.Name, found.Many = name, true
	}
	return found
}

// RelationOf returns the relationship that belongs to a field, or nil.
func (o *Object) RelationOf(field string) *Relation {
	f := o.Fields[field]
	switch {
	case f != nil && f.Relationship != nil:
		target := o.set.Find(f.Relationship.Object)
		if target == nil {
			return nil
		}
		r := &Relation{
			Name:    field,
			Field:   field,
			Kind:    f.Relationship.Kind,
			Target:  target,
			Inverse: f.Relationship.Field,
			Many:    f.Relationship.Kind != ManyToOne,
		}
		if !f.Relationship.isInverse(o.Name, field, target.Fields[r.Inverse]) {
			// Only this end has the links.
			r.Inverse = ""
			if r.Many {
				r.Kind = ManyToMany
			}
		}
		if !r.Many {
			r.Name = relationName(field)
		}
		return r
	case f != nil:
		return nil
	}
	target := o.Reference(field)
	if target == nil {
		return nil
	}
	return &Relation{Name: relationName(field), Field: field, Kind: ManyToOne, Target: target}
}

// isInverse reports whether the other end of a relationship leads back to it, which is a
// field of an object.
func (r *Relationship) isInverse(object, field string, other *Field) bool {
	if other == nil || other.Relationship == nil {
		return false
	}
	back := other.Relationship
	return back.Object == object && back.Field == field && back.Kind == oppositeKinds[r.Kind]
}

// relationName is what the relationship of a field is called that refers to one
// record.
func relationName(field string) string { return strings.TrimSuffix(field, referenceSuffix) }

// RelationCalled returns the relationship of a property, or nil. If older is true
// it may be called by the other names that relation takes.
func (o *Object) RelationCalled(name string, older bool) *Relation {
	if by := o.RelationOf(name); by != nil || !older {
		return by
	}
	if by := o.relation(name); by != nil {
		return o.RelationOf(by.Field)
	}
	return nil
}
