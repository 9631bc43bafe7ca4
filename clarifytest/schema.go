package clarifytest

import (
	"net/mail"
	"strings"
)

// objectSpec is what the package knows of an object.
type objectSpec struct {
	name   string
	plural string
	fields map[string]fieldSpec
	unique string // the field whose values no two records share, or empty
}

// fieldSpec is what the package knows of a field.
type fieldSpec struct {
	kind  kind
	check checkFunc // nil if any value will do
	fold  bool      // letters of values are compared in either case
}

// systemFields are those that every record has and that nobody can set.
var systemFields = []string{"_id", "_created_at", "_updated_at", "_created_by", "_updated_by"}

// commonFields are the fields that mean the same in every object.
var commonFields = map[string]fieldSpec{
	"_id":         {kind: kindID},
	"_created_at": {kind: kindDate},
	"_updated_at": {kind: kindDate},
	"_created_by": {kind: kindID},
	"_updated_by": {kind: kindID},

	"email_addresses": {kind: kindCollection, check: collectionOf(checkEmail), fold: true},
	"domains":         {kind: kindCollection, check: collectionOf(checkDomain), fold: true},
	"phone_numbers":   {kind: kindCollection, check: collectionOf(anyItem)},
	"labels":          {kind: kindCollection, check: collectionOf(anyItem)},
	"participants":    {kind: kindCollection, check: collectionOf(anyItem)},
	"assignee_id":     {kind: kindID, check: checkText},
}

// objects are the objects of every workspace, by name.
var objects = byName(
	&objectSpec{
		name:   "person",
		plural: "people",
		unique: "email_addresses",
		fields: map[string]fieldSpec{
			"name":       {kind: kindText, check: checkName},
			"job_title":  {kind: kindText, check: checkText},
			"avatar_url": {kind: kindText, check: checkText},
		},
	},
	&objectSpec{
		name:   "company",
		plural: "companies",
		unique: "domains",
		fields: map[string]fieldSpec{
			"name": {kind: kindText, check: checkText},
		},
	},
	&objectSpec{
		name:   "deal",
		plural: "deals",
		unique: "name",
		fields: map[string]fieldSpec{
			"name":   {kind: kindText, check: checkText},
			"amount": {kind: kindNumber, check: checkNumber},
			"stage":  {kind: kindSelect, check: checkText},
		},
	},
	&objectSpec{
		name:   "meeting",
		plural: "meetings",
	},
	&objectSpec{
		name:   "task",
		plural: "tasks",
		fields: map[string]fieldSpec{
			"description": {kind: kindText, check: checkRichText},
		},
	},
)

// plurals are the objects by their plurals, which name to-many relationships.
var plurals = func() map[string]*objectSpec {
	index := map[string]*objectSpec{}
	for _, spec := range objects {
		index[spec.plural] = spec
	}
	return index
}()

// oneToMany are the references that the vendor's examples show: object to the
// objects whose plural it has as a relationship because they refer to it.
var oneToMany = map[string]map[string]bool{
	"company": {"person": true, "deal": true},
}

func byName(specs ...*objectSpec) map[string]*objectSpec {
	index := map[string]*objectSpec{}
	for _, spec := range specs {
		index[spec.name] = spec
	}
	return index
}

// field returns what is known of a field, which is nothing of a custom field.
func (o *objectSpec) field(name string) (fieldSpec, bool) {
	if f, ok := o.fields[name]; ok {
		return f, true
	}
	if f, ok := commonFields[name]; ok {
		return f, true
	}
	if referenced(name) != nil {
		return fieldSpec{kind: kindID, check: checkText}, true
	}
	return fieldSpec{}, false
}

// referenced is the object that a field of this name refers to, or nil.
func referenced(field string) *objectSpec {
	name, ok := strings.CutSuffix(field, "_id")
	if !ok {
		return nil
	}
	return objects[name]
}

// referenceTo is the name of the field that refers to an object.
func referenceTo(spec *objectSpec) string { return spec.name + "_id" }

// uniqueKeys returns what the index of the object's unique field has for a
// record.
func (o *objectSpec) uniqueKeys(r *record) []string {
	if o.unique == "" {
		return nil
	}
	return o.uniqueKeysOf(r.attribute(o.unique))
}

// uniqueKeysOf is uniqueKeys for a value of the unique field.
func (o *objectSpec) uniqueKeysOf(value any) []string {
	field, _ := o.field(o.unique)
	values := []any{value}
	if items, ok := collectionItems(value); ok {
		values = items
	}
	var keys []string
	for _, v := range values {
		text, ok := v.(string)
		if !ok || text == "" {
			continue
		}
		if field.fold {
			text = folded(text)
		}
		keys = append(keys, text)
	}
	return keys
}

// folded makes texts equal that differ in the case of letters only.
func folded(text string) string { return strings.ToLower(text) }

// validEmail takes an address alone, without a name before it.
func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func validDomain(text string) bool {
	return text != "" && !strings.ContainsAny(text, " \t\r\n/@:")
}
