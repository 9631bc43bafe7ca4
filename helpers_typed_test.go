package clarify_test

import (
	"context"
	"go/constant"
	"go/token"
	"go/types"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/golist"
)

// wire is a transport that notes the last request, and responds to each with a record
// or a page of none.
type wire struct{ last string }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, response := []byte{}, `{"data":[],"links":{"next":null,"prev":null},"meta":{"total_records":0}}`
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		response = `{"data":{"type":"person","id":"1","attributes":{}}}`
	}
	w.last = r.Method + " " + r.URL.RequestURI() + " " + string(body)
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(response)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

// wired returns the people of a client, and a function that makes a call and returns
// the request that it sent, or its error.
func wired(t *testing.T) (*clarify.Records[clarify.Fields], func(error) string) {
	t.Helper()
	w := &wire{}
	client := clientOf(t, "https://api.example/v1", testKey, clarify.WithHTTPClient(&http.Client{Transport: w}))
	return clarify.NewRecords[clarify.Fields](client, "person"), func(err error) string {
		sent := w.last
		if w.last = ""; err != nil {
			return sent + "error: " + err.Error()
		}
		return sent
	}
}

// rootPath is the import path of the root package.
const rootPath = "github.com/clarify-go/clarify"

// loaded are the packages that code with typed fields imports, and those that they
// depend on.
var loaded = sync.OnceValue(func() golist.Packages {
	all, err := golist.List(context.Background(), ".", ".", "encoding/json", "strings", "time")
	if err != nil {
		panic(err)
	}
	return all
})

// rootPackage returns the root package as importers see it, and an importer for code
// that imports it.
var rootPackage = sync.OnceValues(func() (*types.Package, types.Importer) {
	importer := loaded().Importer(token.NewFileSet(), loaded()[rootPath])
	root, err := importer.Import(rootPath)
	if err != nil {
		panic(err)
	}
	return root, importer
})

// operatorsByName are the operators by the names of their constants.
var operatorsByName = sync.OnceValue(func() map[string]clarify.Operator {
	root, _ := rootPackage()
	named := map[string]clarify.Operator{}
	for _, name := range root.Scope().Names() {
		c, ok := root.Scope().Lookup(name).(*types.Const)
		if ok && c.Exported() && isNamed(c.Type(), "Operator") {
			named[name] = clarify.Operator(constant.StringVal(c.Val()))
		}
	}
	return named
})

func isNamed(t types.Type, names ...string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Name() != "clarify" {
		return false
	}
	for _, name := range names {
		if named.Obj().Name() == name {
			return true
		}
	}
	return false
}

// withoutParameters is the name of a type without its type arguments.
func withoutParameters(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return name
}

// nameOf returns the name that a typed field has: the string that it is, or that all
// its parts are.
func nameOf(t testing.TB, field reflect.Value) string {
	t.Helper()
	if field.Kind() == reflect.String {
		return field.String()
	}
	name := field.Field(0).String()
	for i := range field.NumField() {
		if part := field.Field(i).String(); part != name {
			t.Fatalf("the parts of a %s have the names %q and %q", field.Type(), name, part)
		}
	}
	return name
}
