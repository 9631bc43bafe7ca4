package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

func TestWhatIsWrittenIsUpToDate(t *testing.T) {
	for file, test := range map[string]struct {
		write func(io.Writer) error
		entry string // for an operation
	}{
		"docs/operations.md":                       {write, "| %s |"},
		"clarifytest/internal/api/handlers.gen.go": {writeHandlers, "%q:"},
	} {
		var want strings.Builder
		if err := test.write(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want.String() {
			t.Errorf("%s is not up to date; run go generate ./...", file)
		}
		for _, op := range gen.Operations() {
			if !strings.Contains(want.String(), fmt.Sprintf(test.entry, op.ID)) {
				t.Errorf("%s has no %s", file, op.ID)
			}
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
