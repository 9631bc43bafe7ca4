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
	// ID is the $id, a URL. Nothing has to be there.
	ID string
	// Title, Singular, Plural and Description are for people, and can be empty. The
	// labels are those of xClarifyLabel (live-api.md, S4).
	Title, Singular, Plural, Description string
	// Custom reports whether the workspace has made the object: its name begins
	// with c_ (live-api.md, D2).
	Custom bool
	// Fields are in the order of the app (the rank of xClarifyPresentation). Those
	// without a place in it come after the others, and those of the system last,
	// both by name.
	Fields []*FieldSchema
	// Raw is the JSON Schema as it was sent, but for the order of its members. It
	// is nil if there is none.
	Raw json.RawMessage
}

// Field returns the field with a name and whether there is one.
func (o *ObjectSchema) Field(name string) (*FieldSchema, bool) { return findField(o.Fields, name) }

func findField(fields []*FieldSchema, name string) (*FieldSchema, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// FieldSchema is a field of an object, and in the same way a member of a field, an
// item of a collection, or a definition.
//
// What it says is what the schema says, including the definitions that it refers
// to (live-api.md, S3). A definition that is not there leaves what it would say
// unknown.
type FieldSchema struct {
	// Name is the name among the attributes. It can be any string, such as end or
	// type (live-api.md, S7). Items have none.
	Name string
	// Title and Description are for people, and can be empty.
	Title, Description string
	// Kind says what values look like and how they can be filtered.
	Kind FieldKind
	// Format is that of strings, such as email or hostname, if the schema has one.
	// It is not checked.
	Format string
	// Definition is the name of the definition that the field refers to, such as
	// personName, or empty. If the schema does not have it, Kind is KindUnknown.
	Definition string

	// Options are what a select or multi select can be, in the order of the app. A
	// select without options takes any string.
	Options []FieldOption
	// Relationship is what a field links to, nil if it does not link.
	Relationship *FieldRelationship
	// Items is what each item of a collection, array or multi select is, nil if
	// there are no items or if nothing is known of them.
	Items *FieldSchema
	// Members are the members of values that are objects, such as first_name of a
	// name. They are in the same order as fields. A member that is of the kind of
	// a field around it has no members here.
	Members []*FieldSchema

	// Unique reports whether no two records can have the same value, so that
	// [MatchOn] takes the field. Workspaces were seen in which mail and calendar
	// had created duplicates (live-api.md, D4).
	Unique bool
	// Required reports whether the schema requires a value. Records were seen that
	// have none (live-api.md, D3).
	Required bool
	// Nullable reports whether the schema says that the value can be null. Nearly
	// every attribute can, whatever it says (live-api.md, D3).
	Nullable bool
	// ReadOnly reports whether the field cannot be written: the schema says so, or
	// the name begins with _, which are the system's.
	ReadOnly bool
	// Primary reports whether it is the field that a record is called by.
	Primary bool
	// Hidden reports whether the app does not show the field on a record's page.
	Hidden bool
	// AI reports whether an AI fills the field. There may be a field NAME_meta that
	// says how (live-api.md, D2).
	AI bool

	// Raw is the JSON Schema as it was sent, but for the order of its members, with
	// references as they are. Where several schemas say something of the field, it
	// is an allOf of them. It is nil if it is not JSON.
	Raw json.RawMessage
}

// Member returns the member with a name and whether there is one.
func (f *FieldSchema) Member(name string) (*FieldSchema, bool) { return findField(f.Members, name) }

// Option returns the option with a value and whether there is one. Its case
// matters.
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
	// Value is what records have, and what is sent.
	Value string
	// ID and Color are empty if the schema does not have them.
	ID, Color string
}

// FieldRelationship is one end of a relationship, as xClarifyRelationship says
// (live-api.md, S4). What it does not say is empty.
type FieldRelationship struct {
	// Kind says how many records are at this end and at the other.
	Kind gen.RelationshipKind
	// Object is the name of the object at the other end.
	Object string
	// Field is the name of the field at the other end.
	Field string
}
