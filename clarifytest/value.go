package clarifytest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// checkFunc returns the value as it is kept, or what is wrong with it. It is not
// asked about null.
type checkFunc func(value any, at pointer) (any, *failure)

// blockTypes are the types of blocks that rich text is made of.
var blockTypes = []string{"paragraph", "heading", "bulletListItem", "numberedListItem", "checkListItem", "codeBlock"}

// checkAttributes checks the attributes of a record of the object, all of them,
// and returns them as they are kept.
func checkAttributes(spec *objectSpec, attributes map[string]any, at pointer) (map[string]any, *failure) {
	kept := make(map[string]any, len(attributes))
	var found problems
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, f := checkAttribute(spec, name, attributes[name], at.member(name))
		found.add(f)
		kept[name] = value
	}
	return kept, found.failure()
}

func checkAttribute(spec *objectSpec, name string, value any, at pointer) (any, *failure) {
	switch {
	case name == "":
		return nil, invalid(at, "A field's name cannot be empty.")
	case strings.HasPrefix(name, "_"):
		return nil, invalid(at, "%s is set by the system.", name)
	case plurals[name] != nil:
		return nil, invalid(at, "%s is a to-many relationship, not an attribute.", name)
	case value == nil:
		return nil, nil
	}
	if field, known := spec.field(name); known && field.check != nil {
		return field.check(value, at)
	}
	if _, ok := value.(json.Number); ok {
		return checkNumber(value, at)
	}
	return value, nil
}

func checkText(value any, at pointer) (any, *failure) {
	if _, ok := value.(string); !ok {
		return nil, invalid(at, "The value must be a string or null.")
	}
	return value, nil
}

func checkNumber(value any, at pointer) (any, *failure) {
	number, ok := value.(json.Number)
	if !ok {
		return nil, invalid(at, "The value must be a number or null.")
	}
	if _, err := parseDecimal(number.String()); err != nil {
		return nil, failAt(http.StatusBadRequest, at, "The number %v.", err)
	}
	return value, nil
}

// checkName adds the full name, which is always made from the other two.
func checkName(value any, at pointer) (any, *failure) {
	name, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(at, "A person's name must be an object with first_name and last_name.")
	}
	kept := maps.Clone(name)
	var parts []string
	for _, part := range []string{"first_name", "last_name"} {
		text, isText := name[part].(string)
		if name[part] != nil && !isText {
			return nil, invalid(at.member(part), "The value must be a string or null.")
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	kept["full_name"] = strings.Join(parts, " ")
	return kept, nil
}

func checkRichText(value any, at pointer) (any, *failure) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(at, "Rich text must be an object with text, an array of blocks.")
	}
	blocks, ok := object["text"].([]any)
	if !ok {
		return nil, invalid(at.member("text"), "Rich text must be an array of blocks.")
	}
	var found problems
	for i, block := range blocks {
		object, _ := block.(map[string]any)
		if kind, _ := object["type"].(string); !slices.Contains(blockTypes, kind) {
			found.add(invalid(at.member("text").item(i), "A block must be an object whose type is one of %s.", strings.Join(blockTypes, ", ")))
		}
	}
	return value, found.failure()
}

// collectionOf returns a check for {items: […]}, each item of which passes check.
func collectionOf(check checkFunc) checkFunc {
	return func(value any, at pointer) (any, *failure) {
		items, ok := collectionItems(value)
		if !ok {
			return nil, invalid(at, `A collection must be an object with items, an array: {"items": []}.`)
		}
		var found problems
		for i, item := range items {
			_, f := check(item, at.member("items").item(i))
			found.add(f)
		}
		return value, found.failure()
	}
}

func anyItem(value any, _ pointer) (any, *failure) { return value, nil }

func checkEmail(value any, at pointer) (any, *failure) {
	if text, ok := value.(string); !ok || !validEmail(text) {
		return nil, invalid(at, "The value must be an email address.")
	}
	return value, nil
}

func checkDomain(value any, at pointer) (any, *failure) {
	if text, ok := value.(string); !ok || !validDomain(text) {
		return nil, invalid(at, "The value must be a domain, such as acme.example.")
	}
	return value, nil
}
