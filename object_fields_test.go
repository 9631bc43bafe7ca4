package clarify_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

// seen are attributes in the forms of docs/live-api.md, "The built-in objects",
// with both where it names two, and what they are read as.
var seen = []struct {
	name, document string
	want           any
}{
	{
		"person",
		`{"_id":"i","_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06Z","_created_by":"google-oauth2|1","_updated_by":null,
		"name":{"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace","suffix":"Countess"},
		"email_addresses":{"items":["a@x.example","b@x.example"]},"phone_numbers":{"items":[]},"labels":null,
		"job_title":null,"avatar_url":"https://x.example/a.png","company_id":"c","description":"Countess","c_tier":"gold","c_score":1.0}`,
		clarify.Person{
			System: clarify.System{
				ID:        "i",
				CreatedAt: time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC),
				UpdatedAt: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
				CreatedBy: "google-oauth2|1",
				Extra:     clarify.Fields{"_updated_at": "2026-02-03T04:05:06Z", "_updated_by": nil},
			},
			Name:           clarify.Name{FirstName: "Ada", LastName: "Lovelace", FullName: "Ada Lovelace", Extra: clarify.Fields{"suffix": "Countess"}},
			EmailAddresses: clarify.Collection{"a@x.example", "b@x.example"},
			PhoneNumbers:   clarify.Collection{},
			AvatarURL:      "https://x.example/a.png",
			CompanyID:      "c",
			Description:    "Countess",
			Extra:          clarify.Fields{"job_title": nil, "labels": nil, "c_tier": "gold", "c_score": json.Number("1.0")},
		},
	},
	{
		"person with phone numbers that are objects, and nothing else",
		`{"name":null,"phone_numbers":{"items":[{"number":"+44 20 7946 0000","type":"work"}]}}`,
		clarify.Person{Extra: clarify.Fields{"name": nil, "phone_numbers": map[string]any{"items": []any{map[string]any{"number": "+44 20 7946 0000", "type": "work"}}}}},
	},
	{
		"company",
		`{"name":"Acme","domains":{"items":["acme.example"]},"industry":"Machines","employee_count":12000,"description":"They build.","labels":{"items":["a"]}}`,
		clarify.Company{Name: "Acme", Domains: clarify.Collection{"acme.example"}, Industry: "Machines", EmployeeCount: "12000", Description: "They build.", Labels: clarify.Collection{"a"}},
	},
	{
		"deal",
		`{"name":"d","description":"plain","stage":"Won","amount":1200.5000,"close_date":"2026-10-01","owner_id":"user_01H","company_id":"c","summary":"s","labels":{"items":["x"]},
		"next_task_id":"t","logo_url":null,"profile_colors":{"primary":"#fff","secondary":null,"tertiary":null},"_merged_ids":[],"deal_type":"New"}`,
		clarify.Deal{
			System: clarify.System{Extra: clarify.Fields{"_merged_ids": []any{}}},
			Name:   "d", Description: "plain", Stage: "Won", Amount: "1200.5000", CloseDate: clarify.Date{Year: 2026, Month: time.October, Day: 1},
			OwnerID: "user_01H", CompanyID: "c", Summary: "s", Labels: clarify.Collection{"x"},
			Extra: clarify.Fields{"next_task_id": "t", "logo_url": nil, "deal_type": "New", "profile_colors": map[string]any{"primary": "#fff", "secondary": nil, "tertiary": nil}},
		},
	},
	{
		"deal whose date is a time",
		`{"name":null,"close_date":"2026-10-01T00:00:00.000Z"}`,
		clarify.Deal{Extra: clarify.Fields{"name": nil, "close_date": "2026-10-01T00:00:00.000Z"}},
	},
	{
		"task",
		`{"title":"Call","description":{"text":[{"type":"paragraph","content":[{"type":"text","text":"Ada","styles":{}}]}]},"status":"To Do","priority":"Urgent","due_date":"2026-02-03",
		"assignee_id":"u","person_id":"p","company_id":"c","deal_id":"d","meeting_id":"m"}`,
		clarify.Task{Title: "Call", Description: clarify.Text("Ada"), Status: "To Do", Priority: "Urgent", DueDate: clarify.Date{Year: 2026, Month: 2, Day: 3},
			AssigneeID: "u", PersonID: "p", CompanyID: "c", DealID: "d", MeetingID: "m"},
	},
	{
		"task with older blocks",
		`{"title":"Call","description":{"text":[{"type":"p","children":[{"text":"Ada "},{"text":"King","bold":true}]}]},"priority":null,"deal_id":null}`,
		clarify.Task{Title: "Call",
			Description: []gen.RichTextBlock{{"type": "p", "children": []any{map[string]any{"text": "Ada "}, map[string]any{"text": "King", "bold": true}}}},
			Extra:       clarify.Fields{"priority": nil, "deal_id": nil}},
	},
	{
		"meeting",
		`{"title":"Sync","start":"2026-02-03T04:05:06.000Z","end":"2026-02-03T05:05:06Z","all_day":true,"visibility":"default","event_id":"adhoc-1","ical_uid":"i@x.example",
		"participants":{"items":[{"email":"a@x.example","name":"Ada","phone_number":null,"status":"yes","organizer":true},{"email":null,"name":null,"phone_number":"+44","status":null,"organizer":false},{}]},
		"notes":{"text":[]}}`,
		clarify.Meeting{
			Title: "Sync", Start: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), End: time.Date(2026, 2, 3, 5, 5, 6, 0, time.UTC), AllDay: true,
			Visibility: "default", EventID: "adhoc-1", ICalUID: "i@x.example",
			Participants: []clarify.Participant{
				{Email: "a@x.example", Name: "Ada", Status: "yes", Organizer: true, Extra: clarify.Fields{"phone_number": nil}},
				{PhoneNumber: "+44", Extra: clarify.Fields{"email": nil, "name": nil, "status": nil, "organizer": false}},
				{},
			},
			Extra: clarify.Fields{"end": "2026-02-03T05:05:06Z", "notes": map[string]any{"text": []any{}}},
		},
	},
	{
		"meeting with next to nothing",
		`{"title":null,"start":null,"end":"2026-02-03T06:05:06+01:00","all_day":false,"participants":null}`,
		clarify.Meeting{
			End:   time.Date(2026, 2, 3, 5, 5, 6, 0, time.UTC),
			Extra: clarify.Fields{"title": nil, "start": nil, "end": "2026-02-03T06:05:06+01:00", "all_day": false, "participants": nil},
		},
	},
	{
		"meeting without participants",
		`{"participants":{"items":[]}}`,
		clarify.Meeting{Participants: []clarify.Participant{}},
	},
	{
		"meeting whose participants are strings",
		`{"participants":{"items":[{"email":"a@x.example"},"b@x.example"]}}`,
		clarify.Meeting{Extra: clarify.Fields{"participants": map[string]any{"items": []any{map[string]any{"email": "a@x.example"}, "b@x.example"}}}},
	},
	{
		"meeting with more than the participants",
		`{"participants":{"items":[{"email":"a@x.example","id":1.0}],"more":true}}`,
		clarify.Meeting{
			Participants: []clarify.Participant{{Email: "a@x.example", Extra: clarify.Fields{"id": json.Number("1.0")}}},
			Extra:        clarify.Fields{"participants": map[string]any{"items": []any{map[string]any{"email": "a@x.example", "id": json.Number("1.0")}}, "more": true}},
		},
	},
}

func TestFieldsHoldWhatTheAPISends(t *testing.T) {
	for _, tt := range seen {
		t.Run(tt.name, func(t *testing.T) {
			v := reflect.New(reflect.TypeOf(tt.want))
			if err := json.Unmarshal([]byte(tt.document), v.Interface()); err != nil {
				t.Fatal(err)
			}
			sameTimes(v.Elem())
			if got := v.Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			sameJSON(t, encoded(t, v.Interface()), tt.document)
			v.Elem().FieldByName("System").SetZero()
			if got := encoded(t, v.Interface()); strings.Contains(got, `"_`) {
				t.Errorf("without System it is %s", got)
			}
		})
	}
}

// sameTimes has the times of a struct be in UTC, for comparison.
func sameTimes(v reflect.Value) {
	for i := range v.NumField() {
		if at, ok := v.Field(i).Addr().Interface().(*time.Time); ok {
			*at = at.UTC()
		}
	}
}

// changedTo has a value for each type of a field.
var changedTo = map[reflect.Type]any{
	reflect.TypeFor[string]():                "changed",
	reflect.TypeFor[json.Number]():           json.Number("17.50"),
	reflect.TypeFor[bool]():                  true,
	reflect.TypeFor[clarify.Date]():          clarify.Date{Year: 2027, Month: 1, Day: 2},
	reflect.TypeFor[time.Time]():             time.Date(2027, 1, 2, 3, 4, 5, 678e6, time.UTC),
	reflect.TypeFor[clarify.Name]():          clarify.Name{FirstName: "Changed"},
	reflect.TypeFor[clarify.Collection]():    clarify.Collection{"changed"},
	reflect.TypeFor[[]clarify.Participant](): []clarify.Participant{{Email: "changed@x.example", Organizer: true}, {Extra: clarify.Fields{"email": nil}}},
	reflect.TypeFor[[]gen.RichTextBlock]():   clarify.Text("changed"),
}

func TestOnlyTheFieldThatIsSetChanges(t *testing.T) {
	stride := rerun.Stride(10)
	documents := []string{`{}`}
	for _, tt := range seen {
		documents = append(documents, tt.document)
	}
	for _, value := range oddValues {
		members := map[string]json.RawMessage{}
		for _, name := range fieldNames {
			members[name] = json.RawMessage(value)
		}
		documents = append(documents, encoded(t, members))
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[clarify.Person](), reflect.TypeFor[clarify.Company](), reflect.TypeFor[clarify.Deal](), reflect.TypeFor[clarify.Meeting](), reflect.TypeFor[clarify.Task](),
		reflect.TypeFor[clarify.Participant](), reflect.TypeFor[clarify.Name](), reflect.TypeFor[clarify.System](),
	} {
		for i := range typ.NumField() {
			field := typ.Field(i)
			if field.Name == "System" || field.Name == "Extra" || typ == reflect.TypeFor[clarify.System]() {
				continue
			}
			t.Run(typ.Name()+"."+field.Name, func(t *testing.T) {
				value, ok := changedTo[field.Type]
				if !ok {
					t.Fatalf("no value for a %v", field.Type)
				}
				alone := reflect.New(typ)
				alone.Elem().Field(i).Set(reflect.ValueOf(value))
				members := parsed(t, encoded(t, alone.Interface())).(map[string]any)
				if len(members) != 1 {
					t.Fatalf("set alone it is %v", members)
				}
				for j := i % stride; j < len(documents); j += stride {
					document := documents[j]
					v := reflect.New(typ)
					if err := json.Unmarshal([]byte(document), v.Interface()); err != nil {
						t.Fatal(err)
					}
					v.Elem().Field(i).Set(reflect.ValueOf(value))
					got := encoded(t, v.Interface())
					again := reflect.New(typ)
					if err := json.Unmarshal([]byte(got), again.Interface()); err != nil {
						t.Fatal(err)
					}
					if read := again.Elem().Field(i).Interface(); !reflect.DeepEqual(read, value) {
						t.Errorf("%s became\n%s, which is read as %v", document, got, read)
					}
					before, after := parsed(t, document).(map[string]any), parsed(t, got).(map[string]any)
					for name := range members {
						delete(before, name)
						delete(after, name)
					}
					if !reflect.DeepEqual(after, before) {
						t.Errorf("%s became\n%s", document, got)
					}
				}
			})
		}
	}
}

func TestFieldThatIsChangedCountsAndTheRestStays(t *testing.T) {
	for _, tt := range []struct {
		name, document string
		change         func(document string) (any, error)
		want           string
	}{
		{
			"a person",
			`{"job_title":null,"email_addresses":{"items":["a"],"primary":"a"},"name":{"first_name":"A","x":1.0},"_updated_at":"2026-02-03T04:05:06Z"}`,
			changing(func(p *clarify.Person) {
				p.JobTitle = "x"
				p.EmailAddresses = append(p.EmailAddresses, "b")
				p.Name.FirstName = "B"
				p.UpdatedAt = p.UpdatedAt.Add(time.Hour)
			}),
			`{"job_title":"x","email_addresses":{"items":["a","b"],"primary":"a"},"name":{"first_name":"B","x":1.0},"_updated_at":"2026-02-03T05:05:06.000Z"}`,
		},
		{
			"a block of a description",
			`{"description":{"text":[{}],"v":1}}`,
			changing(func(t *clarify.Task) { t.Description[0]["type"] = "paragraph" }),
			`{"description":{"text":[{"type":"paragraph"}],"v":1}}`,
		},
		{
			"a participant",
			`{"participants":{"items":[{"email":"a","name":null,"organizer":false,"x":[1.0]},{"email":null}]}}`,
			changing(func(m *clarify.Meeting) {
				m.Participants[0].Status = "yes"
				m.Participants = append(m.Participants, clarify.Participant{Email: "c", Organizer: true})
			}),
			`{"participants":{"items":[{"email":"a","name":null,"organizer":false,"x":[1.0],"status":"yes"},{"email":null},{"email":"c","organizer":true}]}}`,
		},
		{
			"a participant that has null, where there is more than participants",
			`{"participants":{"items":[{"email":null,"name":"A"}],"more":1.0}}`,
			changing(func(m *clarify.Meeting) { m.Participants[0].Email = "a" }),
			`{"participants":{"items":[{"email":"a","name":"A"}],"more":1.0}}`,
		},
		{
			"a participant taken out",
			`{"title":"x","participants":{"items":[{"email":"a"},{"email":"b"}],"more":1.0}}`,
			changing(func(m *clarify.Meeting) { m.Participants = m.Participants[1:] }),
			`{"title":"x","participants":{"items":[{"email":"b"}],"more":1.0}}`,
		},
		{
			"all participants taken out",
			`{"participants":{"items":[{"email":"a"}]}}`,
			changing(func(m *clarify.Meeting) { m.Participants = m.Participants[:0] }),
			`{"participants":{"items":[]}}`,
		},
		{
			"participants left out",
			`{"title":"x","participants":{"items":[{"email":"a"}]}}`,
			changing(func(m *clarify.Meeting) { m.Participants = nil }),
			`{"title":"x"}`,
		},
		{
			"false to true, and true to nothing",
			`{"all_day":false,"participants":{"items":[{"organizer":true},{"organizer":false}]}}`,
			changing(func(m *clarify.Meeting) {
				m.AllDay = true
				m.Participants[0].Organizer = false
				m.Participants[1].Organizer = true
			}),
			`{"all_day":true,"participants":{"items":[{},{"organizer":true}]}}`,
		},
		{
			"a time that is the same in another zone",
			`{"start":"2026-02-03T06:05:06+01:00","end":"2026-02-03T06:05:06+01:00"}`,
			changing(func(m *clarify.Meeting) {
				m.Start = m.Start.UTC()
				m.End = m.End.Add(time.Minute)
			}),
			`{"start":"2026-02-03T06:05:06+01:00","end":"2026-02-03T05:06:06.000Z"}`,
		},
		{
			"a date that was in another form",
			`{"close_date":"2026-02-03T00:00:00Z"}`,
			changing(func(d *clarify.Deal) { d.CloseDate = clarify.Date{Year: 2026, Month: 2, Day: 4} }),
			`{"close_date":"2026-02-04"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := tt.change(tt.document)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, encoded(t, v), tt.want)
		})
	}
}

func changing[T any](change func(*T)) func(string) (any, error) {
	return func(document string) (any, error) {
		v := new(T)
		err := json.Unmarshal([]byte(document), v)
		if err == nil {
			change(v)
		}
		return v, err
	}
}

func TestWhatNoCalendarHasIsNotSent(t *testing.T) {
	f := responding(t, http.StatusCreated, `{"data":{"type":"deal","id":"x","attributes":{}}}`)
	client := f.client(t)
	for _, extra := range []clarify.Fields{nil, {"c_x": 1}} {
		_, err := clarify.Deals(client).Create(t.Context(), clarify.Deal{CloseDate: clarify.Date{Year: 2026, Month: 2, Day: 30}, Extra: extra})
		mentions(t, err, "clarify: ", "2026-02-30")
		_, err = clarify.Meetings(client).Create(t.Context(), clarify.Meeting{Start: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), Extra: extra})
		mentions(t, err, "clarify: ", "year")
		_, err = clarify.Companies(client).Create(t.Context(), clarify.Company{EmployeeCount: "a dozen", Extra: extra})
		mentions(t, err, "clarify: ", `"a dozen"`)
	}
	if n := len(f.requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// FuzzAttributesEncodeToWhatTheyWere has each type keep what another type has.
func FuzzAttributesEncodeToWhatTheyWere(f *testing.F) {
	for _, tt := range seen {
		f.Add(tt.document)
	}
	for _, value := range oddValues {
		members := map[string]json.RawMessage{}
		for _, name := range fieldNames {
			members[name] = json.RawMessage(value)
		}
		f.Add(encoded(f, members))
	}
	f.Fuzz(func(t *testing.T, document string) {
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(document))
		d.UseNumber()
		valid := json.Valid([]byte(document)) && d.Decode(&want) == nil && want != nil
		for name, value := range everyT {
			v := value()
			err := json.Unmarshal([]byte(document), v)
			switch {
			case !valid:
			case err != nil:
				t.Errorf("%s: %v", name, err)
			default:
				if got := parsed(t, encoded(t, v)); !reflect.DeepEqual(got, any(want)) {
					t.Errorf("%s: %s became %v", name, document, got)
				}
			}
		}
	})
}
