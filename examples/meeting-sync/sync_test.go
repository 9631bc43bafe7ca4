package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
)

func TestWhatChangesInARecordingIsChanged(t *testing.T) {
	s := prepared(t)
	const first = `[{"id":"r","title":"Call","start":"2026-06-01T10:00:00Z","participants":[{"email":"ada@acme.example"}],` +
		`"summary":"First.","transcript":[{"text":"Hello","start":0,"end":1}]}]`
	const second = `[{"id":"r","title":"Call","start":"2026-06-01T10:00:00Z","participants":[{"email":"ADA@acme.example"},{"email":"grace@navy.example"}],` +
		`"summary":"Second.","transcript":[{"text":"Bye","start":0,"end":1}]}]`
	for _, test := range []struct {
		content, want string
		writes        []string
	}{
		{first, `"Call": meeting created, 1 person linked, transcript uploaded, comment added`,
			[]string{"createRecord", "updateRecordRelationship", "uploadTranscript", "createComment"}},
		{second, `"Call": 1 participant added, transcript uploaded, comment changed` + "\n  nobody has the address grace@navy.example",
			[]string{"updateRecord", "uploadTranscript", "updateComment"}},
		{second, `"Call": nothing to do`, nil},
		// What others have changed in Clarify is not set back.
		{strings.Replace(second, `"Call"`, `"Other"`, 1), `"Other": nothing to do`, nil},
	} {
		before := len(s.Requests())
		out, err := start(t.Context(), clitest.Account(s), write(t, test.content))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		has(t, out, test.want)
		if got := writes(s, before); !slices.Equal(got, test.writes) {
			t.Errorf("%s: sent %q", test.want, got)
		}
	}
	has(t, contents(t, s), "transcript: Bye", "ada@acme.example", `"Second.\n\nRecording r, transcript`)
}

// A comment that was deleted, or a meeting, comes again.
func TestWhatWasDeletedComesAgain(t *testing.T) {
	s := prepared(t)
	client := connect(t, s)
	path := write(t, `{"id":"r","start":"2026-06-01T10:00:00Z","summary":"x"}`)
	for _, remove := range []func(m clarify.Record[clarify.Meeting]) error{
		func(clarify.Record[clarify.Meeting]) error { return nil },
		func(clarify.Record[clarify.Meeting]) error {
			return client.RemoveComment(t.Context(), (&recording{ID: "r"}).commentID(s.Workspace, ""))
		},
		func(m clarify.Record[clarify.Meeting]) error {
			return clarify.Meetings(client).Delete(t.Context(), m.ID)
		},
	} {
		found, err := client.FindMeetings(t.Context(), clarify.MeetingQuery{EventID: ours + "r"})
		if err == nil && len(found) > 0 {
			err = remove(found[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		if out, err := start(t.Context(), clitest.Account(s), path); err != nil || !strings.Contains(out, "1 of them changed") {
			t.Errorf("%v\n%s", err, out)
		}
		has(t, contents(t, s), "Recording r")
		if out, err := start(t.Context(), clitest.Account(s), path); err != nil || !strings.Contains(out, "nothing was changed") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

func TestWhichMeetingARecordingIsOf(t *testing.T) {
	at := time.Date(2026, time.June, 1, 10, 0, 0, 0, time.UTC)
	meeting := func(change func(m *clarify.Meeting)) clarify.Meeting {
		m := clarify.Meeting{Title: "Call", Start: at}
		change(&m)
		return m
	}
	const recorded = `{"id":"r","title":"call","start":"2026-06-01T10:05:00Z","summary":"x","event_id":"e","ical_uid":"u","participants":[{"email":"ada@acme.example"}]}`
	for _, test := range []struct {
		name  string
		there []clarify.Meeting
		want  int // which of them, -1 if another is created
	}{
		{"the calendar's event at any time", []clarify.Meeting{
			meeting(func(*clarify.Meeting) {}),
			meeting(func(m *clarify.Meeting) { m.EventID, m.Start, m.Title = "e", at.AddDate(0, 0, 9), "Other" })}, 1},
		{"the nearest of a series", []clarify.Meeting{
			meeting(func(m *clarify.Meeting) { m.ICalUID, m.Start = "u", at.AddDate(0, 0, -1) }),
			meeting(func(m *clarify.Meeting) { m.ICalUID, m.Start = "u", at.Add(-2*time.Hour) }),
			meeting(func(m *clarify.Meeting) { m.ICalUID, m.Start = "u", at.Add(time.Hour) })}, 2},
		{"not another day of a series", []clarify.Meeting{meeting(func(m *clarify.Meeting) { m.ICalUID, m.Start = "u", at.AddDate(0, 0, -7) })}, -1},
		{"the same title", []clarify.Meeting{meeting(func(*clarify.Meeting) {})}, 0},
		{"the same title with one of the participants", []clarify.Meeting{
			meeting(func(m *clarify.Meeting) { m.Participants = []clarify.Participant{{Email: "x@acme.example"}} }),
			meeting(func(m *clarify.Meeting) { m.Participants = []clarify.Participant{{Email: "Ada@acme.example"}} })}, 1},
		{"not of other participants", []clarify.Meeting{
			meeting(func(m *clarify.Meeting) { m.Participants = []clarify.Participant{{Email: "x@acme.example"}} })}, -1},
		{"not another event", []clarify.Meeting{meeting(func(m *clarify.Meeting) { m.ICalUID = "v" })}, -1},
		{"not another recording's", []clarify.Meeting{meeting(func(m *clarify.Meeting) { m.EventID = ours + "other" })}, -1},
		{"not beyond the window", []clarify.Meeting{meeting(func(m *clarify.Meeting) { m.Start = at.Add(-6 * time.Minute) })}, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := clarifytest.NewServer(clarifytest.WithTB(t))
			client := connect(t, s)
			want := ""
			for i, m := range test.there {
				record, err := clarify.Meetings(client).Create(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				if i == test.want {
					want = record.ID
				}
			}
			out, err := start(t.Context(), clitest.Account(s), "-window", "10m", write(t, recorded))
			if err != nil {
				t.Fatal(err)
			}
			comment, err := client.Comment(t.Context(), (&recording{ID: "r"}).commentID(s.Workspace, ""))
			if err != nil {
				t.Fatal(err)
			}
			created := strings.Contains(out, "meeting created")
			if got, want := created, test.want < 0; got != want {
				t.Errorf("created: %t, want %t", got, want)
			}
			if !created && comment.Record != want {
				t.Errorf("the comment is on %s, want %s", comment.Record, want)
			}
		})
	}
}

// What is wrong with one meeting keeps no other one out.
func TestMeetingsWithWhichSomethingIsWrong(t *testing.T) {
	s := prepared(t)
	path := write(t, `{"start":"2026-06-01T10:00:00Z"}
{"id":"no start"}
{"id":"backwards","start":"2026-06-01T10:00:00Z","end":"2026-06-01T09:00:00Z"}
{"id":"email","start":"2026-06-01T10:00:00Z","participants":[{"email":"ada"}]}
{"id":"both","start":"2026-06-01T10:00:00Z","transcript":[],"transcript_file":"demo.vtt"}
{"id":"file","start":"2026-06-01T10:00:00Z","transcript_file":"nothing.vtt"}
{"id":"outside","start":"2026-06-01T10:00:00Z","transcript_file":"../other"}
{"id":"times","start":"2026-06-01T10:00:00Z","transcript":[{"text":"x","start":2},{"text":"y","start":1}]}
{"id":"type","start":"2026-06-01T10:00:00Z","title":7}
{"id":"good","start":"2026-06-01T10:00:00Z","summary":"x"}
{"id":"good","start":"2026-06-01T10:00:00Z"}
{"id":"twin","title":"Acme <> Engines","start":"2026-05-04T09:00:00Z"}
{"id":"twin 2","title":"Acme <> Engines","start":"2026-05-04T09:01:00Z"}
`)
	out, err := start(t.Context(), clitest.Account(s), path)
	if !errors.Is(err, errMeetings) || !strings.Contains(err.Error(), "with 11 of 13") {
		t.Errorf("got %v", err)
	}
	has(t, out, `meeting 1 "": it has no id`, `no start "": it has no start`, "before it starts", `"ada" is not an email address`, "leave one of them out",
		"nothing.vtt", `outside "": `, "sort them", "type", `good "": meeting created, comment added`, "another meeting has this id",
		`twin 2 "Acme <> Engines": twin is of the same meeting`)
	for name, content := range map[string]string{
		"there is no meeting":      "",
		"meeting 2 cannot be read": `{"id":"a","start":"2026-06-01T10:00:00Z"} {"id":`,
		"meeting 1 cannot be read": "[{]",
		"no meeting in the file":   "[]",
	} {
		before := len(s.Requests())
		if out, err := start(t.Context(), clitest.Account(s), write(t, content)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q in it\n%s", err, name, out)
		}
		if n := len(s.Requests()) - before; n != 0 {
			t.Errorf("%s: %d requests were sent, want none", name, n)
		}
	}
	if _, err := start(t.Context(), clitest.Account(s), "-silent", write(t, "\ufeff[\n{\"id\":\"mark\",\"start\":\"2026-06-01T10:00:00Z\"}]")); err != nil {
		t.Errorf("a list with a byte order mark: %v", err)
	}
}

// Mail and calendar make two people of one (docs/live-api.md, D4).
func TestOfSeveralPeopleWithAnAddressTheOldestIsLinked(t *testing.T) {
	s := prepared(t)
	client := connect(t, s)
	var ids []string
	for _, email := range []string{"a@acme.example", "b@acme.example"} {
		p, err := clarify.People(client).Create(t.Context(), clarify.Person{EmailAddresses: clarify.Collection{email}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	person := `{"type":"person","id":%q,"attributes":{"_created_at":"2026-01-0%dT00:00:00.000Z","email_addresses":{"items":["two@acme.example"]}}}`
	s.Inject(clarifytest.Respond(200, http.Header{"Content-Type": {"application/json"}},
		fmt.Sprintf(`{"data":[`+person+`,`+person+`],"links":{"next":null,"prev":null},"meta":{}}`, ids[0], 2, ids[1], 1)),
		clarifytest.Matching(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/person/resources") }), clarifytest.Times(1))
	out, err := start(t.Context(), clitest.Account(s), write(t, `{"id":"r","start":"2026-06-01T10:00:00Z","participants":[{"email":"two@acme.example"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "1 person linked", "2 people have the address two@acme.example: the oldest is linked")
	has(t, contents(t, s), "\n  b@acme.example")
	s.TakeViolations() // The response that was made up has no offset.
}

func TestWhatEndsARun(t *testing.T) {
	s := prepared(t)
	s.Inject(clarifytest.Revoke(), clarifytest.Operation("createRecord"))
	out, err := start(t.Context(), clitest.Account(s), sampleFile)
	if !errors.Is(err, clarify.ErrUnauthorized) {
		t.Fatalf("error %v, want %v\n%s", err, clarify.ErrUnauthorized, out)
	}
	if want := "1 of 3 meetings are done. Start it again"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it\n%s", err, want, out)
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"-window", "-1m", "a"}, {"-window", "x"}, {"-nothing"}} {
		if _, err := start(t.Context(), clitest.Account(s), args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := start(t.Context(), clitest.Account(s), filepath.Join(t.TempDir(), "nothing.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestCommentIDsAreUUIDs(t *testing.T) {
	r := &recording{ID: "r"}
	a, b, c := r.commentID("acme", ""), r.commentID("other", ""), r.commentID("acme", "m")
	if a == b || a == c || b == c {
		t.Errorf("%s, %s and %s are not three ids", a, b, c)
	}
	if len(a) != 36 {
		t.Fatalf("%s has %d characters, want 36", a, len(a))
	}
	if a[14] != '8' {
		t.Errorf("%s is of version %c, want 8", a, a[14])
	}
	if !strings.ContainsRune("89ab", rune(a[19])) {
		t.Errorf("%s is of variant %c, want one of 89ab", a, a[19])
	}
}
