package contract

import (
	"errors"

	"github.com/getkin/kin-openapi/openapi3"
)

// For a document of OpenAPI 3.1 the validator compiles a schema each time that it
// checks a value, which takes milliseconds. Then, if the schema refers
// to components, as nearly all do, and has none of the keywords that 3.0 did not
// know, it puts the result aside and does what it does for 3.0. The one such
// keyword that the contract uses is const, which is the same as an enum of one
// value. So the validator is given the contract with enums, as 3.0: the outcome
// is the same, many times as fast. Should the contract come to use other new
// keywords, it stays what it is, and checking it takes its time.

const plainVersion = "3.0.3"

var errNewKeyword = errors.New("a keyword that OpenAPI 3.0 does not know")

// simplify turns a document into one that the validator is quick with, if that
// is possible without changing what the document says.
func simplify(doc *openapi3.T) error {
	err := doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		if s := ref.Value; s.Const != nil && s.Enum == nil {
			s.Enum, s.Const = []any{s.Const}, nil
		}
		// A schema that says nothing takes null, too, which 3.0 is to be told.
		if ref.Value.IsEmpty() {
			ref.Value.Nullable = true
		}
		if hasNewKeyword(ref.Value) {
			return errNewKeyword
		}
		return nil
	})
	switch {
	case err == nil:
		doc.OpenAPI = plainVersion
	case !errors.Is(err, errNewKeyword):
		return err
	}
	return nil
}

func hasNewKeyword(s *openapi3.Schema) bool {
	return s.Const != nil ||
		s.If != nil || s.Then != nil || s.Else != nil ||
		s.Contains != nil || s.MinContains != nil || s.MaxContains != nil || len(s.PrefixItems) > 0 ||
		s.PropertyNames != nil || len(s.PatternProperties) > 0 ||
		len(s.DependentRequired) > 0 || len(s.DependentSchemas) > 0 ||
		s.UnevaluatedItems.Has != nil || s.UnevaluatedItems.Schema != nil ||
		s.UnevaluatedProperties.Has != nil || s.UnevaluatedProperties.Schema != nil ||
		s.ContentSchema != nil || len(s.Defs) > 0
}
