package values

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// StringOf returns the string of a value that is one: a string, a name or rich text.
func StringOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case map[string]any:
		if blocks, ok := v["text"].([]any); ok {
			return strings.Join(textIn(blocks), "\n"), true
		}
		name, ok := v["full_name"].(string)
		return name, ok
	}
	return "", false
}

// textIn returns the text of blocks of rich text.
func textIn(blocks []any) []string {
	var texts []string
	for _, block := range blocks {
		object, _ := block.(map[string]any)
		if text, ok := object["text"].(string); ok {
			texts = append(texts, text)
		}
		for _, nested := range []string{"content", "children"} {
			inner, _ := object[nested].([]any)
			texts = append(texts, textIn(inner)...)
		}
	}
	return texts
}

// StringsIn returns all strings within a value, in the same order each time.
func StringsIn(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, item := range v {
			texts = append(texts, StringsIn(item)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, StringsIn(v[name])...)
		}
	}
	return texts
}

// Fold makes strings equal that differ only in the case of letters.
func Fold(s string) string { return strings.ToLower(s) }

// Key returns a string that only equal values have in common. It is empty for values
// that are never compared.
func Key(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		n, _ := parseDecimal(v.String())
		return strconv.FormatInt(int64(n), 10)
	}
	return ""
}
