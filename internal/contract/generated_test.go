package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/gen"
)

// sameJSON compares documents by their members, numbers by their digits.
func sameJSON(t testing.TB, a, b []byte) bool {
	t.Helper()
	return sameValue(decode(t, a), decode(t, b))
}

// sameValue compares decoded values: reflect.DeepEqual takes several times as long.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func decode(t testing.TB, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return v
}

// methods returns the methods of the generated client that call an operation:
// one, or two for an operation with a body.
func methods(t testing.TB, operationID string) []reflect.Method {
	t.Helper()
	var found []reflect.Method
	client := reflect.TypeFor[*gen.ClientWithResponses]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		name := strings.TrimSuffix(strings.TrimSuffix(m.Name, "WithResponse"), "WithBody")
		if strings.HasSuffix(m.Name, "WithResponse") && strings.EqualFold(name, operationID) {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		t.Fatalf("the generated client has no method for %s", operationID)
	}
	return found
}

// call calls a method with the given path parameters and nothing else of note.
func call(client *gen.ClientWithResponses, m reflect.Method, path []string) error {
	args := []reflect.Value{reflect.ValueOf(client), reflect.ValueOf(context.Background())}
	for i := 2; i < m.Type.NumIn()-1; i++ {
		in := m.Type.In(i)
		switch {
		case in == reflect.TypeFor[io.Reader]():
			args = append(args, reflect.ValueOf(strings.NewReader("{}")))
		case in.Kind() == reflect.String && len(path) > 0:
			args = append(args, reflect.ValueOf(path[0]).Convert(in))
			path = path[1:]
		case in.Kind() == reflect.String:
			args = append(args, reflect.ValueOf("application/json"))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	err, _ := m.Func.Call(args)[1].Interface().(error)
	return err
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func TestPathParametersReachTheServerAsOneSegmentOrAreRejected(t *testing.T) {
	escaped := map[string]string{
		"plain":     "plain",
		"a/b":       "a%2Fb",
		"a?b":       "a%3Fb",
		"a#b":       "a%23b",
		"a|b":       "a%7Cb",
		"ü":         "%C3%BC",
		"%2F":       "%252F",
		"%2e%2e":    "%252e%252e",
		"a b":       "a%20b",
		`a\b`:       "a%5Cb",
		"a%sb{}":    "a%25sb%7B%7D",
		"...":       "...",
		"../../..":  "..%2F..%2F..",
		"a\x00\nb":  "a%00%0Ab",
		"a+b;c=d&e": "a+b%3Bc=d&e",
		"\xff":      "%FF",
	}
	invalid := []string{"", ".", ".."}

	var arrived []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived = append(arrived, r.Method+" "+r.RequestURI)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	const base = "/v1/workspaces/acme"
	client, err := gen.NewClientWithResponses(server.URL + base)
	if err != nil {
		t.Fatal(err)
	}

	calls := 0
	operations(t, document(t), func(t *testing.T, path, method string, op *openapi3.Operation) {
		names := pathParameter.FindAllStringSubmatch(path, -1)
		for _, m := range methods(t, op.OperationID) {
			if len(names) == 0 {
				calls++
				arrived = nil
				if err := call(client, m, nil); err != nil {
					t.Errorf("%s: %v", m.Name, err)
				}
				if want := method + " " + base + path; !slices.Equal(arrived, []string{want}) {
					t.Errorf("%s sent %q, want %q", m.Name, arrived, want)
				}
			}
			for hostile, name := range names {
				for value, segment := range escaped {
					calls++
					values := slices.Repeat([]string{"x"}, len(names))
					values[hostile] = value
					i := -1
					want := method + " " + base + pathParameter.ReplaceAllStringFunc(path, func(string) string {
						if i++; i == hostile {
							return segment
						}
						return "x"
					})
					arrived = nil
					if err := call(client, m, values); err != nil {
						t.Errorf("%s with %s %q: %v", m.Name, name[1], value, err)
					}
					if !slices.Equal(arrived, []string{want}) {
						t.Errorf("%s with %s %q sent %q, want %q", m.Name, name[1], value, arrived, want)
					}
				}
				for _, value := range invalid {
					calls++
					values := slices.Repeat([]string{"x"}, len(names))
					values[hostile] = value
					arrived = nil
					err := call(client, m, values)
					if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name[1])) {
						t.Errorf("%s with %s %q: error %v does not name the parameter", m.Name, name[1], value, err)
					}
					if len(arrived) > 0 {
						t.Errorf("%s with %s %q sent %q", m.Name, name[1], value, arrived)
					}
				}
			}
		}
	})
	t.Logf("%d calls", calls)
}

func TestServerURLTakesAnyWorkspaceAsOneSegment(t *testing.T) {
	for workspace, want := range map[string]string{
		"acme":   "https://api.clarify.ai/v1/workspaces/acme",
		"a/b":    "https://api.clarify.ai/v1/workspaces/a%2Fb",
		"a{b}":   "https://api.clarify.ai/v1/workspaces/a%7Bb%7D",
		"wörld?": "https://api.clarify.ai/v1/workspaces/w%C3%B6rld%3F",
	} {
		if got, err := gen.NewServerURL(workspace); err != nil || got != want {
			t.Errorf("NewServerURL(%q) = %q, %v, want %q", workspace, got, err, want)
		}
	}
	for _, workspace := range []string{"", ".", ".."} {
		if _, err := gen.NewServerURL(workspace); err == nil || !strings.Contains(err.Error(), `"workspace"`) {
			t.Errorf("NewServerURL(%q): %v", workspace, err)
		}
	}
}

func TestClientRejectsAnInvalidServerURL(t *testing.T) {
	for _, server := range []string{"", "acme", "/v1", "api.clarify.ai/v1", "ftp://api.clarify.ai", "https://", "http://a b", "https://user:secret@",
		"https://api.clarify.ai/v1?a=b", "https://api.clarify.ai/v1#a", gen.ServerURL} {
		_, err := gen.NewClient(server)
		if err == nil || !strings.Contains(err.Error(), "https://api.clarify.ai/v1/workspaces/acme") {
			t.Errorf("NewClient(%q): %v", server, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("NewClient(%q) shows a password: %v", server, err)
		}
	}
	for name, opt := range map[string]gen.ClientOption{
		"a nil client": gen.WithHTTPClient(nil),
		"a nil editor": gen.WithRequestEditorFn(nil),
		"no URL":       gen.WithBaseURL("acme"),
	} {
		if _, err := gen.NewClient("https://api.clarify.ai/v1/workspaces/acme", opt); err == nil {
			t.Errorf("NewClient takes %s", name)
		}
	}
}

func TestClientDoesNotFollowRedirects(t *testing.T) {
	followed := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		followed = followed || r.URL.Path == "/elsewhere"
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	client, err := gen.NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.GetSchemasWithResponse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := res.StatusCode(); got != http.StatusTemporaryRedirect {
		t.Errorf("status %d, want %d", got, http.StatusTemporaryRedirect)
	}
	if followed {
		t.Error("the redirect was followed")
	}
}

func TestQueriesAreWrittenInBrackets(t *testing.T) {
	var got url.Values
	var raw string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, raw = r.URL.Query(), r.URL.RawQuery
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	client, err := gen.NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var is, bare gen.FilterCondition
	if err := is.FromFilterOperators(gen.FilterOperators{"Is not": "a&b=c +d", "Contains": "ü"}); err != nil {
		t.Fatal(err)
	}
	if err := bare.FromFilterValue(">5"); err != nil {
		t.Fatal(err)
	}
	opened := []gen.RecipientEvent{gen.RecipientEventOpened, gen.RecipientEventReplied}
	for _, tt := range []struct {
		name string
		call func() error
		want url.Values
	}{
		{"everything", func() error {
			_, err := client.GetResourcesWithResponse(context.Background(), "person", &gen.GetResourcesParams{
				Page:      &gen.RecordsPage{Limit: ptr(100), Offset: ptr(0)},
				SortOrder: &gen.SortOrder{Column: "_created_at", Dir: gen.SortDirectionDESC},
				Include:   ptr("companies,deals"),
				Filter:    gen.Filter{"person.company_id.name": is, "amount": bare, "a]b[c&": bare},
			})
			return err
		}, url.Values{
			"page[limit]":                            {"100"},
			"page[offset]":                           {"0"},
			"sortOrder[column]":                      {"_created_at"},
			"sortOrder[dir]":                         {"DESC"},
			"include":                                {"companies,deals"},
			"filter[person.company_id.name][Is not]": {"a&b=c +d"},
			"filter[person.company_id.name][Contains]": {"ü"},
			"filter[amount]": {">5"},
			"filter[a]b[c&]": {">5"},
		}},
		{"a list", func() error {
			_, err := client.GetRecipientsWithResponse(context.Background(), "c", &gen.GetRecipientsParams{Filter: &gen.RecipientFilter{Event: &opened}})
			return err
		}, url.Values{"filter[event][0]": {"opened"}, "filter[event][1]": {"replied"}}},
		{"nothing", func() error {
			_, err := client.GetResourcesWithResponse(context.Background(), "person", &gen.GetResourcesParams{Page: &gen.RecordsPage{}, Filter: gen.Filter{}})
			return err
		}, url.Values{}},
		{"silent", func() error {
			_, err := client.DeleteRecordWithResponse(context.Background(), "person", "x", &gen.DeleteRecordParams{Silent: ptr(true)})
			return err
		}, url.Values{"silent": {"true"}}},
	} {
		if err := tt.call(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s sent %q, which is %v, want %v", tt.name, raw, got, tt.want)
		}
	}
}

func TestAConditionThatIsNotSetIsNotSent(t *testing.T) {
	client := responding(t, 500, "", "")
	_, err := client.GetResourcesWithResponse(context.Background(), "person", &gen.GetResourcesParams{Filter: gen.Filter{"amount": {}}})
	if err == nil || !strings.Contains(err.Error(), `"amount"`) {
		t.Errorf("%v", err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestGeneratedNamesAndTypesAreGos(t *testing.T) {
	files, err := filepath.Glob("../../gen/*.go")
	if err != nil || len(files) != 2 {
		t.Fatalf("types and client should be in two files, there are %v, %v", files, err)
	}
	misspelt := regexp.MustCompile(`(Id|Url|Csv|Http|Json|Api|Sql|Ai|Html|Uuid)(s?[A-Z_0-9]|s?$)|_`)
	fset := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		named := map[ast.Expr]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				named[n.Type] = true
				if n.Name.IsExported() && misspelt.MatchString(n.Name.Name) {
					t.Errorf("%s: type %s is not spelled as Go spells it", fset.Position(n.Pos()), n.Name)
				}
			case *ast.FuncDecl:
				if n.Name.IsExported() && misspelt.MatchString(n.Name.Name) {
					t.Errorf("%s: %s is not spelled as Go spells it", fset.Position(n.Pos()), n.Name)
				}
				// A type inside a function is local.
				ast.Inspect(n.Type, func(n ast.Node) bool {
					if _, ok := n.(*ast.StructType); ok {
						t.Errorf("%s: an anonymous struct", fset.Position(n.Pos()))
					}
					return true
				})
				return false
			case *ast.Field:
				for _, id := range n.Names {
					if id.IsExported() && misspelt.MatchString(id.Name) {
						t.Errorf("%s: field %s is not spelled as Go spells it", fset.Position(n.Pos()), id)
					}
				}
			case *ast.StructType:
				if !named[n] {
					t.Errorf("%s: an anonymous struct", fset.Position(n.Pos()))
				}
			case *ast.Ident:
				if n.Name == "float32" {
					t.Errorf("%s: float32", fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestGeneratedPackageImportsLittle(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "../../gen").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"github.com/clarify-go/clarify/gen",
		"github.com/oapi-codegen/nullable",
		"github.com/oapi-codegen/runtime",
		"github.com/oapi-codegen/runtime/types",
		// What the runtime imports.
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/google/uuid",
	}
	for _, pkg := range strings.Fields(string(out)) {
		if !slices.Contains(allowed, pkg) {
			t.Errorf("gen depends on %s", pkg)
		}
	}
}
