package clarify

import (
	"fmt"
	"slices"
)

// FieldKind is the kind of values that a field has. It determines what they look
// like in JSON and which operators [Where] has for them.
type FieldKind int

// The kinds of fields, with the form of their values. All values can be null as
// well (live-api.md, D3).
const (
	// KindUnknown is a field whose schema says too little, or has an unknown form.
	// FieldSchema.Raw holds the schema.
	KindUnknown FieldKind = iota
	// KindText is a string. FieldSchema.Format is its format, if it has one.
	KindText
	// KindNumber is a number, currencies included. It has up to twelve digits before the
	// point and four after it.
	KindNumber
	// KindCheckbox is a boolean.
	KindCheckbox
	// KindDate is a day, "2006-01-02", a [Date].
	KindDate
	// KindDateTime is a time in RFC 3339, "2006-01-02T15:04:05.000Z". It is sent
	// with and without milliseconds (live-api.md, D6).
	KindDateTime
	// KindSelect is a string, one of the options. Its case matters.
	KindSelect
	// KindMultiSelect is {"items": ["…"]}, each of them one of the options.
	KindMultiSelect
	// KindCollection is {"items": […]}, a [Collection] if the items are strings, as
	// those of email_addresses are. Those of participants are objects.
	KindCollection
	// KindArray is a list without an object around it, […]. It has the options of
	// its items.
	KindArray
	// KindName is the name of a person, {"first_name": …, "last_name": …}, a
	// [Name].
	KindName
	// KindRichText is {"text": [block, …]}, as [Text] makes it.
	KindRichText
	// KindObject is any other object, such as a location or the colors of a
	// profile. FieldSchema.Members has its members.
	KindObject
	// KindID is an id that the system sets: that of the record in _id, and that of
	// a user, or a word such as "system", in _created_by and _updated_by.
	KindID
	// KindToOne is a link to one record: its id, in an attribute (live-api.md, D1).
	KindToOne
	// KindToMany is a link to several records. [Records.Link] sets them, not an
	// attribute.
	KindToMany
)

var fieldKinds = [...]string{
	"unknown", "text", "number", "checkbox", "date", "date-time", "select", "multi select", "collection", "array",
	"name", "rich text", "object", "id", "to-one relationship", "to-many relationship",
}

// String returns the name of the kind, such as "multi select".
func (k FieldKind) String() string {
	if k < 0 || int(k) >= len(fieldKinds) {
		return fmt.Sprintf("FieldKind(%d)", int(k))
	}
	return fieldKinds[k]
}

var (
	operatorsOfEquality    = []Operator{Is, IsNot}
	operatorsOfContainment = []Operator{Contains, DoesNotContain}
	operatorsOfEmptiness   = []Operator{IsEmpty, IsNotEmpty}
)

// Operators returns the operators that the contract lists for fields of the kind, in
// the order of the constants. It returns nil for kinds that the contract does not
// mention: names, rich text, arrays, to-many relationships and unknown ones. The only
// objects that it mentions are locations, which take Contains and DoesNotContain.
func (k FieldKind) Operators() []Operator {
	switch k {
	case KindText:
		return slices.Concat(operatorsOfEquality, operatorsOfContainment, []Operator{StartsWith, EndsWith}, operatorsOfEmptiness)
	case KindNumber:
		return slices.Concat(operatorsOfEquality, []Operator{GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual}, operatorsOfEmptiness)
	case KindDate, KindDateTime:
		return slices.Concat(operatorsOfEquality, []Operator{IsBefore, IsOnOrBefore, IsAfter, IsOnOrAfter}, operatorsOfEmptiness)
	case KindSelect:
		return slices.Concat(operatorsOfEquality, []Operator{OneOf, NotOneOf}, operatorsOfEmptiness)
	case KindMultiSelect, KindCollection:
		return slices.Concat(operatorsOfContainment, operatorsOfEmptiness)
	case KindCheckbox:
		return slices.Concat(operatorsOfEquality, []Operator{IsSet, IsNotSet})
	case KindID, KindToOne:
		return slices.Concat(operatorsOfEquality, operatorsOfEmptiness)
	case KindObject:
		return slices.Clone(operatorsOfContainment)
	}
	return nil
}
