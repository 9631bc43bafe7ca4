// Package documents_test holds the documents to the code: what they show
// compiles, and what they refer to exists.
package documents_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the directory of the module.
var root = filepath.Join("..", "..")

// documents returns the text of each document, by its path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == ".git" || name == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		texts[filepath.ToSlash(relative)] = strings.ReplaceAll(string(text), "\r\n", "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if texts["README.md"] == "" {
		t.Fatal("there is no README.md")
	}
	return texts
}

// goBlock is a block of Go, with the comment before it that says where it
// comes from.
var goBlock = regexp.MustCompile("(?ms)(?:^<!-- example: (\\S+) -->\n)?^```go\n(.*?)^```")

// A block of Go is a whole file, which is compiled as it is, or it is a part of
// a function in a file that is compiled: an invisible comment before the block
// names it.
func TestCodeCompiles(t *testing.T) {
	sources := functions(t)
	compiled := map[string]bool{} // the whole files that several documents have
	for name, text := range documents(t) {
		t.Run(name, func(t *testing.T) {
			blocks := goBlock.FindAllStringSubmatch(text, -1)
			if fences := strings.Count(text, "```go\n"); fences != len(blocks) {
				t.Fatalf("found %d of the %d blocks of Go", len(blocks), fences)
			}
			for _, block := range blocks {
				example, code := block[1], block[2]
				if strings.HasPrefix(code, "package ") {
					if !compiled[code] {
						vet(t, code)
					}
					compiled[code] = true
					continue
				}
				source, ok := sources[example]
				if !ok {
					t.Errorf("there is no function %q for this block; name the one that it is from with <!-- example: NAME --> in the line before it:\n%s", example, code)
					continue
				}
				if line, ok := excerpt(code, source); !ok {
					t.Errorf("%s has no line %q, or has another one before it, in:\n%s", example, line, code)
				}
			}
		})
	}
}

// functions returns the lines of the examples and tests from which documents
// may take excerpts, by name. The files are a part of the package clarify, a program
// among the examples, or a module that users import, so whatever tests those has
// compiled them. The name of one in such a module has the directory before it:
// contrib/otel.ExampleNewObserver.
func functions(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "example*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{} // the directories of those in nested modules, by the name of the file
	for _, directory := range []string{"contrib/*", "mirror"} {
		more, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(directory), "example*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range more {
			relative, err := filepath.Rel(root, filepath.Dir(name))
			if err != nil {
				t.Fatal(err)
			}
			modules[name] = filepath.ToSlash(relative)
		}
		files = append(files, more...)
	}
	// A generated package is not part of the package clarify.
	files = append(files, filepath.Join(root, "examples", "typed", "main.go"))
	sources := map[string][]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok {
				body := text[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset]
				example := f.Name.Name
				if modules[name] != "" {
					example = modules[name] + "." + example
				}
				sources[example] = strings.Split(string(body), "\n")
			}
		}
	}
	return sources
}

// excerpt reports whether code is a part of source. Where code has a line that is
// only a comment, source may have other lines. It returns the first line that
// source does not have.
func excerpt(code string, source []string) (missing string, ok bool) {
	var lines []string
	for _, line := range source {
		if line = withoutComment(line); line != "" {
			lines = append(lines, line)
		}
	}
	for start := range lines {
		line, ok := matches(strings.Split(code, "\n"), lines[start:])
		if ok {
			return "", true
		}
		if missing == "" || line != "" {
			missing = line
		}
	}
	return missing, false
}

// matches reports whether lines begins with code, and the first line of code that
// it does not have.
func matches(code, lines []string) (missing string, ok bool) {
	for i, line := range code {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "//") {
			// Try every line after the gap: the nearest may be a brace of another block.
			rest := code[i+1:]
			for skip := range len(lines) + 1 {
				if missing, ok = matches(rest, lines[skip:]); ok {
					return "", true
				}
			}
			return missing, false
		}
		if line = withoutComment(line); line == "" {
			continue
		}
		if len(lines) == 0 || lines[0] != line {
			return line, false
		}
		lines = lines[1:]
	}
	return "", true
}

// comment is one that ends a line, with something before it.
var comment = regexp.MustCompile(`(^|\s+)//.*$`)

func withoutComment(line string) string {
	return strings.TrimSpace(comment.ReplaceAllString(line, ""))
}

// vet compiles a file as it is.
func vet(t *testing.T, code string) {
	t.Helper()
	// What the reader generates is checked in for one program.
	code = strings.ReplaceAll(code, `"example.com/sales/crm"`, `"github.com/clarify-go/clarify/examples/typed/crm"`)
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "vet", file)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nin:\n%s", err, out, code)
	}
}

// The comparison itself: what it accepts, and what not.
func TestExcerpt(t *testing.T) {
	source := strings.Split(`func f() {
	a, err := g() // from g
	if err != nil {
		return
	}
	for range a {
		h("http://x")
	}
}`, "\n")
	for name, test := range map[string]struct {
		code string
		want bool
	}{
		"consecutive lines":       {"a, err := g()\nif err != nil {", true},
		"a gap":                   {"a, err := g()\n// …\nfor range a {\n\t// …\n}", true},
		"another comment":         {"a, err := g() // twice", true},
		"a gap without a comment": {"a, err := g()\nfor range a {", false},
		"another order":           {"for range a {\n// …\na, err := g()", false},
		"a line of its own":       {"b()", false},
		"a string with slashes":   {"h(\"http://x\")", true},
		"another string":          {"h(\"http://y\")", false},
	} {
		t.Run(name, func(t *testing.T) {
			if missing, got := excerpt(test.code, source); got != test.want {
				t.Errorf("got %t, missing %q, want %t", got, missing, test.want)
			}
		})
	}
}
