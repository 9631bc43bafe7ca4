package clarifytest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func mergeBody(object string, sources ...string) string {
	return fmt.Sprintf(`{"data":{"type":%q,"attributes":{"sources":%s}}}`, object, jsonList(sources))
}

func jsonList(texts []string) string {
	list := "["
	for i, text := range texts {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf("%q", text)
	}
	return list + "]"
}

func TestMerge(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	company := a.create("company", `{"name":"Acme"}`)
	target := a.create("person", `{"name":{"first_name":"Ada"},"job_title":null,"labels":{"items":[]}}`)
	first := a.create("person", fmt.Sprintf(`{"job_title":"Analyst","email_addresses":{"items":["a@x.example"]},"company_id":%q}`, company))
	second := a.create("person", `{"name":{"first_name":"Augusta"},"job_title":"Founder","labels":{"items":["vip"]},"email_addresses":{"items":["b@x.example"]}}`)
	c.Add(time.Second)

	got := a.want(204, "POST", "/objects/person/records/"+target+"/merges", mergeBody("person", first, second))
	if got.raw != "" {
		t.Errorf("204 with a body: %s", got.raw)
	}
	merged := a.get("person", target)
	merged.equals(`"Ada"`, "data", "attributes", "name", "full_name")
	merged.equals(`"Analyst"`, "data", "attributes", "job_title")
	merged.equals(`{"items":["vip"]}`, "data", "attributes", "labels")
	merged.equals(`{"items":["a@x.example"]}`, "data", "attributes", "email_addresses")
	merged.equals(`"`+company+`"`, "data", "attributes", "company_id")
	merged.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	for _, source := range []string{first, second} {
		a.refused(404, "", "GET", "/objects/person/records/"+source, nil)
	}
	equal(t, "deleted", a.want(200, "GET", "/objects/person/deleted-resources", nil).ids(), []string{first, second})
	a.create("person", `{"email_addresses":{"items":["b@x.example"]}}`)
}

func TestMergeMovesReferences(t *testing.T) {
	a := start(t)
	one, two, three := a.create("company", `{"name":"One"}`), a.create("company", `{"name":"Two"}`), a.create("company", `{"name":"Three"}`)
	person := a.create("person", fmt.Sprintf(`{"company_id":%q}`, one))
	a.want(204, "POST", "/objects/company/records/"+two+"/merges", mergeBody("company", one))
	a.get("person", person).equals(`"`+two+`"`, "data", "attributes", "company_id")
	a.want(204, "POST", "/objects/company/records/"+three+"/merges", mergeBody("company", two))
	a.get("person", person).equals(`"`+three+`"`, "data", "attributes", "company_id")
	equal(t, "by the new company", a.list("person", "filter[company_id][Is]", three).ids(), []string{person})
	equal(t, "by the name of the new company", a.list("person", "filter[person.company_id.name][Is]", "Three").ids(), []string{person})
	a.want(200, "DELETE", "/objects/company/records/"+three, nil)
	a.get("person", person).equals(`null`, "data", "attributes", "company_id")
}

func TestMergeTakesNoDeadReference(t *testing.T) {
	a := start(t)
	company := a.create("company", `{}`)
	target := a.create("person", `{}`)
	source := a.create("person", fmt.Sprintf(`{"company_id":%q,"job_title":"Analyst"}`, company))
	a.want(200, "DELETE", "/objects/company/records/"+company, nil)
	a.want(204, "POST", "/objects/person/records/"+target+"/merges", mergeBody("person", source))
	a.get("person", target).lacks("data", "attributes", "company_id")
}

func TestMergeRefuses(t *testing.T) {
	a := start(t)
	target, source := a.create("person", `{}`), a.create("person", `{"job_title":"x"}`)
	merges := "/objects/person/records/" + target + "/merges"
	before := a.list("person").raw
	a.refused(404, "", "POST", merges, mergeBody("person", source, "nobody"))
	a.refused(404, "", "POST", "/objects/person/records/nobody/merges", mergeBody("person", source))
	a.refused(404, "", "POST", "/objects/deal/records/"+target+"/merges", mergeBody("deal", source))
	a.refused(422, "/data/attributes/sources/1", "POST", merges, mergeBody("person", source, target))
	a.refused(422, "/data/attributes/sources", "POST", merges, mergeBody("person"))
	a.refused(422, "/data/attributes/sources", "POST", merges, oneRecord("person", `{"sources":"x"}`))
	a.refused(422, "/data/attributes/sources/0", "POST", merges, oneRecord("person", `{"sources":[null]}`))
	a.refused(422, "/data/type", "POST", merges, mergeBody("deal", source))
	a.refused(422, "/data", "POST", merges, `{}`)
	a.refused(400, "", "POST", merges, `{`)
	if after := a.list("person").raw; after != before {
		t.Errorf("the list was %s and is %s", before, after)
	}
	if n := len(a.want(200, "GET", "/objects/person/deleted-resources", nil).ids()); n != 0 {
		t.Errorf("%d people were deleted", n)
	}
}
