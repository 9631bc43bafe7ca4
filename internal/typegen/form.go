package typegen

import "github.com/clarify-go/clarify"

// form is how the values of a field are written in Go. In types, %s is the type of the
// options or of the id.
type form struct {
	goType    string // in the struct; empty if it is not an attribute
	attribute string // the function that describes the field of the struct
	convert   string // what a pointer to the field is converted to, if it must be
	field     string // in the variable of fields: the type, without New
	argument  string // its type argument, if it has one
	filter    string // the type in the fields of a linked record; empty if it has no operators
	options   bool   // whether the field has options of its own type
}

// formOf returns the form for the kind of a field.
func formOf(f *field) form {
	hasOptions := len(f.Options) > 0
	switch f.Kind {
	case clarify.KindText:
		if f.target != nil {
			return form{goType: "%s", attribute: "TextAttribute", convert: "*string", field: "IDField", argument: "%s", filter: "IDFilter[%s]"}
		}
		return form{goType: "string", attribute: "TextAttribute", field: "TextField", filter: "TextFilter"}
	case clarify.KindNumber:
		return form{goType: "json.Number", attribute: "NumberAttribute", field: "NumberField", argument: "float64", filter: "NumberFilter[float64]"}
	case clarify.KindCheckbox:
		return form{goType: "clarify.Checkbox", attribute: "CheckboxAttribute", field: "CheckboxField", filter: "CheckboxFilter"}
	case clarify.KindDate:
		return form{goType: "clarify.Date", attribute: "DateAttribute", field: "DateField", argument: "clarify.Date", filter: "DateFilter[clarify.Date]"}
	case clarify.KindDateTime:
		return form{goType: "time.Time", attribute: "TimeAttribute", field: "DateField", argument: "time.Time", filter: "DateFilter[time.Time]"}
	case clarify.KindSelect:
		if !hasOptions {
			return form{goType: "string", attribute: "TextAttribute", field: "SelectField", argument: "string", filter: "SelectFilter[string]"}
		}
		return form{goType: "%s", attribute: "TextAttribute", convert: "*string", field: "SelectField", argument: "%s", filter: "SelectFilter[%s]", options: true}
	case clarify.KindMultiSelect:
		if !hasOptions {
			return form{goType: "clarify.Collection", attribute: "ItemsAttribute", field: "MultiSelectField", argument: "string", filter: "MultiSelectFilter[string]"}
		}
		return form{goType: "[]%s", attribute: "ItemsAttribute", field: "MultiSelectField", argument: "%s", filter: "MultiSelectFilter[%s]", options: true}
	}
	return formOfOther(f)
}

// formOfOther returns the form for kinds whose values are not of one simple type.
func formOfOther(f *field) form {
	switch f.Kind {
	case clarify.KindCollection:
		switch {
		case isStrings(f.Items):
			return form{goType: "clarify.Collection", attribute: "ItemsAttribute", field: "CollectionField", argument: "string", filter: "CollectionFilter"}
		case isParticipants(f.Items):
			return form{goType: "[]clarify.Participant", attribute: "ParticipantsAttribute", field: "CollectionField", argument: "clarify.Participant", filter: "CollectionFilter"}
		}
		return form{goType: "map[string]any", attribute: "ObjectAttribute", field: "CollectionField", argument: "any", filter: "CollectionFilter"}
	case clarify.KindArray:
		switch {
		case isStrings(f.Items) && len(f.Options) > 0:
			return form{goType: "[]%s", attribute: "ListAttribute", field: "ArrayField", argument: "%s", options: true}
		case isStrings(f.Items):
			return form{goType: "[]string", attribute: "ListAttribute", field: "ArrayField", argument: "string"}
		}
		return form{goType: "any", attribute: "AnyAttribute", field: "ArrayField", argument: "any"}
	case clarify.KindName:
		return form{goType: "clarify.Name", attribute: "NameAttribute", field: "NameField"}
	case clarify.KindRichText:
		return form{goType: "[]gen.RichTextBlock", attribute: "RichTextAttribute", field: "RichTextField"}
	case clarify.KindObject:
		return form{goType: "map[string]any", attribute: "ObjectAttribute", field: "ObjectField", argument: "map[string]any", filter: "ObjectFilter"}
	case clarify.KindToOne:
		if f.target == nil {
			return form{goType: "string", attribute: "TextAttribute", field: "LinkField", argument: "string", filter: "IDFilter[string]"}
		}
		return form{goType: "%s", attribute: "TextAttribute", convert: "*string", field: "LinkField", argument: "%s", filter: "IDFilter[%s]"}
	case clarify.KindToMany:
		return form{field: "ToManyField"}
	}
	return form{goType: "any", attribute: "AnyAttribute", field: "ValueField", argument: "any"}
}

// isStrings reports whether items are strings.
func isStrings(items *clarify.FieldSchema) bool {
	if items == nil {
		return false
	}
	switch items.Kind {
	case clarify.KindText, clarify.KindSelect, clarify.KindDate, clarify.KindDateTime, clarify.KindID, clarify.KindToOne:
		return true
	}
	return false
}

// isParticipants reports whether items are those of a meeting's participants.
func isParticipants(items *clarify.FieldSchema) bool {
	if items == nil || items.Kind != clarify.KindObject {
		return false
	}
	for _, name := range []string{"email", "name", "status", "organizer"} {
		if _, ok := items.Member(name); !ok {
			return false
		}
	}
	return true
}
