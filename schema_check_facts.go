package clarify

import (
	"slices"

	"github.com/clarify-go/clarify/internal/jsonschema"
)

// fieldFacts are what a check has to know of a field beside what FieldSchema says.
type fieldFacts struct {
	// undefined reports whether the schema says too little for values to be checked.
	undefined bool
	// partial reports whether values that are objects or lists may have other members
	// and items than the schema says.
	partial bool
	// closedOptions reports whether the options are all that a select takes.
	closedOptions bool
	// closedMembers and openMembers report whether the schema excludes other members, and
	// whether it mentions them.
	closedMembers, openMembers bool
	// integer reports whether numbers must be whole.
	integer bool
	// preset reports whether the field has a value without being written.
	preset bool
}

// read reads the facts of a field whose kind is known.
func (facts *fieldFacts) read(f *FieldSchema, schema *jsonschema.Schema) {
	facts.partial = schema.Partial
	facts.closedMembers, facts.openMembers = schema.Keyword("additionalProperties") == false, mentionsOthers(schema)
	facts.integer = isInteger(schema.Keyword("type"))
	facts.preset = schema.Keyword("default") != nil
	switch {
	case schema.Ambiguous || len(schema.Types) > 1:
		facts.undefined = true
	case f.Kind == KindDate || f.Kind == KindDateTime:
		// The format is what counts, but the type may be true (live-api.md, D6).
		facts.undefined = len(schema.Types) == 1 && !schema.Is("string")
	case f.Kind == KindToOne || f.Kind == KindToMany:
	case f.Kind == KindSelect && facts.closedOptions:
	default:
		facts.undefined = len(schema.Types) == 0
	}
}

// isInteger reports whether the keyword type allows whole numbers only.
func isInteger(types any) bool {
	names := jsonschema.List(types)
	return types == "integer" || slices.Contains(names, any("integer")) && !slices.Contains(names, any("number"))
}

// hasOtherFields reports whether records may have attributes that the schema of an
// object does not have as properties.
func hasOtherFields(schema *jsonschema.Schema) bool {
	return len(schema.Properties) == 0 || schema.Partial || schema.Ambiguous || mentionsOthers(schema)
}

// mentionsOthers reports whether a schema says what other properties are like.
func mentionsOthers(schema *jsonschema.Schema) bool {
	additional := schema.Keyword("additionalProperties")
	return additional != nil && additional != false || schema.Keyword("patternProperties") != nil
}
