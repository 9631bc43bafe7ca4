package clarifytest_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestUsers(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	admin := a.want(200, "GET", "/users", nil).ids()
	if len(admin) != 1 {
		t.Fatalf("at first the users are %v", admin)
	}
	person := a.create("person", `{}`)
	a.get("person", person).equals(asJSON(t, admin[0]), "data", "attributes", "_created_by")

	c.Add(time.Hour)
	_, ada := a.colleague(t, clarifytest.User{FirstName: "Ada", LastName: "Lovelace", Email: "ada@analytical.example", Admin: true})
	bob := a.srv.AddUser(a.srv.Workspace, clarifytest.User{ID: "a/b|c d", FirstName: "Bob"})

	page := a.want(200, "GET", "/users", nil)
	equal(t, "the users", page.ids(), []string{admin[0], ada.ID, bob.ID})
	page.equals(`3`, "meta", "total_records")
	got := a.want(200, "GET", "/users/"+url.PathEscape(ada.ID), nil)
	got.equals(`"user"`, "data", "type")
	got.equals(`{"_created_at":"2026-02-03T05:05:06.789Z","_id":`+asJSON(t, ada.ID)+`,"_updated_at":"2026-02-03T05:05:06.789Z","email":"ada@analytical.example","last_active_at":null,`+
		`"name":{"first_name":"Ada","full_name":"Ada Lovelace","last_name":"Lovelace"},"roles":{"items":["admin"]}}`, "data", "attributes")
	got = a.want(200, "GET", "/users/"+url.PathEscape(bob.ID), nil)
	got.equals(`"Bob"`, "data", "attributes", "name", "full_name")
	got.equals(`["member"]`, "data", "attributes", "roles", "items")
	got.equals(`null`, "data", "attributes", "email")

	t.Run("pages and sorting", func(t *testing.T) {
		page := a.want(200, "GET", "/users"+query("page[limit]", "1", "page[offset]", "1"), nil)
		equal(t, "the second page", page.ids(), []string{ada.ID})
		next := page.text("links", "next")
		equal(t, "the third page", a.want(200, "GET", next, nil).ids(), []string{bob.ID})
		byID := []string{admin[0], ada.ID, bob.ID}
		slices.Sort(byID)
		for column, want := range map[string][]string{
			"name":        {ada.ID, bob.ID, admin[0]},
			"email":       {ada.ID, admin[0], bob.ID}, // who has none comes last
			"roles":       {admin[0], ada.ID, bob.ID},
			"_created_at": {admin[0], ada.ID, bob.ID},
			"_id":         byID,
		} {
			page := a.want(200, "GET", "/users"+query("sortOrder[column]", column, "sortOrder[dir]", "ASC"), nil)
			equal(t, "by "+column, page.ids(), want)
		}
	})
	t.Run("rejected", func(t *testing.T) {
		a.rejected(400, "", "GET", "/users?page[limit]=0", nil)
		a.rejected(400, "", "GET", "/users?sortOrder[dir]=ASC", nil)
		a.rejected(404, "", "GET", "/users/nobody", nil)
		a.guarded("GET", "/users", nil)
		a.guarded("GET", "/users/"+url.PathEscape(ada.ID), nil)
		a.elsewhere().rejected(404, "", "GET", "/users/"+url.PathEscape(ada.ID), nil)
		if n := len(a.elsewhere().want(200, "GET", "/users", nil).ids()); n != 1 {
			t.Errorf("another workspace has %d users", n)
		}
	})
}

func TestCredentialsActAsTheirUser(t *testing.T) {
	a := start(t)
	_, ada := a.colleague(t, clarifytest.User{FirstName: "Ada"})
	for auth, want := range map[string]string{
		"api-key " + ada.APIKey:         ada.ID,
		"Bearer " + ada.AccessToken:     ada.ID,
		"api-key " + a.srv.WorkspaceKey: "system",
	} {
		b := a.as(auth)
		b.get("person", b.create("person", `{}`)).equals(asJSON(t, want), "data", "attributes", "_created_by")
	}
	a.as("Bearer "+a.srv.WorkspaceKey).rejected(401, "", "GET", "/users", nil)
}

func TestAddUserPanics(t *testing.T) {
	a := start(t)
	ada := a.srv.AddUser(a.srv.Workspace, clarifytest.User{APIKey: "key", AccessToken: "token"})
	for name, test := range map[string]struct {
		workspace string
		user      clarifytest.User
		want      string
	}{
		"an unknown workspace":        {"initech", clarifytest.User{}, `no workspace "initech"`},
		"an id that is taken":         {a.srv.Workspace, clarifytest.User{ID: ada.ID}, "there already"},
		"the id of the system":        {a.srv.Workspace, clarifytest.User{ID: "system"}, "there already"},
		"a key that is taken":         {a.srv.Workspace, clarifytest.User{APIKey: "key"}, "in use nowhere else"},
		"a key that is a token":       {a.srv.Workspace, clarifytest.User{APIKey: "token"}, "in use nowhere else"},
		"a key that cannot be sent":   {a.srv.Workspace, clarifytest.User{APIKey: "a key"}, "without spaces"},
		"a token that cannot be sent": {a.srv.Workspace, clarifytest.User{AccessToken: "tök"}, "without spaces"},
		"one credential for both":     {a.srv.Workspace, clarifytest.User{APIKey: "x", AccessToken: "x"}, "in use nowhere else"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, test.want) {
					t.Errorf("it panicked with %q", p)
				}
			}()
			a.srv.AddUser(test.workspace, test.user)
		})
	}
	if n := len(a.want(200, "GET", "/users", nil).ids()); n != 2 {
		t.Errorf("there are %d users", n)
	}
}

func TestUsersComeBackWithASnapshot(t *testing.T) {
	a := start(t)
	before := a.srv.Snapshot()
	b, ada := a.colleague(t, clarifytest.User{FirstName: "Ada"})
	with := a.srv.Snapshot()
	a.srv.Restore(before)
	b.rejected(401, "", "GET", "/users", nil)
	a.rejected(404, "", "GET", "/users/"+url.PathEscape(ada.ID), nil)
	a.srv.Restore(with)
	b.want(200, "GET", "/users/"+url.PathEscape(ada.ID), nil)
	a.as("api-key "+a.srv.WorkspaceKey).want(200, "GET", "/users", nil)

	srv := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithSnapshot(with))
	if srv.WorkspaceKey != a.srv.WorkspaceKey {
		t.Error("the workspace key is another one")
	}
}

// The ids of users have the forms that were seen, the one that needs escaping
// among them.
func TestIDsOfUsersAreOpaque(t *testing.T) {
	a := start(t)
	forms := map[string]int{}
	for range 5 {
		a.srv.AddUser(a.srv.Workspace, clarifytest.User{})
	}
	for _, id := range a.want(200, "GET", "/users", nil).ids() {
		a.want(200, "GET", "/users/"+url.PathEscape(id), nil).equals(asJSON(t, id), "data", "id")
		form := regexp.MustCompile(`^(google-oauth2\|)\d{21}$|^(user_01H)[0-9A-Z]{23}$`).FindStringSubmatch(id)
		if form == nil {
			t.Fatalf("the id %s has another form", id)
		}
		forms[form[1]+form[2]]++
	}
	expect(t, `forms["google-oauth2|"]`, forms["google-oauth2|"], 4)
	expect(t, `forms["user_01H"]`, forms["user_01H"], 2)
}
