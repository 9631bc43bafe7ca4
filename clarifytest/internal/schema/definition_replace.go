package schema

import "maps"

// descriptive are the keywords that do not bear on values.
var descriptive = []string{"title", "description", KeyPresentation, keyUnique}

// defining returns a field's JSON Schema without what does not bear on values.
func defining(schema JSON) JSON {
	rest := maps.Clone(schema)
	for _, member := range descriptive {
		delete(rest, member)
	}
	return rest
}

// described returns the field with a JSON Schema that differs from the declared one only
// in what does not bear on values.
func (f *Field) described(name string, schema JSON) *Field {
	form := defining(f.JSON)
	for _, member := range descriptive {
		if value, has := schema[member]; has {
			form[member] = value
		}
	}
	changed := newField(name, form)
	declared := any(schema)
	changed.declared = &declared
	return changed
}
