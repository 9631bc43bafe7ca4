// Apilist writes the exported declarations of the packages that users import to
// api/, a line for each, so that a change of the public API shows in a diff. Its
// test fails as long as the list is not that of the source.
//
//	go run ./internal/apilist
//
// It runs in the module's directory.
package main

import (
	"context"
	"fmt"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/golist"
)

const module = "github.com/clarify-go/clarify"

// files are those of the list, by the package that each is of.
var files = map[string]string{
	module:                      "clarify.txt",
	module + "/authn":           "authn.txt",
	module + "/authn/login":     "login.txt",
	module + "/authn/tokenfile": "tokenfile.txt",
	module + "/clarifytest":     "clarifytest.txt",
	module + "/gen":             "gen.txt",
}

func main() {
	if err := write(context.Background(), "."); err != nil {
		fmt.Fprintln(os.Stderr, "apilist:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, root string) error {
	lists, err := load(ctx, root)
	if err != nil {
		return err
	}
	for path, lines := range lists {
		name := filepath.Join(root, "api", files[path])
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// load returns the declarations of each package, by its path.
func load(ctx context.Context, root string) (map[string][]string, error) {
	var paths []string
	for path := range files {
		paths = append(paths, path)
	}
	all, err := golist.List(ctx, root, paths...)
	if err != nil {
		return nil, err
	}
	importer := all.Importer(token.NewFileSet(), &golist.Package{})
	lists := map[string][]string{}
	for _, path := range paths {
		pkg, err := importer.Import(path)
		if err != nil {
			return nil, err
		}
		lists[path] = declarations(pkg)
	}
	return lists, nil
}

// declarations returns a line for each exported constant, variable, function,
// type, field and method of a package, in order.
func declarations(pkg *types.Package) []string {
	l := &list{pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		if !token.IsExported(name) {
			continue
		}
		switch object := pkg.Scope().Lookup(name).(type) {
		case *types.Const:
			l.add("const %s %s = %s", name, l.text(object.Type()), object.Val().ExactString())
		case *types.Var:
			l.add("var %s %s", name, l.text(object.Type()))
		case *types.Func:
			l.add("func %s%s", name, l.signature(object.Signature()))
		case *types.TypeName:
			l.typ(object)
		}
	}
	slices.Sort(l.lines)
	return l.lines
}

type list struct {
	pkg   *types.Package
	lines []string
}

func (l *list) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *list) text(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == l.pkg {
			return ""
		}
		return p.Name()
	})
}

// typ adds a type, its exported fields and its exported methods.
func (l *list) typ(object *types.TypeName) {
	name := object.Name()
	if object.IsAlias() {
		l.add("type %s = %s", name, l.text(types.Unalias(object.Type())))
		return
	}
	named := object.Type().(*types.Named)
	full := name + l.params(named.TypeParams())
	switch u := named.Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", full)
		for field := range u.Fields() {
			if !field.Exported() {
				continue
			}
			embedded := ""
			if field.Embedded() {
				embedded = " (embedded)"
			}
			l.add("type %s struct, %s %s%s", full, field.Name(), l.text(field.Type()), embedded)
		}
	case *types.Interface:
		l.add("type %s interface", full)
		for method := range u.Methods() {
			if method.Exported() {
				l.add("type %s interface, %s%s", full, method.Name(), l.signature(method.Signature()))
			} else {
				l.add("type %s interface, unexported methods", full)
			}
		}
	default:
		l.add("type %s %s", full, l.text(u))
	}
	for method := range named.Methods() {
		if method.Exported() {
			l.add("method (%s) %s%s", l.text(method.Signature().Recv().Type()), method.Name(), l.signature(method.Signature()))
		}
	}
}

func (l *list) params(params *types.TypeParamList) string {
	var each []string
	for p := range params.TypeParams() {
		each = append(each, p.Obj().Name()+" "+l.text(p.Constraint()))
	}
	if each == nil {
		return ""
	}
	return "[" + strings.Join(each, ", ") + "]"
}

// signature writes one without the names of its parameters, which callers do
// not depend on.
func (l *list) signature(s *types.Signature) string {
	var in, out []string
	for p := range s.Params().Variables() {
		in = append(in, l.text(p.Type()))
	}
	if s.Variadic() {
		last := in[len(in)-1]
		in[len(in)-1] = "..." + strings.TrimPrefix(last, "[]")
	}
	for r := range s.Results().Variables() {
		out = append(out, l.text(r.Type()))
	}
	results := strings.Join(out, ", ")
	switch len(out) {
	case 0:
	case 1:
		results = " " + results
	default:
		results = " (" + results + ")"
	}
	return l.params(s.TypeParams()) + "(" + strings.Join(in, ", ") + ")" + results
}
