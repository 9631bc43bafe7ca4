package api

import "github.com/clarify-go/clarify/clarifytest/internal/schema"

// createSchemaProperties: POST /schemas/{entity}/properties
func createSchemaProperties(c *Call) (Reply, error) {
	spec, attributes, f := c.fieldChange("CreateFieldsRequest")
	if f != nil {
		return Reply{}, f
	}
	return c.accept(func(d *schema.Draft) error { return d.AddFields(spec.Name, attributes, "/data/attributes") })
}

// updateSchemaPropertyOrder: PATCH /schemas/{entity}/fields-order
func updateSchemaPropertyOrder(c *Call) (Reply, error) {
	spec, attributes, f := c.fieldChange("FieldOrderRequest")
	if f != nil {
		return Reply{}, f
	}
	order, f := spec.CheckOrder(attributes["order"].([]any), "/data/attributes/order")
	if f != nil {
		return Reply{}, f
	}
	return c.accept(func(d *schema.Draft) error {
		d.OrderFields(spec.Name, order)
		return nil
	})
}

// updateSchemaPropertyVisibility: PATCH /schemas/{entity}/fields-visibility
func updateSchemaPropertyVisibility(c *Call) (Reply, error) {
	spec, attributes, f := c.fieldChange("FieldVisibilityRequest")
	if f != nil {
		return Reply{}, f
	}
	hidden := attributes["hiddenInDetails"].(map[string]any)
	if f := spec.CheckHidden(hidden, "/data/attributes/hiddenInDetails"); f != nil {
		return Reply{}, f
	}
	return c.accept(func(d *schema.Draft) error {
		d.HideFields(spec.Name, hidden)
		return nil
	})
}

// fieldChange reads what requests have in common that change the fields of the
// object that the path names: data.attributes.
func (c *Call) fieldChange(schema string) (*schema.Object, map[string]any, error) {
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
