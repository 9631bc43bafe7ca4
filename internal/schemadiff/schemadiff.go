// Package schemadiff compares the schemas of a workspace at two times, and says what
// changed for those who use it.
package schemadiff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/clarify-go/clarify"
)

// Severity says what a change means for programs that were written before it.
type Severity int

// The severities, the worst first.
const (
	// Breaking changes make requests fail that were accepted, or values come that a
	// program does not expect.
	Breaking Severity = iota
	// Compatible changes add something, or lift a restriction.
	Compatible
	// Notes are about what people read, and do not concern programs.
	Note
)

var severities = [...]string{"breaking", "compatible", "note"}

// String returns the name of the severity.
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severities) {
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
	return severities[s]
}

// MarshalText returns the name of the severity.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Change is one difference between two schemas.
type Change struct {
	Severity Severity `json:"severity"`
	// Object is empty for a definition.
	Object string `json:"object,omitempty"`
	// Field is empty for what concerns the whole object. A member of a field follows it
	// after a dot, and items are [].
	Field string `json:"field,omitempty"`
	// What is what changed, such as "option" or "type".
	What string `json:"what"`
	// Before and After are empty where there was nothing, or is nothing.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Sentence is the change in words, without the object and the field.
	Sentence string `json:"sentence"`

	order int // among the changes of a field
}

// String returns the change as one line.
func (c Change) String() string {
	subject := c.Object
	if c.Field != "" {
		subject += "." + c.Field
	}
	if subject == "" {
		return c.Sentence
	}
	return subject + ": " + c.Sentence
}

// Compare returns what changed from one schema to another, breaking changes first, and
// then by object and field. Nil schemas have nothing.
func Compare(before, after *clarify.Schema) []Change {
	c := &comparison{}
	c.objects(objectsOf(before), objectsOf(after))
	c.definitions(definitionsOf(before), definitionsOf(after))
	slices.SortStableFunc(c.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Field, b.Field), cmp.Compare(a.order, b.order))
	})
	return c.changes
}

// Count returns how many of the changes have a severity.
func Count(changes []Change, s Severity) int {
	n := 0
	for _, c := range changes {
		if c.Severity == s {
			n++
		}
	}
	return n
}

func objectsOf(s *clarify.Schema) []*clarify.ObjectSchema {
	if s == nil {
		return nil
	}
	return s.Objects()
}

func definitionsOf(s *clarify.Schema) []*clarify.FieldSchema {
	if s == nil {
		return nil
	}
	return s.Definitions()
}

// comparison collects changes.
type comparison struct {
	changes       []Change
	object, field string // those that are being compared
}

// add adds a change of the object and the field that are being compared.
func (c *comparison) add(s Severity, what, before, after, sentence string, args ...any) {
	c.changes = append(c.changes, Change{
		Severity: s, Object: c.object, Field: c.field, What: what, Before: before, After: after,
		Sentence: fmt.Sprintf(sentence, args...), order: len(c.changes),
	})
}

// changed adds a change of something that has a value before and after it.
func (c *comparison) changed(s Severity, what, before, after string) {
	if before != after {
		c.add(s, what, before, after, "the %s changed from %s to %s", what, orNone(before), orNone(after))
	}
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return strconv.Quote(value)
}

// pair is what has the same name before and after.
type pair[T any] struct {
	name                string
	before, after       T
	hadBefore, hasAfter bool
}

// pairs returns what two lists have, by name, sorted.
func pairs[T any](before, after []T, name func(T) string) []pair[T] {
	byName := map[string]*pair[T]{}
	var all []*pair[T]
	of := func(value T) *pair[T] {
		p := byName[name(value)]
		if p == nil {
			p = &pair[T]{name: name(value)}
			byName[p.name] = p
			all = append(all, p)
		}
		return p
	}
	for _, value := range before {
		p := of(value)
		p.before, p.hadBefore = value, true
	}
	for _, value := range after {
		p := of(value)
		p.after, p.hasAfter = value, true
	}
	slices.SortFunc(all, func(a, b *pair[T]) int { return cmp.Compare(a.name, b.name) })
	sorted := make([]pair[T], len(all))
	for i, p := range all {
		sorted[i] = *p
	}
	return sorted
}

func (c *comparison) objects(before, after []*clarify.ObjectSchema) {
	for _, p := range pairs(before, after, func(o *clarify.ObjectSchema) string { return o.Name }) {
		c.object, c.field = p.name, ""
		switch {
		case !p.hasAfter:
			c.add(Breaking, "object", p.name, "", "the object is gone")
		case !p.hadBefore:
			c.add(Compatible, "object", "", p.name, "the object is new")
		default:
			c.compareObjects(p.before, p.after)
		}
	}
	c.object, c.field = "", ""
}

func (c *comparison) compareObjects(before, after *clarify.ObjectSchema) {
	c.changed(Note, "title", before.Title, after.Title)
	if before.Singular != before.Title || after.Singular != after.Title {
		c.changed(Note, "singular", before.Singular, after.Singular)
	}
	c.changed(Note, "plural", before.Plural, after.Plural)
	c.changed(Note, "description", before.Description, after.Description)
	c.changed(Note, "id", before.ID, after.ID)
	c.order("fields", namesOf(before.Fields), namesOf(after.Fields))
	c.keywords(before.Raw, after.Raw, objectKeywords)
	c.fields("", before.Fields, after.Fields)
	c.field = ""
}

func namesOf(fields []*clarify.FieldSchema) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// order adds a note if what is both before and after has another order.
func (c *comparison) order(what string, before, after []string) {
	common := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !slices.Contains(other, name) })
	}
	was, is := common(before, after), common(after, before)
	if !slices.Equal(was, is) {
		c.add(Note, "order of "+what, list(was), list(is), "the %s have another order: %s", what, list(is))
	}
}

// definitions compares what fields refer to. What that means for them is said of the
// fields, so these are notes.
func (c *comparison) definitions(before, after []*clarify.FieldSchema) {
	for _, p := range pairs(before, after, func(f *clarify.FieldSchema) string { return f.Name }) {
		switch {
		case !p.hasAfter:
			c.add(Note, "definition", p.name, "", "the definition %q is gone", p.name)
		case !p.hadBefore:
			c.add(Note, "definition", "", p.name, "the definition %q is new", p.name)
		case !sameJSON(p.before.Raw, p.after.Raw):
			c.add(Note, "definition", p.name, p.name, "the definition %q changed", p.name)
		}
	}
}
