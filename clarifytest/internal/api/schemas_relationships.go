package api

import "github.com/clarify-go/clarify/clarifytest/internal/schema"

// createSchemaRelationshipProperties: POST /schemas/{entity}/relationships
func createSchemaRelationshipProperties(c *Call) (Response, error) {
	spec, attributes, err := c.fieldChange("CreateRelationshipRequest")
	if err != nil {
		return Response{}, err
	}
	return c.accept(func(d *schema.Draft) error { return d.AddRelationship(spec.Name, attributes, "/data/attributes") })
}

// deleteSchemaRelationshipProperty: DELETE /schemas/{entity}/relationships/{fieldName}
func deleteSchemaRelationshipProperty(c *Call) (Response, error) {
	spec, err := c.entity()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	name := c.Request.PathValue("fieldName")
	field := spec.Fields[name]
	if field == nil || field.Relationship == nil {
		return Response{}, NotFound("%s has no relationship %s.", spec.Name, name)
	}
	return c.changeSchemas(func(d *schema.Draft) error { return d.RemoveRelationship(spec.Name, name) })
}
