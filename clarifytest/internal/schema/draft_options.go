package schema

import (
	"fmt"
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// EditOptions adds options to a select or removes some, and returns what it has
// then. mode is append or remove; if it is empty, only how options are shown is
// changed. If the edit is not acceptable it returns what is wrong.
func (d *Draft) EditOptions(object, name string, edit map[string]any, mode string) (names []string, what string) {
	field := d.Find(object).Fields[name]
	if field == nil || field.Options == nil {
		return nil, "The field is not a select."
	}
	_, nested := edit["properties"]
	switch {
	case nested && field.Kind == values.KindSelect:
		return nil, "The options of a single select are not within properties."
	case !nested && field.Kind == values.KindMultiSelect:
		return nil, "The options of a multi select are within properties.items.items."
	case nested:
		edit = Sub(Sub(Sub(edit, "properties"), "items"), "items")
	}
	was := field.optionSchema()
	metadata := maps.Clone(Sub(was, keyEnumMetadata))
	if metadata == nil {
		metadata = map[string]any{}
	}
	list, _ := edit["enum"].([]any)
	names, what = editNames(field.Options.Names, list, mode)
	if what != "" {
		return nil, what
	}
	for _, option := range field.Options.Names {
		if !slices.Contains(names, option) {
			delete(metadata, option)
		}
	}
	for option, shown := range Sub(edit, keyEnumMetadata) {
		switch {
		case slices.Contains(names, option):
			metadata[option] = shown
		case mode != "remove":
			return nil, fmt.Sprintf("There is no option %q to describe.", option)
		}
	}
	if len(list) > 0 {
		was = values.With(was, "enum", withNames(was["enum"], field.Options.Names, names))
	}
	d.setField(object, name, field.withOptions(name, values.With(was, keyEnumMetadata, metadata)))
	if mode == "remove" {
		d.Edits = append(d.Edits, Edit{Object: object, Field: name, Convert: func(value any) (any, bool) {
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

// editNames adds options to the names of those of a select or removes some, as in
// [Draft.EditOptions].
func editNames(before []string, list []any, mode string) (names []string, what string) {
	names = slices.Clone(before)
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
		}
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
func (f *Field) optionSchema() JSON { return f.partOf(f.JSON) }

// partOf returns that part of a JSON Schema of the field.
func (f *Field) partOf(schema JSON) JSON {
	switch {
	case f.Kind == values.KindSelect:
		return schema
	case slices.Contains(typesOf(f.JSON), "array"):
		return Sub(schema, "items")
	}
	return Sub(Sub(Sub(schema, "properties"), "items"), "items")
}

// withOptions returns the field with another such part.
func (f *Field) withOptions(name string, part JSON) *Field {
	changed := newField(name, f.withPart(f.JSON, part))
	if f.declared == nil {
		return changed
	}
	declared, _ := (*f.declared).(map[string]any)
	if own := f.partOf(declared); own["enum"] != nil || own[keyEnumMetadata] != nil {
		own = values.With(own, keyEnumMetadata, part[keyEnumMetadata])
		if part["enum"] != nil {
			own["enum"] = part["enum"]
		}
		declared = f.withPart(declared, own)
	} else {
		// They are behind a reference or an alternative, which the field does not share
		// any more.
		declared = maps.Clone(declared)
		for _, keyword := range []string{"$ref", "oneOf", "anyOf", "allOf"} {
			delete(declared, keyword)
		}
		maps.Copy(declared, changed.JSON)
	}
	listed := any(declared)
	changed.declared = &listed
	return changed
}

// withPart returns the JSON Schema of the field, or its own form of it, with another
// part that has the options.
func (f *Field) withPart(schema, part JSON) JSON {
	switch {
	case f.Kind == values.KindSelect:
		return part
	case slices.Contains(typesOf(f.JSON), "array"):
		return values.With(schema, "items", part)
	}
	properties := Sub(schema, "properties")
	items := values.With(Sub(properties, "items"), "items", part)
	return values.With(schema, "properties", values.With(properties, "items", items))
}

// mapOptions replaces the options that a select's value has, of which those are
// cleared that become empty. It reports whether any differs then.
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

// renamed returns what the options of a select are called after field has replaced it:
// an option with the same id has its new name, one that is gone is cleared.
func (f *Field) renamed(field *Field) func(option string) string {
	names := map[string]string{}
	for _, was := range f.Options.Names {
		id := metadataID(f.optionSchema(), was)
		for _, is := range field.Options.Names {
			if id != "" && !f.Options.Known[is] && metadataID(field.optionSchema(), is) == id {
				names[was] = is
			}
		}
	}
	return func(option string) string {
		if field.Options.Open || field.Options.Known[option] {
			return option
		}
		return names[option]
	}
}

// metadataID is the id that a select's schema gives an option, or empty.
func metadataID(schema JSON, option string) string {
	id, _ := Sub(Sub(schema, keyEnumMetadata), option)["id"].(string)
	return id
}
