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
		a.rejected(404, "", "GET", "/objects/person/records/"+source, nil)
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
	a.want(204, "DELETE", "/objects/company/records/"+three, nil)
	a.get("person", person).equals(`null`, "data", "attributes", "company_id")
}

func TestMergeTakesNoDeadReference(t *testing.T) {
	a := start(t)
	company := a.create("company", `{}`)
	target := a.create("person", `{}`)
	source := a.create("person", fmt.Sprintf(`{"company_id":%q,"job_title":"Analyst"}`, company))
	a.want(204, "DELETE", "/objects/company/records/"+company, nil)
	a.want(204, "POST", "/objects/person/records/"+target+"/merges", mergeBody("person", source))
	a.get("person", target).lacks("data", "attributes", "company_id")
}

func TestMergeRejects(t *testing.T) {
	a := start(t)
	target, source := a.create("person", `{}`), a.create("person", `{"job_title":"x"}`)
	merges := "/objects/person/records/" + target + "/merges"
	before := a.list("person").raw
	a.rejected(404, "", "POST", merges, mergeBody("person", source, "nobody"))
	a.rejected(404, "", "POST", "/objects/person/records/nobody/merges", mergeBody("person", source))
	a.rejected(404, "", "POST", "/objects/deal/records/"+target+"/merges", mergeBody("deal", source))
	a.rejected(422, "/data/attributes/sources/1", "POST", merges, mergeBody("person", source, target))
	a.rejected(422, "/data/attributes/sources", "POST", merges, mergeBody("person"))
	a.rejected(422, "/data/attributes/sources", "POST", merges, oneRecord("person", `{"sources":"x"}`))
	a.rejected(422, "/data/attributes/sources/0", "POST", merges, oneRecord("person", `{"sources":[null]}`))
	a.rejected(422, "/data/type", "POST", merges, mergeBody("deal", source))
	a.rejected(422, "/data", "POST", merges, `{}`)
	a.rejected(400, "", "POST", merges, `{`)
	if after := a.list("person").raw; after != before {
		t.Errorf("the list was %s and is %s", before, after)
	}
	if n := len(a.want(200, "GET", "/objects/person/deleted-resources", nil).ids()); n != 0 {
		t.Errorf("%d people were deleted", n)
	}
}

// A merge combines no values: the target keeps what it has, and takes what it
// lacks from the first source that has it.
func TestMergeTakesWhatTheTargetLacks(t *testing.T) {
	for _, test := range []struct{ name, target, first, second, want string }{
		{"nothing", `{}`, `{}`, `{}`, `{}`},
		{"from the second", `{}`, `{}`, `{"x":"b"}`, `{"x":"b"}`},
		{"from the first", `{}`, `{"x":"a"}`, `{"x":"b"}`, `{"x":"a"}`},
		{"null is nothing", `{"x":null}`, `{"x":null}`, `{"x":"b"}`, `{"x":"b"}`},
		{"an empty text is nothing", `{"x":""}`, `{"x":"a"}`, `{}`, `{"x":"a"}`},
		{"no items are nothing", `{"x":{"items":[]}}`, `{"x":{"items":["a"]}}`, `{}`, `{"x":{"items":["a"]}}`},
		{"items are not combined", `{"x":{"items":["t"]}}`, `{"x":{"items":["a"]}}`, `{}`, `{"x":{"items":["t"]}}`},
		{"objects are not combined", `{"x":{"a":1}}`, `{"x":{"b":2}}`, `{}`, `{"x":{"a":1}}`},
		{"false is a value", `{"x":false}`, `{"x":true}`, `{}`, `{"x":false}`},
		{"zero is a value", `{"x":0}`, `{"x":1}`, `{}`, `{"x":0}`},
		{"each field by itself", `{"x":"t"}`, `{"y":"a"}`, `{"x":"b","y":"b","z":"b"}`, `{"x":"t","y":"a","z":"b"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, anyAttribute)
			target, first, second := a.create("deal", test.target), a.create("deal", test.first), a.create("deal", test.second)
			a.want(204, "POST", "/objects/deal/records/"+target+"/merges", mergeBody("deal", first, second, first))
			attributes := a.get("deal", target).at("data", "attributes").(map[string]any)
			for field := range attributes {
				if field[0] == '_' {
					delete(attributes, field)
				}
			}
			if have := asJSON(t, attributes); have != test.want {
				t.Errorf("got %s, want %s", have, test.want)
			}
			equal(t, "what is left", a.list("deal").ids(), []string{target})
		})
	}
}

// The contract lets other members stand beside the sources. They mean nothing
// here.
func TestMergeIgnoresOtherAttributes(t *testing.T) {
	a := start(t)
	target, source := a.create("deal", `{"stage":"Lead"}`), a.create("deal", `{"stage":"Won"}`)
	a.want(204, "POST", "/objects/deal/records/"+target+"/merges", fmt.Sprintf(`{"data":{"type":"deal","attributes":{"sources":[%q],"stage":"Lost","x":1}}}`, source))
	got := a.get("deal", target)
	got.equals(`"Lead"`, "data", "attributes", "stage")
	got.lacks("data", "attributes", "x")
	another := a.create("deal", `{}`)
	for member, more := range map[string]string{"id": `"id":"x"`, "relationships": `"relationships":{}`} {
		a.rejected(422, "/data/"+member, "POST", "/objects/deal/records/"+target+"/merges", fmt.Sprintf(`{"data":{"type":"deal",%s,"attributes":{"sources":[%q]}}}`, more, another))
	}
}

// References and links between the records that are merged do not come to lead
// from a record to itself.
func TestMergeLeadsNoRecordToItself(t *testing.T) {
	a := start(t, atOnce, anyAttribute)
	a.want(202, "POST", "/schemas/company/relationships", newRelationship(`"company":{"parent_id":`+manyToOneEnd("company", "subsidiaries")+`,"subsidiaries":`+toManyEnd("one-to-many", "company", "parent_id")+`}`))
	a.want(202, "POST", "/schemas/company/relationships", newRelationship(`"company":{"partners":`+toManyEnd("many-to-many", "company", "partner_of")+`,"partner_of":`+toManyEnd("many-to-many", "company", "partners")+`}`))
	merge := func(a *api, target string, sources ...string) {
		a.t.Helper()
		a.want(204, "POST", "/objects/company/records/"+target+"/merges", mergeBody("company", sources...))
	}
	company := func(parent string) string {
		t.Helper()
		return a.create("company", fmt.Sprintf(`{"parent_id":%s}`, parent))
	}
	quoted := func(id string) string { return fmt.Sprintf("%q", id) }

	top := company("null")
	child := company(quoted(top))
	grandchild := company(quoted(child))
	merge(a, top, child)
	a.get("company", top).equals("null", "data", "attributes", "parent_id")
	equal(t, "the parent takes the grandchild", a.linked("company", top, "subsidiaries"), []string{grandchild})
	a.get("company", grandchild).equals(quoted(top), "data", "attributes", "parent_id")
	merge(a, grandchild, top)
	a.get("company", grandchild).equals("null", "data", "attributes", "parent_id")
	equal(t, "the child takes the parent", a.linked("company", grandchild, "subsidiaries"), nil)
	other := company("null")
	merge(a, grandchild, company(quoted(other)))
	a.get("company", grandchild).equals(quoted(other), "data", "attributes", "parent_id")

	one, two, three := company("null"), company("null"), company("null")
	a.link("company", one, "partners", "company", two, three)
	a.link("company", two, "partners", "company", one, two)
	merge(a, one, two)
	equal(t, "partners", a.linked("company", one, "partners"), []string{three})
	equal(t, "partner of", a.linked("company", one, "partner_of"), nil)
	equal(t, "of the third", a.linked("company", three, "partner_of"), []string{one})

	t.Run("nor through another source", func(t *testing.T) {
		b := *a
		b.t = t
		target, first := b.create("company", `{}`), b.create("company", `{}`)
		second := b.create("company", fmt.Sprintf(`{"parent_id":%q,"company_id":%q}`, first, first))
		b.patch(200, "company", first, fmt.Sprintf(`{"parent_id":%q}`, second), "")
		third := b.create("company", fmt.Sprintf(`{"parent_id":%q,"company_id":%q}`, other, other))
		b.link("company", first, "partners", "company", first, second, third, other)
		merge(&b, target, first, second, third)
		got := b.get("company", target)
		got.equals(quoted(other), "data", "attributes", "parent_id")
		got.equals(quoted(other), "data", "attributes", "company_id")
		equal(t, "partners", b.linked("company", target, "partners"), []string{other})
		equal(t, "partner of", b.linked("company", target, "partner_of"), nil)
	})
	t.Run("nor by a reference that no schema has", func(t *testing.T) {
		b := *a
		b.t = t
		source := b.create("company", `{}`)
		target := b.create("company", fmt.Sprintf(`{"company_id":%q}`, source))
		merge(&b, target, source)
		b.get("company", target).equals(`null`, "data", "attributes", "company_id")
		b.patch(200, "company", target, fmt.Sprintf(`{"company_id":%q}`, target), "")
		merge(&b, target, company("null"))
		b.get("company", target).equals(quoted(target), "data", "attributes", "company_id")
	})
}

// What was merged is found under the id of what is left, however many merges
// there were, and is gone with it.
func TestChainsOfMerges(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	first := a.create("company", `{}`)
	a.link("person", person, "company_id", "company", first)
	deal := a.create("deal", `{}`)
	a.link("deal", deal, "company_id", "company", first)
	last := first
	for range 20 {
		next := a.create("company", `{}`)
		a.want(204, "POST", "/objects/company/records/"+next+"/merges", mergeBody("company", last))
		last = next
	}
	late := a.create("person", fmt.Sprintf(`{"company_id":%q}`, last))
	equal(t, "people", a.linked("company", last, "people"), []string{person, late})
	equal(t, "filtered", a.list("person", "filter[company_id][Is]", last).ids(), []string{person, late})
	equal(t, "filtered by the first", a.list("person", "filter[company_id][Is]", first).ids(), nil)
	included := a.want(200, "GET", "/objects/company/resources/"+last+"?include=people,deals", nil)
	equal(t, "included", []string{included.text("included", 0, "id"), included.text("included", 1, "id"), included.text("included", 2, "id")}, []string{person, late, deal})
	a.rejected(422, "/data/attributes/company_id", "POST", "/objects/person/records", oneRecord("person", fmt.Sprintf(`{"company_id":%q}`, first)))
	a.rejected(422, "/data", "PATCH", relationshipPath("person", late, "company_id"), members("company", first))
	a.rejected(404, "", "GET", relationshipPath("company", first, "people"), nil)

	a.unlink("person", person, "company_id", "company", first)
	equal(t, "unlinked by the first", a.linked("company", last, "people"), []string{late})
	a.want(204, "DELETE", "/objects/company/records/"+last, nil)
	a.get("person", late).equals(`null`, "data", "attributes", "company_id")
	a.get("deal", deal).equals(`null`, "data", "attributes", "company_id")
	equal(t, "companies that were deleted", a.want(200, "GET", "/objects/company/deleted-resources?page[offset]=20", nil).ids(), []string{last})
}
