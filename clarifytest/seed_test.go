package clarifytest_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// everything returns the records of an object, of all pages.
func (a *api) everything(object string, parameters ...string) []map[string]any {
	a.t.Helper()
	var all []map[string]any
	for {
		offset := fmt.Sprint(len(all))
		page := a.list(object, append([]string{"page[offset]", offset}, parameters...)...)
		for _, r := range page.at("data").([]any) {
			all = append(all, r.(map[string]any))
		}
		if page.at("links", "next") == nil {
			return all
		}
	}
}

func TestSeededRecordsAreWhatTheAPITakes(t *testing.T) {
	clock := clarifytest.NewClock(epoch)
	a := start(t, clarifytest.WithSeed(1), clarifytest.WithClock(clock.Now))
	got := a.srv.Seed(t, 1500)
	expect(t, "all records", got.Total(), 1500)
	if got.People < 750 {
		t.Errorf("%d of 1500 are people, want more than half", got.People)
	}
	for object, n := range map[string]int{"companies": got.Companies, "deals": got.Deals, "meetings": got.Meetings, "tasks": got.Tasks} {
		if n == 0 {
			t.Errorf("there are no %s", object)
		}
	}
	other := a.srv.AddWorkspace("copy")
	b := &api{t: t, srv: a.srv, url: other.URL, auth: "api-key " + other.APIKey}
	copies := map[string]string{}
	for _, object := range []string{"company", "person", "deal", "meeting", "task"} {
		all := a.everything(object)
		counts := map[string]int{"company": got.Companies, "person": got.People, "deal": got.Deals, "meeting": got.Meetings, "task": got.Tasks}
		if len(all) != counts[object] {
			t.Errorf("there are %d of %s, and %+v were seeded", len(all), object, got)
		}
		last := ""
		for i, r := range all {
			attributes := maps.Clone(r["attributes"].(map[string]any))
			created, updated := attributes["_created_at"].(string), attributes["_updated_at"].(string)
			times := []string{"2024-02-03", last, created, updated, "2026-02-03T04:05:06.789Z"}
			if last == "" {
				times[1] = times[0]
			}
			if !slices.IsSorted(times) {
				t.Fatalf("the span, the record before, created, updated and now are %v, want ascending times", times)
			}
			last = created
			maps.DeleteFunc(attributes, func(name string, _ any) bool { return strings.HasPrefix(name, "_") })
			if i >= 300 {
				continue
			}
			for name, value := range attributes {
				if id, ok := value.(string); ok && slices.Contains([]string{"person_id", "company_id", "deal_id", "meeting_id"}, name) {
					if attributes[name] = copies[id]; copies[id] == "" {
						delete(attributes, name) // it is none of those that were copied
					}
				}
			}
			kept := b.want(201, "POST", "/objects/"+object+"/records", oneRecord(object, asJSON(t, attributes)))
			copies[r["id"].(string)] = kept.id()
			for name, value := range attributes {
				kept.equals(asJSON(t, value), "data", "attributes", name)
			}
		}
	}
}

func TestSeededRecordsAreRelated(t *testing.T) {
	a := start(t, clarifytest.WithSeed(2))
	a.srv.Seed(t, 400)
	attributes := func(r map[string]any) map[string]any { return r["attributes"].(map[string]any) }
	companies, people := map[string]map[string]any{}, map[string]map[string]any{}
	for _, r := range a.everything("company") {
		companies[r["id"].(string)] = attributes(r)
	}
	employed := 0
	for _, r := range a.everything("person") {
		people[r["id"].(string)] = attributes(r)
		id, ok := attributes(r)["company_id"].(string)
		if !ok {
			continue
		}
		employed++
		domain := companies[id]["domains"].(map[string]any)["items"].([]any)[0].(string)
		if email := attributes(r)["email_addresses"].(map[string]any)["items"].([]any)[0].(string); !strings.HasSuffix(email, "@"+domain) {
			t.Errorf("%s works for %s", email, domain)
		}
	}
	if employed < len(people)/2 {
		t.Errorf("%d of %d people have a company", employed, len(people))
	}
	linked := func(r map[string]any, name string) []string {
		relationships, _ := r["relationships"].(map[string]any)
		relationship, _ := relationships[name].(map[string]any)
		items, _ := relationship["data"].([]any)
		var ids []string
		for _, item := range items {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		return ids
	}
	dealsOf := map[string][]string{}
	for _, deal := range a.everything("deal", "include", "people") {
		if companies[attributes(deal)["company_id"].(string)] == nil {
			t.Errorf("the deal %v has no company", attributes(deal)["name"])
		}
		for _, id := range linked(deal, "people") {
			if people[id]["company_id"] != attributes(deal)["company_id"] {
				t.Errorf("the deal %v has someone of another company", attributes(deal)["name"])
			}
			dealsOf[id] = append(dealsOf[id], deal["id"].(string))
		}
	}
	for _, r := range a.everything("person", "include", "deals") {
		id := r["id"].(string)
		got, want := linked(r, "deals"), dealsOf[id]
		slices.Sort(got)
		slices.Sort(want)
		equal(t, "the deals of "+id, got, want)
	}
	for _, meeting := range a.everything("meeting", "include", "people,companies") {
		emails := attributes(meeting)["participants"].(map[string]any)["items"].([]any)
		ids := linked(meeting, "people")
		if len(ids) == 0 {
			t.Errorf("the meeting %s has no people", meeting["id"])
		}
		expect(t, fmt.Sprintf("participants of the meeting %s", meeting["id"]), len(emails), len(ids))
		expect(t, fmt.Sprintf("companies of the meeting %s", meeting["id"]), len(linked(meeting, "companies")), 1)
	}
	about := map[string]int{}
	for _, task := range a.everything("task") {
		for _, object := range []string{"person", "company", "deal", "meeting"} {
			if id, ok := attributes(task)[object+"_id"].(string); ok {
				about[object]++
				a.get(object, id)
			}
		}
	}
	if len(about) != 4 {
		t.Errorf("the tasks have to do with %v", about)
	}
	first := a.list("person", "filter[person.company_id.name][Is not empty]", "", "page[limit]", "1")
	if first.at("meta", "total_records") == nil {
		t.Errorf("got %s, want meta.total_records", first.raw)
	}
	expect(t, "records of the page", len(first.ids()), 1)
}

// The seeded records have values for what the objects were seen to have.
func TestSeededRecordsHaveTheFieldsThatWereSeen(t *testing.T) {
	a := start(t, clarifytest.WithSeed(4), clarifytest.WithClock(newClock().Now))
	a.srv.Seed(t, 500)
	for object, fields := range map[string]string{
		"person":  "name email_addresses job_title phone_numbers labels company_id",
		"company": "name domains industry employee_count labels",
		"deal":    "name description stage amount close_date owner_id labels company_id",
		"meeting": "title start end all_day visibility event_id ical_uid participants",
		"task":    "title description status priority due_date assignee_id person_id company_id deal_id meeting_id",
	} {
		values := map[string]map[string]bool{}
		for _, r := range a.everything(object) {
			for name, value := range r["attributes"].(map[string]any) {
				if value != nil {
					if values[name] == nil {
						values[name] = map[string]bool{}
					}
					values[name][asJSON(t, value)] = true
				}
			}
		}
		for _, name := range strings.Fields(fields) {
			if n := len(values[name]); n < 2 && name != "all_day" && name != "visibility" && name != "owner_id" && name != "assignee_id" || n == 0 {
				t.Errorf("%s.%s has %d values", object, name, n)
			}
		}
	}
	var synced, adhoc int
	for _, r := range a.everything("meeting", "filter[title][Is not empty]", "") {
		attributes := r["attributes"].(map[string]any)
		if attributes["start"].(string) >= attributes["end"].(string) {
			t.Errorf("a meeting lasts from %s to %s", attributes["start"], attributes["end"])
		}
		if strings.HasPrefix(attributes["event_id"].(string), "adhoc-") {
			adhoc++
		} else {
			synced++
		}
	}
	if adhoc == 0 {
		t.Error("all meetings are from a calendar")
	}
	if synced <= adhoc {
		t.Errorf("%d meetings are from a calendar, %d are not, want more that are", synced, adhoc)
	}
}

func TestSeedFollowsFromTheSeed(t *testing.T) {
	seeded := func(seed uint64, sizes ...int) string {
		a := start(t, clarifytest.WithSeed(seed), clarifytest.WithClock(newClock().Now))
		for _, n := range sizes {
			a.srv.Seed(t, n)
		}
		return contents(a)
	}
	one := seeded(1, 200)
	if seeded(1, 200) != one {
		t.Error("the same seed made other records")
	}
	if seeded(2, 200) == one {
		t.Error("another seed made the same records")
	}
	if seeded(1, 100, 100) == one {
		t.Error("seeding twice made the same records as once")
	}
	a := start(t, clarifytest.WithSeed(1), clarifytest.WithClock(newClock().Now))
	empty := a.srv.Snapshot()
	a.srv.Seed(t, 200)
	a.srv.Restore(empty)
	if contents(a) == one {
		t.Error("Restore leaves seeded records")
	}
	a.srv.Seed(t, 200)
	if contents(a) != one {
		t.Error("after Restore other records are seeded")
	}
}

func TestSeedAmongOthers(t *testing.T) {
	clock := clarifytest.NewClock(epoch)
	a := start(t, clarifytest.WithSeed(3), clarifytest.WithClock(clock.Now))
	before := a.srv.Snapshot()
	a.srv.Seed(t, 40)
	company := a.everything("company")[0]["attributes"].(map[string]any)
	domain := company["domains"].(map[string]any)["items"].([]any)[0].(string)
	a.srv.Restore(before)

	mine := a.create("company", fmt.Sprintf(`{"domains":{"items":[%q]}}`, domain))
	a.srv.Seed(t, 40)
	a.srv.Seed(t, 40)
	clock.Advance(time.Hour)
	newest := a.create("company", `{}`)
	companies := a.everything("company")
	if n := len(companies); n != 2*6+2 {
		t.Errorf("there are %d companies", n)
	}
	if last := companies[len(companies)-1]["id"]; last != newest {
		t.Errorf("the last company is %s", last)
	}
	have := a.list("company", "filter[domains][Contains]", domain).ids()
	equal(t, "the companies with the domain that was taken", have, []string{mine})
	if n := len(a.list("company", "filter[domains][Is empty]", "").ids()); n != 2 {
		t.Errorf("%d companies have no domain", n)
	}
	seen := map[string]bool{}
	for _, object := range []string{"person", "deal", "company", "meeting", "task"} {
		for _, r := range a.everything(object) {
			if id := r["id"].(string); seen[id] {
				t.Errorf("the id %s is there twice", id)
			} else {
				seen[id] = true
			}
		}
	}

	// They are records as all others.
	person := a.everything("person")[3]["id"].(string)
	got := a.patch(200, "person", person, `{"job_title":"Boss"}`, "")
	got.equals(`"Boss"`, "data", "attributes", "job_title")
	for _, field := range []string{"name", "email_addresses"} {
		if got.at("data", "attributes", field) == nil {
			t.Errorf("an update took %s away: %s", field, got.raw)
		}
	}
	email := got.text("data", "attributes", "email_addresses", "items", 0)
	a.rejected(400, "/data/attributes/email_addresses", "POST", "/objects/person/records",
		oneRecord("person", fmt.Sprintf(`{"email_addresses":{"items":[%q]}}`, email)))
	a.want(204, "DELETE", "/objects/person/records/"+person, nil)
	a.create("person", fmt.Sprintf(`{"email_addresses":{"items":[%q]}}`, email))
}

func TestSeedInSmallAndWrongNumbers(t *testing.T) {
	for n := range 10 {
		a := start(t)
		if got := a.srv.Seed(t, n); got.Total() != n {
			t.Errorf("%d records were asked for, there are %+v", n, got)
		}
		total := 0
		for _, object := range []string{"person", "company", "deal", "meeting", "task"} {
			total += len(a.everything(object))
		}
		if total != n {
			t.Errorf("%d records were asked for, there are %d", n, total)
		}
	}
	a := start(t)
	globex := a.srv.AddWorkspace("globex")
	a.srv.SeedWorkspace(t, "globex", 20)
	if n := len(a.everything("person")); n != 0 {
		t.Errorf("the other workspace has %d people", n)
	}
	a.url, a.auth = globex.URL, "api-key "+globex.APIKey
	if n := len(a.everything("person")); n != 11 {
		t.Errorf("the workspace has %d people", n)
	}
	for what, seed := range map[string]func(clarifytest.TB){
		"from 0 to":             func(tb clarifytest.TB) { a.srv.Seed(tb, -1) },
		"to 10000000":           func(tb clarifytest.TB) { a.srv.Seed(tb, clarifytest.MaxSeed+1) },
		`no workspace "nobody"`: func(tb clarifytest.TB) { a.srv.SeedWorkspace(tb, "nobody", 1) },
	} {
		tb := &failures{}
		seed(tb)
		if expect(t, "errors", len(tb.messages), 1) {
			contains(t, "error", tb.messages[0], what)
		}
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, what) {
					t.Errorf("it panics with %q, not with %q", got, what)
				}
			}()
			seed(nil)
		}()
	}
}

func BenchmarkSeed(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				srv := clarifytest.NewServer(clarifytest.WithSeed(1))
				srv.Seed(b, n)
				srv.Close()
			}
			runtime.GC()
		})
	}
}
