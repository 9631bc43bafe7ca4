package clarifytest_test

import (
	"testing"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// guarded checks that a request that would succeed is rejected without a
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

// The generated client decodes what these operations response.
func TestTheGeneratedClientDecodesWhatAWorkspaceHolds(t *testing.T) {
	a := start(t)
	ctx := t.Context()
	client, err := gen.NewClientWithResponses(a.url, gen.WithRequestEditorFn(authn.APIKey(a.srv.APIKey)))
	if err != nil {
		t.Fatal(err)
	}
	person := a.create("person", `{}`)
	a.patch(200, "person", person, `{"job_title":"Analyst","company_id":null}`, "")
	a.want(201, "POST", "/settings", setting("advancedEnrichmentsOverride", "null"))
	comment := a.want(201, "POST", "/comments", remark("person", person, "x")).text("_id")
	list := a.newList("person", "dynamic", `,"query":{"sql":"x"}`)
	grant := a.want(201, "POST", "/objects/person/records/"+person+"/access", `{"data":`+newGrant("", "view")+`}`).id()
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{PersonID: person, ResumeAt: epoch})

	activities, err := client.GetActivitiesWithResponse(ctx, "person", person, nil)
	if err != nil {
		t.Fatalf("activities: %v", err)
	}
	if activities.JSON200 == nil {
		t.Fatalf("activities: got %s, want 200", activities.Status())
	}
	expect(t, "activities", len(activities.JSON200.Data), 4)
	found, err := client.GetCommentWithResponse(ctx, comment)
	if err != nil {
		t.Fatalf("comment: %v", err)
	}
	if found.JSON200 == nil {
		t.Fatalf("comment: got %s, want 200", found.Status())
	}
	expect(t, "comment", found.JSON200.OwnerID, person)
	lists, err := client.GetListsWithResponse(ctx, "person", nil)
	if err != nil {
		t.Fatalf("lists: %v", err)
	}
	if lists.JSON200 == nil {
		t.Fatalf("lists: got %s, want 200", lists.Status())
	}
	expect(t, "lists", len(lists.JSON200.Data), 2)
	expect(t, "lists", lists.JSON200.Data[1].ID, list)
	grants, err := client.GetGrantsWithResponse(ctx, "person", person)
	if err != nil {
		t.Fatalf("grants: %v", err)
	}
	if grants.JSON200 == nil {
		t.Fatalf("grants: got %s, want 200", grants.Status())
	}
	expect(t, "grants", grants.JSON200.Data[0].ID, grant)
	users, err := client.GetUsersWithResponse(ctx, nil)
	if err != nil {
		t.Fatalf("users: %v", err)
	}
	if users.JSON200 == nil {
		t.Fatalf("users: got %s, want 200", users.Status())
	}
	expect(t, "users", len(users.JSON200.Data), 1)
	settings, err := client.ReadAllWorkspaceSettingsWithResponse(ctx)
	if err != nil {
		t.Fatalf("settings: %v", err)
	}
	if settings.JSON200 == nil {
		t.Fatalf("settings: got %s, want 200", settings.Status())
	}
	expect(t, "settings", settings.JSON200.AdvancedEnrichmentsOverride.IsNull(), true)
	workflow, err := client.GetWorkflowWithResponse(ctx, campaign)
	if err != nil {
		t.Fatalf("workflow: %v", err)
	}
	if workflow.JSON200 == nil {
		t.Fatalf("workflow: got %s, want 200", workflow.Status())
	}
	expect(t, "workflow", workflow.JSON200.Data.Attributes.Blocks["a"].ID, "a")
	recipients, err := client.GetRecipientsWithResponse(ctx, campaign, nil)
	if err != nil {
		t.Fatalf("recipients: %v", err)
	}
	if recipients.JSON200 == nil {
		t.Fatalf("recipients: got %s, want 200", recipients.Status())
	}
	expect(t, "recipients", len(recipients.JSON200.Data), 1)
}
