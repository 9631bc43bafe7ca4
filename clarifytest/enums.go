package clarifytest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type schemaValidation struct {
	ID         string                     `json:"id"`
	Type       string                     `json:"type"`
	Attributes schemaValidationAttributes `json:"attributes"`
}

type schemaValidationAttributes struct {
	IsValid bool                `json:"isValid"`
	Errors  []enumProblem       `json:"errors"`
	Values  map[string][]string `json:"values"`
}

// enumProblem is why an edit of options is not acceptable.
type enumProblem struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// patchEnumFieldValues: PATCH /schemas
func patchEnumFieldValues(c *call) (reply, error) {
	document, f := c.input()
	if f == nil {
		f = c.conform(document, "PatchEnumRequest", "")
	}
	if f != nil {
		return reply{}, f
	}
	patch := document["data"].([]any)[0].(map[string]any)
	spec := c.schemas.find(patch["id"].(string))
	if spec == nil {
		return reply{}, notFound("There is no object of this name.")
	}
	response := schemaValidation{ID: spec.name, Type: "schema-validation-result"}
	response.Attributes.Errors = []enumProblem{}
	response.Attributes.Values = map[string][]string{}
	f = c.workspace.state.write(c.user, func(change *change) error {
		if f := change.state.checkIdle(); f != nil {
			return f
		}
		d := change.state.schemas.draft()
		edits := patch["attributes"].(map[string]any)
		for _, field := range slices.Sorted(maps.Keys(edits)) {
			mode, _ := subschema(patch["meta"].(map[string]any), field)["enum"].(string)
			names, what := d.editOptions(spec.name, field, edits[field].(map[string]any), mode)
			if what != "" {
				response.Attributes.Errors = append(response.Attributes.Errors, enumProblem{field, what})
			} else {
				response.Attributes.Values[field] = names
			}
		}
		if response.Attributes.IsValid = len(response.Attributes.Errors) == 0; response.Attributes.IsValid {
			change.beginSchemas(d, schemaLag{})
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"data": []schemaValidation{response}}}, f
}

// editOptions adds options to a select or removes some, and returns what it has
// then. mode is append or remove; if it is empty, only how options are shown is
// changed. If the edit is not acceptable it returns what is wrong.
func (d *draft) editOptions(object, name string, edit map[string]any, mode string) (names []string, what string) {
	field := d.find(object).fields[name]
	if field == nil || field.options == nil {
		return nil, "The field is not a select."
	}
	_, nested := edit["properties"]
	switch {
	case nested && field.kind == values.KindSelect:
		return nil, "The options of a single select are not within properties."
	case !nested && field.kind == values.KindMultiSelect:
		return nil, "The options of a multi select are within properties.items.items."
	case nested:
		edit = subschema(subschema(subschema(edit, "properties"), "items"), "items")
	}
	was := field.optionSchema()
	metadata := maps.Clone(subschema(was, keyEnumMetadata))
	if metadata == nil {
		metadata = map[string]any{}
	}
	list, _ := edit["enum"].([]any)
	names = slices.Clone(field.options.names)
	for _, value := range list {
		option := value.(string)
		has := slices.Contains(names, option)
		switch {
		case option == "":
			return nil, "An option cannot be empty."
		case mode == "append" && has: // all options may be sent, with those to be added: S6
		case mode == "append":
			names = append(names, option)
		case !has:
			return nil, fmt.Sprintf("There is no option %q.", option)
		case mode == "remove":
			names = slices.DeleteFunc(names, func(name string) bool { return name == option })
			delete(metadata, option)
		}
	}
	for option, shown := range subschema(edit, keyEnumMetadata) {
		switch {
		case slices.Contains(names, option):
			metadata[option] = shown
		case mode != "remove":
			return nil, fmt.Sprintf("There is no option %q to describe.", option)
		}
	}
	if len(list) > 0 {
		was = values.With(was, "enum", withNames(was["enum"], field.options.names, names))
	}
	d.setField(object, name, field.withOptions(values.With(was, keyEnumMetadata, metadata)))
	if mode == "remove" {
		d.edits = append(d.edits, valueEdit{object: object, field: name, convert: func(value any) (any, bool) {
			return mapOptions(value, func(option string) string {
				if slices.Contains(list, any(option)) {
					return ""
				}
				return option
			})
		}})
	}
	return names, ""
}

// withNames returns the enum of a select whose options were others. What in it is
// no option stays: a select that admits null may list it.
func withNames(enum any, before, after []string) []any {
	list, _ := enum.([]any)
	changed := slices.DeleteFunc(slices.Clone(list), func(value any) bool {
		name, ok := value.(string)
		return ok && !slices.Contains(after, name)
	})
	for _, name := range after {
		if !slices.Contains(before, name) {
			changed = append(changed, name)
		}
	}
	return changed
}

// optionSchema is the part of a field's JSON Schema that has the options.
func (f *fieldSpec) optionSchema() jsonSchema {
	switch {
	case f.kind == values.KindSelect:
		return f.schema
	case slices.Contains(typesOf(f.schema), "array"):
		return subschema(f.schema, "items")
	}
	return subschema(subschema(subschema(f.schema, "properties"), "items"), "items")
}

// withOptions returns the field's JSON Schema with another such part.
func (f *fieldSpec) withOptions(part jsonSchema) jsonSchema {
	switch {
	case f.kind == values.KindSelect:
		return part
	case slices.Contains(typesOf(f.schema), "array"):
		return values.With(f.schema, "items", part)
	}
	properties := subschema(f.schema, "properties")
	items := values.With(subschema(properties, "items"), "items", part)
	return values.With(f.schema, "properties", values.With(properties, "items", items))
}

// mapOptions replaces the options that a select's value has, of which those are
// cleared that become empty. It tells whether any is another one then.
func mapOptions(value any, become func(option string) string) (any, bool) {
	switch v := value.(type) {
	case string:
		is := become(v)
		if is == "" && v != "" {
			return nil, true
		}
		return is, is != v
	case []any:
		mapped := []any{}
		changed := false
		for _, item := range v {
			is, differs := mapOptions(item, become)
			changed = changed || differs
			if is != nil {
				mapped = append(mapped, is)
			}
		}
		return mapped, changed
	}
	if items, ok := values.Items(value); ok {
		mapped, changed := mapOptions(items, become)
		return values.With(value.(map[string]any), "items", mapped), changed
	}
	return value, false
}

// becomes returns what becomes of the options of a select that is replaced by
// field: one that is called otherwise now, which its id tells, has its new name,
// one that is no more is cleared.
func (f *fieldSpec) becomes(field *fieldSpec) func(option string) string {
	renamed := map[string]string{}
	for _, was := range f.options.names {
		id := metadataID(f.optionSchema(), was)
		for _, is := range field.options.names {
			if id != "" && !f.options.known[is] && metadataID(field.optionSchema(), is) == id {
				renamed[was] = is
			}
		}
	}
	return func(option string) string {
		if field.options.open || field.options.known[option] {
			return option
		}
		return renamed[option]
	}
}

// metadataID is the id that a select's schema gives an option, or empty.
func metadataID(schema jsonSchema, option string) string {
	id, _ := subschema(subschema(schema, keyEnumMetadata), option)["id"].(string)
	return id
}
