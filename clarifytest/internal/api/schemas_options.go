package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

type schemaValidation struct {
	ID         string                     `json:"id"`
	Type       string                     `json:"type"`
	Attributes schemaValidationAttributes `json:"attributes"`
}

type schemaValidationAttributes struct {
	IsValid bool                `json:"isValid"`
	Errors  []enumProblem       `json:"errors"`
	Values  map[string][]string `json:"values"`
}

// enumProblem is why an edit of options is not acceptable.
type enumProblem struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// patchEnumFieldValues: PATCH /schemas
func patchEnumFieldValues(c *Call) (Response, error) {
	document, err := c.input()
	if err == nil {
		err = c.conform(document, "PatchEnumRequest", "")
	}
	if err != nil {
		return Response{}, err
	}
	patch := document["data"].([]any)[0].(map[string]any)
	spec := c.schemas.Find(patch["id"].(string))
	if spec == nil {
		return Response{}, NotFound("There is no object of this name.")
	}
	response := schemaValidation{ID: spec.Name, Type: "schema-validation-result"}
	response.Attributes.Errors = []enumProblem{}
	response.Attributes.Values = map[string][]string{}
	err = c.State.write(c.User, func(change *change) error {
		if err := change.state.CheckIdle(); err != nil {
			return err
		}
		d := change.state.Schemas.Draft()
		edits := patch["attributes"].(map[string]any)
		for _, field := range slices.Sorted(maps.Keys(edits)) {
			mode, _ := schema.Sub(patch["meta"].(map[string]any), field)["enum"].(string)
			names, what := d.EditOptions(spec.Name, field, edits[field].(map[string]any), mode)
			if what != "" {
				response.Attributes.Errors = append(response.Attributes.Errors, enumProblem{field, what})
			} else {
				response.Attributes.Values[field] = names
			}
		}
		if response.Attributes.IsValid = len(response.Attributes.Errors) == 0; response.Attributes.IsValid {
			change.BeginSchemas(d, store.Lag{})
		}
		return nil
	})
	return Response{http.StatusOK, map[string]any{"data": []schemaValidation{response}}}, err
}
