package clarify

import (
	"encoding/json"

	"github.com/clarify-go/clarify/gen"
)

// ObjectSchema is an object and its fields.
type ObjectSchema struct {
	// Name is the name in paths and in calls such as [NewRecords]: the last part of
	// the id (live-api.md, S1, S5).
	Name string
	// ID is the $id, a URL that need not lead anywhere.
	ID string
	// Title, Singular, Plural and Description are for people to read, and can be empty.
	// Singular and Plural are those of xClarifyLabel (live-api.md, S4).
	Title, Singular, Plural, Description string
	// Custom reports whether the workspace defines the object: its name begins with c_
	// (live-api.md, D2).
	Custom bool
	// Fields are in the order of the app, which is the rank of xClarifyPresentation.
	// Fields without a rank follow, and the system's come last, both sorted by name.
	Fields []*FieldSchema
	// Raw is the JSON Schema as it was sent, except for the order of its members. It is
	// nil if there is none.
	Raw json.RawMessage

	checker *objectChecker // nil if it was not made by NewSchema
}

// Field returns the field with a name, and whether it exists.
func (o *ObjectSchema) Field(name string) (*FieldSchema, bool) { return findField(o.Fields, name) }

func findField(fields []*FieldSchema, name string) (*FieldSchema, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// FieldSchema describes a field of an object, a member of a field, an item of a
// collection, or a definition.
//
// It includes the definitions that the field refers to (live-api.md, S3), except for
// missing ones.
type FieldSchema struct {
	// Name is the name among the attributes. It can be any string, such as end or
	// type (live-api.md, S7). Items have none.
	Name string
	// Title and Description are for people to read, and can be empty.
	Title, Description string
	// Kind determines the form of the values and how they can be filtered.
	Kind FieldKind
	// Format is the format of strings, such as email or hostname, if the schema has one.
	// Reading does not check it; [ObjectSchema.Check] does.
	Format string
	// Definition is the name of the definition that the field refers to, such as
	// personName, or empty. If the schema does not have it, Kind is KindUnknown.
	Definition string

	// Options are the options of a select or multi select, in the order of the app. A
	// select without options takes any string.
	Options []FieldOption
	// Relationship is what the field links to, nil if it is not a link.
	Relationship *FieldRelationship
	// Items describes the items of a collection, array or multi select. It is nil if
	// there are none, or if nothing is known of them.
	Items *FieldSchema
	// Members are the members of values that are objects, such as first_name of a name,
	// in the same order as fields. A member that refers to the definition of a field
	// around it has no members here.
	Members []*FieldSchema

	// Unique reports whether no two records can have the same value, so that
	// [MatchOn] takes the field. In some workspaces, syncing mail and calendars has
	// created duplicates all the same (live-api.md, D4).
	Unique bool
	// Required reports whether the schema requires a value. Some records have none
	// all the same (live-api.md, D3).
	Required bool
	// Nullable reports whether the schema says that the value can be null. In fact
	// nearly every attribute can (live-api.md, D3).
	Nullable bool
	// ReadOnly reports whether the field cannot be written: the schema says so, or
	// the name begins with _, so that the system sets it.
	ReadOnly bool
	// Primary reports whether the field names the record.
	Primary bool
	// Hidden reports whether the app does not show the field on a record's page.
	Hidden bool
	// AI reports whether AI fills in the field. A field NAME_meta may say how
	// (live-api.md, D2).
	AI bool

	// Raw is the JSON Schema as it was sent, except for the order of its members, with
	// unresolved references. If several schemas describe the field, it is an allOf of
	// them. It is nil if the schema cannot be encoded.
	Raw json.RawMessage

	facts fieldFacts
}

// Member returns the member with a name, and whether it exists.
func (f *FieldSchema) Member(name string) (*FieldSchema, bool) { return findField(f.Members, name) }

// Option returns the option with a value, and whether it exists. The value is
// case-sensitive.
func (f *FieldSchema) Option(value string) (FieldOption, bool) {
	for _, o := range f.Options {
		if o.Value == value {
			return o, true
		}
	}
	return FieldOption{}, false
}

// FieldOption is an option of a select or multi select (live-api.md, S4).
type FieldOption struct {
	// Value is the value in records.
	Value string
	// ID and Color are empty if the schema does not have them.
	ID, Color string
}

// FieldRelationship is one end of a relationship, as xClarifyRelationship says
// (live-api.md, S4). Fields that it leaves out are empty.
type FieldRelationship struct {
	// Kind says how many records are at this end and at the other.
	Kind gen.RelationshipKind
	// Object is the name of the object at the other end.
	Object string
	// Field is the name of the field at the other end.
	Field string
}
