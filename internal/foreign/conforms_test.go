package foreign

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func needRedocly(t *testing.T) {
	t.Helper()
	_, err := os.Stat("node_modules/@redocly/openapi-core")
	need(t, "node with the packages of package.json", installed("node") && err == nil)
}

// conforms returns what Redocly says of a document.
func conforms(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.Command("node", "conforms.mjs", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestDocumentConformsToOpenAPI31(t *testing.T) {
	needRedocly(t)
	if got, want := conforms(t, "../../openapi.yaml"), "76 operations, 0 problems\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// operationsOfAnObject is how many operations have attributes of records, or share a path
// with one that has.
const operationsOfAnObject = 17

// What clarify-gen writes for a workspace with two objects conforms as well, and has the 76
// operations and those of records for each of them.
func TestDocumentOfAWorkspaceConformsToOpenAPI31(t *testing.T) {
	needRedocly(t)
	for _, name := range []string{"written.yaml", "written.json"} {
		file := filepath.Join(t.TempDir(), name)
		write := exec.Command("go", "run", "./cmd/clarify-gen", "openapi", "-schema", "internal/foreign/workspace.json", "-o", file)
		write.Dir = "../.."
		if out, err := write.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got, want := conforms(t, file), fmt.Sprintf("%d operations, 0 problems\n", 76+2*operationsOfAnObject); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// What the two tests above find if there is something to find.
func TestDocumentsThatDoNotConformHaveProblems(t *testing.T) {
	needRedocly(t)
	b, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for problem, change := range map[string][2]string{
		"struct: Property `operation` is not expected":           {"operationId: getUsers", "operation: getUsers"},
		"operation-operationId-unique":                           {"operationId: getUsers", "operationId: getUser"},
		"no-unresolved-refs":                                     {`$ref: "#/components/schemas/`, `$ref: "#/components/schemas/No`},
		"no-undefined-server-variable":                           {"workspaces/{workspace}", "workspaces/{space}"},
		"security-defined: There is no `none` security scheme":   {"operationId: getUsers", "security: [{none: []}]\n      operationId: getUsers"},
		"path-parameters-defined: The operation does not define": {"/users/{", "/users/{x}{"},
	} {
		changed := strings.Replace(string(b), change[0], change[1], 1)
		if changed == string(b) {
			t.Fatalf("openapi.yaml has no %q", change[0])
		}
		file := filepath.Join(t.TempDir(), "openapi.yaml")
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := conforms(t, file); !strings.Contains(got, problem) {
			t.Errorf("with %s: got %s, want %s", change[1], got, problem)
		}
	}
}
