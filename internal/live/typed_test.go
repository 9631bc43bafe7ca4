package live_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/live"
)

const (
	ada     = "0b6b2a56-6e4e-4a0f-9f0a-000000000001"
	acme    = "0b6b2a56-6e4e-4a0f-9f0a-000000000101"
	deal    = "0b6b2a56-6e4e-4a0f-9f0a-000000000201"
	task    = "0b6b2a56-6e4e-4a0f-9f0a-000000000301"
	oldTask = "0b6b2a56-6e4e-4a0f-9f0a-000000000302"
	meeting = "0b6b2a56-6e4e-4a0f-9f0a-000000000401"
)

func get[T any](t *testing.T, r *clarify.Records[T], id string) *clarify.Record[T] {
	t.Helper()
	record, err := r.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// equal fails the test unless got is want.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestADealIsTyped(t *testing.T) {
	_, client := connect(t, live.Options{})
	d := get(t, clarify.Deals(client), deal).Attributes
	equal(t, "Name", d.Name, "Acme, 12 engines")
	equal(t, "Description", d.Description, "They want engines by autumn.")
	equal(t, "Stage", d.Stage, "Lead")
	equal(t, "Amount", d.Amount, "12500.50")
	equal(t, "CloseDate", d.CloseDate, clarify.Date{Year: 2026, Month: time.September, Day: 30})
	equal(t, "OwnerID", d.OwnerID, "user_01HQ2Z")
	equal(t, "CompanyID", d.CompanyID, acme)
	equal(t, "Labels", strings.Join(d.Labels, ","), "engines")
	equal(t, "deal_type", d.Extra["deal_type"], "New")
}

func TestATaskIsTyped(t *testing.T) {
	_, client := connect(t, live.Options{})
	one := get(t, clarify.Tasks(client), task).Attributes
	equal(t, "Title", one.Title, "Call Acme")
	equal(t, "Description", clarify.PlainText(one.Description), "Ask for Ada")
	equal(t, "Status", one.Status, "To Do")
	equal(t, "Priority", one.Priority, "High")
	equal(t, "DueDate", one.DueDate, clarify.Date{Year: 2026, Month: time.June, Day: 1})
	equal(t, "AssigneeID", one.AssigneeID, "google-oauth2|106299999")
	equal(t, "PersonID", one.PersonID, ada)
	equal(t, "DealID", one.DealID, deal)

	old := get(t, clarify.Tasks(client), oldTask).Attributes
	equal(t, "Description of the older form", clarify.PlainText(old.Description), "Written long ago")
}

func TestAMeetingIsTypedAndItsParticipantsSurviveAChange(t *testing.T) {
	_, client := connect(t, live.Options{})
	meetings := clarify.Meetings(client)
	m := get(t, meetings, meeting).Attributes
	equal(t, "Title", m.Title, "Demo")
	equal(t, "Start", m.Start.Format(time.RFC3339), "2026-06-10T09:00:00Z")
	equal(t, "End", m.End.Format(time.RFC3339), "2026-06-10T09:45:00Z")
	equal(t, "AllDay", m.AllDay, false)
	equal(t, "Visibility", m.Visibility, "default")
	equal(t, "EventID", m.EventID, "adhoc-7f")
	equal(t, "ICalUID", m.ICalUID, "7f@calendar.example")
	if len(m.Participants) != 2 {
		t.Fatalf("got %d participants, want 2", len(m.Participants))
	}
	equal(t, "Email", m.Participants[0].Email, "ada@acme.example")
	equal(t, "Name", m.Participants[0].Name, "Ada Lovelace")
	equal(t, "Status", m.Participants[0].Status, "yes")
	equal(t, "Organizer", m.Participants[0].Organizer, true)
	equal(t, "Email of the guest", m.Participants[1].Email, "guest@else.example")

	m.Participants[1].Status = "no"
	if _, err := meetings.Update(t.Context(), meeting, clarify.Meeting{Participants: m.Participants}); err != nil {
		t.Fatal(err)
	}
	raw, err := clarify.NewRecords[json.RawMessage](client, "meeting").Get(t.Context(), meeting)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Participants json.RawMessage `json:"participants"`
	}
	if err := json.Unmarshal(raw.Attributes, &stored); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, stored.Participants, []byte(`{"items":[
		{"email":"ada@acme.example","name":"Ada Lovelace","phone_number":null,"status":"yes","organizer":true},
		{"email":"guest@else.example","name":null,"phone_number":null,"status":"no","organizer":null}
	]}`))
}

func TestACompanyAndAPersonAreTyped(t *testing.T) {
	_, client := connect(t, live.Options{})
	c := get(t, clarify.Companies(client), acme).Attributes
	equal(t, "Industry", c.Industry, "Rockets")
	equal(t, "EmployeeCount", c.EmployeeCount, "1200")
	equal(t, "Domains", strings.Join(c.Domains, ","), "acme.example")
	p := get(t, clarify.People(client), ada).Attributes
	equal(t, "Description", p.Description, "Writes programs.")
	equal(t, "CompanyID", p.CompanyID, acme)
	equal(t, "lead_source", p.Extra["lead_source"], "Fair")
}

// roundTrip reads all records of an object as T, and compares what they encode to
// with what came.
func roundTrip[T any](t *testing.T, client *clarify.Client, object string) {
	t.Helper()
	raw := map[string]json.RawMessage{}
	for record, err := range clarify.NewRecords[json.RawMessage](client, object).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		raw[record.ID] = record.Attributes
	}
	n := 0
	for record, err := range clarify.NewRecords[T](client, object).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(record.Attributes)
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, b, raw[record.ID])
		n++
	}
	if n == 0 || n != len(raw) {
		t.Errorf("%s: %d records, want %d", object, n, len(raw))
	}
}

func TestNothingOfARecordIsLost(t *testing.T) {
	_, client := connect(t, live.Options{FullLists: true})
	roundTrip[clarify.Person](t, client, "person")
	roundTrip[clarify.Company](t, client, "company")
	roundTrip[clarify.Deal](t, client, "deal")
	roundTrip[clarify.Task](t, client, "task")
	roundTrip[clarify.Meeting](t, client, "meeting")
	roundTrip[clarify.Fields](t, client, "c_project")
}

func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var a, b any
	for _, one := range []struct {
		text []byte
		to   *any
	}{{got, &a}, {want, &b}} {
		d := json.NewDecoder(strings.NewReader(string(one.text)))
		d.UseNumber()
		if err := d.Decode(one.to); err != nil {
			t.Fatalf("%v: %s", err, one.text)
		}
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("got %s\nwant %s", x, y)
	}
}

func TestALinkToOneRecordIsFoundByBothNames(t *testing.T) {
	_, client := connect(t, live.Options{})
	person := get(t, clarify.People(client), ada)
	for _, name := range []string{"company_id", "company"} {
		if ref, ok := person.Relationships.One(name); !ok || ref.ID != acme || ref.Type != "company" {
			t.Errorf("%s: got %v (there: %t), want company %s", name, ref, ok, acme)
		}
	}
	deals := person.Relationships.Many("deals")
	if len(deals) != 1 || deals[0].ID != deal {
		t.Errorf("deals: got %v, want %s alone", deals, deal)
	}
	if n, ok := person.Relationships["deals"].Count(); !ok || n != 1 {
		t.Errorf("the count of deals: got %d (known: %t), want 1", n, ok)
	}
}

func TestACommentIsOneCall(t *testing.T) {
	server, client := connect(t, live.Options{})
	comment, err := client.AddComment(t.Context(), clarify.Ref{Type: "person", ID: ada}, clarify.Text("Wants a demo."))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the comment", clarify.PlainText(comment.Message), "Wants a demo.")
	equal(t, "comments at the server", len(server.Comments()), 1)
}

func TestATranscriptIsOneCall(t *testing.T) {
	server, client := connect(t, live.Options{})
	segments, err := clarify.TranscriptSegments([]clarify.TranscriptLine{
		{Speaker: "Ada", Text: "Hello there", Start: time.Second, End: 3 * time.Second},
		{Speaker: "Guest", Text: "Hi", Start: 3 * time.Second, End: 4 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddTranscript(t.Context(), meeting, segments); err != nil {
		t.Fatal(err)
	}
	if server.Transcript(meeting) == nil {
		t.Error("no transcript arrived")
	}
}

func TestTheSchemaIsTyped(t *testing.T) {
	_, client := connect(t, live.Options{})
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	field := func(object, name string) *clarify.FieldSchema {
		t.Helper()
		o, ok := schema.Object(object)
		if !ok {
			t.Fatalf("there is no object %s", object)
		}
		f, ok := o.Field(name)
		if !ok {
			t.Fatalf("%s has no field %s", object, name)
		}
		return f
	}
	for _, test := range []struct {
		object, field string
		kind          clarify.FieldKind
	}{
		{"person", "name", clarify.KindName},
		{"person", "email_addresses", clarify.KindCollection},
		{"person", "job_title", clarify.KindText},
		{"person", "_created_at", clarify.KindDateTime},
		{"person", "labels", clarify.KindMultiSelect},
		{"person", "lead_source", clarify.KindSelect},
		{"person", "company_id", clarify.KindToOne},
		{"person", "deals", clarify.KindToMany},
		{"person", "elsewhere", clarify.KindUnknown},
		{"deal", "close_date", clarify.KindDate},
		{"deal", "amount", clarify.KindNumber},
		{"meeting", "all_day", clarify.KindCheckbox},
		{"task", "description", clarify.KindRichText},
		{"c_project", "end", clarify.KindDate},
	} {
		equal(t, test.object+"."+test.field, field(test.object, test.field).Kind, test.kind)
	}
	equal(t, "unique", field("person", "email_addresses").Unique, true)
	equal(t, "unique, in the other form", field("deal", "name").Unique, true)
	equal(t, "required", field("task", "title").Required, true)
	var options []string
	for _, option := range field("person", "lead_source").Options {
		options = append(options, option.Value)
	}
	equal(t, "options in order", strings.Join(options, ","), "Fair,Web")
}
