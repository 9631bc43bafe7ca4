package clarifytest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestConditionsAreAnded(t *testing.T) {
	a := start(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, a.create("deal", fmt.Sprintf(`{"amount":%d,"stage":%q}`, i, []string{"Won", "Lost"}[i%2])))
	}
	equal(t, "a range", a.list("deal", "filter[amount][Greater than or equal]", "1", "filter[amount][Less than]", "4").ids(), ids[1:4])
	equal(t, "two fields", a.list("deal", "filter[amount][Greater than]", "0", "filter[stage]", "Won").ids(), []string{ids[2], ids[4]})
	equal(t, "bare and named", a.list("deal", "filter[amount]", ">0", "filter[amount][Is not]", "3").ids(), []string{ids[1], ids[2], ids[4]})
	if len(a.srv.TakeViolations()) == 0 {
		t.Error("in the contract a field has either a value or operators, but nothing was said of that")
	}
	equal(t, "a contradiction", a.list("deal", "filter[amount][Is]", "1", "filter[amount][Is not]", "1").ids(), []string{})
}

func TestFiltersOnSystemFields(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	one := a.create("deal", `{}`)
	c.Add(time.Millisecond)
	two := a.create("deal", `{}`)
	c.Add(48 * time.Hour)
	got := a.patch(200, "deal", one, `{"amount":1}`, "")
	user := got.text("data", "attributes", "_updated_by")

	equal(t, "_id", a.list("deal", "filter[_id][Is]", two).ids(), []string{two})
	equal(t, "_created_by", a.list("deal", "filter[_created_by][Is]", user).ids(), []string{one, two})
	equal(t, "_created_at after a timestamp", a.list("deal", "filter[_created_at][Is after]", "2026-02-03T04:05:06.789Z").ids(), []string{two})
	equal(t, "_created_at within a day", a.list("deal", "filter[_created_at][Is]", "2026-02-03").ids(), []string{one, two})
	equal(t, "_updated_at after a day", a.list("deal", "filter[_updated_at][Is after]", "2026-02-03").ids(), []string{one})
	equal(t, "_updated_at shorthand", a.list("deal", "filter[_updated_at]", "<=2026-02-03T04:05:06.790Z").ids(), []string{two})
}

func TestDottedFields(t *testing.T) {
	a := start(t, anyAttribute)
	acme := a.create("company", `{"name":"Acme","domains":{"items":["acme.example"]},"size":10}`)
	globex := a.create("company", fmt.Sprintf(`{"name":"Globex","company_id":%q}`, acme))
	initech := a.create("company", fmt.Sprintf(`{"name":"Initech","company_id":%q}`, globex))
	ada := a.create("person", fmt.Sprintf(`{"company_id":%q}`, acme))
	bob := a.create("person", fmt.Sprintf(`{"company_id":%q}`, globex))
	cat := a.create("person", fmt.Sprintf(`{"company_id":%q}`, initech))
	dan := a.create("person", `{"job_title":"Founder"}`)

	for _, test := range []struct {
		field, operator, operand string
		want                     []string
	}{
		{"person.company_id.name", "Is", "Acme", []string{ada}},
		{"person.company_id.name", "Is not", "Acme", []string{bob, cat, dan}},
		{"person.company_id.name", "Is empty", "", []string{dan}},
		{"person.company_id.domains", "Contains", "ACME", []string{ada}},
		{"person.company_id.size", "Greater than", "9", []string{ada}},
		{"person.company_id._id", "Is", globex, []string{bob}},
		{"person.company_id.company_id.name", "Is", "Acme", []string{bob}},
		{"person.company_id.company_id.company_id.name", "Is", "Acme", []string{cat}},
		{"person.job_title", "Is", "Founder", []string{dan}},
		{"company_id", "Is", acme, []string{ada}},
		{"company_id", "Is empty", "", []string{dan}},
	} {
		equal(t, test.field+" "+test.operator, a.list("person", "filter["+test.field+"]["+test.operator+"]", test.operand).ids(), test.want)
	}
	for _, field := range []string{
		"company_id.name", "company.name", "deal.company_id.name", "person.name.first_name", "person.assignee_id.name",
		"person.company_id.company_id.company_id.company_id.name", ".name", "person..name",
	} {
		a.rejected(400, "", "GET", "/objects/person/resources"+query("filter["+field+"][Is]", "x"), nil)
	}
	a.want(400, "GET", "/objects/person/resources"+query("filter[person.company_id.size][Contains]", "x"), nil)
}

func TestFieldsThatThereAreNot(t *testing.T) {
	a := start(t, atOnce)
	a.create("person", `{"job_title":"Analyst"}`)
	for _, field := range []string{
		"emial", "Job_title", "_deleted_at", "task_id", "deals",
		"person.emial", "person.company_id.nam", "person.compani_id.name", "person.job_title.name", "person.deals.name", "persn.job_title",
	} {
		last := field[strings.LastIndex(field, ".")+1:]
		for _, operator := range allOperators {
			got := a.rejected(400, "", "GET", "/objects/person/resources"+query("filter["+field+"]["+operator+"]", "1"), nil)
			if detail := got.errorObject().Detail; !strings.Contains(detail, field) {
				t.Errorf("%s is not in %q", field, detail)
			}
		}
		got := a.rejected(400, "", "GET", "/objects/person/resources"+query("sortOrder[column]", field, "sortOrder[dir]", "ASC"), nil)
		if detail := got.errorObject().Detail; !strings.Contains(detail, last) {
			t.Errorf("%s is not in %q", last, detail)
		}
	}
	a.addFields("person", `{"emial":{"type":["string","null"]}}`)
	equal(t, "a field that was added", a.list("person", "filter[emial][Is]", "x", "sortOrder[column]", "emial", "sortOrder[dir]", "ASC").ids(), []string{})
}

func TestUnknownAttributesAreKnownOnceARecordHasThem(t *testing.T) {
	a := start(t, anyAttribute)
	target := "/objects/task/resources" + query("filter[nothing][Is]", "x", "sortOrder[column]", "nothing", "sortOrder[dir]", "ASC")
	a.rejected(400, "", "GET", target, nil)
	id := a.create("task", `{"title":"Call","nothing":null}`)
	for _, test := range []struct {
		operator, operand string
		want              []string
	}{
		{"Is", "x", nil}, {"Is not", "x", []string{id}},
		{"Contains", "x", nil}, {"Does not contain", "x", []string{id}},
		{"Is empty", "", []string{id}}, {"Is not empty", "", nil},
		{"Is set", "", nil}, {"Is not set", "", []string{id}},
		{"One of", "x,y", nil}, {"Not one of", "x,y", []string{id}},
		{"Greater than", "1", nil}, {"Is before", "2026-01-01", nil},
	} {
		equal(t, test.operator, a.list("task", "filter[nothing]["+test.operator+"]", test.operand).ids(), slices.Concat([]string{}, test.want))
	}
	a.rejected(400, "", "GET", "/objects/task/resources"+query("filter[nothing][Greater than]", "x"), nil)
	a.want(200, "GET", target, nil)
}

func TestAFieldOfSeveralKinds(t *testing.T) {
	a := start(t, anyAttribute)
	number, text, date := a.create("task", `{"title":"Call","x":5}`), a.create("task", `{"title":"Call","x":"5"}`), a.create("task", `{"title":"Call","x":"2026-01-01"}`)
	equal(t, "Is", a.list("task", "filter[x][Is]", "5").ids(), []string{number, text})
	equal(t, "Is not", a.list("task", "filter[x][Is not]", "5").ids(), []string{date})
	equal(t, "Greater than", a.list("task", "filter[x][Greater than]", "4").ids(), []string{number})
	equal(t, "Is before", a.list("task", "filter[x][Is before]", "2026-01-02").ids(), []string{date})
	equal(t, "Starts with", a.list("task", "filter[x][Starts with]", "2026").ids(), []string{date})
}

func TestARejectedBatchTeachesNoKinds(t *testing.T) {
	a := start(t, anyAttribute)
	a.create("task", `{"title":"Call","x":5}`)
	a.rejected(422, "/data/1/attributes/labels", "POST", "/objects/task/records/bulk",
		`{"data":[{"type":"task","attributes":{"x":"text"}},{"type":"task","attributes":{"labels":[]}}]}`)
	a.rejected(400, "", "GET", "/objects/task/resources"+query("filter[x][Contains]", "t"), nil)
}
