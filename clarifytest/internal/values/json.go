package values

import (
	"encoding/json"
	"maps"
	"strconv"
)

// Items returns the items of a value of the form {items: […]}.
func Items(value any) ([]any, bool) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	items, ok := object["items"].([]any)
	return items, ok
}

// IsEmpty reports whether a field with this value counts as having none.
func IsEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		if items, ok := Items(v); ok {
			return len(items) == 0
		}
		if text, ok := StringOf(v); ok {
			return text == ""
		}
		return len(v) == 0
	}
	return false
}

// Int returns a number as it is decoded from JSON.
func Int(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// With returns a copy of an object with another value for a member.
func With(object map[string]any, member string, value any) map[string]any {
	changed := maps.Clone(object)
	if changed == nil {
		changed = map[string]any{}
	}
	changed[member] = value
	return changed
}
