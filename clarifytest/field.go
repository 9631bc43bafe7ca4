package clarifytest

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Keywords in the schemas of fields and objects: docs/live-api.md, S4. Those
// that begin with xClarify are Clarify's own.
const (
	keyPresentation = "xClarifyPresentation"
	keyRelationship = "xClarifyRelationship"
	keyEnumMetadata = "xClarifyEnumMetadata"
	keyUnique       = "xClarifyUnique"
	keyPrimary      = "xClarifyPrimary"
	keyLabel        = "xClarifyLabel"
	keyNamespace    = "xClarifyNamespace"
	keyRequired     = "required"
	keyReadOnly     = "readOnly"
)

// The formats of texts that are checked.
const (
	formatDate     = "date"
	formatDateTime = "date-time"
	formatEmail    = "email"
	formatHostname = "hostname"
)

// fieldSpec is a field of an object: its JSON Schema, and what that means for
// values. It is immutable.
type fieldSpec struct {
	schema   jsonSchema
	kind     values.Kind // unknown if the schema does not tell
	check    values.CheckFunc
	required bool // the value must not be null
	readOnly bool // nobody can set it
	fold     bool // letters of values are compared in either case
	unique   bool
	options  *options      // of a select, single or multi
	relation *relationSpec // nil unless it is a relationship
}

// relationSpec is what the schema of a field says of a relationship.
type relationSpec struct {
	kind      string
	object    string // at the other end
	field     string // there
	mergeable bool   // whether a merge takes the links along
}

// options are what the values of a select are chosen from.
type options struct {
	open  bool     // any text will do, because the schema lists none
	names []string // in order
	known map[string]bool
}

// newField reads the JSON Schema of a field. The schema may be any: what it
// leaves open is not checked.
func newField(name string, schema jsonSchema) *fieldSpec {
	f := &fieldSpec{schema: schema}
	f.unique, _ = schema[keyUnique].(bool)
	f.readOnly, _ = schema[keyReadOnly].(bool)
	if r, ok := schema[keyRelationship].(map[string]any); ok {
		f.setRelation(r)
		return f
	}
	types := typesOf(schema)
	f.required = len(types) > 0 && !slices.Contains(types, "null")
	format, _ := schema["format"].(string)
	one := slices.DeleteFunc(types, func(name string) bool { return name == "null" })
	if len(one) != 1 {
		return f
	}
	switch one[0] {
	case "boolean":
		f.kind, f.check = values.KindCheckbox, values.CheckBoolean
	case "number":
		f.kind, f.check = values.KindNumber, values.CheckNumber
	case "integer":
		f.kind, f.check = values.KindNumber, values.CheckInteger
	case "string":
		f.setText(name, format)
	case "array":
		f.kind, f.options = values.KindMultiSelect, optionsOf(subschema(schema, "items"))
		f.check = values.ArrayOf(checkItem(subschema(schema, "items"), f.options))
	case "object":
		f.setObject()
	}
	return f
}

// rank is the place of a field among the others of its object; 0 if it has none.
func (f *fieldSpec) rank() float64 {
	number, _ := subschema(f.schema, keyPresentation)["rank"].(json.Number)
	rank, err := number.Float64()
	if err != nil {
		return 0
	}
	return rank
}

// title is what people call a field.
func (f *fieldSpec) title(name string) string {
	if title, ok := f.schema["title"].(string); ok && title != "" {
		return title
	}
	return name
}

// toMany tells whether a field is a relationship that records do not hold as an
// attribute.
func (f *fieldSpec) toMany() bool { return f.relation != nil && f.relation.kind != manyToOne }

func (f *fieldSpec) setRelation(r map[string]any) {
	f.relation = &relationSpec{mergeable: r["mergeable"] != false}
	f.relation.kind, _ = r["kind"].(string)
	f.relation.object, _ = r["entity"].(string)
	f.relation.field, _ = r["field"].(string)
	f.kind, f.check = values.KindID, values.CheckString
}

func (f *fieldSpec) setText(name, format string) {
	f.options = optionsOf(f.schema)
	switch {
	case f.options != nil:
		f.kind, f.check = values.KindSelect, f.options.check
	case holdsID[name]:
		f.kind, f.check = values.KindID, values.CheckString
	case format == formatDate:
		f.kind, f.check = values.KindDate, values.CheckDate
	case format == formatDateTime:
		f.kind, f.check = values.KindDate, values.CheckTime
	default:
		f.kind, f.check, f.fold = values.KindText, CheckFormat(format), folds(format)
	}
}

// setObject tells by its properties what an object is. One that has none which
// are known is a location.
func (f *fieldSpec) setObject() {
	properties := subschema(f.schema, "properties")
	items := subschema(properties, "items")
	_, hasFirst := properties["first_name"]
	_, hasLast := properties["last_name"]
	switch {
	case slices.Contains(typesOf(items), "array"):
		item := subschema(items, "items")
		format, _ := item["format"].(string)
		f.kind, f.options, f.fold = values.KindCollection, optionsOf(item), folds(format)
		if f.options != nil {
			f.kind = values.KindMultiSelect
		}
		f.check = values.CollectionOf(checkItem(item, f.options))
	case hasFirst && hasLast:
		f.kind, f.check = values.KindText, values.CheckPersonName
	case slices.Contains(typesOf(subschema(properties, "text")), "array"):
		f.kind, f.check = values.KindText, values.CheckRichText
	default:
		f.kind, f.check = values.KindLocation, values.CheckObject
	}
}

// checkItem returns the check for the items of a collection or an array.
func checkItem(schema jsonSchema, o *options) values.CheckFunc {
	format, _ := schema["format"].(string)
	switch {
	case o != nil:
		return o.check
	case slices.Equal(typesOf(schema), []string{"string"}):
		return CheckFormat(format)
	case slices.Equal(typesOf(schema), []string{"object"}) && schema["properties"] != nil:
		return membersOf(subschema(schema, "properties"))
	}
	return values.AnyItem
}

// CheckFormat returns the check for texts of a format.
func CheckFormat(format string) values.CheckFunc {
	switch format {
	case formatEmail:
		return values.CheckEmail
	case formatHostname:
		return values.CheckDomain
	}
	return values.CheckString
}

func folds(format string) bool { return format == formatEmail || format == formatHostname }

// typesOf returns the types that a JSON Schema admits, none if it does not say.
func typesOf(schema jsonSchema) []string {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var types []string
		for _, one := range t {
			if name, ok := one.(string); ok {
				types = append(types, name)
			}
		}
		return types
	}
	return nil
}

func subschema(schema jsonSchema, member string) jsonSchema {
	object, _ := schema[member].(map[string]any)
	return object
}

// optionsOf returns the options that a JSON Schema lists. It returns nil if it
// is not that of a select.
func optionsOf(schema jsonSchema) *options {
	list, listed := schema["enum"].([]any)
	_, described := schema[keyEnumMetadata]
	if !listed && !described {
		return nil
	}
	o := &options{open: !listed, known: map[string]bool{}}
	for _, value := range list {
		if name, ok := value.(string); ok && !o.known[name] {
			o.names = append(o.names, name)
			o.known[name] = true
		}
	}
	return o
}

func (o *options) check(value any, at values.Pointer) (any, error) {
	text, ok := value.(string)
	switch {
	case !ok:
		return nil, values.Invalid(at, "The value must be the name of an option, a string.")
	case !o.open && !o.known[text]:
		return nil, values.Invalid(at, "%q is none of the options, whose case matters: %s.", text, strings.Join(o.names, ", "))
	}
	return value, nil
}
