package clarify

import (
	"fmt"
	"slices"
	"strings"
)

// objectChecker checks the attributes of records of an object. It is immutable.
type objectChecker struct {
	name     string
	fields   memberCheckers
	required []string // the fields that a new record must have
}

// memberCheckers check the members of a JSON object.
type memberCheckers struct {
	byName map[string]*valueChecker
	open   bool // whether there may be others
}

// valueChecker checks the value of a field, a member or an item.
type valueChecker struct {
	name      string // in pointers
	unwanted  string // why no value is allowed, empty if one is
	form      valueForm
	nullable  bool
	format    string // of strings
	options   map[string]bool
	decimal   bool // whether numbers are limited in size
	integer   bool
	members   memberCheckers
	items     *valueChecker
	checklist []string // the options in order, for messages
}

// valueForm is what values look like in JSON.
type valueForm int

const (
	anyForm valueForm = iota
	stringForm
	numberForm
	boolForm
	dateForm
	timeForm
	optionForm
	idForm
	collectionForm
	arrayForm
	nameForm
	objectForm
	richTextForm
)

// forms has the forms of the kinds whose values are checked.
var forms = map[FieldKind]valueForm{
	KindText: stringForm, KindNumber: numberForm, KindCheckbox: boolForm, KindDate: dateForm, KindDateTime: timeForm,
	KindSelect: optionForm, KindMultiSelect: collectionForm, KindCollection: collectionForm, KindArray: arrayForm,
	KindName: nameForm, KindRichText: richTextForm, KindObject: objectForm, KindID: idForm, KindToOne: idForm,
}

// newObjectChecker returns the checker of an object. open reports whether its records
// may have attributes that are not among its fields.
func newObjectChecker(o *ObjectSchema, open bool) *objectChecker {
	c := &objectChecker{name: o.Name, fields: memberCheckers{byName: make(map[string]*valueChecker, len(o.Fields)), open: open}}
	for _, f := range o.Fields {
		v := newValueChecker(f)
		v.decimal = true
		// Null clears a field, whatever its type says, unless the field must have a value
		// (live-api.md, D3).
		v.nullable = !f.Required || f.Nullable || v.form == anyForm
		switch {
		case f.ReadOnly || strings.HasPrefix(f.Name, "_"):
			v.unwanted = fmt.Sprintf("%q cannot be written: it is read-only.", f.Name)
		case f.Kind == KindToMany:
			v.unwanted = fmt.Sprintf("%q leads to several records: it is not an attribute, but a relationship, which Records.Link changes.", f.Name)
		case f.Required && !f.facts.preset:
			c.required = append(c.required, f.Name)
		}
		c.fields.byName[f.Name] = v
	}
	slices.Sort(c.required)
	return c
}

// newValueChecker returns the checker for a field, a member or an item. It accepts
// whatever the schema leaves open.
func newValueChecker(f *FieldSchema) *valueChecker {
	v := &valueChecker{name: f.Name, nullable: true}
	if f.facts.undefined {
		return v
	}
	v.form, v.format, v.integer = forms[f.Kind], f.Format, f.facts.integer
	switch {
	case v.form == optionForm && !f.facts.closedOptions:
		v.form = stringForm
	case v.form == optionForm:
		v.options = make(map[string]bool, len(f.Options))
		for _, o := range f.Options {
			v.options[o.Value], v.checklist = true, append(v.checklist, o.Value)
		}
	case f.facts.partial && v.form == arrayForm:
		return v
	case f.facts.partial && v.form >= collectionForm:
		v.form, v.members.open = objectForm, true
		return v
	}
	v.readItems(f)
	v.readMembers(f)
	return v
}

func (v *valueChecker) readItems(f *FieldSchema) {
	if f.Items == nil || v.form != collectionForm && v.form != arrayForm {
		return
	}
	v.items = newValueChecker(f.Items)
	v.items.nullable = f.Items.Nullable || v.items.form == anyForm
	if len(v.items.members.byName) > 0 {
		// Items that are objects have the members that the schema lists, as participants do.
		v.items.members.open = f.Items.facts.openMembers
	}
}

// readMembers reads the members of a field that is an object. A name has no others than
// the schema lists; of other objects that is not known.
func (v *valueChecker) readMembers(f *FieldSchema) {
	if v.form != nameForm && v.form != objectForm {
		return
	}
	v.members.byName = make(map[string]*valueChecker, len(f.Members))
	v.members.open = len(f.Members) == 0 || f.facts.openMembers || v.form == objectForm && !f.facts.closedMembers
	for _, m := range f.Members {
		if m.ReadOnly {
			// The API makes it of the others, as full_name. What it does with one that is
			// sent is not known.
			v.members.byName[m.Name] = &valueChecker{name: m.Name, nullable: true}
			continue
		}
		v.members.byName[m.Name] = newValueChecker(m)
	}
}
