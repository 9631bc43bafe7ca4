package typegen

import "github.com/clarify-go/clarify"

// TypeName returns the name of the struct that is generated for an object, or nothing if
// the schema does not have it.
func TypeName(schema *clarify.Schema, object string) string {
	if o, ok := newModel(schema).byName[object]; ok {
		return o.typeName
	}
	return ""
}
