package contract_test

import (
	"net/http/httptest"
	"testing"

	"github.com/clarify-go/clarify/internal/contract"
)

func TestRouteSetsTheWorkspaceAndTheParameters(t *testing.T) {
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/v1/workspaces/a%2Fb/users/google-oauth2%7C1", nil)
	op, _ := c.Route(r)
	if op == nil {
		t.Fatal("no operation was found")
	}
	if op.ID != "getUser" {
		t.Errorf("got %s, want getUser", op.ID)
	}
	if got := r.PathValue("workspace"); got != "a/b" {
		t.Errorf("got the workspace %q, want a/b", got)
	}
	if got := r.PathValue("userId"); got != "google-oauth2|1" {
		t.Errorf("got the user %q, want google-oauth2|1", got)
	}
	for _, path := range []string{"/", "/v1/workspaces/", "/v2/workspaces/a/users", "/v1/workspaces/a/users/", "/v1/workspaces//users", "/v1/workspaces/a/./users", "/v1/workspaces/../users"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		if op, allowed := c.Route(r); op != nil || allowed != nil {
			t.Errorf("%s: got %v and the methods %q, want nothing", path, op, allowed)
		}
	}
}

func TestWorkspaceOf(t *testing.T) {
	for path, want := range map[string]string{"/v1/workspaces/a%2Fb/users": "a/b", "/v1/workspaces/acme": "acme", "/v1/": "-", "": "-"} {
		name, ok := contract.WorkspaceOf(path)
		if !ok {
			name = "-"
		}
		if name != want {
			t.Errorf("%q: got %q, want %q", path, name, want)
		}
	}
}
