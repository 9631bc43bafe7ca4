package clarifytest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// checkFunc returns the value as it is kept, or what is wrong with it. It is not
// asked about null.
type checkFunc func(value any, at pointer) (any, error)

// blockTypes are the types of blocks that rich text is made of.
var blockTypes = []string{"paragraph", "heading", "bulletListItem", "numberedListItem", "checkListItem", "codeBlock"}

// checkAttributes checks the attributes of a record of the object, all of them,
// and returns them as they are kept.
func checkAttributes(spec *objectSpec, attributes map[string]any, at pointer) (map[string]any, error) {
	kept := make(map[string]any, len(attributes))
	var found problems
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, f := checkAttribute(spec, name, attributes[name], at.member(name))
		found.add(f)
		kept[name] = value
	}
	return kept, found.failure()
}

func checkAttribute(spec *objectSpec, name string, value any, at pointer) (any, error) {
	field, known := spec.field(name)
	switch {
	case name == "":
		return nil, invalid(at, "A field's name cannot be empty.")
	case strings.HasPrefix(name, "_"):
		return nil, invalid(at, "%s is set by the system.", name)
	case !known && !spec.schemas.quirks.unknownAttributes:
		return nil, invalid(at, "%s has no field %q.", spec.name, name)
	case known && field.readOnly:
		return nil, invalid(at, "%s cannot be written.", name)
	case known && field.toMany():
		return nil, invalid(at, "%s is a to-many relationship, not an attribute.", name)
	case value == nil && (known && field.required || slices.Contains(spec.required, name)):
		return nil, invalid(at, "The value must not be null.")
	case value == nil:
		return nil, nil
	case known && field.check != nil:
		return field.check(value, at)
	}
	if _, ok := value.(json.Number); ok {
		return checkNumber(value, at)
	}
	return value, nil
}

// checkRequired checks that the attributes of a new record have a value for each
// field that needs one.
func (o *objectSpec) checkRequired(attributes map[string]any, at pointer) error {
	var found problems
	for _, name := range o.required {
		if attributes[name] == nil {
			found.add(invalid(at.member(name), "A new %s needs a value for %s.", o.name, name))
		}
	}
	return found.failure()
}

func checkText(value any, at pointer) (any, error) {
	if _, ok := value.(string); !ok {
		return nil, invalid(at, "The value must be a string or null.")
	}
	return value, nil
}

func checkNumber(value any, at pointer) (any, error) {
	number, ok := value.(json.Number)
	if !ok {
		return nil, invalid(at, "The value must be a number or null.")
	}
	if _, err := parseDecimal(number.String()); err != nil {
		return nil, failAt(http.StatusBadRequest, at, "The number %v.", err)
	}
	return value, nil
}

func checkBoolean(value any, at pointer) (any, error) {
	if _, ok := value.(bool); !ok {
		return nil, invalid(at, "The value must be true or false.")
	}
	return value, nil
}

func checkDate(value any, at pointer) (any, error) {
	text, _ := value.(string)
	if _, wholeDay, ok := parseTime(text); !ok || !wholeDay {
		return nil, invalid(at, "The value must be a date of the form 2026-02-03, or null.")
	}
	return value, nil
}

func checkTime(value any, at pointer) (any, error) {
	text, _ := value.(string)
	if _, wholeDay, ok := parseTime(text); !ok || wholeDay {
		return nil, invalid(at, "The value must be a moment of the form 2026-02-03T04:05:06.789Z, or null.")
	}
	return value, nil
}

func checkObject(value any, at pointer) (any, error) {
	if _, ok := value.(map[string]any); !ok {
		return nil, invalid(at, "The value must be an object or null.")
	}
	return value, nil
}

// checkName adds the full name, which is always made from the other two.
func checkName(value any, at pointer) (any, error) {
	name, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(at, "A person's name must be an object with first_name and last_name.")
	}
	var found problems
	var parts []string
	for _, part := range slices.Sorted(maps.Keys(name)) {
		text, isText := name[part].(string)
		switch {
		case part == "full_name":
		case part != "first_name" && part != "last_name":
			found.add(invalid(at.member(part), "A person's name has no member %q, but first_name and last_name.", part))
		case name[part] != nil && !isText:
			found.add(invalid(at.member(part), "The value must be a string or null."))
		case text != "":
			parts = append(parts, text)
		}
	}
	if f := found.failure(); f != nil {
		return nil, f
	}
	kept := maps.Clone(name)
	kept["full_name"] = strings.Join(parts, " ")
	return kept, nil
}

func checkRichText(value any, at pointer) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(at, "Rich text must be an object with text, an array of blocks.")
	}
	return value, checkBlocks(object["text"], at.member("text"))
}

// checkBlocks checks the blocks that rich text consists of.
func checkBlocks(value any, at pointer) error {
	blocks, ok := value.([]any)
	if !ok {
		return invalid(at, "Rich text must be an array of blocks.")
	}
	var found problems
	for i, block := range blocks {
		object, _ := block.(map[string]any)
		if kind, _ := object["type"].(string); !slices.Contains(blockTypes, kind) {
			found.add(invalid(at.item(i), "A block must be an object whose type is one of %s.", strings.Join(blockTypes, ", ")))
		}
	}
	return found.failure()
}

// collectionOf returns a check for {items: […]}, each item of which passes check.
func collectionOf(check checkFunc) checkFunc {
	return func(value any, at pointer) (any, error) {
		items, ok := collectionItems(value)
		if !ok {
			return nil, invalid(at, `A collection must be an object with items, an array: {"items": []}.`)
		}
		return value, checkItems(items, check, at.member("items"))
	}
}

// arrayOf returns a check for an array, each item of which passes check.
func arrayOf(check checkFunc) checkFunc {
	return func(value any, at pointer) (any, error) {
		items, ok := value.([]any)
		if !ok {
			return nil, invalid(at, "The value must be an array or null.")
		}
		return value, checkItems(items, check, at)
	}
}

func checkItems(items []any, check checkFunc, at pointer) error {
	var found problems
	for i, item := range items {
		_, f := check(item, at.item(i))
		found.add(f)
	}
	return found.failure()
}

// membersOf returns a check for objects whose members are fields of their own.
func membersOf(properties jsonSchema) checkFunc {
	fields := make(map[string]*fieldSpec, len(properties))
	for name := range properties {
		fields[name] = newField(name, subschema(properties, name))
	}
	return func(value any, at pointer) (any, error) {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, invalid(at, "The value must be an object.")
		}
		var found problems
		for _, name := range slices.Sorted(maps.Keys(object)) {
			field, member := fields[name], object[name]
			switch {
			case field == nil:
				found.add(invalid(at.member(name), "There is no member %q, but %s.", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
			case member == nil && field.required:
				found.add(invalid(at.member(name), "The value must not be null."))
			case member != nil && field.check != nil:
				_, f := field.check(member, at.member(name))
				found.add(f)
			}
		}
		return value, found.failure()
	}
}

func anyItem(value any, _ pointer) (any, error) { return value, nil }

func checkEmail(value any, at pointer) (any, error) {
	if text, ok := value.(string); !ok || !validEmail(text) {
		return nil, invalid(at, "The value must be an email address.")
	}
	return value, nil
}

func checkDomain(value any, at pointer) (any, error) {
	if text, ok := value.(string); !ok || !validDomain(text) {
		return nil, invalid(at, "The value must be a domain, such as acme.example.")
	}
	return value, nil
}

// validEmail takes an address alone, without a name before it.
func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func validDomain(text string) bool {
	return text != "" && !strings.ContainsAny(text, " \t\r\n/@:")
}

// folded makes texts equal that differ in the case of letters only.
func folded(text string) string { return strings.ToLower(text) }
