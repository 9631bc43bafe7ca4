package clarifytest_test

import (
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestWorkspacesAreApart(t *testing.T) {
	a := start(t)
	other := a.srv.AddWorkspace("globex")
	b := &api{t: t, srv: a.srv, url: other.URL, auth: "api-key " + other.APIKey}

	id := a.create("person", `{"email_addresses":{"items":["ada@acme.example"]}}`)
	b.create("person", `{"email_addresses":{"items":["ada@acme.example"]}}`)
	b.rejected(404, "", "GET", "/objects/person/records/"+id, nil)
	if n := len(b.list("person").ids()); n != 1 {
		t.Errorf("the other workspace has %d people, want its own one", n)
	}

	t.Run("a credential is for one workspace", func(t *testing.T) {
		for _, auth := range []string{"api-key " + other.APIKey, "Bearer " + other.AccessToken} {
			c := &api{t: t, srv: a.srv, url: a.url, auth: auth}
			c.rejected(403, "", "GET", "/objects/person/resources", nil)
		}
	})
	t.Run("an unknown workspace", func(t *testing.T) {
		c := &api{t: t, srv: a.srv, url: a.srv.BaseURL + "/workspaces/initech", auth: a.auth}
		c.rejected(404, "", "GET", "/objects/person/resources", nil)
	})
	t.Run("without a credential nothing is told", func(t *testing.T) {
		c := &api{t: t, srv: a.srv, url: a.srv.BaseURL + "/workspaces/initech"}
		c.rejected(401, "", "GET", "/objects/person/resources", nil)
	})
}

func TestWorkspaceNamesAreData(t *testing.T) {
	for _, name := range []string{"a/b", "a b", "a%2Fb", "Zoë|?#", "..a", "workspaces"} {
		t.Run(name, func(t *testing.T) {
			a := start(t, clarifytest.WithWorkspace(name))
			expect(t, "a.srv.Workspace", a.srv.Workspace, name)
			expect(t, `strings.HasPrefix(a.srv.URL, a.srv.BaseURL+"/workspaces/")`, strings.HasPrefix(a.srv.URL, a.srv.BaseURL+"/workspaces/"), true)
			a.create("person", `{}`)
			added := a.srv.AddWorkspace(name + "2")
			b := &api{t: t, srv: a.srv, url: added.URL, auth: "Bearer " + added.AccessToken}
			if n := len(b.list("person").ids()); n != 0 {
				t.Errorf("the added workspace has %d people", n)
			}
		})
	}
}

func TestAddWorkspace(t *testing.T) {
	a := start(t)
	first := a.srv.AddWorkspace(a.srv.Workspace)
	expect(t, "first.APIKey", first.APIKey, a.srv.APIKey)
	expect(t, "first.AccessToken", first.AccessToken, a.srv.AccessToken)
	expect(t, "first.URL", first.URL, a.srv.URL)
	added, again := a.srv.AddWorkspace("globex"), a.srv.AddWorkspace("globex")
	if added != again {
		t.Error("the same name gives two workspaces")
	}
	for _, name := range []string{"", ".", ".."} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("there can be a workspace %q", name)
				}
			}()
			a.srv.AddWorkspace(name)
		}()
	}
}
