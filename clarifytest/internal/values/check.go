package values

import (
	"encoding/json"
	"maps"
	"net/mail"
	"slices"
	"strings"
)

// A CheckFunc returns the value as records keep it, or what is wrong with it. It is
// not called for null.
type CheckFunc func(value any, at Pointer) (any, error)

// blockTypes are the types of blocks that rich text is made of.
var blockTypes = []string{"paragraph", "heading", "bulletListItem", "numberedListItem", "checkListItem", "codeBlock"}

// CheckString checks that a value is a string.
func CheckString(value any, at Pointer) (any, error) {
	if _, ok := value.(string); !ok {
		return nil, Invalid(at, "The value must be a string or null.")
	}
	return value, nil
}

// CheckAnyNumber checks that a value is a number.
func CheckAnyNumber(value any, at Pointer) (any, error) {
	if _, ok := value.(json.Number); !ok {
		return nil, Invalid(at, "The value must be a number or null.")
	}
	return value, nil
}

// CheckAnyInteger is CheckAnyNumber for whole numbers.
func CheckAnyInteger(value any, at Pointer) (any, error) {
	if number, ok := value.(json.Number); !ok || !isWhole(number.String()) {
		return nil, Invalid(at, "The value must be a whole number or null.")
	}
	return value, nil
}

// CheckNumber checks that a value is a number that fits DECIMAL(16,4), as fields keep
// numbers.
func CheckNumber(value any, at Pointer) (any, error) {
	number, ok := value.(json.Number)
	if !ok {
		return nil, Invalid(at, "The value must be a number or null.")
	}
	if _, err := parseDecimal(number.String()); err != nil {
		return nil, NewProblem(ErrRange, at, "The number %v.", err)
	}
	return value, nil
}

// CheckBoolean checks that a value is true or false.
func CheckBoolean(value any, at Pointer) (any, error) {
	if _, ok := value.(bool); !ok {
		return nil, Invalid(at, "The value must be true or false.")
	}
	return value, nil
}

// CheckDate checks that a value is a date.
func CheckDate(value any, at Pointer) (any, error) {
	text, _ := value.(string)
	if _, wholeDay, ok := ParseTime(text); !ok || !wholeDay {
		return nil, Invalid(at, "The value must be a date of the form 2026-02-03, or null.")
	}
	return value, nil
}

// CheckTime checks that a value is a time in the form of RFC 3339.
func CheckTime(value any, at Pointer) (any, error) {
	text, _ := value.(string)
	if _, wholeDay, ok := ParseTime(text); !ok || wholeDay {
		return nil, Invalid(at, "The value must be a time of the form 2026-02-03T04:05:06.789Z, or null.")
	}
	return value, nil
}

// CheckPersonName checks that a value is the name of a person. It sets the full name,
// which is always made of the other two.
func CheckPersonName(value any, at Pointer) (any, error) {
	name, ok := value.(map[string]any)
	if !ok {
		return nil, Invalid(at, "A person's name must be an object with first_name and last_name.")
	}
	var found Problems
	var parts []string
	for _, part := range slices.Sorted(maps.Keys(name)) {
		text, isText := name[part].(string)
		switch {
		case part == "full_name":
		case part != "first_name" && part != "last_name":
			found.Add(Invalid(at.Member(part), "A person's name has no member %q, but first_name and last_name.", part))
		case name[part] != nil && !isText:
			found.Add(Invalid(at.Member(part), "The value must be a string or null."))
		case text != "":
			parts = append(parts, text)
		}
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	kept := maps.Clone(name)
	kept["full_name"] = strings.Join(parts, " ")
	return kept, nil
}

// CheckRichText checks that a value is rich text.
func CheckRichText(value any, at Pointer) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, Invalid(at, "Rich text must be an object with text, an array of blocks.")
	}
	return value, CheckBlocks(object["text"], at.Member("text"))
}

// CheckBlocks checks the blocks that rich text consists of.
func CheckBlocks(value any, at Pointer) error {
	blocks, ok := value.([]any)
	if !ok {
		return Invalid(at, "Rich text must be an array of blocks.")
	}
	var found Problems
	for i, block := range blocks {
		object, _ := block.(map[string]any)
		if kind, _ := object["type"].(string); !slices.Contains(blockTypes, kind) {
			found.Add(Invalid(at.Item(i), "A block must be an object whose type is one of %s.", strings.Join(blockTypes, ", ")))
		}
	}
	return found.Err()
}

// CollectionOf returns a check for {items: […]}, each item of which passes check.
func CollectionOf(check CheckFunc) CheckFunc {
	return func(value any, at Pointer) (any, error) {
		items, ok := Items(value)
		if !ok {
			return nil, Invalid(at, `A collection must be an object with items, an array: {"items": []}.`)
		}
		return value, checkItems(items, check, at.Member("items"))
	}
}

// ArrayOf returns a check for an array, each item of which passes check.
func ArrayOf(check CheckFunc) CheckFunc {
	return func(value any, at Pointer) (any, error) {
		items, ok := value.([]any)
		if !ok {
			return nil, Invalid(at, "The value must be an array or null.")
		}
		return value, checkItems(items, check, at)
	}
}

func checkItems(items []any, check CheckFunc, at Pointer) error {
	var found Problems
	for i, item := range items {
		_, err := check(item, at.Item(i))
		found.Add(err)
	}
	return found.Err()
}

// AnyItem is the check that every value passes.
func AnyItem(value any, _ Pointer) (any, error) { return value, nil }

// OrNull returns a check that null passes, and what passes another one.
func OrNull(check CheckFunc) CheckFunc {
	return func(value any, at Pointer) (any, error) {
		if value == nil {
			return nil, nil
		}
		return check(value, at)
	}
}

// CheckEmail checks that a value is an email address.
func CheckEmail(value any, at Pointer) (any, error) {
	if text, ok := value.(string); !ok || !validEmail(text) {
		return nil, Invalid(at, "The value must be an email address.")
	}
	return value, nil
}

// CheckDomain checks that a value is a domain.
func CheckDomain(value any, at Pointer) (any, error) {
	if text, ok := value.(string); !ok || !validDomain(text) {
		return nil, Invalid(at, "The value must be a domain, such as acme.example.")
	}
	return value, nil
}

// validEmail reports whether s is an email address alone, without a name before it.
func validEmail(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s
}

func validDomain(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \t\r\n/@:")
}

// CheckInteger is CheckNumber for whole numbers.
func CheckInteger(value any, at Pointer) (any, error) {
	value, err := CheckNumber(value, at)
	if err != nil {
		return nil, err
	}
	return CheckAnyInteger(value, at)
}
