package clarifytest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestGetResource(t *testing.T) {
	a := start(t)
	company := a.create("company", `{"name":"Acme"}`)
	person := a.create("person", fmt.Sprintf(`{"company_id":%q}`, company))
	got := a.want(200, "GET", "/objects/person/resources/"+person, nil)
	got.equals(fmt.Sprintf(`{"company_id":{"data":{"id":%q,"type":"company"}}}`, company), "data", "relationships")
	got.equals(`[]`, "included")
	got.equals(`{}`, "meta")
	record := a.get("person", person)
	record.equals(asJSON(t, got.at("data")), "data")
	record.lacks("included")

	for _, resources := range []string{"resources", "records"} {
		with := a.want(200, "GET", "/objects/person/"+resources+"/"+person+"?include=company_id", nil)
		with.equals(`"Acme"`, "included", 0, "attributes", "name")
		with.equals(`"company"`, "included", 0, "type")
	}
	a.rejected(400, "", "GET", "/objects/person/resources/"+person+"?include=boss", nil)
}

func TestInclude(t *testing.T) {
	a := start(t)
	acme, globex := a.create("company", `{"name":"Acme"}`), a.create("company", `{"name":"Globex"}`)
	ada := a.create("person", fmt.Sprintf(`{"company_id":%q}`, acme))
	bob := a.create("person", fmt.Sprintf(`{"company_id":%q}`, acme))
	cat := a.create("person", fmt.Sprintf(`{"company_id":%q}`, globex))
	dan := a.create("person", `{}`)
	big := a.create("deal", fmt.Sprintf(`{"name":"Big","company_id":%q}`, acme))

	included := func(got *response) []string {
		t.Helper()
		ids := []string{}
		for i := range got.at("included").([]any) {
			ids = append(ids, got.text("included", i, "id"))
		}
		return ids
	}
	people := a.list("person", "include", "company_id")
	equal(t, "people", people.ids(), []string{ada, bob, cat, dan})
	equal(t, "their companies, each once", included(people), []string{acme, globex})
	equal(t, "those of a page", included(a.list("person", "include", "company_id", "page[offset]", "2")), []string{globex})
	people.lacks("data", 3, "relationships")

	people.equals(fmt.Sprintf(`{"company_id":{"data":{"id":%q,"type":"company"}}}`, acme), "data", 0, "relationships")
	two := a.list("person", "include", "company_id,deals", "page[limit]", "1")
	equal(t, "two relationships", included(two), []string{acme})
	two.equals(`{"data":[],"meta":{"count":0}}`, "data", 0, "relationships", "deals")

	companies := a.list("company", "include", "people,deals")
	equal(t, "those who refer to a company", included(companies), []string{ada, bob, cat, big})
	companies.equals(fmt.Sprintf(`{"data":[{"id":%q,"type":"person"},{"id":%q,"type":"person"}],"meta":{"count":2}}`, ada, bob), "data", 0, "relationships", "people")
	companies.equals(fmt.Sprintf(`{"data":[{"id":%q,"type":"person"}],"meta":{"count":1}}`, cat), "data", 1, "relationships", "people")
	companies.equals(`"`+acme+`"`, "included", 0, "attributes", "company_id")
	companies.lacks("included", 0, "relationships")

	a.want(204, "DELETE", "/objects/company/records/"+acme, nil)
	orphan := a.want(200, "GET", "/objects/person/resources/"+ada+"?include=company_id", nil)
	orphan.equals(`null`, "data", "attributes", "company_id")
	orphan.lacks("data", "relationships")
	equal(t, "of a deleted company", included(orphan), []string{})
	equal(t, "without a company", a.list("person", "filter[company_id][Is empty]", "").ids(), []string{ada, bob, dan})
}

func TestIncludeLeavesOutWhatIsThere(t *testing.T) {
	a := start(t, atOnce)
	a.want(202, "POST", "/schemas/company/relationships", newRelationship(`"company":{"parent_id":`+manyToOneEnd("company", "subsidiaries")+`,"subsidiaries":`+toManyEnd("one-to-many", "company", "parent_id")+`}`))
	parent := a.create("company", `{}`)
	child := a.create("company", fmt.Sprintf(`{"parent_id":%q}`, parent))
	got := a.list("company", "include", "parent_id")
	equal(t, "ids", got.ids(), []string{parent, child})
	got.equals(`[]`, "included")
}

func TestCreateResource(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	company := a.create("company", `{"name":"Acme"}`)
	deal, other := a.create("deal", `{"name":"Big"}`), a.create("deal", `{"name":"Small"}`)
	c.Add(time.Second)
	got := a.want(201, "POST", "/objects/person/resources", js(`{"data":{"type":"person","attributes":{"job_title":"Analyst"},"relationships":{
		"company_id":{"data":{"type":"company","id":%q}},
		"deals":{"data":[{"type":"deal","id":%q},{"type":"deal","id":%q},{"type":"deal","id":%q}]}}}}`, company, deal, other, deal))
	got.equals(`"Analyst"`, "data", "attributes", "job_title")
	got.equals(`"`+company+`"`, "data", "attributes", "company_id")
	got.equals(fmt.Sprintf(`{"company_id":{"data":{"id":%q,"type":"company"}},"deals":{"data":[{"id":%q,"type":"deal"},{"id":%q,"type":"deal"}],"meta":{"count":2}}}`, company, deal, other), "data", "relationships")
	got.equals(`[]`, "included")
	got.equals(`{}`, "meta")

	person := got.id()
	a.want(200, "GET", "/objects/person/resources/"+person, nil).equals(asJSON(t, got.at("data")), "data")
	linked := a.want(200, "GET", "/objects/deal/resources/"+deal+"?include=people", nil)
	linked.equals(`"`+person+`"`, "included", 0, "id")
	linked.equals(`"2026-02-03T04:05:06.789Z"`, "data", "attributes", "_updated_at")

	a.want(204, "DELETE", "/objects/deal/records/"+deal, nil)
	a.get("person", person).equals(fmt.Sprintf(`{"data":[{"id":%q,"type":"deal"}],"meta":{"count":1}}`, other), "data", "relationships", "deals")

	t.Run("those of a merged record go along", func(t *testing.T) {
		b := *a
		b.t = t
		heir := b.create("person", `{}`)
		b.want(204, "POST", "/objects/person/records/"+heir+"/merges", mergeBody("person", person))
		b.get("person", heir).equals(fmt.Sprintf(`[{"id":%q,"type":"deal"}]`, other), "data", "relationships", "deals", "data")
		b.get("deal", other).equals(fmt.Sprintf(`[{"id":%q,"type":"person"}]`, heir), "data", "relationships", "people", "data")
	})
}

func TestCreateResourceWithThoseWhoReferToIt(t *testing.T) {
	a := start(t)
	ada := a.create("person", `{}`)
	company := a.want(201, "POST", "/objects/company/resources", js(`{"data":{"type":"company","attributes":{},"relationships":{
		"people":{"data":[{"type":"person","id":%q}]}}}}`, ada)).id()
	a.get("person", ada).equals(`"`+company+`"`, "data", "attributes", "company_id")
}

func TestCreateResourceRejects(t *testing.T) {
	a := start(t)
	company, person := a.create("company", `{}`), a.create("person", `{"email_addresses":{"items":["a@x.example"]}}`)
	before := a.list("person").raw
	for _, test := range []struct {
		name    string
		body    string
		status  int
		pointer string
	}{
		{"match_on", `{"data":{"type":"person","attributes":{}},"match_on":"email_addresses"}`, 422, "/match_on"},
		{"a collision", `{"data":{"type":"person","attributes":{"email_addresses":{"items":["a@x.example"]}}}}`, 400, "/data/attributes/email_addresses"},
		{"relationships that are an array", `{"data":{"type":"person","attributes":{},"relationships":[]}}`, 422, "/data/relationships"},
		{"an unknown relationship", `{"data":{"type":"person","attributes":{},"relationships":{"boss":{"data":{"type":"person","id":"` + person + `"}}}}}`, 422, "/data/relationships/boss"},
		{"a relationship without data", `{"data":{"type":"person","attributes":{},"relationships":{"company_id":{}}}}`, 422, "/data/relationships/company_id/data"},
		{"an array for one", `{"data":{"type":"person","attributes":{},"relationships":{"company_id":{"data":[]}}}}`, 422, "/data/relationships/company_id/data"},
		{"one for many", `{"data":{"type":"person","attributes":{},"relationships":{"deals":{"data":{"type":"deal","id":"x"}}}}}`, 422, "/data/relationships/deals/data"},
		{"another type", `{"data":{"type":"person","attributes":{},"relationships":{"company_id":{"data":{"type":"deal","id":"` + company + `"}}}}}`, 422, "/data/relationships/company_id/data"},
		{"another type among many", `{"data":{"type":"person","attributes":{},"relationships":{"deals":{"data":[{"type":"company","id":"` + company + `"}]}}}}`, 422, "/data/relationships/deals/data/0"},
		{"an unknown id", `{"data":{"type":"person","attributes":{},"relationships":{"company_id":{"data":{"type":"company","id":"nobody"}}}}}`, 422, "/data/relationships/company_id/data"},
		{"the attribute as well", `{"data":{"type":"person","attributes":{"company_id":"` + company + `"},"relationships":{"company_id":{"data":{"type":"company","id":"` + company + `"}}}}}`, 422, "/data/relationships/company_id/data"},
		{"a bad value", `{"data":{"type":"person","attributes":{"name":"Ada"}}}`, 422, "/data/attributes/name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.rejected(test.status, test.pointer, "POST", "/objects/person/resources", test.body)
			if after := b.list("person").raw; after != before {
				t.Errorf("the list was %s and is %s", before, after)
			}
		})
	}
	a.create("person", `{}`)
}
