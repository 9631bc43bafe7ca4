// Package house_test holds the structure of the module: which package may
// import which, and how far the files of a package depend on each other in a
// circle.
package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/golist"
)

const module = "github.com/clarify-go/clarify"

// maxCircle is how many files of a package may depend on each other in a circle.
const maxCircle = 12

// rules say what a package, and those below it, may import beside the standard
// library. The first that matches counts.
var rules = []struct {
	path   string
	allows []string // these and what is below them
}{
	{module + "/gen", []string{"github.com/oapi-codegen"}},
	{module + "/authn/login", []string{module + "/authn", "golang.org/x/oauth2", "github.com/cli/browser"}},
	{module + "/authn/tokenfile", []string{module + "/authn", "golang.org/x/oauth2", "github.com/gofrs/flock"}},
	{module + "/authn", []string{"golang.org/x/oauth2", module + "/internal/httpx"}},
	{module + "/clarifytest/internal/authserver", []string{module + "/clarifytest/internal/entropy"}},
	{module + "/clarifytest/internal/entropy", nil},
	{module + "/clarifytest/internal/faults", []string{module + "/clarifytest/internal/network"}},
	{module + "/clarifytest/internal/network", nil},
	{module + "/clarifytest/internal/storage", nil},
	{module + "/clarifytest/internal/api", []string{
		module + "/clarifytest/internal/entropy", module + "/clarifytest/internal/storage", module + "/clarifytest/internal/store", module + "/clarifytest/internal/seed",
		module + "/clarifytest/internal/schema", module + "/clarifytest/internal/values", module + "/internal/contract", module + "/gen",
	}},
	{module + "/clarifytest/internal/values", nil},
	{module + "/clarifytest/internal/schema", []string{module + "/clarifytest/internal/values", module + "/internal/jsonschema"}},
	{module + "/clarifytest/internal/store", []string{module + "/clarifytest/internal/schema", module + "/clarifytest/internal/values"}},
	{module + "/clarifytest/internal/seed", []string{module + "/clarifytest/internal/store", module + "/clarifytest/internal/schema", module + "/clarifytest/internal/values"}},
	{module + "/clarifytest", []string{module + "/gen", module + "/internal", module + "/clarifytest"}},
	{module + "/internal/httpx", nil},
	{module + "/internal/sealed", nil},
	{module + "/internal/servers", nil},
	{module + "/internal/tokentest", []string{module, "golang.org/x/oauth2"}},
	{module + "/internal", []string{module, "github.com/getkin/kin-openapi", "github.com/oapi-codegen"}},
	{module + "/cmd", []string{module}},
	{module + "/examples", []string{module, "golang.org/x/oauth2"}},
	{module, []string{module + "/gen", module + "/authn", module + "/internal", "github.com/oapi-codegen", "golang.org/x/oauth2"}},
}

// listed returns the packages of the module and what they need, by import path.
func listed(t *testing.T) golist.Packages {
	t.Helper()
	all, err := golist.List(t.Context(), filepath.Join("..", ".."), "./...")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// graph has the files of a package, and for each the others that declare
// something that it uses: a type, a function, a variable, a field or a method.
type graph map[string]map[string]bool

func graphOf(t *testing.T, p *golist.Package, all golist.Packages) graph {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: all.Importer(fset, p)}
	checked, err := config.Check(p.ImportPath, fset, files, info)
	if err != nil {
		t.Fatal(err)
	}

	g := graph{}
	for _, name := range p.GoFiles {
		g[name] = map[string]bool{}
	}
	for ident, object := range info.Uses {
		if object.Pkg() != checked || isLocal(object, checked) {
			continue
		}
		from, to := fileOf(fset, ident.Pos()), fileOf(fset, object.Pos())
		if from != to {
			g[from][to] = true
		}
	}
	return g
}

// isLocal reports whether an object is declared inside a function.
func isLocal(object types.Object, of *types.Package) bool {
	switch object := object.(type) {
	case *types.Func:
		return false
	case *types.Var:
		return !object.IsField() && object.Parent() != of.Scope()
	}
	return object.Parent() != of.Scope()
}

func fileOf(fset *token.FileSet, at token.Pos) string {
	return filepath.Base(fset.Position(at).Filename)
}

// largestCircle returns the largest set of files each of which depends on all
// others, directly or through others.
func (g graph) largestCircle() []string {
	reach := map[string]map[string]bool{}
	for file := range g {
		seen := map[string]bool{}
		for left := []string{file}; len(left) > 0; {
			next := left[len(left)-1]
			left = left[:len(left)-1]
			for to := range g[next] {
				if !seen[to] {
					seen[to] = true
					left = append(left, to)
				}
			}
		}
		reach[file] = seen
	}
	var largest []string
	for file := range g {
		var circle []string
		for other := range reach[file] {
			if reach[other][file] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(largest) {
			largest = circle
		}
	}
	slices.Sort(largest)
	return largest
}

func TestFilesDependOnEachOtherInSmallCirclesOnly(t *testing.T) {
	all := listed(t)
	for path, p := range all {
		if !within(path, module) || strings.HasSuffix(path, "/gen") {
			continue
		}
		circle := graphOf(t, p, all).largestCircle()
		t.Logf("%s: %d of %d files", path, len(circle), len(p.GoFiles))
		if len(circle) > maxCircle {
			t.Errorf("%s: %d files depend on each other in a circle, want at most %d: %s", path, len(circle), maxCircle, strings.Join(circle, " "))
		}
	}
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	all := listed(t)
	for path, p := range all {
		if !within(path, module) {
			continue
		}
		for _, rule := range rules {
			if !within(path, rule.path) {
				continue
			}
			for _, to := range p.Imports {
				if mapped, ok := p.ImportMap[to]; ok {
					to = mapped
				}
				if imported, ok := all[to]; ok && imported.Standard || to == "unsafe" {
					continue
				}
				if !slices.ContainsFunc(rule.allows, func(allowed string) bool { return within(to, allowed) }) {
					t.Errorf("%s imports %s, want only %s and the standard library", path, to, strings.Join(rule.allows, ", "))
				}
			}
			break
		}
	}
}

func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
