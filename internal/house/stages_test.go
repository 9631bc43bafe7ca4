package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writers has the files that may write each part of a call. A part is a field of
// the struct call.
var writers = map[string][]string{
	"asked":       nil, // written once, where a call is made
	"attempts":    {"stage_retry.go", "stage_renew.go"},
	"throttling":  {"stage_limit_rate.go"},
	"credential":  {"stage_authenticate.go"},
	"renewal":     {"stage_renew.go"},
	"observation": {"stage_observe.go"},
	"sending":     {"stage_send.go"},
}

// changing are the methods that write the part they are called on.
var changing = []string{"begin", "withdraw", "set"}

func TestStagesWriteOnlyTheirPartOfACall(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	asked := map[string]bool{} // the fields of the embedded part
	parts := map[string]bool{}
	files := map[string]*ast.File{}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
		for _, f := range fieldsOf(file, "call") {
			parts[f] = true
		}
		for _, f := range fieldsOf(file, "asked") {
			asked[f] = true
		}
	}
	for part := range parts {
		if _, ok := writers[part]; !ok {
			t.Errorf("writers does not say who writes the part %s of a call", part)
		}
	}
	if len(parts) != len(writers) || len(asked) == 0 {
		t.Fatalf("a call has the parts %v, and the embedded one the fields %v", parts, asked)
	}

	written := map[string]bool{}
	for name, file := range files {
		if name != "chain.go" && !strings.HasPrefix(name, "stage") {
			continue
		}
		for _, target := range targets(file) {
			part := partOf(target, parts, asked)
			if part == "" {
				continue
			}
			written[part] = true
			if !slices.Contains(writers[part], name) {
				t.Errorf("%s: %s writes the part %s of a call, which only %v may", fset.Position(target.Pos()), name, part, writers[part])
			}
		}
	}
	for part, by := range writers {
		if len(by) > 0 && !written[part] {
			t.Errorf("nothing writes the part %s of a call", part)
		}
	}
}

// fieldsOf returns the names of the fields of a struct type that a file declares.
func fieldsOf(file *ast.File, typeName string) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != typeName {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range s.Fields.List {
				for _, name := range field.Names {
					names = append(names, name.Name)
				}
				if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
					names = append(names, id.Name)
				}
			}
		}
		return false
	})
	return names
}

// targets returns what a file writes: what it assigns to, increments, takes the
// address of, and calls a changing method of.
func targets(file *ast.File) (all []ast.Expr) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			all = append(all, n.Lhs...)
		case *ast.IncDecStmt:
			all = append(all, n.X)
		case *ast.UnaryExpr:
			// begin takes the address of asked, and only reads it.
			if s, ok := n.X.(*ast.SelectorExpr); n.Op == token.AND && !(ok && s.Sel.Name == "asked") {
				all = append(all, n.X)
			}
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(changing, method.Sel.Name) {
				all = append(all, method.X)
			}
		}
		return true
	})
	return all
}

// partOf returns the part of a call that an expression such as c.attempts.number
// belongs to. In the stages the call is the variable c.
func partOf(target ast.Expr, parts, asked map[string]bool) string {
	for {
		switch e := target.(type) {
		case *ast.SelectorExpr:
			if id, ok := e.X.(*ast.Ident); ok {
				switch {
				case id.Name != "c":
				case parts[e.Sel.Name]:
					return e.Sel.Name
				case asked[e.Sel.Name]:
					return "asked"
				}
				return ""
			}
			target = e.X
		case *ast.IndexExpr:
			target = e.X
		case *ast.StarExpr:
			target = e.X
		case *ast.ParenExpr:
			target = e.X
		default:
			return ""
		}
	}
}
