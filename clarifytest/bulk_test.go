package clarifytest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestBulkCreate(t *testing.T) {
	a := start(t)
	var records []string
	for i := range 3 {
		records = append(records, fmt.Sprintf(`{"type":"person","attributes":{"job_title":"%d"}}`, i))
	}
	got := a.want(201, "POST", "/objects/person/records/bulk", `{"data":[`+strings.Join(records, ",")+`]}`)
	equal(t, "job titles", got.column("job_title"), []string{"0", "1", "2"})
	got.equals(`{"next":null,"prev":null}`, "links")
	got.equals(`{"total_pages":1,"total_records":3}`, "meta")
	equal(t, "ids in the list", a.list("person").ids(), got.ids())

	empty := a.want(201, "POST", "/objects/person/records/bulk", `{"data":[]}`)
	empty.equals(`[]`, "data")
	empty.equals(`{"total_pages":0,"total_records":0}`, "meta")
}

func TestBulkCreateIsAtomic(t *testing.T) {
	a := start(t, atOnce)
	a.addFields("person", `{"score":{"type":["number","null"]}}`)
	a.create("person", `{"email_addresses":{"items":["taken@x.example"]}}`)
	before := a.list("person").raw
	for _, test := range []struct {
		name    string
		bad     string
		status  int
		pointer string
	}{
		{"a collision with another record", `{"type":"person","attributes":{"email_addresses":{"items":["taken@x.example"]}}}`, 400, "/data/1/attributes/email_addresses"},
		{"a collision within the batch", `{"type":"person","attributes":{"email_addresses":{"items":["new@x.example"]}}}`, 400, "/data/1/attributes/email_addresses"},
		{"an id", `{"type":"person","id":"1","attributes":{}}`, 422, "/data/1/id"},
		{"a bad value", `{"type":"person","attributes":{"email_addresses":[]}}`, 422, "/data/1/attributes/email_addresses"},
		{"a number out of range", `{"type":"person","attributes":{"score":1e20}}`, 400, "/data/1/attributes/score"},
		{"a misspelt name", `{"type":"person","attributes":{"job_titel":"Analyst"}}`, 422, "/data/1/attributes/job_titel"},
		{"another type", `{"type":"deal","attributes":{}}`, 422, "/data/1/type"},
		{"no object", `null`, 422, "/data/1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "POST", "/objects/person/records/bulk",
				`{"data":[{"type":"person","attributes":{"email_addresses":{"items":["new@x.example"]}}},`+test.bad+`]}`)
			if after := b.list("person").raw; after != before {
				t.Errorf("the list was %s and is %s", before, after)
			}
		})
	}
	t.Run("what was undone is free again", func(t *testing.T) {
		a.create("person", `{"email_addresses":{"items":["new@x.example"]}}`)
	})
	t.Run("data that is no array", func(t *testing.T) {
		a.rejected(422, "/data", "POST", "/objects/person/records/bulk", oneRecord("person", `{}`))
	})
}

func TestBulkUpsert(t *testing.T) {
	a := start(t)
	id := a.create("company", `{"name":"Acme","domains":{"items":["acme.example"]}}`)
	got := a.want(201, "POST", "/objects/company/records/bulk", `{"match_on":"domains","data":[
		{"type":"company","attributes":{"name":"Acme Inc","domains":{"items":["ACME.example"]}}},
		{"type":"company","attributes":{"name":"Globex","domains":{"items":["globex.example"]}}},
		{"type":"company","attributes":{"name":"Globex Inc","domains":{"items":["globex.example"]}}}]}`)
	ids := got.ids()
	expect(t, "the first record", ids[0], id)
	expect(t, "the third record", ids[2], ids[1])
	if ids[1] == id {
		t.Errorf("the second record is the first, %s", id)
	}
	equal(t, "names", a.list("company").column("name"), []string{"Acme Inc", "Globex Inc"})

	a.rejected(422, "/match_on", "POST", "/objects/company/records/bulk", `{"match_on":"name","data":[]}`)
}

func TestBulkUpdate(t *testing.T) {
	a := start(t)
	one, two := a.create("deal", `{"name":"One","amount":1}`), a.create("deal", `{"name":"Two","labels":{"items":["x"]}}`)
	got := a.want(200, "PATCH", "/objects/deal/records", js(`{"data":[
		{"type":"deal","id":%q,"attributes":{"amount":null}},
		{"type":"deal","id":%q,"attributes":{"amount":2,"labels":{"items":["y"]}}},
		{"type":"deal","id":%q,"attributes":{"name":"First"}}],
		"meta":{"labels":{"collection":"append"}}}`, one, two, one))
	equal(t, "ids", got.ids(), []string{one, two, one})
	got.equals(`{"total_pages":1,"total_records":3}`, "meta")
	a.get("deal", one).equals(`"First"`, "data", "attributes", "name")
	a.get("deal", one).equals(`null`, "data", "attributes", "amount")
	a.get("deal", two).equals(`{"items":["x","y"]}`, "data", "attributes", "labels")
}

func TestBulkUpdateIsAtomic(t *testing.T) {
	a := start(t)
	one, two := a.create("deal", `{"name":"One"}`), a.create("deal", `{"name":"Two"}`)
	before := a.list("deal").raw
	for _, test := range []struct {
		name    string
		bad     string
		meta    string
		status  int
		pointer string
	}{
		{"an unknown id, before anything else", `{"type":"deal","id":"nobody","attributes":{"_id":1,"amount":1e30}}`, `{}`, 404, ""},
		{"a bad value", `{"type":"deal","id":"` + two + `","attributes":{"labels":[]}}`, `{}`, 422, "/data/1/attributes/labels"},
		{"a collision", `{"type":"deal","id":"` + two + `","attributes":{"name":"New"}}`, `{}`, 400, "/data/1/attributes/name"},
		{"no id", `{"type":"deal","attributes":{}}`, `{}`, 422, "/data/1/id"},
		{"a strategy for no field", `{"type":"deal","id":"` + two + `","attributes":{}}`, `{"labels":{"collection":"append"}}`, 422, "/meta/labels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "PATCH", "/objects/deal/records",
				`{"data":[{"type":"deal","id":"`+one+`","attributes":{"name":"New"}},`+test.bad+`],"meta":`+test.meta+`}`)
			if after := b.list("deal").raw; after != before {
				t.Errorf("the list was %s and is %s", before, after)
			}
		})
	}
}

func TestBulkDelete(t *testing.T) {
	a := start(t)
	one, two, three := a.create("task", `{"title":"Call"}`), a.create("task", `{"title":"Call"}`), a.create("task", `{"title":"Call"}`)
	a.rejected(404, "", "DELETE", "/objects/task/records", js(`{"items":[%q,"nobody"]}`, one))
	equal(t, "after a rejected delete", a.list("task").ids(), []string{one, two, three})
	a.want(200, "DELETE", "/objects/task/records", js(`{"items":[%q,%q,%q]}`, one, three, one))
	equal(t, "after a delete", a.list("task").ids(), []string{two})
	a.rejected(422, "/items", "DELETE", "/objects/task/records", `{"items":[]}`)
	a.rejected(422, "/items", "DELETE", "/objects/task/records", `{}`)
	a.rejected(422, "/items/0", "DELETE", "/objects/task/records", `{"items":[1]}`)
	a.rejected(400, "", "DELETE", "/objects/task/records", `[`)
}

func TestABulkRequestCountsOnce(t *testing.T) {
	a := start(t, clarifytest.WithRateLimit(2))
	body := `{"data":[` + strings.Repeat(`{"type":"task","attributes":{"title":"Call"}},`, 99) + `{"type":"task","attributes":{"title":"Call"}}]}`
	a.want(201, "POST", "/objects/task/records/bulk", body)
	a.want(201, "POST", "/objects/task/records/bulk", body)
	a.rejected(429, "", "POST", "/objects/task/records/bulk", body)
}

func TestTheBodyOfABulkUpdateIsClosed(t *testing.T) {
	a := start(t)
	id := a.create("deal", `{"stage":"Lead"}`)
	update := `{"data":[{"type":"deal","id":"` + id + `","attributes":{"stage":"Won"}}]`
	a.rejected(422, "/match_on", "PATCH", "/objects/deal/records", update+`,"match_on":"name"}`)
	a.get("deal", id).equals(`"Lead"`, "data", "attributes", "stage")
	a.want(200, "PATCH", "/objects/deal/records", update+`,"meta":{}}`)
}
