package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/golist"
)

const root = "../.."

func TestThePublicAPIIsTheListedOne(t *testing.T) {
	lists, err := load(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for path, got := range lists {
		name := filepath.Join("api", files[path])
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
		for _, line := range without(want, got) {
			t.Errorf("%s: gone or changed, which breaks users: %s", name, line)
		}
		for _, line := range without(got, want) {
			t.Errorf("%s: new: %s", name, line)
		}
	}
	if t.Failed() {
		t.Log(`If this is meant, run "make api", commit what it changes, and say so in CHANGELOG.md.`)
	}
}

// without returns the lines that are not among others.
func without(lines, others []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
}

func TestEachPublicPackageIsListed(t *testing.T) {
	all, err := golist.List(t.Context(), root, "./...")
	if err != nil {
		t.Fatal(err)
	}
	for path, p := range all {
		if !p.DepOnly {
			// The result of a test is cached with what the test itself reads.
			for _, name := range p.GoFiles {
				if _, err := os.ReadFile(filepath.Join(p.Dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := os.ReadDir(p.Dir); err != nil {
				t.Fatal(err)
			}
		}
		below := strings.TrimPrefix(path, module)
		if p.DepOnly || strings.Contains(below+"/", "/internal/") || strings.HasPrefix(below, "/cmd/") || strings.HasPrefix(below, "/examples/") {
			continue
		}
		if files[path] == "" {
			t.Errorf("%s is public and has no list", path)
		}
	}
}

func TestDeclarations(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", `package a

import "io"

const Limit = 3
const hidden = 4
type Kind string
const One Kind = "one"
var Err error
func Make[T any](first T, rest ...io.Reader) (*Box[T], error) { return nil, nil }
func Call(f func(int) string) {}
type Box[T any] struct {
	io.Reader
	Value T
	secret int
}
func (b *Box[T]) Get(n int) T { return b.Value }
func (b Box[T]) get() {}
type Doer interface { Do(n int) error; undone() }
type Short = Box[int]
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	all, err := golist.List(t.Context(), "", "io")
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: all.Importer(fset, &golist.Package{})}
	pkg, err := config.Check("a", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(declarations(pkg), "\n")
	want := `const Limit untyped int = 3
const One Kind = "one"
func Call(func(int) string)
func Make[T any](T, ...io.Reader) (*Box[T], error)
method (*Box[T]) Get(int) T
type Box[T any] struct
type Box[T any] struct, Reader io.Reader (embedded)
type Box[T any] struct, Value T
type Doer interface
type Doer interface, Do(int) error
type Doer interface, unexported methods
type Kind string
type Short = Box[int]
var Err error`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
