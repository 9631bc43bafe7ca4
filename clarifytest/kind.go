package clarifytest

import (
	"encoding/json"
	"time"
)

// kind is a set of kinds of fields. A field that the package knows has one kind,
// a custom field the kinds of the values it has had.
type kind uint16

const (
	kindText kind = 1 << iota
	kindNumber
	kindDate
	kindSelect
	kindMultiSelect
	kindCheckbox
	kindLocation
	kindID
	kindCollection
)

const (
	kindUnknown kind = 0
	kindAny     kind = kindCollection<<1 - 1
)

var kindNames = map[kind]string{
	kindText:        "text",
	kindNumber:      "number",
	kindDate:        "date",
	kindSelect:      "single select",
	kindMultiSelect: "multi select",
	kindCheckbox:    "checkbox",
	kindLocation:    "location",
	kindID:          "record id",
	kindCollection:  "collection",
}

// each calls f for every kind in the set.
func (k kind) each(f func(kind)) {
	for one := kindText; one <= kindCollection; one <<= 1 {
		if k&one != 0 {
			f(one)
		}
	}
}

// kindOf is the kind of a field that has this value.
func kindOf(value any) kind {
	switch v := value.(type) {
	case string:
		if _, _, ok := parseTime(v); ok {
			return kindDate
		}
		return kindText | kindSelect
	case json.Number:
		return kindNumber
	case bool:
		return kindCheckbox
	case []any:
		return kindMultiSelect
	case map[string]any:
		if _, ok := collectionItems(v); ok {
			return kindCollection
		}
		return kindLocation
	}
	return kindUnknown
}

// collectionItems returns the items of a value of the form {items: […]}.
func collectionItems(value any) ([]any, bool) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	items, ok := object["items"].([]any)
	return items, ok
}

// isEmpty tells whether a field with this value counts as having none.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		if items, ok := collectionItems(v); ok {
			return len(items) == 0
		}
		if text, ok := textOf(v); ok {
			return text == ""
		}
		return len(v) == 0
	}
	return false
}

const (
	dateLayout = "2006-01-02"
	timeLayout = "2006-01-02T15:04:05.000Z"
)

// parseMoment reads a date or an RFC 3339 moment, and tells which it is.
func parseTime(text string) (t time.Time, wholeDay, ok bool) {
	if t, err := time.Parse(dateLayout, text); err == nil {
		return t, true, true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, false, err == nil
}

func formatTime(t time.Time) string {
	return t.UTC().Format(timeLayout)
}
