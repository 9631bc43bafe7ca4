// Package conformance checks openapi.yaml with a second OpenAPI library, one
// that the generator and the sandbox do not use. It is a module of its own, so
// that nobody who uses the client downloads that library.
package conformance

import (
	"os"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

func TestDocumentConformsToOpenAPI31(t *testing.T) {
	b, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for _, item := range model.Model.Paths.PathItems.FromOldest() {
		operations += item.GetOperations().Len()
	}
	if operations != 76 {
		t.Errorf("%d operations are found, the contract has 76", operations)
	}

	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, problems := v.ValidateDocument(); !ok {
		for _, problem := range problems {
			t.Errorf("%s: %s", problem.Message, problem.Reason)
			for _, p := range problem.SchemaValidationErrors {
				t.Errorf("line %d: %s at %s", p.Line, p.Reason, p.KeywordLocation)
			}
		}
	}
}
