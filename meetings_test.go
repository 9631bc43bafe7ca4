package clarify_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

var standup = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func participants(emails ...string) []clarify.Participant {
	var all []clarify.Participant
	for _, email := range emails {
		all = append(all, clarify.Participant{Email: email, Status: "yes"})
	}
	return all
}

// window begins and ends so many minutes from nine o'clock.
func window(from, to int) clarify.MeetingQuery {
	return clarify.MeetingQuery{From: standup.Add(time.Duration(from) * time.Minute), To: standup.Add(time.Duration(to) * time.Minute)}
}

func TestMeetingsAreFoundBestFirst(t *testing.T) {
	client, _ := sandbox(t)
	for _, m := range []clarify.Meeting{
		{Title: "early", Start: standup.Add(-10 * time.Minute), ICalUID: "series", EventID: "adhoc-1", Participants: participants("ada@acme.com")},
		{Title: "Stand up", Start: standup, ICalUID: "series", EventID: "adhoc-2", Participants: participants("ADA@acme.com", "grace@navy.example")},
		{Title: "late", Start: standup.Add(10 * time.Minute), EventID: "adhoc-3", Participants: participants("granada@acme.com", "")},
		{Title: "twin", Start: standup, EventID: "adhoc-4"},
		{Title: "no start", EventID: "adhoc-5"},
		{Title: "stand  UP ", Start: standup.AddDate(0, 0, 1), ICalUID: "series", EventID: "adhoc-6", Participants: participants("grace@navy.example")},
	} {
		if _, err := clarify.Meetings(client).Create(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	with := func(q clarify.MeetingQuery, change func(*clarify.MeetingQuery)) clarify.MeetingQuery {
		change(&q)
		return q
	}
	for _, test := range []struct {
		name  string
		query clarify.MeetingQuery
		want  []string
	}{
		{"nearest to the middle, then oldest", window(-10, 12), []string{"Stand up", "twin", "late", "early"}},
		{"the window has its ends", window(-10, 10), []string{"Stand up", "twin", "early", "late"}},
		{"and nothing beyond", window(-9, 9), []string{"Stand up", "twin"}},
		{"an instant", window(0, 0), []string{"Stand up", "twin"}},
		{"nothing there", window(60, 120), nil},
		{"a title, whatever its case and space", with(window(-60, 60), func(q *clarify.MeetingQuery) { q.Title = " STAND up" }), []string{"Stand up"}},
		{"who was invited", with(window(-60, 60), func(q *clarify.MeetingQuery) { q.Emails = []string{"Ada@Acme.com"} }), []string{"Stand up", "early"}},
		{"more of those invited", with(window(-25, 5), func(q *clarify.MeetingQuery) { q.Emails = []string{"ada@acme.com", "grace@navy.example"} }),
			[]string{"Stand up", "early"}},
		{"an event", clarify.MeetingQuery{EventID: "adhoc-5"}, []string{"no start"}},
		{"an event of another time", with(window(-5, 5), func(q *clarify.MeetingQuery) { q.EventID = "adhoc-6" }), nil},
		{"a series", clarify.MeetingQuery{ICalUID: "series"}, []string{"early", "Stand up", "stand  UP "}},
		{"one of a series", with(window(-5, 5), func(q *clarify.MeetingQuery) { q.ICalUID = "series" }), []string{"Stand up"}},
		{"both ids", clarify.MeetingQuery{ICalUID: "series", EventID: "adhoc-3"}, nil},
	} {
		found, err := client.FindMeetings(t.Context(), test.query)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var got []string
		for _, m := range found {
			got = append(got, m.Attributes.Title)
		}
		if test.name == "a series" {
			// Without a window there is no middle.
			slices.Sort(got)
			slices.Sort(test.want)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAWindowIsTwoConditions(t *testing.T) {
	f := responding(t, 200, emptyPage)
	q := window(-15, 15)
	q.EventID, q.ICalUID, q.Title = "e", "u", "not sent"
	if _, err := f.client(t).FindMeetings(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	sent := f.parameters(t)
	for name, want := range map[string]string{
		"filter[start][Is on or after]":  "2026-05-04T08:45:00.000Z",
		"filter[start][Is on or before]": "2026-05-04T09:15:00.000Z",
		"filter[event_id][Is]":           "e",
		"filter[ical_uid][Is]":           "u",
	} {
		if got := sent.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
		sent.Del(name)
	}
	for name := range sent {
		if strings.HasPrefix(name, "filter") {
			t.Errorf("%s was sent", name)
		}
	}
}

// An API that ignores a condition must not have another meeting be taken for the
// one that was looked for.
func TestWhatTheAPISendsIsComparedWithTheQuery(t *testing.T) {
	f := responding(t, 200, `{"data":[{"type":"meeting","id":"x","attributes":{"title":"x","start":"2026-05-04T12:00:00Z","event_id":"e","ical_uid":null}}],"links":{"next":null}}`)
	q := window(-5, 5)
	for _, q := range []clarify.MeetingQuery{q, {EventID: "f"}, {ICalUID: "u"}} {
		found, err := f.client(t).FindMeetings(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "len(found)", len(found), 0)
	}
	if found, err := f.client(t).FindMeetings(t.Context(), clarify.MeetingQuery{EventID: "e"}); err != nil || len(found) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAQueryThatCannotWorkSendsNothing(t *testing.T) {
	f := responding(t, 200, emptyPage)
	client := f.client(t)
	emails := window(0, 5)
	emails.Emails = []string{"ada@acme.com", "ada"}
	for want, q := range map[string]clarify.MeetingQuery{
		"set From and To, EventID or ICalUID":                        {Title: "x", Emails: []string{"ada@acme.com"}},
		"set both From and To, or neither":                           {From: standup, EventID: "x"},
		"From 2026-05-04T09:05:00Z is after To 2026-05-04T09:00:00Z": window(5, 0),
		`invalid email address "ada"`:                                emails,
	} {
		_, err := client.FindMeetings(t.Context(), q)
		wantNotSent(t, f, err, want)
		_, _, err = client.EnsureMeeting(t.Context(), q, clarify.Meeting{})
		wantNotSent(t, f, err, want)
	}
	q := window(-5, 5)
	q.Title = "x"
	_, _, err := client.EnsureMeeting(t.Context(), q, clarify.Meeting{Title: "y", Start: standup})
	wantNotSent(t, f, err, "does not match the query")
	_, _, err = client.EnsureMeeting(t.Context(), q, clarify.Meeting{Title: "x", Start: standup}, clarify.MatchOn("event_id"))
	wantNotSent(t, f, err, "only Silent")
}

func TestAMeetingIsFoundOrCreated(t *testing.T) {
	client, s := sandbox(t)
	q := window(-5, 5)
	q.Title = "Stand up"
	meeting := clarify.Meeting{Title: "Stand up", Start: standup, EventID: "adhoc-1", Participants: participants("ada@acme.com")}
	first, created, err := client.EnsureMeeting(t.Context(), q, meeting, clarify.Silent())
	if err != nil {
		t.Fatal(err)
	}
	if !created {
		t.Fatalf("%+v, %v, %v", first, created, err)
	}
	if first.Attributes.EventID != "adhoc-1" {
		t.Fatalf("first.Attributes.EventID is %v, want %v", first.Attributes.EventID, "adhoc-1")
	}
	if len(first.Attributes.Participants) != 1 {
		t.Fatalf("len(first.Attributes.Participants) is %v, want %v", len(first.Attributes.Participants), 1)
	}
	again, created, err := client.EnsureMeeting(t.Context(), q, meeting)
	if err != nil {
		t.Fatal(err)
	}
	if created {
		t.Errorf("%+v, %v, %v", again, created, err)
	}
	wantEqual(t, "again.ID", again.ID, first.ID)
	creates := 0
	for _, r := range s.Requests() {
		if r.Operation == "createRecord" {
			if creates++; r.Query != "silent=true" {
				t.Errorf("the query is %q", r.Query)
			}
		}
	}
	if creates != 1 {
		t.Errorf("%d meetings were sent", creates)
	}
}

func TestAMeetingWhoseResponseIsLostIsLookedFor(t *testing.T) {
	q := clarify.MeetingQuery{EventID: "adhoc-1"}
	meeting := clarify.Meeting{Title: "Stand up", Start: standup, EventID: "adhoc-1"}
	for name, test := range map[string]struct {
		fault   clarifytest.Fault
		created bool
	}{
		"created":           {clarifytest.ResetAfterWork(), true},
		"created after 503": {clarifytest.Status(503).AfterWork(), true},
		"not created":       {clarifytest.ResetBeforeWork(), false},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := sandbox(t)
			s.Inject(test.fault, clarifytest.Operation("createRecord"), clarifytest.Times(1))
			record, created, err := client.EnsureMeeting(t.Context(), q, meeting)
			wantEqual(t, "created", created, test.created)
			wantEqual(t, "record != nil", record != nil, test.created)
			if errors.Is(err, clarify.ErrOutcomeUnknown) == test.created {
				t.Errorf("%+v, %v, %v", record, created, err)
			}
			if _, created, err := client.EnsureMeeting(t.Context(), q, meeting); err != nil || created == test.created {
				t.Errorf("the next time: %v, %v", created, err)
			}
			if all, err := client.FindMeetings(t.Context(), q); err != nil || len(all) != 1 {
				t.Errorf("there are %d meetings, %v", len(all), err)
			}
		})
	}
}

func TestAMeetingThatComesLateIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				hangUp(w)
				return
			}
			if looks++; looks < 4 {
				respond(w, 200, emptyPage)
				return
			}
			respond(w, 200, `{"data":[{"type":"meeting","id":"m","attributes":{"event_id":"adhoc-1"}}],"links":{"next":null}}`)
		})
		record, created, err := s.connect(t).EnsureMeeting(t.Context(), clarify.MeetingQuery{EventID: "adhoc-1"}, clarify.Meeting{EventID: "adhoc-1"})
		if err != nil {
			t.Fatal(err)
		}
		if !created {
			t.Errorf("%+v, %v, %v after %d looks", record, created, err, looks)
		}
		wantEqual(t, "record.ID", record.ID, "m")
		wantEqual(t, "looks", looks, 4)
	})
}

func TestAMeetingThatIsRejectedIsNotLookedFor(t *testing.T) {
	client, s := sandbox(t)
	s.Inject(clarifytest.Status(422), clarifytest.Operation("createRecord"))
	_, created, err := client.EnsureMeeting(t.Context(), clarify.MeetingQuery{EventID: "adhoc-1"}, clarify.Meeting{EventID: "adhoc-1"})
	if created {
		t.Errorf("%v, %v after %d requests", created, err, len(s.Requests()))
	}
	wantIs(t, err, clarify.ErrInvalid, true)
	wantEqual(t, "len(s.Requests())", len(s.Requests()), 2)
	s.Inject(clarifytest.Status(403), clarifytest.Operation("getResources"))
	if _, _, err = client.EnsureMeeting(t.Context(), clarify.MeetingQuery{EventID: "adhoc-1"}, clarify.Meeting{EventID: "adhoc-1"}); !errors.Is(err, clarify.ErrForbidden) {
		t.Errorf("%v", err)
	}
}
