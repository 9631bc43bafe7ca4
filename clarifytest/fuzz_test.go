package clarifytest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// fuzzed is a server with one record of each kind of field, and a function that
// sends a request to it. The response must have one of the statuses and keep the
// contract; it is returned.
func fuzzed(f *testing.F, opts ...clarifytest.Option) (*api, func(*testing.T, *http.Request, ...int) int) {
	a := start(f, append(opts, clarifytest.WithRateLimit(1<<30), anyAttribute)...)
	company := a.create("company", `{"name":"Acme","domains":{"items":["acme.example"]}}`)
	a.create("person", `{"name":{"first_name":"Ada"},"email_addresses":{"items":["ada@acme.example"]},"company_id":"`+company+`",
		"score":1.5,"born":"1815-12-10","vip":true,"tags":["x"],"home":{"city":"London"}}`)
	return a, func(t *testing.T, request *http.Request, statuses ...int) int {
		request.Header.Set("Authorization", a.auth)
		b := *a
		b.t = t
		got := b.do(request)
		if !slices.Contains(statuses, got.status) {
			t.Errorf("%s %s: got %d: %s", request.Method, request.URL, got.status, got.raw)
		}
		for _, v := range a.srv.TakeViolations() {
			if v.Where == clarifytest.InResponse {
				t.Error(v)
			}
		}
		return got.status
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"", "page[limit]=1&page[offset]=0", "sortOrder[column]=name&sortOrder[dir]=ASC",
		"filter[name][Is%20not]=x", "filter%5Bscore%5D=%3E1", "filter[a]=1&filter[a][Is]=2", "filter[[[]]]=x", "filter[a]]=x",
		"include=company,deals", "include=,,", "filter[person.company_id.name][Is]=Acme", "x=%zz", ";", "&&=&[=]", "page[limit]=1e1",
		"filter[event][0]=x&filter[event][00]=y", "%00=%00", "silent=1",
	} {
		f.Add(seed)
	}
	a, send := fuzzed(f)
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7f }) {
			query = url.QueryEscape(query)
		}
		for _, path := range []string{"/objects/person/resources", "/objects/person/deleted-resources", "/lists", "/campaigns/1/recipients"} {
			request := newRequest(t, "GET", a.url+path, "")
			request.URL.RawQuery = query
			send(t, request, 200, 400, 404)
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, operator := range append(slices.Clone(allOperators), "", "Equals") {
		for _, field := range []string{"name", "email_addresses", "score", "born", "vip", "tags", "home", "company_id", "_created_at", "person.company_id.name", "nothing"} {
			f.Add(field, operator, "1")
		}
	}
	for _, operand := range []string{"", ">1", "*", "**", "!=", "<=2026-01-01", "null", "!null", ",", "a,b", "1e999999999", "-", "true", "2026-01-01", "2026-01-01T00:00:00Z", "\xff", "\x1f"} {
		f.Add("score", "", operand)
		f.Add("born", "Is", operand)
	}
	a, send := fuzzed(f)
	f.Fuzz(func(t *testing.T, field, operator, operand string) {
		parameter := "filter[" + field + "]"
		if operator != "" {
			parameter += "[" + operator + "]"
		}
		send(t, newRequest(t, "GET", a.url+"/objects/person/resources"+query(parameter, operand), ""), 200, 400)
		send(t, newRequest(t, "GET", a.url+"/objects/person/resources"+query("sortOrder[column]", field, "sortOrder[dir]", "DESC"), ""), 200, 400)
	})
}

func FuzzCreate(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"type":"person","attributes":{}}}`,
		`{"data":{"type":"person","attributes":{"name":{"first_name":"Ada"},"email_addresses":{"items":["a@b.example"]}}},"match_on":"email_addresses"}`,
		`{"data":{"type":"person","attributes":{"x":1e999999999,"y":-0.00001,"z":[[]],"":null}}}`,
		`{"data":{"type":"person","attributes":{"company_id":"x","deals":[]},"relationships":{"company":{"data":null},"deals":{"data":[{}]}}}}`,
		`{"data":[{"type":"person","attributes":{}},{"type":"person","id":"x","attributes":{"labels":{"items":[null]}}}],"meta":{"labels":{"collection":"append"}}}`,
		`{"data":{"type":"person","attributes":{"sources":["x","x"]}}}`, `{"items":["x"]}`, `[]`, `{`, "\xff", `{"data":null} 1`,
	} {
		f.Add(seed)
	}
	a, send := fuzzed(f)
	f.Fuzz(func(t *testing.T, body string) {
		for _, target := range []struct{ method, path string }{
			{"POST", "/objects/person/records"},
			{"POST", "/objects/person/records/bulk"},
			{"POST", "/objects/person/resources"},
			{"PATCH", "/objects/person/records"},
			{"PATCH", "/objects/person/records/x"},
			{"DELETE", "/objects/person/records"},
			{"POST", "/objects/person/records/x/merges"},
		} {
			request := newRequest(t, target.method, a.url+target.path, body)
			request.Header.Set("Content-Type", "application/json")
			send(t, request, 200, 201, 400, 404, 422)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"1", "..", "a/b", "%2F", "google-oauth2|1", "Zoë", "?", "#", " ", "\x00", "bulk", ""} {
		f.Add(seed)
	}
	a, send := fuzzed(f)
	f.Fuzz(func(t *testing.T, id string) {
		request := newRequest(t, "GET", a.url, "")
		request.URL.Path += "/objects/person/records/" + id
		request.URL.RawPath = "/v1/workspaces/acme/objects/person/records/" + url.PathEscape(id)
		send(t, request, 404)
	})
}
