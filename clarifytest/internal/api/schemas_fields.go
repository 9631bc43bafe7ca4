package api

import "github.com/clarify-go/clarify/clarifytest/internal/schema"

// createSchemaProperties: POST /schemas/{entity}/properties
func createSchemaProperties(c *Call) (Response, error) {
	spec, attributes, err := c.fieldChange("CreateFieldsRequest")
	if err != nil {
		return Response{}, err
	}
	return c.accept(func(d *schema.Draft) error { return d.AddFields(spec.Name, attributes, "/data/attributes") })
}

// updateSchemaPropertyOrder: PATCH /schemas/{entity}/fields-order
func updateSchemaPropertyOrder(c *Call) (Response, error) {
	spec, attributes, err := c.fieldChange("FieldOrderRequest")
	if err != nil {
		return Response{}, err
	}
	order, err := spec.CheckOrder(attributes["order"].([]any), "/data/attributes/order")
	if err != nil {
		return Response{}, err
	}
	return c.accept(func(d *schema.Draft) error {
		d.OrderFields(spec.Name, order)
		return nil
	})
}

// updateSchemaPropertyVisibility: PATCH /schemas/{entity}/fields-visibility
func updateSchemaPropertyVisibility(c *Call) (Response, error) {
	spec, attributes, err := c.fieldChange("FieldVisibilityRequest")
	if err != nil {
		return Response{}, err
	}
	hidden := attributes["hiddenInDetails"].(map[string]any)
	if err := spec.CheckHidden(hidden, "/data/attributes/hiddenInDetails"); err != nil {
		return Response{}, err
	}
	return c.accept(func(d *schema.Draft) error {
		d.HideFields(spec.Name, hidden)
		return nil
	})
}

// fieldChange reads what requests have in common that change the fields of the
// object that the path names: data.attributes.
func (c *Call) fieldChange(schema string) (*schema.Object, map[string]any, error) {
	spec, err := c.entity()
	if err != nil {
		return nil, nil, err
	}
	document, err := c.input()
	if err == nil {
		err = c.conform(document, schema, "")
	}
	if err != nil {
		return nil, nil, err
	}
	return spec, document["data"].(map[string]any)["attributes"].(map[string]any), nil
}
