package clarify_test

import (
	"context"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// What is read of the API, changed and written arrives with everything else as it was.
func TestWhatIsReadCanBeChangedAndWritten(t *testing.T) {
	const meeting = `{"title":"Sync","start":"2026-02-03T04:05:06Z","end":null,"all_day":false,"c_room":"7",
		"participants":{"items":[{"email":"a@x.example","name":null,"status":"yes","organizer":true},{"email":null,"phone_number":"+44","organizer":false,"x":1.0}]}`
	f := responding(t, http.StatusOK, `{"data":{"type":"meeting","id":"m","attributes":`+meeting+`,"_id":"m","_created_at":"2026-02-03T04:05:06.789Z","_merged_ids":null}}}`)
	meetings := clarify.Meetings(f.client(t))
	for name, tt := range map[string]struct {
		change func(*clarify.Meeting)
		want   string
	}{
		"nothing": {func(*clarify.Meeting) {}, meeting + `}`},
		"a participant": {
			func(m *clarify.Meeting) { m.Participants[1].Email = "b@x.example" },
			`{"title":"Sync","start":"2026-02-03T04:05:06Z","end":null,"all_day":false,"c_room":"7",
			"participants":{"items":[{"email":"a@x.example","name":null,"status":"yes","organizer":true},{"email":"b@x.example","phone_number":"+44","organizer":false,"x":1.0}]}}`,
		},
		"the rest": {
			func(m *clarify.Meeting) {
				m.Title, m.AllDay, m.Participants = "All day", true, []clarify.Participant{}
				m.End = m.Start.Add(time.Hour)
			},
			`{"title":"All day","start":"2026-02-03T04:05:06Z","end":"2026-02-03T05:05:06.000Z","all_day":true,"c_room":"7","participants":{"items":[]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			record, err := meetings.Get(t.Context(), "m")
			if err != nil {
				t.Fatal(err)
			}
			m := record.Attributes
			tt.change(&m)
			if _, err := meetings.Update(t.Context(), "m", m); err == nil {
				t.Error("what the system sets was written")
			}
			m.System = clarify.System{}
			if _, err := meetings.Update(t.Context(), "m", m); err != nil {
				t.Fatal(err)
			}
			sent := f.requests()
			sameJSON(t, sent[len(sent)-1].Body, `{"data":{"type":"meeting","id":"m","attributes":`+tt.want+`}}`)
		})
	}
}

func TestWriteOptionsKnowTheKindOfEachField(t *testing.T) {
	meeting := clarify.Meeting{Participants: []clarify.Participant{{Email: "a"}}, AllDay: true, Start: time.Unix(0, 0)}
	task := clarify.Task{Description: clarify.Text("x"), DueDate: clarify.Date{Year: 2026, Month: 2, Day: 3}}
	for name, tt := range map[string]struct {
		changes any
		option  clarify.WriteOption
		want    string // in meta, none if it is an error
	}{
		"append participants":  {meeting, clarify.Append("participants"), `{"participants":{"collection":"append"}}`},
		"remove participants":  {meeting, clarify.Remove("participants"), `{"participants":{"collection":"remove"}}`},
		"replace participants": {clarify.Meeting{Participants: []clarify.Participant{}}, clarify.Replace("participants"), `{"participants":{"collection":"replace"}}`},
		"append labels":        {clarify.Deal{Labels: clarify.Collection{"x"}}, clarify.Append("labels"), `{"labels":{"collection":"append"}}`},
		"merge a description":  {task, clarify.Merge("description"), `{"description":{"object":"merge"}}`},
		"append a description": {task, clarify.Append("description"), ``},
		"append a boolean":     {meeting, clarify.Append("all_day"), ``},
		"merge a time":         {meeting, clarify.Merge("start"), ``},
		"replace a date":       {task, clarify.Replace("due_date"), ``},
		"append what is unset": {meeting, clarify.Append("title"), ``},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, http.StatusOK, `{"data":{"type":"x","id":"x","attributes":{}}}`)
			_, err := clarify.NewRecords[clarify.Fields](f.client(t), "x").Update(t.Context(), "x", tt.changes, tt.option)
			switch sent := f.requests(); {
			case tt.want == "":
				if err == nil {
					t.Fatalf("%v, and %d requests", err, len(sent))
				}
				if len(sent) > 0 {
					t.Errorf("%v, and %d requests", err, len(sent))
				}
			case err != nil:
				t.Error(err)
			default:
				body := parsed(t, sent[0].Body).(map[string]any)
				sameJSON(t, encoded(t, body["meta"]), tt.want)
			}
		})
	}
}

func TestMatchOnTakesWhatHasAValue(t *testing.T) {
	f := responding(t, http.StatusCreated, `{"data":{"type":"x","id":"x","attributes":{}}}`)
	client := f.client(t)
	for _, tt := range []struct {
		name   string
		create func(context.Context, string) error
		field  string
		ok     bool
	}{
		{"the name of a deal", creating(clarify.Deals(client), clarify.Deal{Name: "x"}), "name", true},
		{"a deal without a name", creating(clarify.Deals(client), clarify.Deal{Stage: "x"}), "name", false},
		{"a deal whose name is null", creating(clarify.Deals(client), clarify.Deal{Extra: clarify.Fields{"name": nil}}), "name", false},
		{"domains", creating(clarify.Companies(client), clarify.Company{Domains: clarify.Collection{"x.example"}}), "domains", true},
		{"no domains", creating(clarify.Companies(client), clarify.Company{Domains: clarify.Collection{}}), "domains", false},
		{"no participants", creating(clarify.Meetings(client), clarify.Meeting{Participants: []clarify.Participant{}}), "participants", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(f.requests())
			err := tt.create(t.Context(), tt.field)
			if sent := f.requests()[before:]; (err == nil) != tt.ok || len(sent) != map[bool]int{true: 1}[tt.ok] {
				t.Fatalf("%v, and %d requests", err, len(sent))
			} else if tt.ok && parsed(t, sent[0].Body).(map[string]any)["match_on"] != tt.field {
				t.Errorf("%s was sent", sent[0].Body)
			}
		})
	}
}

func creating[T any](records *clarify.Records[T], attributes T) func(context.Context, string) error {
	return func(ctx context.Context, field string) error {
		_, err := records.Create(ctx, attributes, clarify.MatchOn(field))
		return err
	}
}

// The sandbox takes every field of the built-in types, and returns it as it was set.
func TestEveryFieldIsWrittenAndRead(t *testing.T) {
	client, _ := sandbox(t)
	const user = "user_01HXYZ"
	day := clarify.Date{Year: 2026, Month: 2, Day: 3}
	at := time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)
	company := written(t, clarify.Companies(client), clarify.Company{
		Name: "Acme", Domains: clarify.Collection{"acme.example"}, Industry: "Machines", EmployeeCount: "12000", Description: "They build.", Labels: clarify.Collection{"x"},
	})
	person := written(t, clarify.People(client), clarify.Person{
		Name: clarify.Name{FirstName: "Ada", LastName: "King", FullName: "Ada King"}, EmailAddresses: clarify.Collection{"ada@acme.example"}, PhoneNumbers: clarify.Collection{"+44 20 7946 0000"},
		JobTitle: "Engineer", AvatarURL: "https://acme.example/ada.png", CompanyID: company, Description: "Countess", Labels: clarify.Collection{"x"},
	})
	deal := written(t, clarify.Deals(client), clarify.Deal{
		Name: "Engine", Description: "One engine", Stage: "Won", Amount: "1200.5000", CloseDate: day, OwnerID: user, CompanyID: company, Summary: "Sold", Labels: clarify.Collection{"x"},
	})
	meeting := written(t, clarify.Meetings(client), clarify.Meeting{
		Title: "Sync", Start: at, End: at.Add(time.Hour), AllDay: true, Visibility: "default", EventID: "adhoc-1", ICalUID: "1@acme.example",
		Participants: []clarify.Participant{
			{Email: "ada@acme.example", Name: "Ada", PhoneNumber: "+44 20 7946 0000", Status: "yes", Organizer: true},
			{Name: "Grace", Extra: clarify.Fields{"email": nil, "organizer": false}},
		},
	})
	written(t, clarify.Tasks(client), clarify.Task{
		Title: "Call", Description: clarify.Text("Ada\nand Grace"), Status: "To Do", Priority: "Urgent", DueDate: day,
		AssigneeID: user, PersonID: person, CompanyID: company, DealID: deal, MeetingID: meeting,
	})
}

// written creates a record, checks that it has the attributes, and returns its id.
func written[T any](t *testing.T, records *clarify.Records[T], attributes T) (id string) {
	t.Helper()
	v := reflect.ValueOf(attributes)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "System" && name != "Extra" && v.Field(i).IsZero() {
			t.Errorf("%s is not set", name)
		}
	}
	created, err := records.Create(t.Context(), attributes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := records.Get(t.Context(), created.ID)
	if err != nil {
		t.Fatal(err)
	}
	read := reflect.ValueOf(got.Attributes)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "System" && name != "Extra" && !reflect.DeepEqual(read.Field(i).Interface(), v.Field(i).Interface()) {
			t.Errorf("%s is %v, want %v", name, read.Field(i), v.Field(i))
		}
	}
	return created.ID
}
