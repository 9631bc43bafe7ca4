package clarifytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// contents is what a workspace responds with when it is asked for all that these
// tests put into it.
func contents(a *api) string {
	a.t.Helper()
	var all strings.Builder
	for _, target := range []string{
		"/objects/person/resources?include=deals", "/objects/company/resources", "/objects/deal/resources",
		"/objects/person/deleted-resources", "/objects/deal/deleted-resources",
	} {
		all.WriteString(a.want(200, "GET", target, nil).raw)
	}
	return strings.ReplaceAll(all.String(), a.srv.BaseURL, "")
}

// upheaval changes everything that there is to change.
func upheaval(a *api, people []string) {
	a.t.Helper()
	a.patch(200, "person", people[0], `{"job_title":"Boss"}`, "")
	a.want(204, "DELETE", "/objects/person/records/"+people[1], nil)
	a.want(204, "POST", "/objects/person/records/"+people[0]+"/merges",
		js(`{"data":{"type":"person","attributes":{"sources":[%q]}}}`, people[2]))
	a.create("deal", `{"name":"Another"}`)
	a.create("person", `{"email_addresses":{"items":["new@acme.example"]},"job_title":"New"}`)
}

func populate(a *api) (people []string) {
	a.t.Helper()
	company := a.create("company", `{"name":"Acme"}`)
	for i := range 4 {
		people = append(people, a.create("person", fmt.Sprintf(`{"email_addresses":{"items":["p%d@acme.example"]},"company_id":%q}`, i, company)))
	}
	a.create("deal", `{"name":"Big"}`)
	a.want(204, "DELETE", "/objects/person/records/"+people[3], nil)
	return people
}

func TestRestorePutsBackWhatWasThere(t *testing.T) {
	a := start(t, clarifytest.WithSeed(1))
	people := populate(a)
	snapshot := a.srv.Snapshot()
	before := contents(a)

	var after []string
	for range 3 {
		upheaval(a, people)
		after = append(after, contents(a))
		if after[0] == before {
			t.Error("nothing changed")
		}
		a.srv.Restore(snapshot)
		if got := contents(a); got != before {
			t.Errorf("after Restore there is\n%s\nbefore there was\n%s", got, before)
		}
	}
	for _, other := range after[1:3] {
		if stripTimes(other) != stripTimes(after[0]) {
			t.Errorf("the same requests led to\n%s\nand to\n%s", after[0], other)
		}
	}
	// A unique value that came after the snapshot is free again.
	a.create("person", `{"email_addresses":{"items":["new@acme.example"]}}`)
	a.rejected(400, "/data/attributes/name", "POST", "/objects/deal/records", oneRecord("deal", `{"name":"Big"}`))
}

func TestASnapshotIsOfAllWorkspacesAndCredentials(t *testing.T) {
	a := start(t)
	other := &api{t: t, srv: a.srv}
	kept := a.srv.AddWorkspace("globex")
	other.url, other.auth = kept.URL, "api-key "+kept.APIKey
	other.create("deal", `{}`)
	snapshot := a.srv.Snapshot()

	other.create("deal", `{}`)
	added := a.srv.AddWorkspace("initech")
	a.srv.Restore(snapshot)

	if got := len(other.list("deal").ids()); got != 1 {
		t.Errorf("there are %d deals", got)
	}
	late := &api{t: t, srv: a.srv, url: added.URL, auth: "api-key " + added.APIKey}
	late.rejected(http.StatusUnauthorized, "", "GET", "/objects/deal/resources", nil)
	late.auth = a.auth
	late.rejected(http.StatusNotFound, "", "GET", "/objects/deal/resources", nil)

	// What a snapshot has is there again though another Restore took it away.
	empty := start(t)
	first := empty.srv.Snapshot()
	empty.srv.AddWorkspace("globex")
	both := empty.srv.Snapshot()
	empty.srv.Restore(first)
	empty.srv.Restore(both)
	if w := empty.srv.AddWorkspace("globex"); w.URL != empty.srv.BaseURL+"/workspaces/globex" {
		t.Errorf("its URL is %s", w.URL)
	}
}

func TestServersStartWithASnapshot(t *testing.T) {
	origin := start(t, clarifytest.WithWorkspace("globex"))
	people := populate(origin)
	before := contents(origin)
	snapshot := origin.srv.Snapshot()

	var wg sync.WaitGroup
	for range 4 {
		a := start(t, clarifytest.WithSnapshot(snapshot))
		expect(t, "API key", a.srv.APIKey, origin.srv.APIKey)
		expect(t, "access token", a.srv.AccessToken, origin.srv.AccessToken)
		expect(t, "workspace", a.srv.Workspace, "globex")
		if a.srv.URL == origin.srv.URL {
			t.Errorf("both servers are at %s", a.srv.URL)
		}
		wg.Go(func() {
			if got := contents(a); got != before {
				t.Errorf("a server has\n%s\nthe snapshot was\n%s", got, before)
			}
			upheaval(a, people)
		})
	}
	wg.Go(func() { upheaval(origin, people) })
	wg.Wait()

	origin.srv.Restore(snapshot)
	if got := contents(origin); got != before {
		t.Errorf("after Restore there is\n%s\nbefore there was\n%s", got, before)
	}
}

func TestSnapshotsThatDoNotFit(t *testing.T) {
	snapshot := start(t).srv.Snapshot()
	for name, options := range map[string][]clarifytest.Option{
		"nil":            {clarifytest.WithSnapshot(nil)},
		"a workspace":    {clarifytest.WithSnapshot(snapshot), clarifytest.WithWorkspace("acme")},
		"a key":          {clarifytest.WithSnapshot(snapshot), clarifytest.WithAPIKey("key")},
		"an accesstoken": {clarifytest.WithSnapshot(snapshot), clarifytest.WithAccessToken("token")},
		"a seed":         {clarifytest.WithSeed(1), clarifytest.WithSnapshot(snapshot)},
	} {
		if srv, err := clarifytest.Start(options...); err == nil {
			srv.Close()
			t.Errorf("%s: it starts", name)
		} else if !strings.Contains(err.Error(), "WithSnapshot") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, snapshot := range map[string]*clarifytest.Snapshot{"nil": nil, "another server's": snapshot} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it is restored", name)
				}
			}()
			start(t).srv.Restore(snapshot)
		}()
	}
}

// A snapshot taken while others write has each request's write wholly or not at
// all, and so has what Restore leaves.
func TestSnapshotsWhileOthersWrite(t *testing.T) {
	a := start(t)
	pair := js(`{"data":[{"type":"deal","attributes":{}},{"type":"deal","attributes":{}}]}`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				a.want(201, "POST", "/objects/deal/records/bulk", pair)
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			snapshot := a.srv.Snapshot()
			a.want(201, "POST", "/objects/deal/records/bulk", pair)
			a.srv.Restore(snapshot)
		}
	})
	wg.Wait()
	ids := a.list("deal").ids()
	if len(ids)%2 != 0 {
		t.Errorf("there are %d deals, half of a write among them", len(ids))
	}
	for _, id := range ids {
		a.get("deal", id)
	}
}

// A Restore to other schemas comes before a request or after it.
func TestRestoreOfSchemasWhileOthersAsk(t *testing.T) {
	a := start(t)
	before := a.srv.Snapshot()
	a.customObject(`{"plate":{"type":["string","null"]}}`)
	after := a.srv.Snapshot()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := a.send("POST", "/objects/c_vehicle/records", oneRecord("c_vehicle", `{"plate":"A"}`))
				if got.status != 201 && got.status != 404 {
					t.Errorf("got %d: %s", got.status, got.raw)
					return
				}
			}
		})
	}
	for range 50 {
		a.srv.Restore(before)
		a.srv.Restore(after)
	}
	close(stop)
	wg.Wait()
}
