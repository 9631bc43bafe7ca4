package clarify_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

func ExampleClient_AddComment() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	for person, err := range clarify.People(client).All(ctx, clarify.Where("job_title", clarify.Is, "Admiral")) {
		if err != nil {
			log.Fatal(err)
		}
		about := clarify.Ref{Type: "person", ID: person.ID}
		comment, err := client.AddComment(ctx, about, clarify.Text("Called back."), clarify.Silent())
		if err != nil {
			log.Fatal(err)
		}
		comment, err = client.EditComment(ctx, comment.ID, clarify.Text("Called back twice."))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name, "has the comment:", clarify.PlainText(comment.Message))
	}
	// Output:
	// Grace Hopper has the comment: Called back twice.
}

func ExampleClient_AddTranscript() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	meeting, err := clarify.Meetings(client).Create(ctx, clarify.Meeting{})
	if err != nil {
		log.Fatal(err)
	}
	const text = `WEBVTT

00:00:01.000 --> 00:00:02.500
<v Ada>Good morning.</v>

00:01:05.000 --> 00:01:06.000
<v Grace>Hello, Ada.</v>
`

	lines, err := clarify.ReadTranscript(strings.NewReader(text)) // or from a file
	if err != nil {
		log.Fatal(err)
	}
	segments, err := clarify.TranscriptSegments(lines)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.AddTranscript(ctx, meeting.ID, segments)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range lines {
		fmt.Println(line.Start, line.Speaker, line.Text)
	}
	// Output:
	// 1s Ada Good morning.
	// 1m5s Grace Hello, Ada.
}

func ExampleTranscriptSegments() {
	segments, err := clarify.TranscriptSegments([]clarify.TranscriptLine{
		{Speaker: "Ada", Text: "Good morning.", Start: 0, End: 2 * time.Second, Language: "en"},
		{Speaker: "Grace", Text: "Hello, Ada.", Start: 2 * time.Second, End: 4 * time.Second, Language: "en"},
	})
	if err != nil {
		log.Fatal(err)
	}
	word := segments[1].Words[1]
	fmt.Printf("%s begins after %.1f seconds\n", word.Text, word.StartTimestamp)
	// Output:
	// Ada. begins after 3.2 seconds
}

// The segments that a recorder has go to a recording as they are.
func ExampleClient_AddRecordingTranscript() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	meeting, err := clarify.Meetings(client).Create(ctx, clarify.Meeting{})
	if err != nil {
		log.Fatal(err)
	}

	words := []gen.TranscriptWord{{Text: "Hello", StartTimestamp: 0.12, EndTimestamp: 0.5}}
	recording, err := client.AddRecordingTranscript(ctx, meeting.ID, []gen.TranscriptSegment{{Language: "en", Words: words}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the API has made a", recording.Type)
	// Output:
	// the API has made a recording
}

func ExampleClient_EnsureMeeting() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	start := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)

	query := clarify.MeetingQuery{From: start.Add(-15 * time.Minute), To: start.Add(15 * time.Minute), Title: "Demo"}
	for range 2 {
		meeting, created, err := client.EnsureMeeting(ctx, query, clarify.Meeting{
			Title: "Demo", Start: start, End: start.Add(time.Hour),
			EventID: "adhoc-demo-1", // with adhoc- it can be changed later
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(meeting.Attributes.Title, created)
	}
	// Output:
	// Demo true
	// Demo false
}

func ExampleClient_FindMeetings() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	start := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
	_, err := clarify.Meetings(client).Create(ctx, clarify.Meeting{
		Title: "Demo", Start: start.Add(3 * time.Minute), Participants: []clarify.Participant{{Email: "ada@acme.com"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	meetings, err := client.FindMeetings(ctx, clarify.MeetingQuery{
		From: start.Add(-15 * time.Minute), To: start.Add(15 * time.Minute),
		Emails: []string{"ada@acme.com", "grace@navy.example"}, // at least one of them
	})
	if err != nil {
		log.Fatal(err)
	}
	if len(meetings) > 0 {
		fmt.Println("the best is", meetings[0].Attributes.Title)
	}
	// Output:
	// the best is Demo
}

func ExampleClient_PeopleByEmail() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	found, err := client.PeopleByEmail(ctx, "Ada@acme.com", "nobody@acme.com")
	if err != nil {
		log.Fatal(err)
	}
	for _, person := range found["Ada@acme.com"] { // the oldest first
		fmt.Println(person.Attributes.Name)
	}
	fmt.Println(len(found["nobody@acme.com"]))
	// Output:
	// Ada Lovelace
	// 0
}
