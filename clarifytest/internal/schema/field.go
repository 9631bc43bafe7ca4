package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// Keywords in the schemas of fields and objects: docs/live-api.md, S4. Those
// that begin with xClarify are Clarify's own.
const (
	KeyPresentation = "xClarifyPresentation"
	keyRelationship = "xClarifyRelationship"
	keyEnumMetadata = "xClarifyEnumMetadata"
	keyUnique       = "xClarifyUnique"
	keyPrimary      = "xClarifyPrimary"
	keyLabel        = "xClarifyLabel"
	keyNamespace    = "xClarifyNamespace"
	keyRequired     = "required"
	keyReadOnly     = "readOnly"
)

// The formats of strings that are checked.
const (
	formatDate     = "date"
	formatDateTime = "date-time"
	formatEmail    = "email"
	formatHostname = "hostname"
)

// A Field is a field of an object: its JSON Schema, and what that means for
// values. It is immutable.
type Field struct {
	JSON         JSON
	Kind         values.Kind // unknown if the schema does not tell
	check        values.CheckFunc
	Required     bool // the value must not be null
	ReadOnly     bool // nobody can set it
	Fold         bool // letters of values are compared in either case
	Unique       bool
	Options      *Options      // of a select, single or multi
	Relationship *Relationship // nil unless it is a relationship

	declared *any // the JSON Schema as the origin of the set has it, nil if the set has none
	unlisted bool // whether it is a system field that the origin does not have
}

// A Relationship is what the schema of a field says of a relationship.
type Relationship struct {
	Kind      string
	Object    string // at the other end
	Field     string // there
	Mergeable bool   // whether a merge takes the links along
}

// Options are what the values of a select are chosen from.
type Options struct {
	Open  bool     // any string will do, because the schema lists none
	Names []string // in order
	Known map[string]bool
}

// newField reads the JSON Schema of a field. The schema may be any: what it
// leaves open is not checked.
func newField(name string, schema JSON) *Field {
	f := &Field{JSON: schema}
	f.Unique, _ = schema[keyUnique].(bool)
	f.ReadOnly, _ = schema[keyReadOnly].(bool)
	if r, ok := schema[keyRelationship].(map[string]any); ok {
		f.setRelation(r)
		return f
	}
	types := typesOf(schema)
	f.Required = len(types) > 0 && !slices.Contains(types, "null")
	format, _ := schema["format"].(string)
	one := slices.DeleteFunc(types, func(name string) bool { return name == "null" })
	if len(one) != 1 {
		return f
	}
	switch one[0] {
	case "boolean":
		f.Kind, f.check = values.KindCheckbox, values.CheckBoolean
	case "number":
		f.Kind, f.check = values.KindNumber, values.CheckNumber
	case "integer":
		f.Kind, f.check = values.KindNumber, values.CheckInteger
	case "string":
		f.setText(name, format)
	case "array":
		f.Kind, f.Options = values.KindMultiSelect, optionsOf(Sub(schema, "items"))
		f.check = values.ArrayOf(checkItem(Sub(schema, "items"), f.Options))
	case "object":
		f.setObject()
	}
	return f
}

// annotated returns the field with another value of a keyword that does not bear on its
// values.
func (f *Field) annotated(name, keyword string, value any) *Field {
	changed := newField(name, values.With(f.JSON, keyword, value))
	changed.unlisted = f.unlisted && strings.HasPrefix(name, "_")
	if f.declared != nil {
		schema, _ := (*f.declared).(map[string]any)
		declared := any(values.With(schema, keyword, value))
		changed.declared = &declared
	}
	return changed
}

// ranked gives a field its place among the others.
func (f *Field) ranked(name string, rank int) *Field {
	return f.annotated(name, KeyPresentation, values.With(f.presentation(), "rank", values.Int(rank)))
}

func (f *Field) presentation() JSON { return Sub(f.JSON, KeyPresentation) }

// rank is the place of a field among the others of its object; 0 if it has none.
func (f *Field) rank() float64 {
	number, _ := f.presentation()["rank"].(json.Number)
	rank, err := number.Float64()
	if err != nil {
		return 0
	}
	return rank
}

// Title returns what people call a field.
func (f *Field) Title(name string) string {
	if title, ok := f.JSON["title"].(string); ok && title != "" {
		return title
	}
	return name
}

// ToMany reports whether a field is a relationship that records do not hold as an
// attribute.
func (f *Field) ToMany() bool { return f.Relationship != nil && f.Relationship.Kind != ManyToOne }

func (f *Field) setRelation(r map[string]any) {
	f.Relationship = &Relationship{Mergeable: r["mergeable"] != false}
	f.Relationship.Kind, _ = r["kind"].(string)
	f.Relationship.Object, _ = r["entity"].(string)
	f.Relationship.Field, _ = r["field"].(string)
	f.Kind, f.check = values.KindID, values.CheckString
}

func (f *Field) setText(name, format string) {
	f.Options = optionsOf(f.JSON)
	switch {
	case f.Options != nil:
		f.Kind, f.check = values.KindSelect, f.Options.check
	case holdsID[name]:
		f.Kind, f.check = values.KindID, values.CheckString
	case format == formatDate:
		f.Kind, f.check = values.KindDate, values.CheckDate
	case format == formatDateTime:
		f.Kind, f.check = values.KindDate, values.CheckTime
	default:
		f.Kind, f.check, f.Fold = values.KindText, checkFormat(format), folds(format)
	}
}

// setObject sets what an object is, by its properties. One that has none which
// are known is a location.
func (f *Field) setObject() {
	properties := Sub(f.JSON, "properties")
	items := Sub(properties, "items")
	_, hasFirst := properties["first_name"]
	_, hasLast := properties["last_name"]
	switch {
	case slices.Contains(typesOf(items), "array"):
		item := Sub(items, "items")
		format, _ := item["format"].(string)
		f.Kind, f.Options, f.Fold = values.KindCollection, optionsOf(item), folds(format)
		if f.Options != nil {
			f.Kind = values.KindMultiSelect
		}
		f.check = values.CollectionOf(checkItem(item, f.Options))
	case hasFirst && hasLast:
		f.Kind, f.check = values.KindText, values.CheckPersonName
	case slices.Contains(typesOf(Sub(properties, "text")), "array"):
		f.Kind, f.check = values.KindText, values.CheckRichText
	default:
		f.Kind, f.check = values.KindLocation, membersOf(properties, f.JSON["additionalProperties"] != false)
	}
}

// checkItem returns the check for the items of a collection or an array.
func checkItem(schema JSON, o *Options) values.CheckFunc {
	item := newField("", schema)
	check := item.checkNested()
	switch {
	case o != nil:
		check = o.check
	case check == nil:
		return values.AnyItem
	case item.Kind == values.KindLocation && schema["properties"] != nil:
		check = membersOf(Sub(schema, "properties"), false)
	}
	if slices.Contains(typesOf(schema), "null") {
		return values.OrNull(check)
	}
	return check
}

// checkNested returns the check for a member or an item with the field's JSON Schema. The
// size of its numbers is not limited, as they are kept in JSON.
func (f *Field) checkNested() values.CheckFunc {
	switch {
	case f.Kind != values.KindNumber:
		return f.check
	case slices.Contains(typesOf(f.JSON), "integer"):
		return values.CheckAnyInteger
	}
	return values.CheckAnyNumber
}

// checkFormat returns the check for strings of a format.
func checkFormat(format string) values.CheckFunc {
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
func typesOf(schema JSON) []string {
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

// Sub returns a member of a JSON Schema that is an object itself, or nil.
func Sub(schema JSON, member string) JSON {
	object, _ := schema[member].(map[string]any)
	return object
}

// optionsOf returns the options that a JSON Schema lists. It returns nil if it
// is not that of a select.
func optionsOf(schema JSON) *Options {
	list, listed := schema["enum"].([]any)
	_, described := schema[keyEnumMetadata]
	if !listed && !described {
		return nil
	}
	o := &Options{Open: !listed, Known: map[string]bool{}}
	for _, value := range list {
		if name, ok := value.(string); ok && !o.Known[name] {
			o.Names = append(o.Names, name)
			o.Known[name] = true
		}
	}
	return o
}

func (o *Options) check(value any, at values.Pointer) (any, error) {
	text, ok := value.(string)
	switch {
	case !ok:
		return nil, values.Invalid(at, "The value must be the name of an option, a string.")
	case !o.Open && !o.Known[text]:
		return nil, values.Invalid(at, "%q is none of the options, whose case matters: %s.", text, strings.Join(o.Names, ", "))
	}
	return value, nil
}
