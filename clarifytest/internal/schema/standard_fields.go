package schema

import "github.com/clarify-go/clarify/clarifytest/internal/values"

// ranked gives a field its place among the others.
func ranked(schema JSON, rank int) JSON {
	presentation, _ := schema[KeyPresentation].(map[string]any)
	return values.With(schema, KeyPresentation, values.With(presentation, "rank", values.Int(rank)))
}

// The JSON Schemas of fields.

func nullable(kind string) []any { return []any{kind, "null"} }

func textField(title string) JSON {
	return JSON{"type": nullable("string"), "title": title}
}

func numberField(title string) JSON {
	return JSON{"type": nullable("number"), "title": title}
}

// selectField is a single select. The options alternate with their colors.
func selectField(title string, options ...string) JSON {
	var enum []any
	metadata := map[string]any{}
	for i := 0; i+1 < len(options); i += 2 {
		enum = append(enum, options[i])
		metadata[options[i]] = map[string]any{"id": slug(options[i]), "rank": values.Int(len(enum)), "color": options[i+1]}
	}
	return values.With(values.With(textField(title), "enum", enum), keyEnumMetadata, metadata)
}

func collectionField(title, format string) JSON {
	item := JSON{"type": "string"}
	if format != "" {
		item["format"] = format
	}
	return JSON{"type": nullable("object"), "title": title, "properties": JSON{"items": JSON{"type": "array", "items": item}}}
}

func nameOfPerson(title string) JSON {
	return JSON{"type": nullable("object"), "title": title, "properties": JSON{
		"first_name": JSON{"type": nullable("string")},
		"last_name":  JSON{"type": nullable("string")},
		"full_name":  JSON{"type": "string", keyReadOnly: true},
	}}
}

func richTextField(title string) JSON {
	return JSON{"type": nullable("object"), "title": title, "properties": JSON{
		"text": JSON{"type": "array", "items": JSON{"type": "object"}},
	}}
}

func linkField(title, kind, object, field string) JSON {
	schema := JSON{"title": title, keyRelationship: JSON{"kind": kind, "entity": object, "field": field}}
	if kind == ManyToOne {
		schema["type"] = nullable("string")
	} else {
		schema["oneOf"] = []any{JSON{"type": "array", "items": JSON{"type": "string"}}}
	}
	return schema
}

// participantsField is a collection whose items are objects.
func participantsField(title string) JSON {
	items := JSON{"type": "array", "items": JSON{"type": "object", "properties": JSON{
		"email":        JSON{"type": nullable("string"), "format": formatEmail},
		"name":         JSON{"type": nullable("string")},
		"phone_number": JSON{"type": nullable("string")},
		"status":       JSON{"type": nullable("string")},
		"organizer":    JSON{"type": nullable("boolean")},
	}}}
	return JSON{"type": nullable("object"), "title": title, "properties": JSON{"items": items}}
}

func colorsField(title string) JSON {
	color := JSON{"type": nullable("string")}
	return JSON{"type": nullable("object"), "title": title, "properties": JSON{
		"primary": color, "secondary": color, "tertiary": color,
	}}
}

func unique(schema JSON) JSON  { return values.With(schema, keyUnique, true) }
func primary(schema JSON) JSON { return values.With(schema, keyPrimary, true) }

func withFormat(schema JSON, format string) JSON {
	return values.With(schema, "format", format)
}
