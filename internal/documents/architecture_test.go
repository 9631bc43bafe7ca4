package documents_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecture = "docs/architecture.md"

// quotedNames returns what stands between backticks in a document, blocks aside.
func quotedNames(t *testing.T, document string) []string {
	t.Helper()
	var names []string
	for _, quoted := range code.FindAllString(fence.ReplaceAllString(documents(t)[document], ""), -1) {
		names = append(names, strings.Trim(quoted, "`"))
	}
	return names
}

// What docs/architecture.md names exists: files and packages, which may be
// patterns such as stage_*.go, and Go identifiers.
func TestArchitectureNamesWhatExists(t *testing.T) {
	identifier := regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)
	file := regexp.MustCompile(`/|\.(go|md|yaml|html|mod)$`)
	words := goWords(t)
	files, identifiers := 0, 0
	for _, name := range quotedNames(t, architecture) {
		switch {
		case strings.ContainsAny(name, " {<:"), strings.HasPrefix(name, "golang.org/"): // a command, a request, another module
		case name == "Makefile" || file.MatchString(name):
			files++
			found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(name)))
			found = slices.DeleteFunc(found, func(path string) bool {
				return strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(name, "_test.go")
			})
			if err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist (%v)", architecture, name, err)
			}
		case identifier.MatchString(name):
			identifiers++
			for part := range strings.SplitSeq(name, ".") {
				if !words[part] {
					t.Errorf("%s names %s, which no Go file has", architecture, name)
				}
			}
		}
	}
	if files == 0 || identifiers == 0 {
		t.Errorf("%s names %d files and %d identifiers", architecture, files, identifiers)
	}
}

// The files that the other documents for developers name exist, too.
func TestFilesExist(t *testing.T) {
	file := regexp.MustCompile(`^[a-z.]+/[\w./-]*$|^\w+\.(go|md|yaml|mod)$`)
	for _, document := range []string{"CONTRIBUTING.md", "docs/contract.md", "docs/doctor.md"} {
		for _, name := range quotedNames(t, document) {
			if !file.MatchString(name) {
				continue
			}
			beside := filepath.Join(filepath.Dir(filepath.FromSlash(document)), filepath.FromSlash(name))
			if _, err := os.Stat(filepath.Join(root, beside)); err == nil {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				t.Errorf("%s names %s, which does not exist", document, name)
			}
		}
	}
}

// Each file of the root package is in a family that docs/architecture.md names.
func TestArchitectureNamesEveryFileOfTheRoot(t *testing.T) {
	named := map[string]bool{}
	for _, name := range quotedNames(t, architecture) {
		if strings.HasPrefix(name, "*") || strings.Contains(name, "/") || filepath.Ext(name) != ".go" {
			continue
		}
		found, err := filepath.Glob(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			named[path] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if !strings.HasSuffix(path, "_test.go") && !named[path] {
			t.Errorf("%s does not say to which files %s belongs", architecture, filepath.Base(path))
		}
	}
}

// Each internal package has a line, too.
func TestArchitectureNamesEveryInternalPackage(t *testing.T) {
	names := quotedNames(t, architecture)
	for _, parent := range []string{"internal", "clarifytest/internal"} {
		entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(parent)))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := parent + "/" + entry.Name() + "/"; entry.IsDir() && !slices.Contains(names, name) {
				t.Errorf("%s does not say what %s is", architecture, name)
			}
		}
	}
}

// goWords returns the words in the module's Go files, tests aside, and the names of
// its directories.
func goWords(t *testing.T) map[string]bool {
	t.Helper()
	word := regexp.MustCompile(`\w+`)
	words := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name == "node_modules" || name == ".git" {
				return fs.SkipDir
			}
			words[name] = true
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range word.FindAllString(string(text), -1) {
			words[w] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}
