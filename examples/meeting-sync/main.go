// Command meeting-sync brings the meetings of a recorder into Clarify.
//
//	meeting-sync -create-people meetings.ndjson
//
// The file has one meeting after the other in JSON, or a list of them:
//
//	{"id": "rec-1", "title": "Demo", "start": "2026-05-04T09:01:30Z", "end": "2026-05-04T09:44:00Z",
//	 "event_id": "…", "ical_uid": "…",
//	 "participants": [{"email": "ada@acme.com", "name": "Ada Lovelace"}],
//	 "summary": "…",
//	 "transcript": [{"speaker": "Ada", "text": "Hello", "start": 0.5, "end": 1.2, "language": "en"}]}
//
// id and start are needed; id is the recorder's and is used for nothing else. The
// times of a transcript are in seconds. Instead of transcript there may be
// transcript_file, the path of a file in WebVTT, SRT or lines such as
// "00:01:05 Ada: Hello", below the directory of the file.
//
// For each meeting it
//
//   - finds the meeting in Clarify by the calendar's event_id, by ical_uid, or by
//     title and time (-window), or creates one;
//   - adds participants that are missing. A meeting that a calendar synced is
//     read-only: then it says so and continues. Only those whose event id begins with
//     adhoc- can be changed;
//   - links the people who have the participants' email addresses, which Clarify
//     does not do by itself. With -create-people those who are missing are created.
//     If several have an address, it is the oldest;
//   - uploads the transcript;
//   - adds a comment with the summary, whose last line names the recording and its
//     transcript.
//
// It can be run again, and killed at any time: what is there is not done twice, and
// a run that finds nothing to do says so. The comment tells which meeting a
// recording belongs to and which transcript it has; if it is deleted, the next run
// makes it anew and uploads the transcript again.
//
// It writes into the workspace of CLARIFY_WORKSPACE with the key in CLARIFY_API_KEY,
// which has to be a Personal key, as comments are written by a user.
// CLARIFY_BASE_URL replaces https://api.clarify.ai/v1. Without key and workspace it
// starts a sandbox, and without a file it takes a sample there, twice.
//
// The exit status is 0 if all meetings are in, 1 if it ended early, 2 if the
// arguments are wrong, and 3 if something went wrong with some meetings.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/examples/internal/cli"
)

//go:embed sample
var sample embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "meeting-sync:", err)
	if errors.Is(err, errMeetings) {
		os.Exit(3)
	}
	os.Exit(1)
}

var (
	// errUsage is returned for wrong arguments, after they have been explained.
	errUsage = errors.New("wrong arguments")
	// errMeetings is a run after which not every meeting is in.
	errMeetings = errors.New("not all meetings are in")
)

type settings struct {
	file                 string
	window               time.Duration
	createPeople, silent bool
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("meeting-sync", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: meeting-sync [flags] [FILE]\n\nBrings the meetings of a recorder, in JSON or NDJSON, into Clarify.\n\nFlags:\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, help)
	}
	flags.DurationVar(&s.window, "window", 15*time.Minute, "how far the start of a meeting with the same title may be from the recording's")
	flags.BoolVar(&s.createPeople, "create-people", false, "create the people whose email addresses nobody has")
	flags.BoolVar(&s.silent, "silent", false, "keep the app and Slack from announcing the changes")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	wrong := ""
	switch {
	case flags.NArg() > 1:
		wrong = fmt.Sprintf("it takes one file, behind the flags, and there is %q as well", flags.Arg(1))
	case s.window < 0:
		wrong = "-window takes 0 or more"
	}
	if wrong != "" {
		fmt.Fprintln(stderr, "meeting-sync:", wrong)
		return nil, errUsage
	}
	s.file = flags.Arg(0)
	return s, nil
}

const help = `
A run that finds nothing to do changes nothing. If the program is interrupted or
killed, start it again in the same way.

Environment:
  CLARIFY_WORKSPACE  the workspace, as in the URL of the app
  CLARIFY_API_KEY    a Personal key of it
  CLARIFY_BASE_URL   instead of https://api.clarify.ai/v1
Without them it writes into a sandbox, and without a file it takes a sample.

Exit status: 0 if all meetings are in, 1 if it ended early, 2 if the arguments are
wrong, 3 if something went wrong with some meetings.
`

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	connection, err := cli.Connect(getenv)
	if err != nil {
		return err
	}
	defer connection.Close()
	if connection.Sandbox != nil {
		fmt.Fprintln(stdout, "CLARIFY_API_KEY and CLARIFY_WORKSPACE are not set, so this writes into a sandbox.")
	}
	if s.file != "" {
		file, err := os.Open(s.file)
		if err != nil {
			return err
		}
		defer file.Close()
		root, err := os.OpenRoot(filepath.Dir(s.file))
		if err != nil {
			return err
		}
		defer root.Close()
		return s.sync(ctx, connection, file, root.FS(), stdout)
	}
	if connection.Sandbox == nil {
		fmt.Fprintln(stderr, "meeting-sync: there is no file with meetings")
		return errUsage
	}
	return s.show(ctx, connection, stdout)
}

// show brings the sample into the sandbox, twice.
func (s *settings) show(ctx context.Context, connection *cli.Connection, stdout io.Writer) error {
	if err := prepare(ctx, connection.Client); err != nil {
		return err
	}
	s.createPeople = true
	dir, err := fs.Sub(sample, "sample")
	if err != nil {
		return err
	}
	for _, which := range []string{"There is no file, so this takes the sample.", "\nOnce more:"} {
		fmt.Fprintln(stdout, which)
		file, err := dir.Open("meetings.ndjson")
		if err != nil {
			return err
		}
		err = s.sync(ctx, connection, file, dir, stdout)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// prepare has the sandbox know some of what is in the sample, as a workspace
// would: a person, a meeting from a calendar, and one that somebody made.
func prepare(ctx context.Context, client *clarify.Client) error {
	start := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
	_, err := clarify.People(client).Create(ctx, clarify.Person{
		Name: clarify.Name{FirstName: "Ada", LastName: "Lovelace"}, EmailAddresses: clarify.Collection{"ada@acme.example"},
	})
	for _, m := range []clarify.Meeting{
		{Title: "Acme <> Engines", Start: start, End: start.Add(time.Hour), EventID: "event-7", ICalUID: "demo-acme@calendar.example",
			Participants: []clarify.Participant{{Email: "ada@acme.example"}}},
		{Title: "weekly", Start: start.Add(47 * time.Hour), EventID: "adhoc-7"},
	} {
		if err == nil {
			_, err = clarify.Meetings(client).Create(ctx, m)
		}
	}
	return err
}

// sync brings the meetings of a file in, whose transcripts are in dir.
func (s *settings) sync(ctx context.Context, connection *cli.Connection, file io.Reader, dir fs.FS, stdout io.Writer) error {
	all, err := readRecordings(file, dir)
	if err != nil {
		return err
	}
	to := &syncer{
		client: connection.Client, workspace: connection.Workspace, window: s.window, createPeople: s.createPeople,
		taken: map[string]string{},
	}
	if s.silent {
		to.options = []clarify.WriteOption{clarify.Silent()}
	}
	if err := to.resolve(ctx, all); err != nil {
		return err
	}
	changed, failed := 0, 0
	for i, r := range all {
		if to.notes, to.done = nil, nil; r.err == nil {
			r.err = to.sync(ctx, r)
		}
		if over := ctx.Err(); over != nil || hopeless(r.err) {
			return fmt.Errorf("%s: %w\n%d of %d meetings are done. Start it again to go on", r.ID, errors.Join(r.err, over), i, len(all))
		}
		say(stdout, r, to)
		if r.err != nil {
			failed++
		} else if len(to.done) > 0 {
			changed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%w: something went wrong with %d of %d. Start it again once that is mended", errMeetings, failed, len(all))
	}
	if changed == 0 {
		fmt.Fprintf(stdout, "%s, all in already: nothing was changed.\n", count(len(all), "meeting"))
		return nil
	}
	fmt.Fprintf(stdout, "%s, %d of them changed by this run.\n", count(len(all), "meeting"), changed)
	return nil
}

// hopeless reports whether the other meetings would fail in the same way.
func hopeless(err error) bool { return errors.Is(err, clarify.ErrUnauthorized) }

func say(w io.Writer, r *recording, s *syncer) {
	what := "nothing to do"
	if len(s.done) > 0 {
		what = strings.Join(s.done, ", ")
	}
	if r.err != nil {
		what = r.err.Error()
		if len(s.done) > 0 {
			what += " (before that: " + strings.Join(s.done, ", ") + ")"
		}
	}
	fmt.Fprintf(w, "%s %q: %s\n", r.ID, r.Title, what)
	for _, note := range s.notes {
		fmt.Fprintf(w, "  %s\n", note)
	}
}
