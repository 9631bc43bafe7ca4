package documents_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const architecture = "docs/architecture.md"

// What docs/architecture.md names exists: files and packages, which may be
// patterns such as stage_*.go, and Go identifiers.
func TestArchitectureNamesWhatExists(t *testing.T) {
	text := fence.ReplaceAllString(documents(t)[architecture], "")
	identifier := regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)
	file := regexp.MustCompile(`/|\.(go|md|yaml|html|mod)$`)
	words := goWords(t)
	files, identifiers := 0, 0
	for _, quoted := range code.FindAllString(text, -1) {
		name := strings.Trim(quoted, "`")
		switch {
		case strings.ContainsAny(name, " {<:"), strings.HasPrefix(name, "golang.org/"): // a command, a request, another module
		case name == "Makefile" || file.MatchString(name):
			files++
			found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(name)))
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

// goWords returns the words of the module's Go files that no test has alone, and the
// names of its packages.
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
