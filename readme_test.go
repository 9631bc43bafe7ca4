package clarify_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// A program in the README is built as it stands. Of the other blocks, each
// line is one of an example's, which the compiler has seen.
func TestCodeInTheREADMECompiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples []byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, b...)
	}
	plain := func(line string) string {
		code, _, _ := strings.Cut(line, "//")
		return strings.TrimSpace(strings.ReplaceAll(code, "err :=", "err ="))
	}
	var compiled []string
	for line := range strings.Lines(string(examples)) {
		compiled = append(compiled, plain(line))
	}

	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no code")
	}
	programs := 0
	for i, block := range blocks {
		if strings.HasPrefix(block[1], "package main") {
			programs++
			file := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("go", "vet", file).CombinedOutput(); err != nil {
				t.Errorf("program %d of the README: %v\n%s", programs, err, out)
			}
			continue
		}
		for line := range strings.Lines(block[1]) {
			if code := plain(line); code != "" && !slices.Contains(compiled, code) {
				t.Errorf("block %d of the README has a line that no example has: %s", i+1, code)
			}
		}
	}
	if programs == 0 {
		t.Error("the README has no whole program")
	}
}

func TestREADMENamesWhatIsThere(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range regexp.MustCompile(`\]\(([A-Za-z][^):]*)\)`).FindAllStringSubmatch(goBlock.ReplaceAllString(string(readme), ""), -1) {
		if _, err := os.Stat(link[1]); err != nil {
			t.Errorf("the README leads to %s: %v", link[1], err)
		}
	}
	for _, entry := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(string(readme), -1) {
		for _, name := range regexp.MustCompile("`([a-z./-]+)`").FindAllStringSubmatch(entry[1], -1) {
			if !strings.ContainsAny(name[1], "./") {
				continue
			}
			if _, err := os.Stat(name[1]); err != nil {
				t.Errorf("the README lists %s: %v", name[1], err)
			}
		}
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range regexp.MustCompile(`(?m)^make ([a-z]+)`).FindAllStringSubmatch(string(readme), -1) {
		if !strings.Contains(string(makefile), fmt.Sprintf("\n%s:", target[1])) {
			t.Errorf("the README calls make %s, which is no target", target[1])
		}
	}
}

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

// The tool directive and tools.go name the same generator, and generate.go runs
// it.
func TestTheGeneratorIsPinned(t *testing.T) {
	const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
	for name, want := range map[string]string{
		"go.mod":      "\ntool " + generator,
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
