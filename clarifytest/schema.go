package clarifytest

import (
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// schemas are the schemas of a workspace. They are immutable and make a whole:
// a change of one object makes other schemas. So they may be used without the
// state's lock, and a snapshot shares them.
type schemas struct {
	quirks  quirks        // of the server, as far as they are about schemas
	objects []*objectSpec // in the order in which they are listed
	byName  map[string]*objectSpec
}

// objectSpec is the schema of an object.
type objectSpec struct {
	name     string
	plural   string         // what the records that another one is linked to are called; empty for a custom object
	document map[string]any // its JSON Schema, without properties
	fields   map[string]*fieldSpec
	unique   []string // the fields whose values no two records share
	required []string // the fields that a record must have a value for
	schemas  *schemas // that it is one of
}

// newSchemas makes schemas of objects, which it gives to them as theirs.
func newSchemas(q quirks, objects []*objectSpec) *schemas {
	s := &schemas{quirks: q, byName: make(map[string]*objectSpec, len(objects))}
	for _, o := range objects {
		own := *o
		own.schemas = s
		s.objects = append(s.objects, &own)
		s.byName[own.name] = &own
	}
	return s
}

// newObject makes an object of its fields.
func newObject(name, plural string, document map[string]any, fields map[string]*fieldSpec) *objectSpec {
	o := &objectSpec{name: name, plural: plural, document: document, fields: fields}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if fields[field].unique {
			o.unique = append(o.unique, field)
		}
	}
	list, _ := document[keyRequired].([]any)
	for _, value := range list {
		if field, ok := value.(string); ok && fields[field] != nil {
			o.required = append(o.required, field)
		}
	}
	return o
}

// under returns the schemas as they are on a server with these quirks.
func (s *schemas) under(q quirks) *schemas {
	if s == nil || s.quirks == q {
		return s
	}
	return newSchemas(q, s.objects)
}

// find returns an object, or nil if there is none of this name.
func (s *schemas) find(name string) *objectSpec { return s.byName[name] }

// custom tells whether an object is the workspace's own.
func (o *objectSpec) custom() bool { return strings.HasPrefix(o.name, customPrefix) }

// customPrefix is what the names of custom objects begin with.
const customPrefix = "c_"

// undeclaredReference is what a field is that no schema has and that is called
// after an object. There is none unless unknown attributes are taken.
var undeclaredReference = &fieldSpec{kind: values.KindID, check: values.CheckString}

// field returns what is known of a field. That is nothing, and false, if the
// schema does not have it, unless it is called after an object: such a field
// refers to records of it.
func (o *objectSpec) field(name string) (*fieldSpec, bool) {
	if f, ok := o.fields[name]; ok {
		return f, true
	}
	if o.reference(name) != nil {
		return undeclaredReference, true
	}
	return nil, false
}

// folds tells whether the letters of a field's values are compared in either
// case.
func (o *objectSpec) folds(field string) bool {
	f := o.fields[field]
	return f != nil && f.fold
}

// reference is the object that a field refers to, or nil.
func (o *objectSpec) reference(field string) *objectSpec {
	if f, ok := o.fields[field]; ok {
		if f.relation == nil || f.relation.kind != manyToOne {
			return nil
		}
		return o.schemas.find(f.relation.object)
	}
	name, ok := strings.CutSuffix(field, referenceSuffix)
	if !ok || !o.schemas.quirks.unknownAttributes {
		return nil
	}
	return o.schemas.find(name)
}

// referenceSuffix is what the names of fields that refer to a record end in.
const referenceSuffix = "_id"

// A relation is a relationship of an object, as seen from there.
type relation struct {
	name    string // as records have it among their relationships
	field   string // of the object, which the relationship belongs to
	kind    string // manyToOne, oneToMany or manyToMany
	target  *objectSpec
	inverse string // the field at the target; empty if there is none
	many    bool   // whether it is answered as a list
}

// The kinds of relationships, as a schema has them.
const (
	manyToOne  = "many-to-one"
	oneToMany  = "one-to-many"
	manyToMany = "many-to-many"
)

// relation returns the relationship of a name, or nil. The name is that of the
// field, which may lack _id if it refers to one record. The plural of an object
// is a name for the only relationship that leads to it.
func (o *objectSpec) relation(name string) *relation {
	for _, field := range []string{name, name + referenceSuffix} {
		if r := o.relationOf(field); r != nil {
			return r
		}
	}
	var found *relation
	for _, field := range slices.Sorted(maps.Keys(o.fields)) {
		r := o.relationOf(field)
		if r == nil || r.target.plural != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = r
		found.name, found.many = name, true
	}
	return found
}

// relationOf returns the relationship that belongs to a field, or nil.
func (o *objectSpec) relationOf(field string) *relation {
	f := o.fields[field]
	switch {
	case f != nil && f.relation != nil:
		target := o.schemas.find(f.relation.object)
		if target == nil {
			return nil
		}
		r := &relation{
			name:    field,
			field:   field,
			kind:    f.relation.kind,
			target:  target,
			inverse: f.relation.field,
			many:    f.relation.kind != manyToOne,
		}
		if !r.many {
			r.name = relationName(field)
		}
		return r
	case f != nil:
		return nil
	}
	target := o.reference(field)
	if target == nil {
		return nil
	}
	return &relation{name: relationName(field), field: field, kind: manyToOne, target: target}
}

// relationName is what the relationship of a field is called that refers to one
// record.
func relationName(field string) string { return strings.TrimSuffix(field, referenceSuffix) }

// matchField returns the field that match_on names, if it is unique.
func (o *objectSpec) matchField(name string) *fieldSpec {
	if f := o.fields[name]; f != nil && f.unique {
		return f
	}
	return nil
}
