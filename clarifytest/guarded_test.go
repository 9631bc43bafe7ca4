package clarifytest_test

import (
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// guarded checks that a request that would succeed is refused without a
// credential, with one under the other scheme, with one of another workspace,
// and in a workspace that does not exist.
func (a *api) guarded(method, target string, body any) {
	a.t.Helper()
	other := a.srv.AddWorkspace("a workspace of others")
	for _, test := range []struct {
		name   string
		status int
		url    string
		auth   string
	}{
		{"no credential", 401, a.url, ""},
		{"a key as Bearer", 401, a.url, "Bearer " + a.srv.APIKey},
		{"a token as api-key", 401, a.url, "api-key " + a.srv.AccessToken},
		{"a credential of another workspace", 403, a.url, "api-key " + other.APIKey},
		{"a workspace that does not exist", 404, a.srv.BaseURL + "/workspaces/initech", a.auth},
	} {
		b := *a
		b.url, b.auth = test.url, test.auth
		got := b.want(test.status, method, target, body)
		if got.errorObject().Detail == "" {
			a.t.Errorf("%s: %s", test.name, got.raw)
		}
	}
}

// as is the same server for another credential.
func (a *api) as(auth string) *api {
	b := *a
	b.auth = auth
	return &b
}

// colleague adds a member to the first workspace, and returns it together with
// the server as it sees it.
func (a *api) colleague(t testing.TB, user clarifytest.User) (*api, clarifytest.User) {
	t.Helper()
	added := a.srv.AddUser(a.srv.Workspace, user)
	return a.as("api-key " + added.APIKey), added
}

// elsewhere is another workspace of the same server.
func (a *api) elsewhere() *api {
	other := a.srv.AddWorkspace("a workspace of others")
	b := *a
	b.url, b.auth = other.URL, "api-key "+other.APIKey
	return &b
}
