package clarify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// observed serves the schemas of testdata/schemas: two pages, of the form that was
// seen (live-api.md, L2, S1 to S4).
func observed(t *testing.T) *fake {
	t.Helper()
	return newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		name := map[string]string{"": "page1", "Mg": "page2"}[r.URL.Query().Get("cursor")]
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil || r.URL.Path != "/v1/workspaces/acme/schemas" {
			respond(w, 404, `{"errors":[]}`)
			return
		}
		respond(w, 200, string(b))
	})
}

func observedSchema(t *testing.T) *clarify.Schema {
	t.Helper()
	schema, err := observed(t).client(t).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// sketch says in one line what a field is.
func sketch(f *clarify.FieldSchema) string {
	words := []string{f.Kind.String()}
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(f.Format != "", f.Format)
	add(f.Definition != "", "$"+f.Definition)
	for _, o := range f.Options {
		words = append(words, fmt.Sprintf("%s/%s/%s", o.Value, o.ID, o.Color))
	}
	if r := f.Relationship; r != nil {
		words = append(words, fmt.Sprintf("%s %s.%s", r.Kind, r.Object, r.Field))
	}
	add(f.Unique, "unique")
	add(f.Required, "required")
	add(f.Nullable, "null")
	add(f.ReadOnly, "read-only")
	add(f.Primary, "primary")
	add(f.Hidden, "hidden")
	add(f.AI, "AI")
	if f.Items != nil {
		words = append(words, "["+sketch(f.Items)+"]")
	}
	if f.Members != nil {
		var members []string
		for _, m := range f.Members {
			members = append(members, m.Name+": "+sketch(m))
		}
		words = append(words, "{"+strings.Join(members, ", ")+"}")
	}
	return strings.Join(words, " ")
}

func TestSchemaSaysWhatFieldsAre(t *testing.T) {
	schema := observedSchema(t)
	system := []string{"_created_at: date-time read-only", "_created_by: id null read-only", "_id: id read-only"}
	for object, want := range map[string][]string{
		"person": append([]string{
			"name: name $personName null primary {first_name: text null, full_name: text null read-only, last_name: text null}",
			"email_addresses: collection $collectionOfEmails unique null [text email]",
			"phone_numbers: collection $collectionOfStrings null [text]",
			"job_title: text null",
			"avatar_url: text uri null",
			"company_id: to-one relationship many-to-one company.people null",
			"description: text null",
			"labels: collection $collectionOfStrings null [text]",
			"deals: to-many relationship $collectionOfIds many-to-many deal.people null",
			"tasks: to-many relationship $collectionOfIds one-to-many task.person_id null",
			"lead_source: select Referral/lead_ref/green Web/lead_web/blue Event/lead_evt/amber null",
			"summary: text null AI",
			"summary_meta: object null hidden",
		}, system...),
		"company": {
			"domains: collection unique null [text hostname]",
			"employee_count: number null",
			"labels: collection $collectionOfStrings null [text]",
		},
		"deal": {
			"stage: select Lead/stage_lead/sky Won/stage_won/green Lost/stage_lost/red null",
			"close_date: date date null",
			"owner_id: to-one relationship many-to-one user.deals null",
			"labels: multi select cold/l_cold/blue hot/l_hot/red null [select cold/l_cold/blue hot/l_hot/red]",
			"profile_colors: object null hidden {primary: text null, secondary: text null, tertiary: text null}",
			"_created_at: date-time date-time read-only",
			"_merged_ids: array null read-only [text]",
		},
		"meeting": {
			"end: date-time date-time null",
			"all_day: checkbox",
			"participants: collection null [object $participant {email: text email null, name: text null, organizer: checkbox null, phone_number: text null, status: text null}]",
			"notes: rich text null read-only {text: array}",
		},
		"task": {
			"title: text required primary",
			"description: rich text null {text: array [object]}",
			"status: select To Do/st_todo/neutral In Progress/st_prog/sky Done/st_done/green Canceled/st_canc/red null",
			"priority: select Urgent/pr_urg/red High/pr_high/amber Medium/pr_med/sky Low/pr_low/neutral null",
		},
		"user": {
			"email: text email",
			"last_seen: unknown",
		},
		"c_project": {
			"name: text unique null primary",
			"end: date date null",
			"2nd: checkbox null",
			"🚀: number null",
			"type: select a// b// null",
			"c_partner_deal_id: to-one relationship many-to-one deal.c_projects null",
			"strange: unknown $notListed",
		},
	} {
		o, ok := schema.Object(object)
		if !ok {
			t.Errorf("there is no %s", object)
			continue
		}
		var got []string
		for _, f := range o.Fields {
			got = append(got, f.Name+": "+strings.ReplaceAll(sketch(f), "date-time date-time read-only", "date-time read-only"))
		}
		at := 0
		for _, line := range want {
			line = strings.ReplaceAll(line, "date-time date-time read-only", "date-time read-only")
			i := slices.Index(got[at:], line)
			if i < 0 {
				t.Errorf("%s has no %q behind the one before it:\n%s", object, line, strings.Join(got, "\n"))
				continue
			}
			at += i + 1
		}
	}
}

func TestSchemaSaysWhatObjectsThereAre(t *testing.T) {
	schema := observedSchema(t)
	var got []string
	for _, o := range schema.Objects() {
		got = append(got, fmt.Sprintf("%s %s|%s|%s %v", o.Name, strings.TrimPrefix(o.ID, "https://getclarify.ai/schemas/"), o.Singular, o.Plural, o.Custom))
	}
	want := []string{
		"c_project entities/c_project|Project|Projects true", "company entities/company|Company|Companies false", "deal entities/deal|Deal|Deals false",
		"meeting entities/meeting|Meeting|Meetings false", "meeting_recording entities/meeting_recording|Recording|Recordings false",
		"person entities/person|Person|People false", "task entities/task|Task|Tasks false", "user entities/user|User|Users false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	got = nil
	for _, d := range schema.Definitions() {
		got = append(got, d.Name+": "+d.Kind.String())
	}
	want = []string{
		"collectionOfEmails: collection", "collectionOfIds: array", "collectionOfStrings: collection", "participant: object", "person: object", "personName: name",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if o, ok := schema.Object("Person"); ok || o != nil {
		t.Errorf("got %+v", o)
	}
	person, _ := schema.Object("person")
	name, _ := person.Field("name")
	m, ok := name.Member("first_name")
	if !ok {
		t.Fatalf("got %+v", m)
	}
	wantEqual(t, "m.Title", m.Title, "First name")
	wantEqual(t, "name.Title", name.Title, "Name")
	f, ok := person.Field("titel")
	if ok {
		t.Errorf("got %+v", f)
	}
	if f != nil {
		t.Errorf("got %+v", f)
	}
	source, _ := person.Field("lead_source")
	if o, ok := source.Option("Web"); !ok || o.ID != "lead_web" {
		t.Errorf("got %+v", o)
	}
	if o, ok := source.Option("web"); ok {
		t.Errorf("got %+v", o)
	}
}

// Nothing that was sent is lost, and a saved document says the same.
func TestSchemaKeepsTheDocuments(t *testing.T) {
	var sent []any
	var pages []gen.Schema
	for _, name := range []string{"page1", "page2"} {
		b, err := os.ReadFile("testdata/schemas/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Data []any }
		var saved gen.SchemaPage
		if err := json.Unmarshal(b, &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &saved); err != nil {
			t.Fatal(err)
		}
		sent, pages = append(sent, page.Data...), append(pages, saved.Data...)
	}
	schema := observedSchema(t)
	equalJSON(t, schema.Documents(), sent)
	if saved := clarify.NewSchema(pages); !reflect.DeepEqual(saved.Objects(), schema.Objects()) || !reflect.DeepEqual(saved.Definitions(), schema.Definitions()) {
		t.Error("saved documents say something else")
	}
	// Whoever keeps the documents can change them.
	schema = clarify.NewSchema(pages)
	delete(pages[2].Attributes["properties"].(map[string]any), "name")
	person, _ := schema.Object("person")
	if _, ok := person.Field("name"); !ok {
		t.Error("the schema has changed")
	}
	equalJSON(t, person.Raw, sent[2].(map[string]any)["attributes"])
	for _, f := range person.Fields {
		equalJSON(t, f.Raw, sent[2].(map[string]any)["attributes"].(map[string]any)["properties"].(map[string]any)[f.Name])
	}
}

func equalJSON(t *testing.T, got, want any) {
	t.Helper()
	sameJSON(t, string(mustJSON(t, got)), string(mustJSON(t, want)))
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSchemaIsSafeForConcurrentUse(t *testing.T) {
	schema := observedSchema(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, o := range schema.Objects() {
				for _, f := range o.Fields {
					_, _ = o.Field(f.Name)
					_ = f.Kind.Operators()
				}
			}
			_, _ = schema.Object("person")
			_, _ = schema.Definitions(), schema.Documents()
		})
	}
	wg.Wait()
}

func TestSchemaOfAListingThatFailsIsAnError(t *testing.T) {
	f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			respond(w, 403, `{"errors":[{"status":"403","title":"Forbidden"}]}`)
			return
		}
		respond(w, 200, `{"data":[{"type":"schema","id":"person","attributes":{"$id":"person"}}],"links":{"next":"/v1/workspaces/acme/schemas?cursor=Mg"}}`)
	})
	schema, err := f.client(t).Schema(t.Context())
	if schema != nil || err == nil {
		t.Fatalf("got %v, %v", schema, err)
	}
	if !strings.Contains(err.Error(), "getSchemas") {
		t.Errorf("got %v, %v", schema, err)
	}
}

// The sandbox says the same of each object as the records that it takes.
func TestSchemaOfTheSandbox(t *testing.T) {
	client, _ := sandbox(t)
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for object, fields := range map[string]map[string]clarify.FieldKind{
		"person":  {"name": clarify.KindName, "email_addresses": clarify.KindCollection, "job_title": clarify.KindText, "company_id": clarify.KindToOne, "deals": clarify.KindToMany, "_id": clarify.KindID, "_created_at": clarify.KindDateTime},
		"company": {"name": clarify.KindText, "domains": clarify.KindCollection, "people": clarify.KindToMany},
		"deal":    {"name": clarify.KindText, "stage": clarify.KindSelect, "amount": clarify.KindNumber, "company_id": clarify.KindToOne},
		"meeting": {"participants": clarify.KindCollection, "people": clarify.KindToMany},
		"task":    {"description": clarify.KindRichText},
	} {
		o, ok := schema.Object(object)
		if !ok {
			t.Errorf("there is no %s", object)
			continue
		}
		for name, want := range fields {
			f, ok := o.Field(name)
			if !ok {
				t.Fatalf("%s.%s is %+v", object, name, f)
			}
			wantEqual(t, "f.Kind", f.Kind, want)
		}
	}
	person, _ := schema.Object("person")
	if f, _ := person.Field("email_addresses"); !f.Unique || f.Items == nil || f.Items.Format != "email" {
		t.Errorf("got %+v", f)
	}
	if f, _ := person.Field("company_id"); *f.Relationship != (clarify.FieldRelationship{Kind: gen.RelationshipKindManyToOne, Object: "company", Field: "people"}) {
		t.Errorf("got %+v", f.Relationship)
	}
	wantEqual(t, "person.Singular", person.Singular, "Person")
	wantEqual(t, "person.Plural", person.Plural, "People")
	if person.Custom {
		t.Errorf("got %+v", person)
	}
}

func TestFieldKindsAndTheirOperators(t *testing.T) {
	text := "Is, Is not, Contains, Does not contain, Starts with, Ends with, Is empty, Is not empty"
	numbers := "Is, Is not, Greater than, Greater than or equal, Less than, Less than or equal, Is empty, Is not empty"
	dates := "Is, Is not, Is before, Is on or before, Is after, Is on or after, Is empty, Is not empty"
	ids := "Is, Is not, Is empty, Is not empty"
	contains := "Contains, Does not contain"
	kinds := map[clarify.FieldKind]string{
		clarify.KindUnknown: "unknown: ", clarify.KindText: "text: " + text, clarify.KindNumber: "number: " + numbers,
		clarify.KindCheckbox: "checkbox: Is, Is not, Is set, Is not set", clarify.KindDate: "date: " + dates, clarify.KindDateTime: "date-time: " + dates,
		clarify.KindSelect:      "select: Is, Is not, One of, Not one of, Is empty, Is not empty",
		clarify.KindMultiSelect: "multi select: " + contains + ", Is empty, Is not empty", clarify.KindCollection: "collection: " + contains + ", Is empty, Is not empty",
		clarify.KindArray: "array: ", clarify.KindName: "name: ", clarify.KindRichText: "rich text: ", clarify.KindObject: "object: " + contains,
		clarify.KindID: "id: " + ids, clarify.KindToOne: "to-one relationship: " + ids, clarify.KindToMany: "to-many relationship: ",
		-1: "FieldKind(-1): ", 99: "FieldKind(99): ",
	}
	for kind, want := range kinds {
		var operators []string
		for _, op := range kind.Operators() {
			operators = append(operators, string(op))
		}
		if got := kind.String() + ": " + strings.Join(operators, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	// Nobody shares the list.
	clarify.KindObject.Operators()[0] = clarify.Is
	if got := clarify.KindObject.Operators()[0]; got != clarify.Contains {
		t.Errorf("got %v", got)
	}
}
