package clarifytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/internal/contract"
)

// What no request from outside can bring about, because it takes a fault of the
// sandbox or of the contract.

// notes is a TB that takes notes.
type notes []string

func (n *notes) Helper()                           {}
func (n *notes) Errorf(format string, args ...any) { *n = append(*n, fmt.Sprintf(format, args...)) }
func (n *notes) Cleanup(func())                    {}

// withHandler serves an operation with another handler and requests it once.
func withHandler(t *testing.T, h api.Handler) (status int, reported []string, violations []Violation) {
	t.Helper()
	old := api.Handlers["getRecord"]
	api.Handlers["getRecord"] = h
	defer func() { api.Handlers["getRecord"] = old }()
	tb := &notes{}
	s := NewServer(WithTB(tb))
	defer s.Close()
	request, err := http.NewRequest("GET", s.URL+"/objects/person/records/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "api-key "+s.APIKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, *tb, s.TakeViolations()
}

func TestFaultsOfTheSandboxAreReportedAtOnce(t *testing.T) {
	for _, test := range []struct {
		name   string
		handle api.Handler
		status int
		what   string
	}{
		{"another shape", func(*api.Call) (api.Response, error) {
			return api.Response{Status: 200, Body: map[string]any{"data": []any{}}}, nil
		}, 200, "200: /data: "},
		{"a missing member", func(*api.Call) (api.Response, error) { return api.Response{Status: 200, Body: map[string]any{}}, nil }, 200, `200: /data: property "data" is missing`},
		{"an error of another shape", func(*api.Call) (api.Response, error) {
			return api.Response{Status: 404, Body: map[string]any{"errors": 1}}, nil
		}, 404, "404: /errors: "},
		{"a panic", func(*api.Call) (api.Response, error) { panic("oops") }, 500, "the sandbox panicked: oops"},
		{"what is not JSON", func(*api.Call) (api.Response, error) { return api.Response{Status: 200, Body: func() {}}, nil }, 500, "the sandbox panicked: json: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, reported, violations := withHandler(t, test.handle)
			if status != test.status {
				t.Errorf("got %d, want %d", status, test.status)
			}
			if len(reported) != 1 || !strings.Contains(reported[0], test.what) || !strings.Contains(reported[0], "bug of the sandbox") {
				t.Errorf("reported: %q", reported)
			}
			if len(violations) != 1 || violations[0].Where != InResponse || !strings.Contains(violations[0].What, test.what) {
				t.Errorf("violations: %+v", violations)
			}
		})
	}
}

func TestEveryOperationHasAHandler(t *testing.T) {
	known, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range known.Operations() {
		if api.Handlers[op.ID] == nil {
			t.Errorf("%s has no handler", op.ID)
		}
	}
	for id := range api.Handlers {
		if !known.Has(id) {
			t.Errorf("the contract has no operation %s", id)
		}
	}
}
