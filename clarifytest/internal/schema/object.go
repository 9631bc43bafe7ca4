package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// An Object is the schema of an object.
type Object struct {
	Name     string
	plural   string         // what the records that another one is linked to are called; empty for a custom object
	document map[string]any // its JSON Schema, without properties
	Fields   map[string]*Field
	Unique   []string // the fields whose values no two records share
	required []string // the fields that a record must have a value for
	set      *Set     // that it belongs to
}

// newObject makes an object of its fields.
func newObject(name, plural string, document map[string]any, fields map[string]*Field) *Object {
	o := &Object{Name: name, plural: plural, document: document, Fields: fields}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if fields[field].Unique {
			o.Unique = append(o.Unique, field)
		}
	}
	list, _ := document[keyRequired].([]any)
	for _, value := range list {
		// The system sets its own fields, and to-many relationships are no attributes.
		if field, ok := value.(string); ok && fields[field] != nil && !fields[field].ReadOnly && !fields[field].ToMany() && !strings.HasPrefix(field, "_") {
			o.required = append(o.required, field)
		}
	}
	return o
}

// TakesUnknown reports whether records of the object may have attributes that its
// schema does not have.
func (o *Object) TakesUnknown() bool { return o.set.rules.UnknownAttributes }

// Custom reports whether an object is the workspace's own.
func (o *Object) Custom() bool { return strings.HasPrefix(o.Name, customPrefix) }

// customPrefix is what the names of custom objects begin with.
const customPrefix = "c_"

// undeclaredReference is what a field is that no schema has and that is called
// after an object. There is none unless unknown attributes are taken.
var undeclaredReference = &Field{Kind: values.KindID, check: values.CheckString}

// Field returns what is known of a field. That is nothing, and false, if the
// schema does not have it, unless it is called after an object: such a field
// refers to records of it.
func (o *Object) Field(name string) (*Field, bool) {
	if f, ok := o.Fields[name]; ok {
		return f, true
	}
	if o.Reference(name) != nil {
		return undeclaredReference, true
	}
	return nil, false
}

// Folds reports whether values of a field are compared without regard to the case of
// letters.
func (o *Object) Folds(field string) bool {
	f := o.Fields[field]
	return f != nil && f.Fold
}

// Reference returns the object that a field refers to, or nil.
func (o *Object) Reference(field string) *Object {
	if f, ok := o.Fields[field]; ok {
		if f.Relationship == nil || f.Relationship.Kind != ManyToOne {
			return nil
		}
		return o.set.Find(f.Relationship.Object)
	}
	name, ok := strings.CutSuffix(field, referenceSuffix)
	if !ok || !o.set.rules.UnknownAttributes {
		return nil
	}
	return o.set.Find(name)
}

// referenceSuffix is what the names of fields that refer to a record end in.
const referenceSuffix = "_id"

// MatchField returns the field that match_on names, if it is unique.
func (o *Object) MatchField(name string) *Field {
	if f := o.Fields[name]; f != nil && f.Unique {
		return f
	}
	return nil
}
