package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"

	"github.com/clarify-go/clarify/internal/golist"
)

// A source is a package with its types.
type source struct {
	path     string
	fset     *token.FileSet
	files    []*file
	info     *types.Info
	pkg      *types.Package
	importer types.Importer
}

type file struct {
	name string // its path
	text string
	tree *ast.File
}

func load(ctx context.Context, dir, pattern string) (*source, error) {
	all, err := golist.List(ctx, dir, pattern)
	if err != nil {
		return nil, err
	}
	var pkg *golist.Package
	for _, p := range all {
		if p.DepOnly {
			continue
		}
		if pkg != nil {
			return nil, fmt.Errorf("%q is more than one package", pattern)
		}
		pkg = p
	}
	if pkg == nil {
		return nil, fmt.Errorf("%q is no package", pattern)
	}

	src := &source{path: pkg.ImportPath, fset: token.NewFileSet()}
	src.importer = all.Importer(src.fset, pkg)
	var trees []*ast.File
	for _, name := range pkg.GoFiles {
		name = filepath.Join(pkg.Dir, name)
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(src.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		src.files = append(src.files, &file{name, string(text), tree})
		trees = append(trees, tree)
	}
	src.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: src.importer}
	if src.pkg, err = config.Check(src.path, src.fset, trees, src.info); err != nil {
		return nil, err
	}
	return src, nil
}

// compiles reports whether the package is valid with a change.
func (src *source) compiles(m mutant) bool {
	tree, err := parser.ParseFile(src.fset, m.file.name, m.text(), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	var trees []*ast.File
	for _, f := range src.files {
		if f == m.file {
			trees = append(trees, tree)
		} else {
			trees = append(trees, f.tree)
		}
	}
	config := types.Config{Importer: src.importer}
	_, err = config.Check(src.path, src.fset, trees, nil)
	return err == nil
}
