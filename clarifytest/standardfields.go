package clarifytest

import (
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// ranked gives a field its place among the others.
func ranked(schema jsonSchema, rank int) jsonSchema {
	presentation, _ := schema[keyPresentation].(map[string]any)
	return values.With(schema, keyPresentation, values.With(presentation, "rank", values.Int(rank)))
}

// The JSON Schemas of fields.

func nullable(kind string) []any { return []any{kind, "null"} }

func textField(title string) jsonSchema {
	return jsonSchema{"type": nullable("string"), "title": title}
}

func numberField(title string) jsonSchema {
	return jsonSchema{"type": nullable("number"), "title": title}
}

// selectField is a single select. The options alternate with their colors.
func selectField(title string, options ...string) jsonSchema {
	var enum []any
	metadata := map[string]any{}
	for i := 0; i+1 < len(options); i += 2 {
		enum = append(enum, options[i])
		metadata[options[i]] = map[string]any{"id": slug(options[i]), "rank": values.Int(len(enum)), "color": options[i+1]}
	}
	return values.With(values.With(textField(title), "enum", enum), keyEnumMetadata, metadata)
}

func collectionField(title, format string) jsonSchema {
	item := jsonSchema{"type": "string"}
	if format != "" {
		item["format"] = format
	}
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{"items": jsonSchema{"type": "array", "items": item}}}
}

func nameOfPerson(title string) jsonSchema {
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{
		"first_name": jsonSchema{"type": nullable("string")},
		"last_name":  jsonSchema{"type": nullable("string")},
		"full_name":  jsonSchema{"type": "string", keyReadOnly: true},
	}}
}

func richTextField(title string) jsonSchema {
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{
		"text": jsonSchema{"type": "array", "items": jsonSchema{"type": "object"}},
	}}
}

func linkField(title, kind, object, field string) jsonSchema {
	schema := jsonSchema{"title": title, keyRelationship: jsonSchema{"kind": kind, "entity": object, "field": field}}
	if kind == manyToOne {
		schema["type"] = nullable("string")
	} else {
		schema["oneOf"] = []any{jsonSchema{"type": "array", "items": jsonSchema{"type": "string"}}}
	}
	return schema
}

// participantsField is a collection whose items are objects.
func participantsField(title string) jsonSchema {
	items := jsonSchema{"type": "array", "items": jsonSchema{"type": "object", "properties": jsonSchema{
		"email":        jsonSchema{"type": nullable("string"), "format": formatEmail},
		"name":         jsonSchema{"type": nullable("string")},
		"phone_number": jsonSchema{"type": nullable("string")},
		"status":       jsonSchema{"type": nullable("string")},
		"organizer":    jsonSchema{"type": nullable("boolean")},
	}}}
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{"items": items}}
}

func colorsField(title string) jsonSchema {
	color := jsonSchema{"type": nullable("string")}
	return jsonSchema{"type": nullable("object"), "title": title, "properties": jsonSchema{
		"primary": color, "secondary": color, "tertiary": color,
	}}
}

func unique(schema jsonSchema) jsonSchema  { return values.With(schema, keyUnique, true) }
func primary(schema jsonSchema) jsonSchema { return values.With(schema, keyPrimary, true) }

func withFormat(schema jsonSchema, format string) jsonSchema {
	return values.With(schema, "format", format)
}
