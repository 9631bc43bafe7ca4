package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func (a *api) recipients(campaign string, parameters ...string) *response {
	a.t.Helper()
	return a.want(200, "GET", "/campaigns/"+campaign+"/recipients"+query(parameters...), nil)
}

func TestRecipients(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	company := a.create("company", `{}`)
	ada := a.create("person", `{"name":{"first_name":"Ada"},"email_addresses":{"items":["ada@x.example"]},"job_title":"Analyst","company_id":"`+company+`"}`)
	bob := a.create("person", `{}`)
	list := a.newList("person", "static", "")
	a.srv.AddToList(a.srv.Workspace, list, ada, bob)
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence", "enabled", "true",
		"trigger", strings.Replace(block("t", "on:clarify:add-to-list", "", "a"), `"input":{}`, `"input":{"list":"`+list+`"}`, 1))).id()

	none := a.recipients(campaign)
	none.equals(`{"campaign_enabled":true,"limit":500,"list_evaluation_status":"idle","list_member_count":2,"offset":0,"total_pages":0,"total_records":0,"total_unfiltered":0}`, "meta")
	none.equals(`[]`, "data")

	added := a.srv.AddRecipients(a.srv.Workspace, campaign,
		clarifytest.Recipient{PersonID: ada, Status: "waiting", CurrentBlockID: "a", ResumeAt: epoch.Add(time.Hour), StartedAt: epoch, LastOpenedAt: epoch.Add(time.Minute)},
		clarifytest.Recipient{PersonID: bob},
	)
	page := a.recipients(campaign)
	equal(t, "recipients", page.ids(), []string{added[0].ID, added[1].ID})
	run := page.text("data", 0, "attributes", "workflow_run_id")
	page.equals(`"campaign_recipient"`, "data", 0, "type")
	page.equals(fmt.Sprintf(`{"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","current_block_id":"a","ended_at":null,"exit_block_id":null,"exit_reason":null,`+
		`"has_clicked":false,"has_opened":true,"has_replied":false,"has_unsubscribed":false,"last_clicked_at":null,"last_opened_at":"2026-02-03T04:06:06.789Z","last_replied_at":null,`+
		`"person":{"_id":%q,"avatar_url":null,"company_id":%q,"email_addresses":{"items":["ada@x.example"]},"job_title":"Analyst","name":{"first_name":"Ada","full_name":"Ada"}},`+
		`"resume_at":1770095106,"started_at":"2026-02-03T04:05:06.789Z","status":"waiting","workflow_run_id":%q}`, ada, company, run), "data", 0, "attributes")
	page.equals(fmt.Sprintf(`{"_id":%q,"avatar_url":null,"company_id":null,"email_addresses":null,"job_title":null,"name":null}`, bob), "data", 1, "attributes", "person")
	page.equals(`"pending"`, "data", 1, "attributes", "status")
	page.equals(`2`, "meta", "total_unfiltered")

	c.Add(time.Second)
	a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{ID: added[0].ID, PersonID: ada, Status: "failed", ExitReason: "bounced", ExitBlockID: "a", EndedAt: epoch})
	again := a.recipients(campaign)
	equal(t, "the same recipients", again.ids(), page.ids())
	for member, want := range map[string]string{
		"status": `"failed"`, "exit_reason": `"bounced"`, "exit_block_id": `"a"`, "ended_at": `"2026-02-03T04:05:06.789Z"`, "resume_at": `null`,
		"workflow_run_id": `"` + run + `"`, "_created_at": `"2026-02-03T04:05:06.789Z"`, "_updated_at": `"2026-02-03T04:05:07.789Z"`,
	} {
		again.equals(want, "data", 0, "attributes", member)
	}

	t.Run("are the people as they are now", func(t *testing.T) {
		other := a.create("person", `{"name":{"first_name":"Other"}}`)
		a.want(204, "POST", "/objects/person/records/"+other+"/merges", mergeBody("person", ada))
		a.want(204, "DELETE", "/objects/person/records/"+bob, nil)
		got := a.recipients(campaign)
		got.equals(`"`+other+`"`, "data", 0, "attributes", "person", "_id")
		got.equals(`null`, "data", 1, "attributes", "person")
		got.equals(`1`, "meta", "list_member_count")
	})
	t.Run("go with their campaign", func(t *testing.T) {
		a.want(202, "DELETE", "/workflows/"+campaign, nil)
		a.rejected(404, "", "GET", "/campaigns/"+campaign+"/recipients", nil)
	})
}

func TestRecipientsAreFiltered(t *testing.T) {
	a := start(t)
	person := func(name string) string {
		return a.create("person", fmt.Sprintf(`{"name":{"first_name":%[1]q,"last_name":"King"},"email_addresses":{"items":["%[1]s@x.example"]}}`, name))
	}
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence", "enabled", "true")).id()
	names := map[string]string{}
	for _, r := range []struct {
		name string
		clarifytest.Recipient
	}{
		{"ada", clarifytest.Recipient{Status: "pending"}},
		{"bea", clarifytest.Recipient{Status: "success", LastOpenedAt: epoch}},
		{"cyd", clarifytest.Recipient{Status: "failed", LastClickedAt: epoch, LastOpenedAt: epoch}},
		{"dot", clarifytest.Recipient{Status: "waiting", LastRepliedAt: epoch}},
		{"eve", clarifytest.Recipient{Status: "cancelled", Unsubscribed: true}},
		{"fay", clarifytest.Recipient{Status: "retrying"}},
		{"gil", clarifytest.Recipient{Status: "running"}},
		{"hal", clarifytest.Recipient{Status: "skipped"}},
	} {
		r.PersonID = person(r.name)
		names[a.srv.AddRecipients(a.srv.Workspace, campaign, r.Recipient)[0].ID] = r.name
	}
	chosen := func(parameters ...string) string {
		t.Helper()
		var found []string
		for _, id := range a.recipients(campaign, parameters...).ids() {
			found = append(found, names[id])
		}
		return strings.Join(found, " ")
	}
	for _, test := range []struct {
		parameters []string
		want       string
	}{
		{[]string{"filter[status]", "scheduled"}, "ada dot fay gil"},
		{[]string{"filter[status]", "paused"}, ""},
		{[]string{"filter[status]", "completed"}, "bea eve hal"},
		{[]string{"filter[status]", "failed"}, "cyd"},
		{[]string{"filter[status]", "unsubscribed"}, "eve"},
		{[]string{"filter[event][0]", "opened"}, "bea cyd"},
		{[]string{"filter[event]", "clicked"}, "cyd"},
		{[]string{"filter[event][]", "clicked", "filter[event][]", "replied"}, "cyd dot"},
		{[]string{"filter[event]", "opened", "filter[status]", "failed"}, "cyd"},
		{[]string{"filter[q]", "KING dot"}, "dot"},
		{[]string{"filter[q]", "bea@x"}, "bea"},
		{[]string{"filter[q]", "nobody"}, ""},
		{[]string{"sortOrder[column]", "person", "sortOrder[dir]", "DESC", "page[limit]", "2"}, "hal gil"},
		{[]string{"sortOrder[column]", "status", "sortOrder[dir]", "ASC", "page[limit]", "3"}, "eve cyd ada"},
		{[]string{"sortOrder[column]", "has_opened", "sortOrder[dir]", "DESC", "page[limit]", "2"}, "cyd bea"},
		{[]string{"sortOrder[column]", "id", "sortOrder[dir]", "ASC", "page[offset]", "7"}, "hal"},
	} {
		if got := chosen(test.parameters...); got != test.want {
			t.Errorf("%v: got %s, want %s", test.parameters, got, test.want)
		}
	}
	got := a.recipients(campaign, "filter[status]", "failed")
	got.equals(`1`, "meta", "total_records")
	got.equals(`8`, "meta", "total_unfiltered")
	got.equals(`null`, "meta", "list_evaluation_status")
	got.equals(`null`, "meta", "list_member_count")

	a.want(200, "PATCH", "/workflows/"+campaign, workflowUpdate(campaign, `{"enabled":false}`))
	scheduled, paused := chosen("filter[status]", "scheduled"), chosen("filter[status]", "paused")
	expect(t, "scheduled", scheduled, "")
	expect(t, "paused", paused, "ada dot fay gil")
	a.recipients(campaign).equals(`false`, "meta", "campaign_enabled")
}

func TestRecipientsReject(t *testing.T) {
	a := start(t)
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	path := "/campaigns/" + campaign + "/recipients"
	for _, bad := range []string{
		"filter[status]=Failed", "filter[event]=x", "filter[event][1]=opened", "filter[q]=" + strings.Repeat("x", 51), "filter[x]=y", "filter=x",
		"page[limit]=501", "sortOrder[dir]=ASC",
	} {
		a.rejected(400, "", "GET", path+"?"+bad, nil)
	}
	general := a.want(201, "POST", "/workflows", newWorkflow("workflow")).id()
	a.rejected(404, "", "GET", "/campaigns/nothing/recipients", nil)
	a.rejected(404, "", "GET", "/campaigns/"+general+"/recipients", nil)
	a.elsewhere().rejected(404, "", "GET", path, nil)
	a.guarded("GET", path, nil)
}

func TestAddRecipientsPanics(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	other := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	a.srv.AddRecipients(a.srv.Workspace, other, clarifytest.Recipient{ID: "taken", PersonID: person})
	one := clarifytest.Recipient{PersonID: person}
	for want, add := range map[string]func(){
		`no workspace "initech"`: func() { a.srv.AddRecipients("initech", campaign, one) },
		"no campaign":            func() { a.srv.AddRecipients(a.srv.Workspace, "nothing", one) },
		`no person "nobody"`:     func() { a.srv.AddRecipients(a.srv.Workspace, campaign, one, clarifytest.Recipient{PersonID: "nobody"}) },
		`no status "done"`: func() {
			a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{PersonID: person, Status: "done"})
		},
		"another campaign's": func() {
			a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{ID: "taken", PersonID: person})
		},
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, want) {
					t.Errorf("want %q, it panicked with %q", want, p)
				}
			}()
			add()
		}()
	}
	equal(t, "recipients", a.recipients(campaign).ids(), []string{})
}

func TestWorkflowsComeBackWithASnapshot(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	before := a.srv.Snapshot()
	a.srv.AddRecipients(a.srv.Workspace, campaign, clarifytest.Recipient{PersonID: person})
	a.want(200, "PATCH", "/workflows/"+campaign, workflowUpdate(campaign, `{"enabled":true}`))
	a.srv.Restore(before)
	a.recipients(campaign).equals(`[]`, "data")
	a.want(200, "GET", "/workflows/"+campaign, nil).equals(`false`, "data", "attributes", "enabled")
}
