package typegen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
)

const (
	// maxLevels is how many links a filter may follow.
	maxLevels = 3
	// maxFilters is how many fields of linked records the variable of an object may have,
	// and maxAllFilters those of all objects together. They bound the size of a package:
	// in a workspace where each object links to ten others, three levels of one object
	// have the fields of a thousand.
	maxFilters    = 4000
	maxAllFilters = 40000
)

// levels returns how many links the variables of fields follow: up to three, and fewer if
// they would become too large.
func (m *model) levels() int {
	for levels := maxLevels; levels > 0; levels-- {
		all := 0
		fits := true
		for _, o := range m.objects {
			n := o.linkedFilters(levels)
			all += n
			fits = fits && n <= maxFilters && all <= maxAllFilters
		}
		if fits {
			return levels
		}
	}
	return 0
}

// linkedFilters returns how many fields can be filtered by through so many links, or a
// number above the limit.
func (o *object) linkedFilters(levels int) int {
	n := 0
	for _, f := range o.fields {
		if f.through != "" && levels > 0 {
			n += f.target.ownFilters() + f.target.linkedFilters(levels-1)
		}
		if n > maxFilters {
			break
		}
	}
	return n
}

// ownFilters returns how many fields of an object can be filtered by.
func (o *object) ownFilters() int {
	n := len(o.system)
	for _, f := range o.fields {
		if f.form.filter != "" {
			n++
		}
	}
	return n
}

// member is a member of a variable of fields, or of a type of filters.
type member struct {
	name, goType string
	field        string  // the name of the field in the schema
	linked       *object // what the field links to, for a member that leads to its fields
}

// writeFields writes the variable with the fields of an object.
func (s *source) writeFields(m *model, o *object, levels int) {
	about := fmt.Sprintf("%s are the fields of %s, for queries and for [clarify.Set].", o.fieldsName, quoted(o.name))
	if links := o.links(levels); len(links) > 0 {
		about += fmt.Sprintf(" Through links they lead to the fields of other records: %s.", links[0].name)
	}
	var types, values strings.Builder
	add := func(name, goType, value string) {
		s.importFor(goType)
		fmt.Fprintf(&types, "\t%s %s\n", name, goType)
		fmt.Fprintf(&values, "\t%s: %s,\n", name, value)
	}
	for _, f := range o.fields {
		if goType, value := f.inFields(); goType != "" {
			add(f.name, goType, value)
		}
	}
	for _, link := range o.links(levels) {
		add(link.name, link.goType, link.valueIn(m, o.name+".", levels-1))
	}
	for _, member := range o.systemMembers(m) {
		if argument, ok := strings.CutPrefix(member.goType, "clarify.DateFilter"); ok {
			add(member.name, "clarify.ReadOnlyDateField"+argument, fmt.Sprintf("clarify.NewReadOnlyDateField%s(%q)", argument, member.field))
		} else {
			add(member.name, member.goType, fmt.Sprintf("%q", member.field))
		}
	}
	s.doc(about)
	s.printf("var %s = struct {\n%s}{\n%s}\n", o.fieldsName, types.String(), values.String())
}

// inFields returns the type of a field in the variable of fields, and its value. They
// are empty if nothing can be done with it.
func (f *field) inFields() (goType, value string) {
	name := f.form.field
	argument := ""
	if f.form.argument != "" {
		argument = "[" + f.in(f.form.argument) + "]"
	}
	unique := f.Unique && !f.ReadOnly
	switch {
	case f.Kind == clarify.KindToMany:
	case f.ReadOnly && f.isReadOnlyField():
		name = "ReadOnly" + name
	case f.ReadOnly && f.form.filter == "":
		return "", ""
	case f.ReadOnly:
		goType = "clarify." + f.in(f.form.filter)
		return goType, fmt.Sprintf("%s(%q)", goType, f.Name)
	case f.Required:
		name = "Required" + name
	case unique && (name == "TextField" || name == "CollectionField"):
		name, unique = "Unique"+name, false
	}
	goType = "clarify." + name + argument
	value = fmt.Sprintf("clarify.New%s%s(%q)", name, argument, f.Name)
	if unique && f.Kind != clarify.KindToMany {
		goType = "struct {\n\t\t" + goType + "\n\t\tclarify.Unique\n\t}"
		value = fmt.Sprintf("%s{%s, %q}", goType, value, f.Name)
	}
	return goType, value
}

// isReadOnlyField reports whether the field has a type of its own for a field that only
// the system sets. The others are filters.
func (f *field) isReadOnlyField() bool {
	switch f.Kind {
	case clarify.KindText:
		return f.target == nil
	case clarify.KindNumber, clarify.KindCheckbox, clarify.KindDate, clarify.KindDateTime, clarify.KindSelect, clarify.KindToOne:
		return true
	}
	return false
}

// links returns the members that lead through links, of which so many can be followed.
func (o *object) links(levels int) []member {
	if levels == 0 {
		return nil
	}
	var links []member
	for _, f := range o.fields {
		if f.through != "" {
			links = append(links, member{f.through, f.target.filtersName(levels - 1), f.Name, f.target})
		}
	}
	return links
}

// systemMembers returns what the system sets.
func (o *object) systemMembers(m *model) []member {
	var members []member
	for _, f := range o.system {
		switch f.Name {
		case "_id":
			members = append(members, member{name: "ID", goType: fmt.Sprintf("clarify.IDFilter[%s]", o.idName), field: f.Name})
		case "_created_at":
			members = append(members, member{name: "CreatedAt", goType: "clarify.DateFilter[time.Time]", field: f.Name})
		case "_updated_at":
			members = append(members, member{name: "UpdatedAt", goType: "clarify.DateFilter[time.Time]", field: f.Name})
		case "_created_by":
			members = append(members, member{name: "CreatedBy", goType: fmt.Sprintf("clarify.IDFilter[%s]", m.object("user").idName), field: f.Name})
		case "_updated_by":
			members = append(members, member{name: "UpdatedBy", goType: fmt.Sprintf("clarify.IDFilter[%s]", m.object("user").idName), field: f.Name})
		}
	}
	return members
}

// filterMembers returns the fields of a linked record that can be filtered by.
func (o *object) filterMembers(m *model, levels int) []member {
	var members []member
	for _, f := range o.fields {
		if f.form.filter != "" {
			members = append(members, member{name: f.name, goType: "clarify." + f.in(f.form.filter), field: f.Name})
		}
	}
	members = append(members, o.links(levels)...)
	return append(members, o.systemMembers(m)...)
}

// filtersName returns the name of the type of the fields of a linked record, from which
// so many links can be followed.
func (o *object) filtersName(levels int) string {
	return fmt.Sprintf("filtersOf%sAt%d", o.typeName, levels)
}

// valueIn returns the value of a member where path leads.
func (member member) valueIn(m *model, path string, levels int) string {
	if member.linked == nil {
		return strconv.Quote(path + member.field)
	}
	var b strings.Builder
	b.WriteString(member.goType + "{\n")
	for _, inner := range member.linked.filterMembers(m, levels) {
		fmt.Fprintf(&b, "%s: %s,\n", inner.name, inner.valueIn(m, path+member.field+".", levels-1))
	}
	b.WriteString("}")
	return b.String()
}

// writeFilters writes the types of the fields of an object where it is linked to.
func (s *source) writeFilters(m *model, o *object, levels int) {
	for level := range levels {
		if !m.reached[levels-level][o] {
			continue
		}
		s.printf("\n")
		s.doc(fmt.Sprintf("%s are the fields of %s that a link leads to.", o.filtersName(level), quoted(o.name)))
		s.printf("type %s struct {\n", o.filtersName(level))
		for _, member := range o.filterMembers(m, level) {
			s.importFor(member.goType)
			s.printf("\t%s %s\n", member.name, member.goType)
		}
		s.printf("}\n")
	}
}

// reach finds the objects to which exactly one link leads, exactly two in a row, and so
// on.
func (m *model) reach() {
	from := map[*object]bool{}
	for _, o := range m.objects {
		from[o] = true
	}
	m.reached[0] = from
	for links := 1; links <= maxLevels; links++ {
		to := map[*object]bool{}
		for o := range from {
			for _, f := range o.fields {
				if f.through != "" {
					to[f.target] = true
				}
			}
		}
		m.reached[links], from = to, to
	}
}
