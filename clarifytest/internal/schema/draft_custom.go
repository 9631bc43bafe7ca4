package schema

import (
	"maps"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// NewCustom returns a custom object, which becomes one of the schemas when a draft of
// them puts it. name and plural are what people call its records, members what else
// its JSON Schema has, and definitions the JSON Schemas of its fields.
func (s *Set) NewCustom(name, plural string, members JSON, definitions map[string]any) (*Object, error) {
	id := customPrefix + slug(name)
	if id == customPrefix {
		return nil, values.Invalid("/name", "The name must have a letter or a digit.")
	}
	properties, err := s.origin.checkDefinitions(definitions, 1, "/properties")
	if err != nil {
		return nil, err
	}
	fields := systemFieldsOf()
	maps.Copy(fields, properties)
	document := objectDocument(id, values.With(values.With(members, "title", name), keyLabel, labels(name, plural)))
	made := newObject(id, slug(plural), document, fields)
	made.set = s
	return made, nil
}
