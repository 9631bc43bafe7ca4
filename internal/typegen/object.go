package typegen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify"
)

// quoted returns a name as it is in a comment.
func quoted(name string) string { return inComment(strconv.Quote(name)) }

// file returns the file of an object.
func (m *model) file(o *object, levels int) *source {
	s := newSource(o.file)
	s.imports[packages["clarify"]] = true
	s.doc(o.objectName + " is the name of the object.")
	s.printf("const %s = %q\n\n", o.objectName, o.name)
	s.doc(o.idName + " is the id of a record of " + quoted(o.name) + ".")
	s.printf("type %s string\n\n", o.idName)
	if o.recordsName != "" {
		s.doc(o.recordsName + " returns the records of " + quoted(o.name) + ".")
		s.printf("func %s(c *clarify.Client) *clarify.Records[%s] {\n\treturn clarify.NewRecords[%[2]s](c, %[3]s)\n}\n\n", o.recordsName, o.typeName, o.objectName)
	}
	s.writeStruct(o)
	s.writeMethods(o)
	for _, f := range o.fields {
		s.writeOptions(o, f)
	}
	s.writeFields(m, o, levels)
	s.writeFilters(m, o, levels)
	return s
}

// isAttribute reports whether a field is in the struct. JSON would escape some names,
// which attributes with a field do not.
func (f *field) isAttribute() bool {
	return f.form.goType != "" && !strings.ContainsFunc(f.Name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' })
}

// in returns a type of the form, with the type of the options or of the id.
func (f *field) in(format string) string {
	switch {
	case f.options != nil:
		return strings.ReplaceAll(format, "%s", f.options.typeName)
	case f.target != nil:
		return strings.ReplaceAll(format, "%s", f.target.idName)
	}
	return format
}

func (s *source) writeStruct(o *object) {
	about := o.typeName + " holds the attributes of " + quoted(o.name)
	if title := inComment(o.schema.Title); title != "" {
		about += ", " + title
	}
	paragraphs := []string{about + "."}
	if description := inComment(o.schema.Description); description != "" {
		paragraphs = append(paragraphs, "In the app: "+description)
	}
	paragraphs = append(paragraphs, "A field with its zero value is left out, and null is in Extra, as in [clarify.Person].")
	s.doc(paragraphs...)
	s.printf("type %s struct {\n\tclarify.System\n", o.typeName)
	for _, f := range o.fields {
		if !f.isAttribute() {
			continue
		}
		goType := f.in(f.form.goType)
		s.importFor(goType)
		s.printf("\n")
		s.doc(f.about())
		s.printf("\t%s %s\n", f.name, goType)
	}
	s.printf("\n\t// Extra holds the other attributes. Numbers are json.Number.\n\tExtra clarify.Fields\n}\n\n")
}

// about returns the comment of a field.
func (f *field) about() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s", quoted(f.Name), f.kindInWords())
	for _, is := range []struct {
		so   bool
		word string
	}{{f.Unique, "unique"}, {f.Required, "required"}, {f.ReadOnly, "read-only"}, {f.AI, "filled in by AI"}} {
		if is.so {
			b.WriteString(", " + is.word)
		}
	}
	if title := inComment(f.Title); title != "" {
		b.WriteString(": " + title)
	}
	b.WriteString(".")
	if description := inComment(f.Description); description != "" {
		b.WriteString(" " + description)
	}
	return b.String()
}

func (f *field) kindInWords() string {
	kind := f.Kind.String()
	switch {
	case f.target != nil && f.Kind != clarify.KindToMany:
		return "a link to " + quoted(f.target.name)
	case f.Kind == clarify.KindUnknown:
		return "of an unknown kind"
	case f.Format != "" && f.Kind == clarify.KindText:
		return "a text in the format " + inComment(f.Format)
	case strings.ContainsRune("aeiou", rune(kind[0])):
		return "an " + kind
	}
	return "a " + kind
}

func (s *source) writeMethods(o *object) {
	receiver := "o"
	if first := o.typeName[0] | ' '; first >= 'a' && first <= 'z' && first != 'i' {
		receiver = string(first)
	}
	s.printf("// MarshalJSON encodes the attributes.\nfunc (%s %s) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&%[1]s) }\n\n", receiver, o.typeName)
	s.printf("// UnmarshalJSON decodes the attributes.\nfunc (%s *%s) UnmarshalJSON(data []byte) error {\n\treturn clarify.UnmarshalAttributes(data, %[1]s)\n}\n\n", receiver, o.typeName)
	s.printf("// AttributeAt returns a field for decoding and encoding. See [clarify.TypedAttributes].\nfunc (%s *%s) AttributeAt(i int) clarify.Attribute {\n", receiver, o.typeName)
	i := 0
	for _, f := range o.fields {
		if !f.isAttribute() {
			continue
		}
		if i == 0 {
			s.printf("\tswitch i {\n")
		}
		pointer := "&" + receiver + "." + f.name
		if f.form.convert != "" {
			pointer = "(" + f.form.convert + ")(" + pointer + ")"
		}
		s.printf("\tcase %d:\n\t\treturn clarify.%s(%q, %s)\n", i, f.form.attribute, f.Name, pointer)
		i++
	}
	if i > 0 {
		s.printf("\t}\n")
	}
	s.printf("\treturn clarify.ExtraAttributes(&%s.Extra)\n}\n\n", receiver)
}

func (s *source) writeOptions(o *object, f *field) {
	if f.options == nil {
		return
	}
	name := f.options.typeName
	s.doc(name + " is an option of " + quoted(f.Name) + " of " + quoted(o.name) + ".")
	s.printf("type %s string\n\n", name)
	s.doc("The options of " + quoted(f.Name) + ", in the order of the app.")
	s.printf("const (\n")
	for _, c := range f.options.constants {
		s.printf("\t%s %s = %q\n", c.name, name, c.value)
	}
	s.printf(")\n\n")
}
