package clarify

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// failf adds a problem with the value that is being checked.
func (c *checking) failf(format string, args ...any) { c.fail(fmt.Sprintf(format, args...)) }

func (c *checking) fail(detail string) { c.failAs(http.StatusUnprocessableEntity, detail) }

// failAs is fail for a problem to which the API responds with another status.
func (c *checking) failAs(status int, detail string) {
	c.problems = append(c.problems, ErrorObject{
		Status: strconv.Itoa(status), Title: http.StatusText(status), Detail: detail, Pointer: c.pointer(),
	})
}

// unknownField returns what is wrong with an attribute that is no field.
func unknownField(name string, o *objectChecker) string {
	if other := meant(name, slices.Sorted(maps.Keys(o.fields.byName))); other != "" {
		return fmt.Sprintf("%s has no field %q: did you mean %q?", o.name, name, other)
	}
	return fmt.Sprintf("%s has no field %q.", o.name, name)
}

func unknownMember(name string, v *valueChecker) string {
	return fmt.Sprintf("There is no member %q, but %s.", name, listed(slices.Sorted(maps.Keys(v.members.byName))))
}

// unknownOption returns what is wrong with an option that there is not.
func unknownOption(text []byte, options []string) string {
	if other := meant(string(text), options); other != "" {
		return fmt.Sprintf("%s is no option, but %q is: case and spaces matter.", quoted(text), other)
	}
	return fmt.Sprintf("%s is no option: there are %s.", quoted(text), listed(options))
}

// meant returns the name that is meant by one that does not exist, as far as case,
// spaces and the end of the names of links tell.
func meant(name string, names []string) string {
	alike := func(s string) string { return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "_id") }
	for _, other := range names {
		if alike(name) == alike(other) {
			return other
		}
	}
	return ""
}

// listed returns names for a message, of many only the first.
func listed(names []string) string {
	const some = 20
	quoted := make([]string, 0, some)
	for _, name := range names[:min(len(names), some)] {
		quoted = append(quoted, strconv.Quote(name))
	}
	if more := len(names) - some; more > 0 {
		return strings.Join(quoted, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(quoted, ", ")
}

// maxShown is how much of a value a message has, in bytes.
const maxShown = 80

func quoted(text []byte) string { return strconv.Quote(shown(text)) }

// shown returns a value for a message, of a long one only its beginning.
func shown(text []byte) string {
	if len(text) > maxShown {
		return strings.ToValidUTF8(string(text[:maxShown]), "") + "…"
	}
	return string(text)
}

// kindOfValue returns the type of a JSON value, for messages.
func kindOfValue(value []byte) string {
	switch {
	case len(value) == 0:
		return "nothing"
	case value[0] == '{':
		return "an object"
	}
	return kindOfJSON(value)
}

// withoutRemoved returns the problems without those of items that are being removed: a
// record can have them all the same.
func (w *writing) withoutRemoved(problems []ErrorObject) []ErrorObject {
	return slices.DeleteFunc(problems, func(p ErrorObject) bool {
		return slices.ContainsFunc(w.strategies, func(s strategy) bool {
			items := w.check.base + "/" + pointerEscapes.Replace(s.field) + "/items/"
			return s.how == "remove" && strings.HasPrefix(p.Pointer, items)
		})
	})
}
