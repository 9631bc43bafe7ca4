package clarifytest_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

func TestListMatcher(t *testing.T) {
	var objects []string
	a := start(t, clarifytest.WithListMatcher(func(object string, q gen.ListQuery) func(gen.Resource) bool {
		objects = append(objects, object+" "+q.SQL)
		if q.SQL == "all" {
			return nil
		}
		return func(r gen.Resource) bool { return r.Type == object && r.ID != "" && r.Attributes["job_title"] == q.SQL }
	}))
	ada, bob := a.create("person", `{"job_title":"A"}`), a.create("person", `{"job_title":"B"}`)
	withQuery := a.newList("person", "dynamic", `,"query":{"sql":"B"}`)
	withAll := a.newList("person", "dynamic", `,"query":{"sql":"all"}`)
	without := a.newList("person", "dynamic", "")
	static := a.newList("person", "static", "")
	a.srv.AddToList(a.srv.Workspace, static, ada)
	equal(t, "with a query", a.rows("person", withQuery).ids(), []string{bob})
	equal(t, "with a query for all", a.rows("person", withAll).ids(), []string{ada, bob})
	equal(t, "without a query", a.rows("person", without).ids(), []string{ada, bob})
	equal(t, "static", a.rows("person", static).ids(), []string{ada})
	equal(t, "a query of the request", csvColumn(t, a.csv("person", withQuery, `{"sql":"A"}`), "_id"), []string{ada})
	equal(t, "a query of the request to a static list", csvColumn(t, a.csv("person", static, `{"sql":"B"}`), "_id"), []string{})
	equal(t, "asked", objects, []string{"person B", "person all", "person A", "person B"})
}

func (a *api) csv(object, list, body string) [][]string {
	a.t.Helper()
	got := a.want(200, "POST", "/objects/"+object+"/lists/"+list+"/rows/csv", body)
	if kind := got.header.Get("Content-Type"); kind != "text/csv; charset=utf-8" {
		a.t.Errorf("the response is %s", kind)
	}
	rows, err := csv.NewReader(strings.NewReader(got.raw)).ReadAll()
	if err != nil {
		a.t.Fatalf("%v in %s", err, got.raw)
	}
	return rows
}

func csvColumn(t testing.TB, rows [][]string, name string) []string {
	t.Helper()
	i := slices.Index(rows[0], name)
	if i < 0 {
		t.Fatalf("there is no column %s in %v", name, rows[0])
	}
	values := []string{}
	for _, row := range rows[1:] {
		values = append(values, row[i])
	}
	return values
}

func TestListsAsCSV(t *testing.T) {
	a := start(t, anyAttribute, clarifytest.WithClock(newClock().Now))
	list := a.want(200, "GET", "/objects/person/lists", nil).ids()[0]
	company := a.create("company", `{}`)
	id := a.create("person", `{"name":{"first_name":"Ada","last_name":"Lovelace"},"email_addresses":{"items":["a@x.example","b@x.example"]},
		"job_title":"Analyst, \"first\"\r\nof her\nkind","company_id":"`+company+`","score":1.50,"vip":true,"tags":["x","y"],"home":{"city":"London"},"note":" spaced "}`)
	user := a.get("person", id).text("data", "attributes", "_created_by")
	got := a.want(200, "POST", "/objects/person/lists/"+list+"/rows/csv", `{}`)
	want := "_id,name,email_addresses,phone_numbers,job_title,avatar_url,description,labels,company_id,home,note,score,tags,vip,_created_at,_updated_at,_created_by,_updated_by\r\n" +
		id + `,Ada Lovelace,"a@x.example, b@x.example",,"Analyst, ""first""` + "\r\nof her\nkind\",,,," + company + `,"{""city"":""London""}"," spaced ",1.50,"x, y",true,` +
		"2026-02-03T04:05:06.789Z,2026-02-03T04:05:06.789Z," + user + "," + user + "\r\n"
	if got.raw != want {
		t.Errorf("got\n%q, want\n%q", got.raw, want)
	}

	t.Run("an empty list has a header", func(t *testing.T) {
		rows := a.csv("deal", a.want(200, "GET", "/objects/deal/lists", nil).ids()[0], `{}`)
		if expect(t, "len(rows)", len(rows), 1) {
			expect(t, "rows[0][0]", rows[0][0], "_id")
		}
	})
	t.Run("words narrow it down", func(t *testing.T) {
		other := a.create("person", `{"job_title":"Founder","home":{"city":"Berlin"}}`)
		for words, want := range map[string][]string{
			"":               {id, other},
			"BERLIN":         {other},
			"london analyst": {id},
			"nowhere":        {},
		} {
			equal(t, words, csvColumn(t, a.csv("person", list, `{"search":{"query":"`+words+`"}}`), "_id"), want)
		}
	})
	t.Run("without a body all rows are exported", func(t *testing.T) {
		path := "/objects/person/lists/" + list + "/rows/csv"
		if got, want := a.want(200, "POST", path, nil).raw, a.want(200, "POST", path, `{}`).raw; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("what is wrong responds with 422", func(t *testing.T) {
		path := "/objects/person/lists/" + list + "/rows/csv"
		a.rejected(422, "/sql", "POST", path, `{"sql":1}`)
		a.rejected(422, "/search/query", "POST", path, `{"search":{"query":1}}`)
		a.rejected(400, "", "POST", path, `{`)
		a.rejected(400, "", "POST", path+"?silent=x", `{}`)
	})
}

func TestRichTextAsCSV(t *testing.T) {
	a := start(t)
	a.create("task", `{"title":"Call","description":{"text":`+said("Call")+`}}`)
	list := a.want(200, "GET", "/objects/task/lists", nil).ids()[0]
	equal(t, "the text", csvColumn(t, a.csv("task", list, `{}`), "description"), []string{"Call"})
}
