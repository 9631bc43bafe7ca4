package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/examples/internal/clitest"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

func TestMain(m *testing.M) {
	// A case spends most of its time waiting to retry, so more of them run in parallel
	// than there are cores.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	clitest.Main(m, main)
}

// start runs the program in this process.
func start(ctx context.Context, env map[string]string, args ...string) (stdout string, err error) {
	var out, explained strings.Builder
	err = run(ctx, args, func(name string) string { return env[name] }, &out, &explained)
	return out.String(), err
}

func connect(t *testing.T, s *clarifytest.Server) *clarify.Client {
	t.Helper()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// prepared is a workspace that knows some of what is in the sample.
func prepared(t *testing.T, opts ...clarifytest.Option) *clarifytest.Server {
	t.Helper()
	snapshot, err := preparedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t), clarifytest.WithSnapshot(snapshot)}, opts...)...)
}

var preparedOnce = sync.OnceValues(func() (*clarifytest.Snapshot, error) {
	s := clarifytest.NewServer()
	defer s.Close()
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		return nil, err
	}
	if err := prepare(context.Background(), client); err != nil {
		return nil, err
	}
	if violations := s.TakeViolations(); len(violations) > 0 {
		return nil, fmt.Errorf("preparing the workspace: %v", violations)
	}
	return s.Snapshot(), nil
})

// write writes meetings into a file, beside the sample's transcript.
func write(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("sample")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "other.ndjson")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const sampleFile = "sample/meetings.ndjson"

// contents is all that is in a workspace, without ids and times of its own: each
// meeting with its people and comments, the people, and the transcripts.
func contents(t *testing.T, s *clarifytest.Server) string {
	t.Helper()
	client := connect(t, s)
	var all []string
	for m, err := range clarify.Meetings(client).All(t.Context(), clarify.Stable()) {
		if err != nil {
			t.Fatal(err)
		}
		m.Attributes.System = clarify.System{}
		b, err := json.Marshal(m.Attributes)
		if err != nil {
			t.Fatal(err)
		}
		line := string(b)
		for p, err := range clarify.Meetings(client).Related(t.Context(), m.ID, "people") {
			if err != nil {
				t.Fatal(err)
			}
			person, err := clarify.As[clarify.Person](p)
			if err != nil {
				t.Fatal(err)
			}
			line += "\n  " + person.Attributes.EmailAddresses[0]
		}
		for _, comment := range comments(t, client, m.ID) {
			line += "\n  " + comment
		}
		all = append(all, line)
	}
	var people []string
	for p, err := range clarify.People(client).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, fmt.Sprint(p.Attributes.Name, p.Attributes.EmailAddresses))
	}
	for _, f := range s.Files(s.Workspace) {
		var segments []gen.TranscriptSegment
		if err := json.Unmarshal(f.Data, &segments); err != nil {
			t.Fatal(err)
		}
		line := "transcript:"
		for _, segment := range segments {
			for _, word := range segment.Words {
				line += " " + word.Text
			}
		}
		people = append(people, line)
	}
	slices.Sort(people)
	return strings.Join(append(all, people...), "\n")
}

// comments are the texts of all comments on a meeting.
func comments(t *testing.T, client *clarify.Client, meeting string) []string {
	t.Helper()
	var all []string
	for activity, err := range client.Activities(t.Context(), "meeting", meeting) {
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range activity.Attributes.Data {
			if event.Object == nil || event.Object.Entity != "comment" {
				continue
			}
			id, err := event.Object.ID.Get()
			if err != nil {
				t.Fatal(err)
			}
			comment, err := client.Comment(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s %q", event.Type, clarify.PlainText(comment.Message)))
		}
	}
	slices.Sort(all)
	return all
}

// writes are the operations that were carried out since the first n requests and
// that change something.
func writes(s *clarifytest.Server, n int) []string {
	var all []string
	for _, r := range s.Requests()[n:] {
		if r.Method != http.MethodGet {
			all = append(all, r.Operation)
		}
	}
	return all
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("there is no %q in\n%s", word, text)
		}
	}
}

func TestWithoutAnAccountAndAFileItShowsWhatItDoes(t *testing.T) {
	out, err := start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "sandbox", "rec-1002 \"Walk-in at the office\": meeting created", "3 meetings, 3 of them changed by this run.",
		"Once more:\nrec-1001 \"Demo for Acme\": nothing to do", "3 meetings, all in already: nothing was changed.")
	out, err = start(t.Context(), nil, "-create-people", sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "rec-1001 \"Demo for Acme\": meeting created, ada@acme.example created")
}

func TestARunBringsTheMeetingsInAndTheNextFindsNothingToDo(t *testing.T) {
	s := prepared(t)
	before := len(s.Requests())
	out, err := start(t.Context(), clitest.Account(s), "-create-people", "-silent", sampleFile)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	has(t, out,
		`rec-1001 "Demo for Acme": grace@navy.example created, 2 people linked, transcript uploaded, comment added`,
		`event id is "event-7" and does not begin with adhoc-, so it is read-only: 1 participant left out`,
		`rec-1002 "Walk-in at the office": meeting created, alan@bletchley.example created, 2 people linked, transcript uploaded, comment added`,
		`rec-1003 "Weekly": 1 participant added, 1 person linked, comment added`)
	for _, r := range s.Requests()[before:] {
		if r.Method != http.MethodGet && r.Query != "silent=true" {
			t.Errorf("%v is not silent", r)
		}
	}
	const want = `{"title":"Acme \u003c\u003e Engines","start":"2026-05-04T09:00:00.000Z","end":"2026-05-04T10:00:00.000Z","event_id":"event-7","ical_uid":"demo-acme@calendar.example","participants":{"items":[{"email":"ada@acme.example"}]}}
  ada@acme.example
  grace@navy.example
  clarify:create "Ada wants the engine by June.\nGrace sends an offer.\n\nRecording rec-1001, transcript 5c7cd5864246"
{"title":"weekly","start":"2026-05-06T08:00:00.000Z","event_id":"adhoc-7","participants":{"items":[{"email":"grace@navy.example","name":"Grace Hopper"}]}}
  grace@navy.example
  clarify:create "Nothing new.\n\nRecording rec-1003"
{"title":"Walk-in at the office","start":"2026-05-05T13:00:00.000Z","end":"2026-05-05T13:20:00.000Z","event_id":"adhoc-meeting-sync-rec-1002","participants":{"items":[{"email":"ada@acme.example","name":"Ada Lovelace"},{"email":"Alan@bletchley.example","name":"Alan Turing"},{"name":"A guest by phone","phone_number":"+441234567890"}]}}
  ada@acme.example
  alan@bletchley.example
  clarify:create "Alan asked for prices.\n\nRecording rec-1002, transcript a41cbdd37934"
Ada Lovelace [ada@acme.example]
Alan Turing [alan@bletchley.example]
Grace Hopper [grace@navy.example]
transcript: Good morning, Ada. Good morning. We need it by June. You will have an offer today.
transcript: What does it cost? It depends on the number of columns.`
	if got := contents(t, s); got != want {
		t.Errorf("there is\n%s", got)
	}
	after := len(s.Requests())
	out, err = start(t.Context(), clitest.Account(s), "-create-people", sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, `rec-1001 "Demo for Acme": nothing to do`, "3 meetings, all in already: nothing was changed.")
	if again := writes(s, after); len(again) > 0 {
		t.Errorf("the second run sent %q", again)
	}
	if got := contents(t, s); got != want {
		t.Errorf("after the second run there is\n%s", got)
	}
}

// Interrupted at any request, or with a response that is lost, the next run ends as
// one that went well, and the one after it finds nothing to do.
func TestInterruptedAnywhereTheNextRunEndsTheSame(t *testing.T) {
	whole := prepared(t)
	before := len(whole.Requests())
	args := []string{"-create-people", sampleFile}
	if out, err := start(t.Context(), clitest.Account(whole), args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	requests := whole.Requests()[before:]
	want := sortedLines(contents(t, whole))
	faults := map[string]clarifytest.Fault{
		"interrupted":          clarifytest.Latency(time.Hour),
		"lost before":          clarifytest.ResetBeforeWork(),
		"lost after":           clarifytest.ResetAfterWork(),
		"one that is rejected": clarifytest.Status(500),
	}
	for i, name := range slices.Sorted(maps.Keys(faults)) {
		fault := faults[name]
		for k, request := range requests {
			if (i+k)%rerun.Stride(4) != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d %s", name, k+1, request.Operation), func(t *testing.T) {
				t.Parallel()
				s := prepared(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var seen atomic.Int32
				s.Inject(fault, clarifytest.Times(1), clarifytest.Matching(func(*http.Request) bool {
					if seen.Add(1) != int32(k+1) {
						return false
					}
					if name == "interrupted" {
						cancel()
					}
					return true
				}))
				out, err := start(ctx, clitest.Account(s), args...)
				if name == "interrupted" && !errors.Is(err, context.Canceled) {
					t.Fatalf("%v\n%s", err, out)
				}
				s.RemoveFaults()
				s.Wait()
				if out, err := start(t.Context(), clitest.Account(s), args...); err != nil {
					t.Errorf("the next run: %v\n%s", err, out)
				}
				if got := contents(t, s); sortedLines(got) != want {
					t.Errorf("after the next run there is\n%s", got)
				}
				if out, err := start(t.Context(), clitest.Account(s), args...); err != nil || !strings.Contains(out, "nothing was changed") {
					t.Errorf("the run after that: %v\n%s", err, out)
				}
			})
		}
	}
}

func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Killed at random and started again, until it ends by itself: then all is in once.
// MEETING_SYNC_KILLS says how often it is killed, 4 times if it does not.
func TestKilledAtRandomAndStartedAgainAllIsInOnce(t *testing.T) {
	kills := clitest.Kills(t, "MEETING_SYNC_KILLS", 4)
	whole := prepared(t)
	if out, err := start(t.Context(), clitest.Account(whole), "-create-people", sampleFile); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := sortedLines(contents(t, whole))
	for killed := 0; killed < kills; {
		s := prepared(t, clarifytest.WithoutValidation())
		slow := s.Inject(clarifytest.Latency(8 * time.Millisecond))
		if status, output := clitest.Killed(t, s, &killed, kills, "-create-people", sampleFile); status != 0 {
			t.Fatalf("it ended with %d:\n%s", status, output)
		}
		slow.Remove()
		s.Wait()
		if got := contents(t, s); sortedLines(got) != want {
			t.Errorf("there is\n%s", got)
		}
	}
}
