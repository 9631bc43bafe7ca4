package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/clarify-go/clarify"
)

// unique are the unique fields of the objects that every workspace has.
var unique = map[string]string{"person": "email_addresses", "company": "domains", "deal": "name"}

// readSchema reads which fields the object has.
func (im *importer) readSchema(ctx context.Context) (*clarify.ObjectSchema, error) {
	schema, err := im.connection.Client.Schema(ctx)
	if err != nil {
		return nil, err
	}
	im.schema = schema
	object, ok := schema.Object(im.object)
	if !ok {
		var names []string
		for _, o := range schema.Objects() {
			names = append(names, o.Name)
		}
		return nil, fmt.Errorf("there is no object %q: there are %s", im.object, strings.Join(names, ", "))
	}
	return object, nil
}

// check compares the columns with the schema, which also says what kind their
// cells are of.
func (r *rows) check(object *clarify.ObjectSchema, match string) error {
	var wrong []error
	matched := match == ""
	for i := range r.fields {
		f := &r.fields[i]
		if f.path == nil {
			continue
		}
		if err := f.check(object); err != nil {
			wrong = append(wrong, fmt.Errorf("the column %q %w", r.header[i], err))
		}
		matched = matched || f.path[0] == match
	}
	if len(wrong) > 0 {
		wrong = append(wrong,
			fmt.Errorf("%s has the fields %s", object.Name, strings.Join(columnsOf(object), ", ")),
			errors.New("use -map \"COLUMN=FIELD\" for a column that has another name than its field, or -map \"COLUMN=\" to leave it out"))
		if len(r.header) == 1 {
			wrong = append(wrong, errors.New("if another character than a comma stands between the columns, use -separator"))
		}
		return errors.Join(wrong...)
	}
	if !matched {
		return fmt.Errorf("no column is for the field %s, by which records that exist are found: use -map \"COLUMN=%s\" if one is, another -match, or -match \"\" to create all rows", match, match)
	}
	return nil
}

func (f *field) check(object *clarify.ObjectSchema) error {
	name := f.path[0]
	s, ok := object.Field(name)
	if !ok {
		return fmt.Errorf("is for no field that there is%s", didYouMean(strings.Join(f.path, "."), object))
	}
	for _, member := range f.path[1:] {
		if s.ReadOnly || s.Kind == clarify.KindToMany {
			break
		}
		if s.Kind == clarify.KindUnknown || s.Kind == clarify.KindObject && s.Members == nil {
			return nil // the schema does not say what is in it
		}
		m, ok := s.Member(member)
		if !ok || s.Kind == clarify.KindRichText {
			return fmt.Errorf("is for a member %s of the field %s, which has none of this name%s", member, name, didYouMean(strings.Join(f.path, "."), object))
		}
		s, name = m, name+"."+member
	}
	switch columns := columnsOfField(name, s); {
	case s.ReadOnly:
		return fmt.Errorf("is for the field %s, which nobody but Clarify sets", name)
	case s.Kind == clarify.KindToMany:
		return fmt.Errorf("is for the field %s, which leads to several records: link them when they are in", name)
	case len(columns) == 0:
		return fmt.Errorf("is for the field %s, whose values are objects that a cell cannot hold", name)
	case columns[0] != name:
		return fmt.Errorf("is for the field %s, which has members: name one of them, as in %s", name, strings.Join(columns, " or "))
	}
	f.setKind(s)
	return nil
}

// setKind has the cells be of the kind that the schema says. Where it leaves that
// open, the end of the column's name counts.
func (f *field) setKind(s *clarify.FieldSchema) {
	switch s.Kind {
	case clarify.KindCollection, clarify.KindMultiSelect:
		f.kind = collection
		f.items = itemsOf(s)
	case clarify.KindArray:
		f.kind = list
	case clarify.KindRichText:
		f.kind = richText
	case clarify.KindUnknown:
	case clarify.KindNumber:
		f.kind = number
	case clarify.KindCheckbox:
		f.kind = boolean
	}
}

// itemsOf says what the items of a collection are. The fields of people and
// companies are known, whether or not their schemas have a format.
func itemsOf(s *clarify.FieldSchema) items {
	format := ""
	if s.Items != nil {
		format = s.Items.Format
	}
	switch {
	case format == "email" || s.Name == "email_addresses":
		return emails
	case format == "hostname" || s.Name == "domains":
		return domains
	}
	return words
}

// columnsOf are the names that columns may have, in order.
func columnsOf(object *clarify.ObjectSchema) []string {
	var names []string
	for _, s := range object.Fields {
		names = append(names, columnsOfField(s.Name, s)...)
	}
	slices.Sort(names)
	return names
}

// columnsOfField are the names that columns for a field may have: its own, or those
// of its members.
func columnsOfField(name string, s *clarify.FieldSchema) []string {
	if s.ReadOnly || s.Kind == clarify.KindToMany {
		return nil
	}
	switch s.Kind {
	case clarify.KindCollection, clarify.KindMultiSelect, clarify.KindArray:
		if s.Items != nil && len(s.Items.Members) > 0 {
			return nil
		}
	case clarify.KindName, clarify.KindObject:
		if len(s.Members) == 0 {
			break
		}
		var names []string
		for _, m := range s.Members {
			names = append(names, columnsOfField(name+"."+m.Name, m)...)
		}
		return names
	}
	return []string{name}
}

// didYouMean asks for the column whose name is most like one that is wrong.
func didYouMean(wrong string, object *clarify.ObjectSchema) string {
	titles := map[string]string{}
	for _, s := range object.Fields {
		titles[s.Name] = s.Title
	}
	best, least := "", 0
	for _, name := range columnsOf(object) {
		for _, like := range []string{name, titles[name], name[strings.LastIndex(name, ".")+1:]} {
			if n, ok := difference(plain(wrong), plain(like)); ok && (best == "" || n < least) {
				best, least = name, n
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", best)
}

// plain leaves of a name what people do not write in several ways.
func plain(name string) []rune {
	var letters []rune
	for _, r := range strings.ToLower(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters = append(letters, r)
		}
	}
	return letters
}

// difference is how many letters of a name have to change to make another one of
// it, and whether they are alike: one is the beginning of the other, or at most a
// third of the letters have to change.
func difference(a, b []rune) (int, bool) {
	shorter := min(len(a), len(b))
	if shorter < 2 {
		return 0, false
	}
	if slices.Equal(a[:shorter], b[:shorter]) {
		return max(len(a), len(b)) - shorter, true
	}
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i, r := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j, other := range b {
			changed := before[j]
			if r != other {
				changed++
			}
			row[j+1] = min(changed, before[j+1]+1, row[j]+1)
		}
		before = row
	}
	return before[len(b)], before[len(b)]*3 <= max(len(a), len(b))
}
