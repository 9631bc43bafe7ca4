package schemadiff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
)

// fields compares the fields of an object, or the members of a field. prefix is what
// stands before their names.
func (c *comparison) fields(prefix string, before, after []*clarify.FieldSchema) {
	for _, p := range pairs(before, after, func(f *clarify.FieldSchema) string { return f.Name }) {
		c.field = prefix + p.name
		switch {
		case !p.hasAfter:
			c.add(Breaking, "field", kindOf(p.before), "", "the field is gone")
		case !p.hadBefore && p.after.Required && !p.after.ReadOnly:
			c.add(Breaking, "field", "", kindOf(p.after), "the field is new and required, of the type %s", kindOf(p.after))
		case !p.hadBefore:
			c.add(Compatible, "field", "", kindOf(p.after), "the field is new, of the type %s", kindOf(p.after))
		default:
			c.compareFields(p.before, p.after, false)
		}
	}
}

// kindOf is the kind of a field as it is shown.
func kindOf(f *clarify.FieldSchema) string {
	kind := f.Kind.String()
	if f.Relationship != nil {
		return kind + " with " + cmp.Or(f.Relationship.Object, "nothing")
	}
	if f.Kind == clarify.KindUnknown && f.Definition != "" {
		return kind + ", as the definition " + strconv.Quote(f.Definition) + " is missing"
	}
	return kind
}

// compareFields compares a field, a member or items. shown is whether the options of the
// items were compared with those of the field.
func (c *comparison) compareFields(before, after *clarify.FieldSchema, shown bool) {
	found := len(c.changes)
	at := c.field
	same := before.Kind == after.Kind
	if !same {
		c.add(Breaking, "type", kindOf(before), kindOf(after), "the type changed from %s to %s", kindOf(before), kindOf(after))
	}
	c.flag(before.Required, after.Required, "required", Breaking, "the field became required", Compatible, "the field is no longer required")
	c.flag(before.Nullable, after.Nullable, "nullable", Compatible, "the value may be null", Breaking, "the value may no longer be null")
	c.flag(before.Unique, after.Unique, "unique", Breaking, "the field became unique", Breaking, "the field is no longer unique, so that records cannot be matched on it")
	c.flag(before.ReadOnly, after.ReadOnly, "read-only", Breaking, "the field can no longer be written", Compatible, "the field can be written")
	if same {
		c.relationship(before.Relationship, after.Relationship)
		c.format(before, after)
		if !shown {
			c.options(before, after)
		}
	}
	c.changed(Note, "title", before.Title, after.Title)
	c.changed(Note, "description", before.Description, after.Description)
	c.flag(before.Hidden, after.Hidden, "hidden", Note, "the app hides the field in details", Note, "the app shows the field in details")
	c.flag(before.Primary, after.Primary, "primary", Note, "the field names the record", Note, "the field no longer names the record")
	c.flag(before.AI, after.AI, "AI", Note, "AI fills the field", Note, "AI no longer fills the field")
	c.keywords(before.Raw, after.Raw, fieldKeywords)
	if same {
		c.fields(at+".", before.Members, after.Members)
		c.field = at + "[]"
		if before.Items != nil && after.Items != nil {
			c.compareFields(before.Items, after.Items, true)
		} else if before.Items != nil || after.Items != nil {
			c.add(Breaking, "type", describeItems(before.Items), describeItems(after.Items), "the type of the items changed from %s to %s", describeItems(before.Items), describeItems(after.Items))
		}
	}
	c.field = at
	if len(c.changes) == found && !sameJSON(remaining(before.Raw, shown), remaining(after.Raw, shown)) {
		c.add(Note, "schema", "", "", "the JSON Schema is written in another way that means the same")
	}
}

func describeItems(f *clarify.FieldSchema) string {
	if f == nil {
		return "unknown"
	}
	return kindOf(f)
}

// flag adds a change of something that is so or not.
func (c *comparison) flag(before, after bool, what string, became Severity, isNow string, ceased Severity, isNot string) {
	switch {
	case !before && after:
		c.add(became, what, "false", "true", "%s", isNow)
	case before && !after:
		c.add(ceased, what, "true", "false", "%s", isNot)
	}
}

func (c *comparison) relationship(before, after *clarify.FieldRelationship) {
	if before == nil || after == nil || *before == *after {
		return
	}
	was, is := describeRelationship(before), describeRelationship(after)
	c.add(Breaking, "relationship", was, is, "the relationship changed from %s to %s", was, is)
}

func describeRelationship(r *clarify.FieldRelationship) string {
	return fmt.Sprintf("%s with %s.%s", cmp.Or(string(r.Kind), "unknown"), r.Object, r.Field)
}

func (c *comparison) format(before, after *clarify.FieldSchema) {
	s := Breaking
	if after.Format == "" {
		s = Compatible
	}
	c.changed(s, "format", before.Format, after.Format)
}

// options compares the options of a select. One with the same id and another value was
// renamed.
func (c *comparison) options(before, after *clarify.FieldSchema) {
	if len(before.Options) == 0 && len(after.Options) > 0 {
		c.add(Breaking, "options", "", list(optionValues(after)), "only the options %s are allowed", list(optionValues(after)))
		return
	}
	if len(before.Options) > 0 && len(after.Options) == 0 {
		c.add(Compatible, "options", list(optionValues(before)), "", "any value is allowed, not only options")
		return
	}
	renamed := map[string]string{} // the value before, by that after
	for _, p := range pairs(before.Options, after.Options, func(o clarify.FieldOption) string { return o.Value }) {
		if p.hasAfter {
			continue
		}
		i := slices.IndexFunc(after.Options, func(o clarify.FieldOption) bool {
			_, kept := before.Option(o.Value)
			return o.ID != "" && o.ID == p.before.ID && !kept && renamed[o.Value] == ""
		})
		if i < 0 {
			c.add(Breaking, "option", p.name, "", "the option %q is gone", p.name)
			continue
		}
		renamed[after.Options[i].Value] = p.name
		c.add(Breaking, "option", p.name, after.Options[i].Value, "the option %q is called %q", p.name, after.Options[i].Value)
	}
	for _, option := range after.Options {
		was, had := before.Option(option.Value)
		switch {
		case had && was.Color != option.Color:
			c.add(Note, "color", was.Color, option.Color, "the color of the option %q changed from %s to %s", option.Value, orNone(was.Color), orNone(option.Color))
		case had && was.ID != option.ID:
			c.add(Note, "option id", was.ID, option.ID, "the id of the option %q changed from %s to %s", option.Value, orNone(was.ID), orNone(option.ID))
		case !had && renamed[option.Value] == "":
			c.add(Compatible, "option", "", option.Value, "the option %q is new", option.Value)
		}
	}
	is := optionValues(after)
	for i, value := range is {
		is[i] = cmp.Or(renamed[value], value)
	}
	c.order("options", optionValues(before), is)
}

func optionValues(f *clarify.FieldSchema) []string {
	values := make([]string, len(f.Options))
	for i, o := range f.Options {
		values[i] = o.Value
	}
	return values
}

// list writes names in a row.
func list(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}
