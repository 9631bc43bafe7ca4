package clarify_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestTheSandboxDoesNotDependOnTheClient(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./clarifytest").Output()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(strings.Fields(string(out)), "github.com/clarify-go/clarify") {
		t.Error("clarifytest imports the root package")
	}
}

// Users build nothing of what only tests or generation need.
func TestLibraryDependsOnLittle(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.Module.Path}}{{end}}", ".", "./gen", "./authn").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"github.com/clarify-go/clarify",
		"github.com/oapi-codegen/runtime",
		"github.com/oapi-codegen/nullable",
		"golang.org/x/oauth2",
		// What the runtime of oapi-codegen imports.
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/google/uuid",
	}
	for _, module := range slices.Compact(strings.Fields(string(out))) {
		if !slices.Contains(allowed, module) {
			t.Errorf("the library depends on %s", module)
		}
	}
}

// The tool directives and tools.go name the same generator, and generate.go runs
// it.
func TestTheGeneratorIsPinned(t *testing.T) {
	const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
	for name, want := range map[string]string{
		"go.mod":      "\n\t" + generator + "\n",
		"tools.go":    "import _ \"" + generator + "\"",
		"generate.go": "//go:generate go tool oapi-codegen ",
	} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("%s has no %q", name, want)
		}
	}
}
