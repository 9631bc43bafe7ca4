// Package conformance checks openapi.yaml with a second OpenAPI library, one
// that the generator and the sandbox do not use. It is a module of its own, so
// that nobody who uses the client downloads that library.
package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

func TestDocumentConformsToOpenAPI31(t *testing.T) {
	b, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, b, 76)
}

// What clarify-gen writes for a workspace with two objects conforms as well, and has the 76
// operations and those of records for each of them.
func TestDocumentOfAWorkspaceConformsToOpenAPI31(t *testing.T) {
	for _, file := range []string{"written.yaml", "written.json"} {
		path := filepath.Join(t.TempDir(), file)
		write := exec.Command("go", "run", "./cmd/clarify-gen", "openapi", "-schema", "internal/foreign/workspace.json", "-o", path)
		write.Dir = "../.."
		if out, err := write.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		conforms(t, b, 76+2*operationsOfAnObject)
	}
}

// operationsOfAnObject is how many operations have attributes of records, or share a path
// with one that has.
const operationsOfAnObject = 17

func conforms(t *testing.T, b []byte, want int) {
	t.Helper()
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
	if operations != want {
		t.Errorf("%d operations are found, want %d", operations, want)
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
