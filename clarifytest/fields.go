package clarifytest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// createSchemaProperties: POST /schemas/{entity}/properties
func createSchemaProperties(c *call) (reply, error) {
	spec, attributes, f := c.fieldChange("CreateFieldsRequest")
	if f != nil {
		return reply{}, f
	}
	return c.accept(func(d *draft) error {
		const at values.Pointer = "/data/attributes"
		definitions, f := checkDefinitions(attributes, d.nextRank(spec.name), at)
		var found values.Problems
		found.Add(f)
		for _, name := range slices.Sorted(maps.Keys(definitions)) {
			found.Add(spec.checkFree(name, at.Member(name)))
			d.setField(spec.name, name, definitions[name])
		}
		if len(attributes) == 0 {
			found.Add(values.Invalid(at, "There must be at least one field."))
		}
		return found.Err()
	})
}

// checkFree checks that an object can have another field of this name.
func (o *objectSpec) checkFree(name string, at values.Pointer) error {
	switch {
	case o.fields[name] != nil:
		return values.Invalid(at, "%s has a field %s already.", o.name, name)
	case !usableName(name):
		return values.Invalid(at, "A field's name must not be empty, begin with _ or contain a dot or a bracket.")
	}
	return nil
}

// updateSchemaPropertyOrder: PATCH /schemas/{entity}/fields-order
func updateSchemaPropertyOrder(c *call) (reply, error) {
	spec, attributes, f := c.fieldChange("FieldOrderRequest")
	if f != nil {
		return reply{}, f
	}
	const at values.Pointer = "/data/attributes/order"
	var order []string
	var found values.Problems
	for i, value := range attributes["order"].([]any) {
		name := value.(string)
		switch {
		case spec.fields[name] == nil:
			found.Add(values.Invalid(at.Item(i), "%s has no field %s.", spec.name, name))
		case slices.Contains(order, name):
			found.Add(values.Invalid(at.Item(i), "The field %s is there twice.", name))
		}
		order = append(order, name)
	}
	if f := found.Err(); f != nil {
		return reply{}, f
	}
	return c.accept(func(d *draft) error {
		for _, name := range spec.ordered() {
			if !slices.Contains(order, name) {
				order = append(order, name)
			}
		}
		for i, name := range order {
			d.setField(spec.name, name, ranked(spec.fields[name].schema, i+1))
		}
		return nil
	})
}

// ordered returns the names of the fields by their ranks. The system's, which
// have none, are left out.
func (o *objectSpec) ordered() []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(o.fields)), func(name string) bool { return strings.HasPrefix(name, "_") })
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(o.fields[a].rank(), o.fields[b].rank())
	})
	return names
}

// updateSchemaPropertyVisibility: PATCH /schemas/{entity}/fields-visibility
func updateSchemaPropertyVisibility(c *call) (reply, error) {
	spec, attributes, f := c.fieldChange("FieldVisibilityRequest")
	if f != nil {
		return reply{}, f
	}
	const at values.Pointer = "/data/attributes/hiddenInDetails"
	hidden := attributes["hiddenInDetails"].(map[string]any)
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(hidden)) {
		if spec.fields[name] == nil {
			found.Add(values.Invalid(at.Member(name), "%s has no field %s.", spec.name, name))
		}
	}
	if f := found.Err(); f != nil {
		return reply{}, f
	}
	return c.accept(func(d *draft) error {
		for name, value := range hidden {
			schema := spec.fields[name].schema
			d.setField(spec.name, name, values.With(schema, keyPresentation, values.With(subschema(schema, keyPresentation), "hiddenInDetails", value)))
		}
		return nil
	})
}

// fieldChange reads what requests have in common that change the fields of the
// object that the path names: data.attributes.
func (c *call) fieldChange(schema string) (*objectSpec, map[string]any, error) {
	spec, f := c.entity()
	if f != nil {
		return nil, nil, f
	}
	document, f := c.input()
	if f == nil {
		f = c.conform(document, schema, "")
	}
	if f != nil {
		return nil, nil, f
	}
	return spec, document["data"].(map[string]any)["attributes"].(map[string]any), nil
}
