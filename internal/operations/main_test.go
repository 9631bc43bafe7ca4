package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

func TestTheListIsUpToDate(t *testing.T) {
	var want strings.Builder
	write(&want)
	got, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Error("docs/operations.md is not up to date; run go generate ./...")
	}
	for _, op := range gen.Operations() {
		if !strings.Contains(want.String(), "| "+op.ID+" |") {
			t.Errorf("%s is missing", op.ID)
		}
	}
}

func TestShortCallsAreOfOperationsAndAreThere(t *testing.T) {
	operations := map[string]bool{}
	for _, op := range gen.Operations() {
		operations[op.ID] = true
	}
	methods := map[string]bool{}
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				receiver := f.Recv.List[0].Type
				if star, ok := receiver.(*ast.StarExpr); ok {
					receiver = star.X
				}
				if index, ok := receiver.(*ast.IndexExpr); ok {
					receiver = index.X
				}
				if id, ok := receiver.(*ast.Ident); ok {
					methods[strings.ToLower(id.Name)+"."+f.Name.Name] = true
				}
			}
		}
	}
	called := regexp.MustCompile(`^(client|records)\.\w+`)
	for id, calls := range short {
		if !operations[id] {
			t.Errorf("%s is no operation", id)
		}
		for _, call := range calls {
			if name := called.FindString(call); !methods[name] {
				t.Errorf("%s: there is no %s", id, call)
			}
		}
	}
}
