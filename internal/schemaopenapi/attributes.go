package schemaopenapi

import (
	"strings"

	"github.com/clarify-go/clarify"
)

// node is a part of a document, as it is decoded from JSON.
type node = map[string]any

// attributesOf returns the schema of the attributes of a record as they are read. Any can
// be null, and others than these can come.
func attributesOf(o *clarify.ObjectSchema) node {
	properties := node{}
	for _, f := range o.Fields {
		if f.Kind != clarify.KindToMany {
			properties[f.Name] = described(f, valueOf(f, true))
		}
	}
	return node{"description": "The attributes of " + labelOf(o) + ".", "type": "object", "properties": properties}
}

// changesOf returns the schema of the attributes that a request may set. Of a new record
// those that are required must be there.
func changesOf(o *clarify.ObjectSchema, isNew bool) node {
	properties, required := node{}, []any{}
	for _, f := range o.Fields {
		if f.Kind == clarify.KindToMany || f.ReadOnly || strings.HasPrefix(f.Name, "_") {
			continue
		}
		properties[f.Name] = described(f, valueOf(f, !f.Required))
		if f.Required {
			required = append(required, f.Name)
		}
	}
	schema := node{"description": "Attributes of " + labelOf(o) + " that a request sets. null clears one.", "type": "object", "properties": properties, "additionalProperties": false}
	if isNew && len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

func labelOf(o *clarify.ObjectSchema) string {
	if o.Singular != "" && o.Singular != o.Name {
		return o.Name + " (" + o.Singular + ")"
	}
	return o.Name
}

// described adds what people read to the schema of a field.
func described(f *clarify.FieldSchema, schema node) node {
	if f.Title != "" {
		schema["title"] = f.Title
	}
	text := f.Description
	if f.Relationship != nil && f.Relationship.Object != "" {
		text = strings.TrimSpace(text + "\nThe id of a record of " + f.Relationship.Object + ".")
	}
	if text != "" {
		schema["description"] = text
	}
	if f.ReadOnly || strings.HasPrefix(f.Name, "_") {
		schema["readOnly"] = true
	}
	return schema
}

// valueOf returns the schema of the values of a field.
func valueOf(f *clarify.FieldSchema, nullable bool) node {
	typed := func(name string) node {
		if nullable {
			return node{"type": []any{name, "null"}}
		}
		return node{"type": name}
	}
	switch f.Kind {
	case clarify.KindText, clarify.KindID, clarify.KindToOne:
		schema := typed("string")
		if f.Format != "" {
			schema["format"] = f.Format
		}
		return schema
	case clarify.KindDate, clarify.KindDateTime:
		schema := typed("string")
		schema["format"] = f.Format
		return schema
	case clarify.KindNumber:
		return typed("number")
	case clarify.KindCheckbox:
		return typed("boolean")
	case clarify.KindSelect:
		return withOptions(typed("string"), f.Options, nullable)
	case clarify.KindMultiSelect, clarify.KindCollection:
		schema := typed("object")
		schema["properties"] = node{"items": node{"type": "array", "items": itemOf(f)}}
		schema["required"] = []any{"items"}
		return schema
	case clarify.KindArray:
		schema := typed("array")
		schema["items"] = itemOf(f)
		return schema
	case clarify.KindName:
		schema := typed("object")
		schema["properties"] = node{"first_name": node{"type": []any{"string", "null"}}, "last_name": node{"type": []any{"string", "null"}}, "full_name": node{"type": "string", "readOnly": true}}
		return schema
	case clarify.KindRichText:
		schema := typed("object")
		schema["properties"] = node{"text": node{"type": "array", "items": node{"type": "object", "additionalProperties": true}}}
		schema["required"] = []any{"text"}
		return schema
	case clarify.KindObject:
		schema := typed("object")
		members := node{}
		for _, m := range f.Members {
			members[m.Name] = described(m, valueOf(m, true))
		}
		schema["properties"] = members
		schema["additionalProperties"] = true
		return schema
	}
	return node{} // any value
}

// itemOf returns the schema of the items of a field.
func itemOf(f *clarify.FieldSchema) node {
	if len(f.Options) > 0 {
		return withOptions(node{"type": "string"}, f.Options, false)
	}
	if f.Items == nil {
		return node{}
	}
	return valueOf(f.Items, f.Items.Nullable)
}

// withOptions restricts the schema of a string to the options of a select. One without
// options takes any string.
func withOptions(schema node, options []clarify.FieldOption, nullable bool) node {
	if len(options) == 0 {
		return schema
	}
	var enum []any
	for _, o := range options {
		enum = append(enum, o.Value)
	}
	if nullable {
		enum = append(enum, nil)
	}
	schema["enum"] = enum
	return schema
}
