package clarifytest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// newGrant is access for a user, or for all if that is empty.
func newGrant(user, level string) string {
	kind, grantee := "user", fmt.Sprintf("%q", user)
	if user == "" {
		kind, grantee = "workspace", "null"
	}
	return fmt.Sprintf(`{"type":"object-record-access","attributes":{"grantee_type":%q,"grantee_id":%s,"access_level":%q}}`, kind, grantee, level)
}

func dataOf(values ...string) string { return `{"data":[` + strings.Join(values, ",") + `]}` }

func TestGrants(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	b, ada := a.colleague(t, clarifytest.User{})
	record := a.create("deal", `{}`)
	user := a.get("deal", record).text("data", "attributes", "_created_by")
	path := "/objects/deal/records/" + record + "/access"
	none := a.want(200, "GET", path, nil)
	none.equals(`{"data":[],"meta":{"viewerAccess":[]}}`)

	made := a.want(201, "POST", path+"?silent=true", `{"data":`+newGrant(ada.ID, "view")+`}`)
	id := made.id()
	made.equals(`"object-record-access"`, "data", "type")
	made.equals(fmt.Sprintf(`{"_created_at":"2026-02-03T04:05:06.789Z","_created_by":%q,"_id":%q,"_updated_at":null,"_updated_by":null,"access_level":"view",`+
		`"grantee_id":%q,"grantee_type":"user","object_id":%q}`, user, id, ada.ID, record), "data", "attributes")
	c.Add(time.Second)
	changed := b.want(200, "PATCH", path+"/"+id, `{"data":{"type":"object-record-access","attributes":{"access_level":"edit"}}}`)
	changed.equals(`"edit"`, "data", "attributes", "access_level")
	changed.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	changed.equals(asJSON(t, ada.ID), "data", "attributes", "_updated_by")
	b.want(200, "PATCH", path+"/"+id, `{"data":{"type":"object-record-access","attributes":{"access_level":"edit"}}}`)

	several := a.want(201, "POST", path+"/bulk", dataOf(newGrant("", "view"), newGrant(user, "edit")))
	several.equals(`null`, "data", 0, "attributes", "grantee_id")
	several.equals(`"workspace"`, "data", 0, "attributes", "grantee_type")
	several.equals(`[]`, "meta", "viewerAccess")
	equal(t, "grants", a.want(200, "GET", path, nil).ids(), append([]string{id}, several.ids()...))
	if got := a.want(202, "DELETE", path+"/"+id, nil); got.raw != "{}\n" {
		t.Errorf("revoked: %s", got.raw)
	}
	equal(t, "grants", a.want(200, "GET", path, nil).ids(), several.ids())
	a.rejected(404, "", "DELETE", path+"/"+id, nil)
	a.want(201, "POST", path, `{"data":`+newGrant(ada.ID, "view")+`}`)

	names := map[string]string{record: "deal", ada.ID: "ada", user: "admin", "<nil>": "all"}
	activities := a.activities("deal", record)
	equal(t, "activities", activities.told(names), []string{
		"create deal", "grant-access deal target ada", "update-access deal target ada",
		"grant-access deal target all; grant-access deal target admin", "revoke-access deal target ada", "grant-access deal target ada",
	})
	activities.equals(`{"access_level":"edit"}`, "data", 2, "attributes", "data", 0, "target", "data")
	activities.equals(`"workspace"`, "data", 3, "attributes", "data", 0, "target", "entity")
	equal(t, "another record has none", a.want(200, "GET", "/objects/deal/records/"+a.create("deal", `{}`)+"/access", nil).ids(), []string{})
}

func TestGrantsReject(t *testing.T) {
	a := start(t)
	_, ada := a.colleague(t, clarifytest.User{})
	record, other := a.create("deal", `{}`), a.create("deal", `{}`)
	path := "/objects/deal/records/" + record + "/access"
	one := `{"data":` + newGrant(ada.ID, "view") + `}`
	id := a.want(201, "POST", path, one).id()
	update := `{"data":{"type":"object-record-access","attributes":{"access_level":"edit"}}}`

	a.rejected(400, "/data/attributes/grantee_id", "POST", path, one)
	a.rejected(400, "/data/1/attributes/grantee_id", "POST", path+"/bulk", dataOf(newGrant("", "view"), newGrant("", "edit")))
	for _, test := range []struct{ name, data, pointer string }{
		{"another type", `{"type":"grant","attributes":{"grantee_type":"user","grantee_id":"x","access_level":"view"}}`, "/type"},
		{"a level that cannot be given", newGrant(ada.ID, "manage"), "/attributes/access_level"},
		{"a grantee that cannot be given access", `{"type":"object-record-access","attributes":{"grantee_type":"group","grantee_id":"x","access_level":"view"}}`, "/attributes"},
		{"a workspace that is one user", `{"type":"object-record-access","attributes":{"grantee_type":"workspace","grantee_id":"x","access_level":"view"}}`, "/attributes/grantee_id"},
		{"an unknown user", newGrant("nobody", "view"), "/attributes/grantee_id"},
		{"an unknown member", strings.TrimSuffix(newGrant(ada.ID, "view"), "}") + `,"id":"1"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(422, "/data"+test.pointer, "POST", path, `{"data":`+test.data+`}`)
			b.rejected(422, "/data/0"+test.pointer, "POST", path+"/bulk", dataOf(test.data))
		})
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = newGrant("", "view")
	}
	a.rejected(422, "/data", "POST", path+"/bulk", dataOf(many...))
	a.rejected(422, "/data", "POST", path+"/bulk", dataOf())
	a.rejected(422, "/data/attributes/access_level", "PATCH", path+"/"+id, `{"data":{"type":"object-record-access","attributes":{"access_level":"none"}}}`)
	a.rejected(400, "", "POST", path, `{`)
	a.rejected(400, "", "DELETE", path+"/"+id+"?silent=x", nil)
	equal(t, "nothing of it is done", a.want(200, "GET", path, nil).ids(), []string{id})

	for _, missing := range []string{
		"/objects/deal/records/nobody/access", "/objects/person/records/" + record + "/access", "/objects/c_none/records/" + record + "/access",
	} {
		a.rejected(404, "", "GET", missing, nil)
		a.rejected(404, "", "POST", missing, one)
		a.rejected(404, "", "POST", missing+"/bulk", dataOf(newGrant("", "view")))
		a.rejected(404, "", "PATCH", missing+"/"+id, update)
		a.rejected(404, "", "DELETE", missing+"/"+id, nil)
	}
	for _, missing := range []string{path + "/nothing", "/objects/deal/records/" + other + "/access/" + id} {
		a.rejected(404, "", "PATCH", missing, update)
		a.rejected(404, "", "DELETE", missing, nil)
	}
	workspaceKey := a.as("api-key " + a.srv.WorkspaceKey)
	for _, request := range []struct {
		method, path string
		body         any
	}{
		{"GET", path, nil},
		{"POST", path, one},
		{"POST", path + "/bulk", dataOf(newGrant("", "view"))},
		{"PATCH", path + "/" + id, update},
		{"DELETE", path + "/" + id, nil},
	} {
		workspaceKey.rejected(403, "", request.method, request.path, request.body)
		a.elsewhere().rejected(404, "", request.method, request.path, request.body)
		a.guarded(request.method, request.path, request.body)
	}
	a.as("Bearer "+a.srv.AccessToken).want(200, "GET", path, nil)
}

// Lists have grants as records do; messages would, if there were any.
func TestGrantsOfListsAndMessages(t *testing.T) {
	a := start(t)
	b, ada := a.colleague(t, clarifytest.User{})
	id := a.newList("person", "static", "")
	path := "/objects/list/records/" + id + "/access"
	one := `{"data":` + newGrant(ada.ID, "view") + `}`
	made := a.want(201, "POST", path, one)
	made.equals(`"`+id+`"`, "data", "attributes", "object_id")
	a.rejected(400, "/data/attributes/grantee_id", "POST", path, one)
	several := a.want(201, "POST", path+"/bulk", dataOf(newGrant("", "edit")))
	got := b.want(200, "GET", path, nil)
	equal(t, "grants", got.ids(), append([]string{made.id()}, several.ids()...))
	got.equals(`[]`, "meta", "viewerAccess")
	b.want(200, "PATCH", path+"/"+made.id(), `{"data":{"type":"object-record-access","attributes":{"access_level":"edit"}}}`).equals(`"edit"`, "data", "attributes", "access_level")
	a.want(202, "DELETE", path+"/"+made.id(), nil)
	equal(t, "grants", a.want(200, "GET", path, nil).ids(), several.ids())

	draft := "/objects/list/records/" + b.newList("person", "static", `,"state":"draft"`) + "/access"
	a.rejected(403, "", "GET", draft, nil)
	a.rejected(403, "", "POST", draft, one)
	for _, missing := range []string{"/objects/list/records/nothing/access", "/objects/message/records/nothing/access", "/objects/deal/records/" + id + "/access"} {
		a.rejected(404, "", "GET", missing, nil)
		a.rejected(404, "", "POST", missing, one)
	}
	workspaceKey := a.as("api-key " + a.srv.WorkspaceKey)
	workspaceKey.rejected(403, "", "GET", path, nil)
	workspaceKey.rejected(403, "", "GET", "/objects/message/records/nothing/access", nil)
	a.want(202, "DELETE", "/objects/person/lists/"+id, nil)
	a.rejected(404, "", "GET", path, nil)
}

func TestAThousandGrants(t *testing.T) {
	a := start(t)
	record := a.create("deal", `{}`)
	var grants []string
	for range 1000 {
		grants = append(grants, newGrant(a.srv.AddUser(a.srv.Workspace, clarifytest.User{}).ID, "view"))
	}
	path := "/objects/deal/records/" + record + "/access"
	if n := len(a.want(201, "POST", path+"/bulk", dataOf(grants...)).ids()); n != 1000 {
		t.Errorf("%d grants were made", n)
	}
	if n := len(a.want(200, "GET", path, nil).ids()); n != 1000 {
		t.Errorf("there are %d grants", n)
	}
}

func newDelegate(user string) string {
	return fmt.Sprintf(`{"data":{"type":"object-access","attributes":{"delegate_id":%q}}}`, user)
}

func TestDelegations(t *testing.T) {
	a := start(t, clarifytest.WithClock(newClock().Now))
	b, ada := a.colleague(t, clarifytest.User{})
	meeting := a.create("meeting", `{}`)
	user := a.get("meeting", meeting).text("data", "attributes", "_created_by")
	a.want(200, "GET", "/objects/meeting/access", nil).equals(`{"data":[]}`)

	made := a.want(201, "POST", "/objects/meeting/access?silent=true", newDelegate(ada.ID))
	made.equals(`"object-access"`, "data", "type")
	made.equals(fmt.Sprintf(`{"_created_at":"2026-02-03T04:05:06.789Z","_created_by":%[1]q,"_id":%[2]q,"_updated_at":null,"_updated_by":null,`+
		`"delegate_id":%[3]q,"entity":"meeting","owner_id":%[1]q}`, user, made.id(), ada.ID), "data", "attributes")
	equal(t, "of meetings", a.want(200, "GET", "/objects/meeting/access", nil).ids(), []string{made.id()})
	equal(t, "of messages", a.want(200, "GET", "/objects/message/access", nil).ids(), []string{})
	equal(t, "the delegate's own", b.want(200, "GET", "/objects/meeting/access", nil).ids(), []string{})
	messages := a.want(201, "POST", "/objects/message/access", newDelegate(ada.ID))
	messages.equals(`"message"`, "data", "attributes", "entity")

	t.Run("are beside the grants of a meeting", func(t *testing.T) {
		a.want(200, "GET", "/objects/meeting/records/"+meeting+"/access", nil).equals(fmt.Sprintf(
			`[{"access_level":null,"grantee_id":%q,"kind":"entity-wide-delegate","owners":[{"access_level":null,"owner_id":%q}]}]`, ada.ID, user), "meta", "viewerAccess")
		a.want(201, "POST", "/objects/meeting/records/"+meeting+"/access/bulk", dataOf(newGrant("", "view"))).equals(asJSON(t, ada.ID), "meta", "viewerAccess", 0, "grantee_id")
		others := b.create("meeting", `{}`)
		a.want(200, "GET", "/objects/meeting/records/"+others+"/access", nil).equals(`[]`, "meta", "viewerAccess")
	})

	a.rejected(400, "/data/attributes/delegate_id", "POST", "/objects/meeting/access", newDelegate(ada.ID))
	a.rejected(422, "/data/attributes/delegate_id", "POST", "/objects/meeting/access", newDelegate("nobody"))
	a.rejected(422, "/data/attributes/delegate_id", "POST", "/objects/meeting/access", newDelegate(user))
	a.rejected(422, "/data/attributes/delegate_id", "POST", "/objects/meeting/access", `{"data":{"type":"object-access","attributes":{}}}`)
	a.rejected(422, "/data/type", "POST", "/objects/meeting/access", `{"data":{"type":"x","attributes":{"delegate_id":"x"}}}`)
	a.rejected(400, "", "POST", "/objects/meeting/access", `{`)
	a.rejected(400, "", "POST", "/objects/meeting/access?silent=x", newDelegate(ada.ID))
	own := "/objects/meeting/access/" + url.PathEscape(made.id())
	a.rejected(400, "", "DELETE", own+"?silent=x", nil)
	b.rejected(404, "", "DELETE", own, nil)
	a.rejected(404, "", "DELETE", "/objects/message/access/"+made.id(), nil)
	a.rejected(404, "", "DELETE", "/objects/meeting/access/nothing", nil)
	workspaceKey := a.as("api-key " + a.srv.WorkspaceKey)
	for _, request := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/objects/meeting/access", nil},
		{"POST", "/objects/meeting/access", newDelegate(ada.ID)},
		{"DELETE", own, nil},
	} {
		workspaceKey.rejected(403, "", request.method, request.path, request.body)
		a.guarded(request.method, request.path, request.body)
		for _, object := range []string{"person", "c_none"} {
			a.rejected(404, "", request.method, strings.Replace(request.path, "meeting", object, 1), request.body)
		}
	}
	a.elsewhere().rejected(404, "", "DELETE", own, nil)
	a.want(202, "DELETE", own, nil)
	a.want(200, "GET", "/objects/meeting/access", nil).equals(`{"data":[]}`)
}

func TestAccessComesBackWithASnapshot(t *testing.T) {
	a := start(t)
	_, ada := a.colleague(t, clarifytest.User{})
	record := a.create("meeting", `{}`)
	before := a.srv.Snapshot()
	a.want(201, "POST", "/objects/meeting/access", newDelegate(ada.ID))
	a.want(201, "POST", "/objects/meeting/records/"+record+"/access", `{"data":`+newGrant(ada.ID, "view")+`}`)
	a.srv.Restore(before)
	a.want(200, "GET", "/objects/meeting/access", nil).equals(`{"data":[]}`)
	a.want(200, "GET", "/objects/meeting/records/"+record+"/access", nil).equals(`{"data":[],"meta":{"viewerAccess":[]}}`)
}
