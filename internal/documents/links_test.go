package documents_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fence  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	code   = regexp.MustCompile("`[^`\n]*`")
	link   = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)\)`)
	header = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
)

// Relative links lead to files of the repository and to headings that they have.
func TestLinksLeadSomewhere(t *testing.T) {
	texts := documents(t)
	checked := 0
	for name, text := range texts {
		prose := code.ReplaceAllString(fence.ReplaceAllString(text, ""), "code")
		for _, found := range link.FindAllStringSubmatch(prose, -1) {
			target, anchor, _ := strings.Cut(found[2], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			file := name
			if target != "" {
				file = path.Join(path.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s links to %s: %v", name, found[2], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(texts[file]), anchor) {
				t.Errorf("%s links to %s: the file has no such heading", name, found[2])
			}
		}
	}
	if checked == 0 {
		t.Error("no document has a relative link")
	}
}

// anchors returns the names of the headings of a document, as GitHub makes them.
func anchors(text string) []string {
	var all []string
	for _, heading := range header.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(link.ReplaceAllString(heading[1], "$1"))
		name = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`).ReplaceAllString(name, "")
		name = strings.ReplaceAll(name, " ", "-")
		unique := name
		for n := 1; slices.Contains(all, unique); n++ {
			unique = fmt.Sprintf("%s-%d", name, n)
		}
		all = append(all, unique)
	}
	return all
}

func TestAnchors(t *testing.T) {
	got := anchors("# One: two\n\n```sh\n# no heading\n```\n\n## `make` it\n\n## [make](x.md) it\n")
	if want := []string{"one-two", "make-it", "make-it-1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The commands that documents tell readers to run exist.
func TestCommandsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z0-9-]*)")
	program := regexp.MustCompile(`go (?:run|test) (\./[a-z][a-z0-9/-]*)`)
	targets, programs := 0, 0
	for name, text := range documents(t) {
		for _, found := range target.FindAllStringSubmatch(text, -1) {
			targets++
			if !strings.Contains(string(makefile), "\n"+found[1]+":") {
				t.Errorf("%s calls make %s: there is no such target", name, found[1])
			}
		}
		for _, found := range program.FindAllStringSubmatch(text, -1) {
			programs++
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil {
				t.Errorf("%s calls %s: %v", name, found[0], err)
			}
		}
	}
	if targets == 0 || programs == 0 {
		t.Errorf("the documents call %d targets of make and %d programs", targets, programs)
	}
}

// The README is short: what is longer has a document of its own.
func TestREADMEIsShort(t *testing.T) {
	if lines := strings.Count(documents(t)["README.md"], "\n"); lines > 150 {
		t.Errorf("the README has %d lines, want at most 150", lines)
	}
}
