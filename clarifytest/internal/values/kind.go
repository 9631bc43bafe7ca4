package values

import "encoding/json"

// A Kind is a set of kinds of fields. A field of a schema has one kind, any other
// field the kinds of the values that it has had.
type Kind uint16

// The kinds of fields.
const (
	KindText Kind = 1 << iota
	KindNumber
	KindDate
	KindSelect
	KindMultiSelect
	KindCheckbox
	KindLocation
	KindID
	KindCollection
)

// No kind, and all of them.
const (
	KindUnknown Kind = 0
	KindAny     Kind = KindCollection<<1 - 1
)

var kindNames = map[Kind]string{
	KindText:        "text",
	KindNumber:      "number",
	KindDate:        "date",
	KindSelect:      "single select",
	KindMultiSelect: "multi select",
	KindCheckbox:    "checkbox",
	KindLocation:    "location",
	KindID:          "record id",
	KindCollection:  "collection",
}

// each calls f for every kind in the set.
func (k Kind) each(f func(Kind)) {
	for one := KindText; one <= KindCollection; one <<= 1 {
		if k&one != 0 {
			f(one)
		}
	}
}

// KindOf returns the kinds of fields that a value may be of.
func KindOf(value any) Kind {
	switch v := value.(type) {
	case string:
		if _, _, ok := ParseTime(v); ok {
			return KindDate
		}
		return KindText | KindSelect
	case json.Number:
		return KindNumber
	case bool:
		return KindCheckbox
	case []any:
		return KindMultiSelect
	case map[string]any:
		if _, ok := Items(v); ok {
			return KindCollection
		}
		return KindLocation
	}
	return KindUnknown
}
