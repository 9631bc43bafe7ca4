package clarifytest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// pointers are where a rejection says that something is wrong.
func (got *response) pointers() []string {
	got.t.Helper()
	var all []string
	for i := range got.at("errors").([]any) {
		all = append(all, got.text("errors", i, "source", "pointer"))
	}
	return all
}

// What a program misspells is rejected with a pointer to it, however it is
// written.
func TestMisspeltAttributesAreRejected(t *testing.T) {
	a := start(t)
	const wrong = `{"titel":"Call","status":"todo"}`
	task := a.create("task", `{"title":"Call","status":"To Do"}`)
	before := a.list("task").raw
	for _, test := range []struct {
		method, path, body string
		pointers           []string
	}{
		{"POST", "/records", oneRecord("task", wrong), []string{"/data/attributes/status", "/data/attributes/titel"}},
		{"POST", "/resources", oneRecord("task", wrong), []string{"/data/attributes/status", "/data/attributes/titel"}},
		{"PATCH", "/records/" + task, recordBody("task", task, wrong, ""), []string{"/data/attributes/status", "/data/attributes/titel"}},
		{"POST", "/records/bulk", `{"data":[{"type":"task","attributes":{"title":"x"}},{"type":"task","attributes":` + wrong + `}]}`, []string{"/data/1/attributes/status", "/data/1/attributes/titel"}},
		{"PATCH", "/records", recordsBody("task", task, wrong, ""), []string{"/data/0/attributes/status", "/data/0/attributes/titel"}},
	} {
		got := a.rejected(422, test.pointers[0], test.method, "/objects/task"+test.path, test.body)
		equal(t, test.method+" "+test.path, got.pointers(), test.pointers)
		if after := a.list("task").raw; after != before {
			t.Errorf("%s %s: there was %s and is %s", test.method, test.path, before, after)
		}
	}
}

func TestRequiredFields(t *testing.T) {
	a := start(t)
	for _, attributes := range []string{`{}`, `{"title":null}`, `{"status":"Done"}`} {
		a.rejected(422, "/data/attributes/title", "POST", "/objects/task/records", oneRecord("task", attributes))
		a.rejected(422, "/data/attributes/title", "POST", "/objects/task/resources", oneRecord("task", attributes))
		a.rejected(422, "/data/1/attributes/title", "POST", "/objects/task/records/bulk", `{"data":[{"type":"task","attributes":{"title":"x"}},{"type":"task","attributes":`+attributes+`}]}`)
	}
	equal(t, "tasks", a.list("task").ids(), nil)
	task := a.create("task", `{"title":"Call"}`)
	a.patch(200, "task", task, `{"status":"Done"}`, "").equals(`"Call"`, "data", "attributes", "title")
	a.patch(422, "task", task, `{"title":null}`, "")
	a.get("task", task).equals(`"Call"`, "data", "attributes", "title")
}

// The fields of docs/live-api.md, "The built-in objects", with values that were
// seen, and ones that a program may take for such.
func TestTheFieldsOfTheBuiltInObjects(t *testing.T) {
	a := start(t)
	company := a.create("company", `{}`)
	for _, test := range []struct {
		object, good string
		bad          map[string]string // a value by field
	}{
		{"person", `{"name":{"first_name":"Ada","last_name":"Lovelace"},"email_addresses":{"items":["ada@x.example"]},"phone_numbers":{"items":["+1"]},"job_title":"Analyst","avatar_url":"https://x.example/a.png","company_id":"` + company + `","description":"The first","labels":{"items":["VIP"]}}`,
			map[string]string{"title": `"Analyst"`, "company_name": `"Acme"`, "description": `{"text":[]}`, "labels": `{"items":[1]}`}},
		{"company", `{"name":"Acme","domains":{"items":["acme.example"]},"industry":"Engines","employee_count":12,"description":"Makes engines","labels":{"items":["Customer"]}}`,
			map[string]string{"employee_count": `"12"`, "industry": `1`, "website": `"acme.example"`}},
		{"deal", `{"name":"Engine","description":"A big one","stage":"Lead","amount":1200.5,"close_date":"2026-03-04","owner_id":"user_01H","company_id":"` + company + `","summary":"Soon","labels":{"items":["Pilot"]},"next_task_id":null,"logo_url":"https://x.example/l.png","profile_colors":{"primary":"#fff","secondary":null,"tertiary":"#000"}}`,
			map[string]string{"assignee_id": `"user_01H"`, "close_date": `"2026-03-04T00:00:00Z"`, "stage": `"lead"`, "description": `{"text":[]}`, "_merged_ids": `{"items":[]}`}},
		{"task", `{"title":"Call","description":{"text":[{"type":"paragraph","children":[{"text":"Hello"}]}]},"status":"In Progress","priority":"Urgent","due_date":"2026-03-04","assignee_id":"google-oauth2|1","person_id":null,"company_id":"` + company + `","deal_id":null,"meeting_id":null}`,
			map[string]string{"status": `"in progress"`, "priority": `"Normal"`, "due_date": `"tomorrow"`, "deal_id": `"nobody"`, "description": `"Hello"`, "people": `[]`}},
		{"meeting", `{"title":"Standup","start":"2026-03-04T10:00:00Z","end":"2026-03-04T11:30:00.000+01:00","all_day":false,"visibility":"default","event_id":"adhoc-1","ical_uid":"1@x.example","participants":{"items":[{"email":"ada@x.example","name":"Ada","phone_number":null,"status":"yes","organizer":true},{"email":null,"name":null,"phone_number":null,"status":null,"organizer":null},{}]}}`,
			map[string]string{"start": `"2026-03-04"`, "end": `"11:30"`, "all_day": `"false"`, "participants": `{"items":["ada@x.example"]}`, "notes": `{"text":[]}`, "name": `"Standup"`}},
	} {
		t.Run(test.object, func(t *testing.T) {
			b := *a
			b.t = t
			id := b.create(test.object, test.good)
			got := b.get(test.object, id)
			for field, value := range jsonObject(t, test.good) {
				if field == "name" && test.object == "person" {
					continue // it has gained the full name
				}
				got.equals(asJSON(t, value), "data", "attributes", field)
				b.patch(map[bool]int{true: 422, false: 200}[test.object == "task" && field == "title"], test.object, id, fmt.Sprintf(`{%q:null}`, field), "")
			}
			for field, value := range test.bad {
				b.want(422, "PATCH", "/objects/"+test.object+"/records/"+id, recordBody(test.object, id, fmt.Sprintf(`{%q:%s}`, field, value), ""))
			}
		})
	}
	for at, value := range map[string]string{
		"/participants/items/0/emial":     `{"participants":{"items":[{"emial":"ada@x.example"}]}}`,
		"/participants/items/1/organizer": `{"participants":{"items":[{},{"organizer":"yes"}]}}`,
		"/participants/items/0/email":     `{"participants":{"items":[{"email":"Ada"}]}}`,
	} {
		a.rejected(422, "/data/attributes"+at, "POST", "/objects/meeting/records", oneRecord("meeting", value))
	}
	a.rejected(422, "/data/attributes/name/firstname", "POST", "/objects/person/records", oneRecord("person", `{"name":{"firstname":"Ada"}}`))
}

// Each link to one record is an attribute, and leads back from what it names.
func TestTheLinksOfATask(t *testing.T) {
	a := start(t)
	ids := map[string]string{}
	for _, object := range []string{"person", "company", "deal", "meeting"} {
		ids[object] = a.create(object, `{}`)
	}
	task := a.create("task", fmt.Sprintf(`{"title":"Call","person_id":%q,"company_id":%q,"deal_id":%q,"meeting_id":%q}`, ids["person"], ids["company"], ids["deal"], ids["meeting"]))
	other := a.create("task", `{"title":"Write"}`)
	for object, id := range ids {
		equal(t, "filtered by "+object, a.list("task", "filter["+object+"_id]", id).ids(), []string{task})
		equal(t, "tasks of a "+object, a.linked(object, id, "tasks"), []string{task})
		a.link(object, id, "tasks", "task", other)
		a.get("task", other).equals(asJSON(t, id), "data", "attributes", object+"_id")
		a.want(204, "DELETE", "/objects/"+object+"/records/"+id, nil)
		a.get("task", task).equals(`null`, "data", "attributes", object+"_id")
	}
}

// Deals have the ids of those that were merged into them, however many times.
func TestDealsHaveTheIDsOfThoseMergedIntoThem(t *testing.T) {
	a := start(t)
	ids := a.deals(4)
	a.get("deal", ids[0]).equals(`null`, "data", "attributes", "_merged_ids")
	a.want(204, "POST", "/objects/deal/records/"+ids[1]+"/merges", mergeBody("deal", ids[0]))
	a.want(204, "POST", "/objects/deal/records/"+ids[3]+"/merges", mergeBody("deal", ids[2], ids[1]))
	got := []string{}
	for _, id := range a.get("deal", ids[3]).at("data", "attributes", "_merged_ids").([]any) {
		got = append(got, id.(string))
	}
	slices.Sort(got)
	equal(t, "merged ids", got, ids[:3])
	equal(t, "found by one of them", a.list("deal", "filter[_merged_ids][Contains]", ids[0]).ids(), []string{ids[3]})
	a.rejected(422, "/data/attributes/_merged_ids", "POST", "/objects/deal/records", oneRecord("deal", `{"_merged_ids":[]}`))
}

func TestMeetingsOfACalendarAreReadOnly(t *testing.T) {
	for on, status := range map[bool]int{true: 403, false: 200} {
		a := start(t, clarifytest.WithQuirkReadOnlyMeetings(on))
		synced, adhoc, none := a.create("meeting", `{"title":"old","event_id":"e1"}`), a.create("meeting", `{"title":"old","event_id":"adhoc-1"}`), a.create("meeting", `{"title":"old"}`)
		a.patch(status, "meeting", synced, `{"title":"x"}`, "")
		got := a.want(status, "PATCH", "/objects/meeting/records", fmt.Sprintf(`{"data":[{"type":"meeting","id":%q,"attributes":{"title":"x"}},{"type":"meeting","id":%q,"attributes":{"title":"x"}}]}`, adhoc, synced))
		want := []string{"x", "x", "old"}
		if on {
			equal(t, "pointers", got.pointers(), []string{"/data/1"})
			want = []string{"old", "old", "old"}
		}
		equal(t, "titles", a.list("meeting").column("title"), want)
		a.patch(200, "meeting", adhoc, `{"title":"y"}`, "")
		a.patch(200, "meeting", none, `{"title":"z"}`, "")

		// Its people and tasks are no part of it.
		ada := a.create("person", `{}`)
		a.link("meeting", synced, "people", "person", ada)
		a.create("task", `{"title":"Call","meeting_id":"`+synced+`"}`)
		equal(t, "people", a.linked("meeting", synced, "people"), []string{ada})
		a.want(204, "DELETE", "/objects/meeting/records/"+synced, nil)
	}
}

// Nothing is sorted by what there is not, not even an empty list.
func TestCollectionsAreNotSortedByWhatThereIsNot(t *testing.T) {
	a := start(t)
	person := a.create("person", `{}`)
	campaign := a.want(201, "POST", "/workflows", newWorkflow("sequence")).id()
	for path, column := range map[string]string{
		"/users":                                 "email",
		"/lists":                                 "title",
		"/objects/person/lists":                  "title",
		"/workflows":                             "name",
		"/campaigns/" + campaign + "/recipients": "status",
		"/schemas/person/activities":             "_created_at",
		"/objects/person/records/" + person + "/activities": "_created_at",
		relationshipPath("person", person, "deals"):         "amount",
		"/objects/deal/resources":                           "amount",
	} {
		a.want(200, "GET", path+query("sortOrder[column]", column, "sortOrder[dir]", "ASC"), nil)
		got := a.rejected(400, "", "GET", path+query("sortOrder[column]", column+"s", "sortOrder[dir]", "ASC"), nil)
		if detail := got.errorObject().Detail; !strings.Contains(detail, column+"s") {
			t.Errorf("%s: the column is not in %q", path, detail)
		}
	}
}

// A snapshot is taken as the server that starts with it is set up.
func TestASnapshotFollowsTheServersOptions(t *testing.T) {
	origin := start(t, anyAttribute)
	id := origin.create("company", `{"size":5}`)
	snapshot := origin.srv.Snapshot()
	strict := start(t, clarifytest.WithSnapshot(snapshot))
	strict.rejected(422, "/data/attributes/size", "POST", "/objects/company/records", oneRecord("company", `{"size":5}`))
	strict.rejected(400, "", "GET", "/objects/company/resources?filter[size][Is]=5", nil)
	strict.patch(200, "company", id, `{"name":"Acme"}`, "").equals(`5`, "data", "attributes", "size")
	free := start(t, anyAttribute, clarifytest.WithSnapshot(strict.srv.Snapshot()))
	equal(t, "by size", free.list("company", "filter[size][Is]", "5").ids(), []string{id})
}

func jsonObject(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	return object
}
