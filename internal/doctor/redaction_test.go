package doctor_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify/internal/doctor"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// written returns a report in all its forms, with what is known already.
func written(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	for _, write := range []func(io.Writer, bool) error{r.Text, r.Markdown, r.JSON} {
		if err := write(&b, true); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// strangers changes responses so that nothing in them is as it should be, and keeps
// all strings that were in them.
type strangers struct {
	next    http.RoundTripper
	distort bool

	mu   sync.Mutex
	seen map[string]bool
}

func (s *strangers) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		s.keep(value)
		if s.distort {
			if body, err = json.Marshal(distorted(value)); err != nil {
				return nil, err
			}
		}
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, nil
}

func (s *strangers) keep(value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			s.seen[v] = true
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
}

// distorted has another type in place of each third scalar, and members that nobody
// knows.
func distorted(value any) any {
	n := 0
	var walk func(any, string) any
	walk = func(value any, name string) any {
		switch v := value.(type) {
		case []any:
			for i := range v {
				v[i] = walk(v[i], "")
			}
		case map[string]any:
			for inner := range v {
				v[inner] = walk(v[inner], inner)
			}
			v["zqx_member"] = "zqx value"
		case string:
			// The walk goes on from these.
			if n++; n%3 == 0 && name != "id" && name != "$id" && name != "next" && name != "type" {
				return []any{v, n}
			}
		case float64, bool, nil:
			if n++; n%3 == 0 {
				return "zqx scalar"
			}
		}
		return value
	}
	return walk(value, "")
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// No report has a string of the workspace, whatever differs in it.
func TestReportsHaveNoDataOfTheWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, distort := range []bool{false, true} {
			w := newWorkspace(t)
			w.Seed(t, 200)
			through := &strangers{next: w.HTTPClient().Transport, distort: distort, seen: map[string]bool{}}
			o := w.options()
			o.Transport, o.Write = through, !distort
			found := look(t, o)
			w.acceptViolations()
			if differs := len(found.Findings(false)) > 30; differs != distort {
				t.Errorf("distorted: %v, findings: %d", distort, len(found.Findings(false)))
			}
			text := written(t, found)
			for _, forbidden := range []string{secret, w.APIKey, w.AccessToken, w.WorkspaceKey, w.Workspace, w.BaseURL, "127.0.0.1"} {
				if at := strings.Index(strings.ToLower(text), strings.ToLower(forbidden)); at >= 0 {
					t.Errorf("%q is in the report: …%s…", forbidden, text[max(0, at-100):at+len(forbidden)])
				}
			}
			if id := uuid.FindString(text); id != "" {
				t.Errorf("the id %s is in the report", id)
			}
			if len(through.seen) < 500 {
				t.Fatalf("only %d strings were received", len(through.seen))
			}
			for value := range through.seen {
				if len(value) > 3 && !doctor.Shown(value) && containsWord(text, value) {
					t.Errorf("%q is in the report", value)
				}
			}
		}
	})
}

// containsWord reports whether a string stands in a text and is no part of a word.
func containsWord(text, s string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], s)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(s)
		if (start == 0 || !isLetter(text[start-1])) && (end == len(text) || !isLetter(text[end])) {
			return true
		}
		from = start + 1
	}
}

func isLetter(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

// What is received cannot get into a report but by operands: no string is converted
// to a constant.
func TestConstantsAreConstants(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || name.Sel.Name != "Constant" {
				return true
			}
			if _, literal := call.Args[0].(*ast.BasicLit); !literal {
				t.Errorf("%s: a string is converted to a constant", set.Position(call.Pos()))
			}
			return true
		})
	}
	if files < 10 {
		t.Errorf("only %d files were read", files)
	}
}
