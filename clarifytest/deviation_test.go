package clarifytest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// option is an option that may be left out.
func option(given bool, of clarifytest.Option) []clarifytest.Option {
	if given {
		return []clarifytest.Option{of}
	}
	return nil
}

func TestQuirkOfHTTPLinks(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []clarifytest.Option
		scheme  string
	}{
		{"over TLS", []clarifytest.Option{clarifytest.WithTLS()}, "http"},
		{"over TLS, on", []clarifytest.Option{clarifytest.WithQuirkHTTPLinks(true), clarifytest.WithTLS()}, "http"},
		{"over TLS, off", []clarifytest.Option{clarifytest.WithQuirkHTTPLinks(false), clarifytest.WithTLS()}, "https"},
		{"without TLS", nil, "http"},
		{"without TLS, off", []clarifytest.Option{clarifytest.WithQuirkHTTPLinks(false)}, "http"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, test.options...)
			a.client = a.srv.HTTPClient()
			a.deals(3)
			page := a.list("deal", "page[limit]", "1", "page[offset]", "1")
			_, authority, _ := strings.Cut(a.url, "://")
			for name, offset := range map[string]string{"next": "2", "prev": "0"} {
				want := test.scheme + "://" + authority + "/objects/deal/resources?page%5Blimit%5D=1&page%5Boffset%5D=" + offset
				if got := page.text("links", name); got != want {
					t.Errorf("links.%s is %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestQuirkOfNoLinks(t *testing.T) {
	for _, on := range []bool{false, true} {
		a := start(t, option(on, clarifytest.WithQuirkNoLinks(true))...)
		ids := a.deals(3)
		page := a.list("deal", "page[limit]", "1", "page[offset]", "1")
		page.equals(`3`, "meta", "total_records")
		equal(t, "the page", page.ids(), ids[1:2])
		for _, name := range []string{"next", "prev"} {
			if none := page.at("links", name) == nil; none != on {
				t.Errorf("the quirk is %v: %s", on, page.raw)
			}
		}
		equal(t, "by offset", a.list("deal", "page[limit]", "1", "page[offset]", "2").ids(), ids[2:])
	}
}

func TestQuirkOfNoTotalPages(t *testing.T) {
	a := start(t, clarifytest.WithQuirkNoTotalPages(true))
	a.create("deal", `{"amount":1.50}`)
	page := a.list("deal", "page[limit]", "1")
	page.equals(`{"limit":1,"offset":0,"total_records":1}`, "meta")
	page.equals(`1.50`, "data", 0, "attributes", "amount")
	a.want(200, "GET", "/users", nil).lacks("meta", "total_pages")
	a.want(200, "POST", "/objects/deal/lists/"+a.want(200, "GET", "/objects/deal/lists", nil).ids()[0]+"/rows/csv", nil)
}

func TestQuirkOfUserAgents(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []clarifytest.Option
		agent   string
		status  int
	}{
		{"as observed", nil, "", 403},
		{"on", option(true, clarifytest.WithQuirkUserAgentRequired(true)), "", 403},
		{"off", option(true, clarifytest.WithQuirkUserAgentRequired(false)), "", 200},
		{"with an agent", nil, "x", 200},
	} {
		a := start(t, test.options...)
		request := newRequest(t, "GET", a.url+"/users", "")
		request.Header.Set("Authorization", a.auth)
		request.Header.Set("User-Agent", test.agent)
		got := a.do(request)
		if got.status != test.status {
			t.Errorf("%s: got %d, want %d", test.name, got.status, test.status)
		}
		if got.status == http.StatusForbidden && (!strings.HasPrefix(got.raw, "<html>") || got.header.Get("X-RateLimit-Limit") != "" || a.latest().Done) {
			t.Errorf("%s: this is not the edge's: %v %s", test.name, got.header, got.raw)
		}
		// Storage and the authorization server have no such edge.
		for _, elsewhere := range []string{a.srv.AuthorizeURL, a.srv.StorageURL} {
			request := newRequest(t, "GET", elsewhere, "")
			request.Header.Set("User-Agent", "")
			if got := a.fetch(request); strings.Contains(got.raw, "User-Agent") {
				t.Errorf("%s: %s: %s", test.name, elsewhere, got.raw)
			}
		}
	}
}

func TestQuirkOfNamesInInclude(t *testing.T) {
	for _, on := range []bool{false, true} {
		a := start(t, option(on, clarifytest.WithQuirkIncludeRelationshipNames(true))...)
		company := a.create("company", `{"name":"Acme"}`)
		person := a.create("person", fmt.Sprintf(`{"company_id":%q}`, company))
		path := "/objects/person/records/" + person + "?include="
		property := a.want(200, "GET", path+"company_id", nil)
		property.equals(`"Acme"`, "included", 0, "attributes", "name")
		for _, name := range []string{"company", "companies"} {
			if on {
				if got := a.want(200, "GET", path+name, nil); got.raw != property.raw {
					t.Errorf("%s: %s is not %s", name, got.raw, property.raw)
				}
				continue
			}
			for _, target := range []string{path + name, "/objects/person/resources?include=deals," + name} {
				got := a.rejected(400, "", "GET", target, nil)
				if detail := got.errorObject().Detail; !strings.Contains(detail, `"`+name+`"`) {
					t.Errorf("the error does not name %s: %s", name, detail)
				}
			}
		}
		a.rejected(400, "", "GET", path+"job_title", nil)
		a.rejected(404, "", "GET", relationshipPath("person", person, "company"), nil)
	}
}

func TestQuirkOfNoContent(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []clarifytest.Option
		status  int
	}{
		{"as observed", nil, 204},
		{"on", option(true, clarifytest.WithQuirkNoContent(true)), 204},
		{"off", option(true, clarifytest.WithQuirkNoContent(false)), 200},
	} {
		a := start(t, test.options...)
		ada, deal, meeting := a.create("person", `{}`), a.create("deal", `{}`), a.create("meeting", `{}`)
		a.link("person", ada, "deals", "deal", deal)
		for _, request := range []struct{ path, body string }{
			{relationshipPath("person", ada, "deals"), members("deal", deal)},
			{"/meetings/" + meeting + "/recording", ""},
			{"/objects/person/records/" + ada, ""},
		} {
			var body any
			if request.body != "" {
				body = request.body
			}
			got := a.want(test.status, "DELETE", request.path, body)
			if none := got.raw == "" && got.header.Get("Content-Type") == ""; none != (test.status == 204) {
				t.Errorf("%s: %s: %v %q", test.name, request.path, got.header, got.raw)
			}
		}
		a.want(200, "DELETE", "/objects/deal/records", js(`{"items":[%q]}`, deal)).equals(`{}`)
	}
}

// In a page records have no relationships unless they are included. Alone they
// have those that lead somewhere.
func TestQuirkOfRelationshipsInLists(t *testing.T) {
	for _, on := range []bool{false, true} {
		a := start(t, option(on, clarifytest.WithQuirkListRelationships(true))...)
		company, deal := a.create("company", `{}`), a.create("deal", `{}`)
		person := a.want(201, "POST", "/objects/person/records", oneRecord("person", fmt.Sprintf(`{"company_id":%q}`, company))).id()
		a.link("person", person, "deals", "deal", deal)
		toCompany := fmt.Sprintf(`{"data":{"id":%q,"type":"company"}}`, company)
		toDeals := fmt.Sprintf(`{"data":[{"id":%q,"type":"deal"}],"meta":{"count":1}}`, deal)
		all := fmt.Sprintf(`{"company_id":%s,"deals":%s}`, toCompany, toDeals)

		a.get("person", person).equals(all, "data", "relationships")
		a.want(200, "GET", "/objects/person/resources/"+person, nil).equals(all, "data", "relationships")
		bulk := recordsBody("person", person, `{}`, "")
		pages := map[string]*response{
			"resources":    a.list("person"),
			"related":      a.want(200, "GET", relationshipPath("deal", deal, "people"), nil),
			"a list":       a.want(200, "GET", "/objects/person/lists/"+a.want(200, "GET", "/objects/person/lists", nil).ids()[0]+"/resources", nil),
			"a bulk write": a.want(200, "PATCH", "/objects/person/records", bulk),
		}
		for name, page := range pages {
			if on {
				page.equals(all, "data", 0, "relationships")
			} else if page.lacks("data", 0, "relationships"); page.text("data", 0, "attributes", "company_id") != company {
				t.Errorf("%s: %s", name, page.raw)
			}
		}
		included := a.list("person", "include", "deals")
		if on {
			included.equals(all, "data", 0, "relationships")
		} else {
			included.equals(`{"deals":`+toDeals+`}`, "data", 0, "relationships")
		}
		a.want(204, "DELETE", "/objects/person/records/"+person, nil)
		deleted := a.want(200, "GET", "/objects/person/deleted-resources", nil)
		if on {
			deleted.equals(all, "data", 0, "relationships")
		} else {
			deleted.lacks("data", 0, "relationships")
		}
	}
}

func TestQuirkOfRelationshipNames(t *testing.T) {
	a := start(t, clarifytest.WithQuirkRelationshipNames(true))
	company := a.create("company", `{}`)
	for _, name := range []string{"company", "company_id", "companies"} {
		body := fmt.Sprintf(`{"data":{"type":"person","attributes":{},"relationships":{%q:{"data":{"type":"company","id":%q}}}}}`, name, company)
		got := a.want(201, "POST", "/objects/person/resources", body)
		want := fmt.Sprintf(`{"company":{"data":{"id":%q,"type":"company"}}}`, company)
		got.equals(want, "data", "relationships")
		got.equals(`"`+company+`"`, "data", "attributes", "company_id")
		a.want(200, "GET", "/objects/person/records/"+got.id()+"?include=company_id", nil).equals(want, "data", "relationships")
		equal(t, name, a.linked("person", got.id(), name), []string{company})
	}
	a.rejected(400, "", "GET", "/objects/person/resources?include=company", nil)
	b := start(t)
	b.rejected(422, "/data/relationships/company", "POST", "/objects/person/resources", `{"data":{"type":"person","attributes":{},"relationships":{"company":{"data":null}}}}`)
}

func TestQuirkOfSharedEmailAddresses(t *testing.T) {
	const ada = `{"email_addresses":{"items":["ada@x.example"]}}`
	for _, on := range []bool{false, true} {
		a := start(t, option(on, clarifytest.WithQuirkSharedEmailAddresses(true))...)
		first := a.create("person", ada)
		if !on {
			a.rejected(400, "/data/attributes/email_addresses", "POST", "/objects/person/records", oneRecord("person", ada))
			continue
		}
		second, third := a.create("person", ada), a.create("person", `{}`)
		a.patch(200, "person", third, ada, "")
		all := func() []string {
			return a.list("person", "filter[email_addresses][Contains]", "ada@x.example").ids()
		}
		equal(t, "who has it", all(), []string{first, second, third})
		upsert := oneRecord("person", ada)
		upsert = upsert[:len(upsert)-1] + `,"match_on":"email_addresses"}`
		if id := a.want(201, "POST", "/objects/person/records", upsert).id(); id != third {
			t.Errorf("match_on found %s, not the latest, %s", id, third)
		}
		a.want(204, "DELETE", "/objects/person/records/"+second, nil)
		if id := a.want(201, "POST", "/objects/person/records", upsert).id(); id != third {
			t.Errorf("match_on found %s, not %s", id, third)
		}
		equal(t, "who still has it", all(), []string{first, third})
		company := `{"domains":{"items":["x.example"]}}`
		a.create("company", company)
		a.rejected(400, "/data/attributes/domains", "POST", "/objects/company/records", oneRecord("company", company))
	}
}

func TestQuirkOfWholeSeconds(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithQuirkWholeSeconds(true), clarifytest.WithClock(c.Now))
	id := a.create("deal", `{"name":"2026-02-03T04:05:06.789Z","amount":1.50}`)
	c.Add(time.Millisecond)
	a.patch(200, "deal", id, `{"amount":2.50}`, "")
	got := a.list("deal", "filter[_updated_at][Is after]", "2026-02-03T04:05:06.789Z")
	got.equals(`"2026-02-03T04:05:06Z"`, "data", 0, "attributes", "_created_at")
	got.equals(`"2026-02-03T04:05:06Z"`, "data", 0, "attributes", "_updated_at")
	got.equals(`"2026-02-03T04:05:06.789Z"`, "data", 0, "attributes", "name")
	got.equals(`2.50`, "data", 0, "attributes", "amount")
	a.want(200, "GET", "/users", nil).equals(`"2026-02-03T04:05:06Z"`, "data", 0, "attributes", "_created_at")
	for _, path := range []string{"/objects/deal/lists", "/objects/deal/records/" + id + "/activities"} {
		if found := regexp.MustCompile(`"_\w+_at":"[^"]*\.`).FindString(a.want(200, "GET", path, nil).raw); found != "" {
			t.Errorf("%s has %s", path, found)
		}
	}
}

func TestQuirkOfEmptyUserTimes(t *testing.T) {
	a := start(t, clarifytest.WithQuirkEmptyUserTimes(true))
	users := a.want(200, "GET", "/users?sortOrder[column]=_created_at&sortOrder[dir]=ASC", nil)
	one := a.want(200, "GET", "/users/"+strings.ReplaceAll(users.ids()[0], "|", "%7C"), nil)
	for _, name := range []string{"_created_at", "_updated_at", "last_active_at"} {
		users.equals(`{}`, "data", 0, "attributes", name)
		one.equals(`{}`, "data", "attributes", name)
	}
}

func TestQuirksOfListQueries(t *testing.T) {
	const sql = "select *\n  from deal"
	list := func(a *api, query string) *response {
		return a.want(201, "POST", "/objects/deal/lists", js(`{"title":"Open","description":"","layout":"table","type":"dynamic","query":%s}`, query))
	}
	update := func(a *api, id, body string) *response {
		return a.want(200, "PATCH", "/objects/deal/lists/"+id, body)
	}
	unversioned, versioned := asJSON(t, map[string]any{"sql": sql}), asJSON(t, map[string]any{"sql": sql, "version": 6})
	t.Run("as observed", func(t *testing.T) {
		a := start(t)
		got := list(a, unversioned)
		got.equals(unversioned, "data", "attributes", "query")
		update(a, got.id(), `{"query":`+versioned+`}`).equals(versioned, "data", "attributes", "query")
		update(a, got.id(), `{"query":{"sql":"x"}}`).equals(`{"sql":"x"}`, "data", "attributes", "query")
	})
	t.Run("migrated", func(t *testing.T) {
		a := start(t, clarifytest.WithQuirkListQueryMigrated(true))
		const migrated = `{"sql":"select * from deal","version":6}`
		got := list(a, unversioned)
		got.equals(migrated, "data", "attributes", "query")
		update(a, got.id(), `{"query":`+versioned+`}`).equals(versioned, "data", "attributes", "query")
		update(a, got.id(), `{"query":`+unversioned+`}`).equals(migrated, "data", "attributes", "query")
		update(a, got.id(), `{"title":"Won"}`).equals(migrated, "data", "attributes", "query")
	})
	t.Run("stays", func(t *testing.T) {
		a := start(t, clarifytest.WithQuirkListQueryStays(true))
		got := list(a, versioned)
		after := update(a, got.id(), `{"title":"Won","query":{"sql":"x","version":6}}`)
		after.equals(versioned, "data", "attributes", "query")
		after.equals(`"Won"`, "data", "attributes", "title")
	})
}
