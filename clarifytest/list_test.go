package clarifytest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// deals creates deals whose names are the numbers from 0.
func (a *api) deals(n int) []string {
	a.t.Helper()
	var records []string
	for i := range n {
		records = append(records, fmt.Sprintf(`{"type":"deal","attributes":{"name":"%d"}}`, i))
	}
	return a.want(201, "POST", "/objects/deal/records/bulk", `{"data":[`+strings.Join(records, ",")+`]}`).ids()
}

func TestPages(t *testing.T) {
	a := start(t)
	ids := a.deals(7)
	for _, test := range []struct {
		offset, limit string
		from, to      int
		pages         int
		next, prev    string
	}{
		{"0", "3", 0, 3, 3, "3", ""},
		{"3", "3", 3, 6, 3, "6", "0"},
		{"6", "3", 6, 7, 3, "", "3"},
		{"2", "3", 2, 5, 3, "5", "0"},
		{"0", "7", 0, 7, 1, "", ""},
		{"7", "3", 7, 7, 3, "", "4"},
		{"9223372036854775807", "500", 7, 7, 1, "", "0"},
		{"", "2", 0, 2, 4, "2", ""},
		{"5", "", 5, 7, 1, "", "0"},
		{"", "", 0, 7, 1, "", ""},
	} {
		t.Run(test.offset+","+test.limit, func(t *testing.T) {
			var parameters []string
			offset, limit := "0", "500"
			if test.offset != "" {
				offset = test.offset
				parameters = append(parameters, "page[offset]", offset)
			}
			if test.limit != "" {
				limit = test.limit
				parameters = append(parameters, "page[limit]", limit)
			}
			b := *a
			b.t = t
			got := b.list("deal", parameters...)
			equal(t, "ids", got.ids(), ids[test.from:test.to])
			got.equals(fmt.Sprintf(`{"limit":%s,"offset":%s,"total_pages":%d,"total_records":7}`, limit, offset, test.pages), "meta")
			got.equals(`[]`, "included")
			checkLink(t, a, got, "next", test.next, limit)
			checkLink(t, a, got, "prev", test.prev, limit)
		})
	}
}

func checkLink(t *testing.T, a *api, got *response, name, offset, limit string) {
	t.Helper()
	if offset == "" {
		got.equals(`null`, "links", name)
		return
	}
	link, err := url.Parse(got.text("links", name))
	if err != nil {
		t.Fatal(err)
	}
	base := link.Scheme + "://" + link.Host + link.Path
	expect(t, "base", base, a.url+"/objects/deal/resources")
	expect(t, `link.Query().Get("page[offset]")`, link.Query().Get("page[offset]"), offset)
	expect(t, `link.Query().Get("page[limit]")`, link.Query().Get("page[limit]"), limit)
}

func TestWalkByLinks(t *testing.T) {
	a := start(t)
	a.deals(23)
	parameters := []string{
		"page[limit]", "5",
		"sortOrder[column]", "name", "sortOrder[dir]", "DESC",
		"filter[name][Is not]", "7", "filter[deal.name][Does not contain]", "x&y=z+ ä",
		"include", "company_id",
	}
	want := a.list("deal", slices.Concat([]string{"page[limit]", "500"}, parameters[2:])...).column("name")
	if len(want) != 22 {
		t.Fatalf("all at once: got %d records, want 22: %v", len(want), want)
	}
	if want[0] != "9" {
		t.Fatalf("all at once: %s is the first, want 9: %v", want[0], want)
	}
	var forth, back []string
	page := a.list("deal", parameters...)
	for {
		forth = append(forth, page.column("name")...)
		if page.at("links", "next") == nil {
			break
		}
		page = a.want(200, "GET", page.text("links", "next"), nil)
	}
	equal(t, "forth", forth, want)
	for {
		back = append(page.column("name"), back...)
		if page.at("links", "prev") == nil {
			break
		}
		page = a.want(200, "GET", page.text("links", "prev"), nil)
	}
	equal(t, "back", back, want)
}

func TestLinksLeadToTheHostThatWasAsked(t *testing.T) {
	a := start(t)
	a.deals(2)
	address := strings.Replace(a.url, "127.0.0.1", "localhost", 1) + "/objects/deal/resources?page[limit]=1"
	if next := a.want(200, "GET", address, nil).text("links", "next"); !strings.HasPrefix(next, "http://localhost:") {
		t.Errorf("next leads to %s", next)
	}
}

func TestQueryErrors(t *testing.T) {
	a := start(t)
	for _, query := range []string{
		"page[limit]=501", "page[limit]=0", "page[limit]=-1", "page[limit]=x", "page[limit]=", "page[limit]=1.5", "page[limit]=99999999999999999999",
		"page[offset]=-1", "page[offset]=x", "page[offset]=9223372036854775808",
		"page[size]=1", "page=1", "page[]=1", "page[limit][x]=1", "page[limit=1", "page[limit]x=1", "page[limit]=1&page[limit]=2",
		"sortOrder[column]=name", "sortOrder[dir]=ASC", "sortOrder[column]=&sortOrder[dir]=ASC", "sortOrder[column]=name&sortOrder[dir]=asc",
		"sortOrder=name", "sortOrder[by]=name", "sortOrder[column]=name&sortOrder[column]=x&sortOrder[dir]=ASC",
		"filter=x", "filter[]=x", "filter[name", "filter[name]]=x", "filter[na[me]]=x", "filter[name][Is][x]=y", "filter[name][Is]=x&filter[name][Is]=y",
		"filter[name]x[Is]=y",
		"include=employer", "include=companies_id", "include=company_id&include=deals",
		"x=%zz", "a;b=c",
	} {
		t.Run(query, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(400, "", "GET", "/objects/person/resources?"+query, nil)
		})
	}
	a.rejected(400, "", "POST", "/objects/person/records?silent=yes", oneRecord("person", `{}`))
	a.rejected(400, "", "DELETE", "/objects/person/records/1?silent=", nil)
}

func TestSpellingsOfTheQuery(t *testing.T) {
	a := start(t)
	ids := a.deals(3)
	for _, query := range []string{
		"filter[name][Is%20not]=1&page[limit]=1",
		"filter%5Bname%5D%5BIs+not%5D=1&page%5Blimit%5D=1",
		"filter[name]%5bIs%20not%5d=%31&page[limit]=1&include=",
	} {
		got := a.want(200, "GET", "/objects/deal/resources?"+query, nil)
		equal(t, query, got.ids(), ids[:1])
		got.equals(`2`, "meta", "total_records")
	}
}

func TestDefaultOrder(t *testing.T) {
	t.Run("by _created_at", func(t *testing.T) {
		c := newClock()
		a := start(t, clarifytest.WithClock(c.Now))
		var ids []string
		for range 5 {
			ids = append(ids, a.create("task", `{"title":"Call"}`))
			c.Add(-time.Second)
		}
		slices.Reverse(ids)
		equal(t, "ids", a.list("task").ids(), ids)
		equal(t, "a page", a.list("task", "page[offset]", "1", "page[limit]", "2").ids(), ids[1:3])
	})
	t.Run("then by _id", func(t *testing.T) {
		a := start(t, clarifytest.WithClock(newClock().Now))
		ids := a.deals(50)
		if !slices.IsSorted(ids) {
			t.Error("ids do not ascend")
		}
		equal(t, "ids", a.list("deal").ids(), ids)
		a.patch(200, "deal", ids[3], `{"amount":1}`, "")
		equal(t, "ids after an update", a.list("deal").ids(), ids)
	})
}

func TestSort(t *testing.T) {
	for _, test := range []struct {
		name   string
		object string
		column string
		values []string // in ascending order, those without a value last
	}{
		{"text", "company", "name", []string{`"A"`, `"Z"`, `"a"`, `"ä"`, `""`, `null`}},
		{"number", "deal", "amount", []string{`-2`, `0.5`, `1e0`, `9`, `10`, `null`}},
		{"date", "deal", "close_date", []string{`"2025-12-31"`, `"2026-01-01"`, `"2026-01-02"`, `null`}},
		{"timestamp", "meeting", "start", []string{`"2025-12-31T23:59:59.999Z"`, `"2026-01-01T00:00:00.000Z"`, `"2026-01-01T00:00:00.001Z"`, `null`}},
		{"dates and timestamps", "meeting", "due", []string{`"2025-12-31"`, `"2026-01-01"`, `"2026-01-01T00:00:00.001Z"`, `null`}},
		{"checkbox", "meeting", "all_day", []string{`false`, `true`, `null`}},
		{"name", "person", "name", []string{`{"first_name":"Ada"}`, `{"first_name":"Ada","last_name":"L"}`, `{"last_name":"B"}`, `{}`, `null`}},
		{"collection", "person", "labels", []string{`{"items":["a","z"]}`, `{"items":["b","a"]}`, `{"items":[]}`}},
		{"kinds mixed", "meeting", "x", []string{`1`, `2`, `false`, `true`, `"a"`, `["b"]`, `[]`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, anyAttribute)
			ids := make([]string, len(test.values))
			for _, i := range []int{3, 0, 2, 1, 5, 4, 6} {
				if i < len(ids) {
					ids[i] = a.create(test.object, `{"`+test.column+`":`+test.values[i]+`}`)
				}
			}
			empty := slices.IndexFunc(test.values, func(v string) bool {
				return v == `null` || v == `""` || v == `{}` || v == `[]` || v == `{"items":[]}`
			})
			equal(t, "ascending", a.list(test.object, "sortOrder[column]", test.column, "sortOrder[dir]", "ASC").ids()[:empty], ids[:empty])
			want := slices.Clone(ids[:empty])
			slices.Reverse(want)
			equal(t, "descending", a.list(test.object, "sortOrder[column]", test.column, "sortOrder[dir]", "DESC").ids()[:empty], want)
		})
	}
}

func TestSortTies(t *testing.T) {
	a := start(t)
	ids := a.deals(6)
	for i, id := range ids[:4] {
		a.patch(200, "deal", id, fmt.Sprintf(`{"stage":%q}`, []string{"Lost", "Won"}[i/2]), "")
	}
	equal(t, "ascending", a.list("deal", "sortOrder[column]", "stage", "sortOrder[dir]", "ASC").ids(), ids)
	equal(t, "descending", a.list("deal", "sortOrder[column]", "stage", "sortOrder[dir]", "DESC").ids(),
		[]string{ids[3], ids[2], ids[1], ids[0], ids[5], ids[4]})
	reversed := slices.Clone(ids)
	slices.Reverse(reversed)
	equal(t, "newest first", a.list("deal", "sortOrder[column]", "_created_at", "sortOrder[dir]", "DESC").ids(), reversed)
	equal(t, "by a field that nobody has", a.list("deal", "sortOrder[column]", "summary", "sortOrder[dir]", "ASC").ids(), ids)
	equal(t, "by _id", a.list("deal", "sortOrder[column]", "_id", "sortOrder[dir]", "DESC").ids(), reversed)
}

func TestSortAfterUpdate(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	ids := a.deals(3)
	c.Add(time.Second)
	a.patch(200, "deal", ids[1], `{}`, "")
	equal(t, "ids", a.list("deal", "sortOrder[column]", "_updated_at", "sortOrder[dir]", "DESC").ids(), []string{ids[1], ids[2], ids[0]})
}

// Pages of one query are of one selection, which holds until the next write.
func TestPagesFollowEveryWrite(t *testing.T) {
	a := start(t, atOnce)
	query := []string{"filter[stage][Is]", "Won", "sortOrder[column]", "name", "sortOrder[dir]", "ASC"}
	names := func() []string { return a.list("deal", query...).column("name") }
	b := a.create("deal", `{"name":"b","stage":"Won"}`)
	equal(t, "at first", names(), []string{"b"})
	equal(t, "again", names(), []string{"b"})
	snapshot := a.srv.Snapshot()
	a.create("deal", `{"name":"a","stage":"Won"}`)
	equal(t, "after a create", names(), []string{"a", "b"})
	a.patch(200, "deal", b, `{"stage":"Lost"}`, "")
	equal(t, "after an update", names(), []string{"a"})
	a.srv.Restore(snapshot)
	equal(t, "after a Restore", names(), []string{"b"})
	a.want(204, "DELETE", "/objects/deal/records/"+b, nil)
	equal(t, "after a delete", names(), []string{})
	for i := range 20 {
		a.list("deal", "filter[amount][Is]", fmt.Sprint(i))
	}
	equal(t, "after other queries", names(), []string{})
	a.addFields("task", `{"stage":{"type":["string","null"]}}`)
	equal(t, "of another object", a.list("task", "filter[stage][Is]", "Won").ids(), []string{})
}
