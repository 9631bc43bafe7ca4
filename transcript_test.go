package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// said is a segment with words of one second each.
func said(start float64, words ...string) gen.TranscriptSegment {
	segment := gen.TranscriptSegment{Language: "en"}
	for i, word := range words {
		segment.Words = append(segment.Words, gen.TranscriptWord{Text: word, StartTimestamp: start + float64(i), EndTimestamp: start + float64(i) + 1})
	}
	return segment
}

// segments has the segments whose words begin and end at the times.
func timed(times ...float64) []gen.TranscriptSegment {
	segment := gen.TranscriptSegment{Language: "en"}
	for i := 0; i < len(times); i += 2 {
		segment.Words = append(segment.Words, gen.TranscriptWord{Text: "x", StartTimestamp: times[i], EndTimestamp: times[i+1]})
	}
	return []gen.TranscriptSegment{segment}
}

func newMeeting(t *testing.T, client *clarify.Client) string {
	t.Helper()
	meeting, err := clarify.Meetings(client).Create(t.Context(), clarify.Meeting{})
	if err != nil {
		t.Fatal(err)
	}
	return meeting.ID
}

func TestATranscriptIsUploadedToAMeetingOrARecording(t *testing.T) {
	client, s := sandbox(t)
	meeting := newMeeting(t, client)
	segments, err := clarify.TranscriptSegments([]clarify.TranscriptLine{
		{Speaker: "Ada", Text: "Good morning.", Start: 120 * time.Millisecond, End: 900 * time.Millisecond, Language: "en"},
		{Text: "Hello", Start: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"language":"en","speaker":"Ada","speaker_id":1,"words":[` +
		`{"confidence":null,"end_timestamp":0.38,"language":null,"start_timestamp":0.12,"text":"Good"},` +
		`{"confidence":null,"end_timestamp":0.9,"language":null,"start_timestamp":0.38,"text":"morning."}]},` +
		`{"language":"und","speaker":null,"speaker_id":null,"words":[` +
		`{"confidence":null,"end_timestamp":1.333,"language":null,"start_timestamp":1,"text":"Hello"}]}]`
	record, err := client.AddTranscript(t.Context(), meeting, segments, clarify.Silent())
	if err != nil {
		t.Fatal(err)
	}
	if record.ID != meeting {
		t.Fatalf("record.ID is %v, want %v", record.ID, meeting)
	}
	first, err := client.AddRecordingTranscript(t.Context(), meeting, segments)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if first.ID == meeting {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := client.AddRecordingTranscript(t.Context(), meeting, segments, clarify.RecordingID(first.ID), clarify.Silent())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "again.ID", again.ID, first.ID)
	files := s.Files(s.Workspace)
	if len(files) != 2 {
		t.Errorf("there are %d transcripts", len(files))
	}
	for _, f := range files {
		sameJSON(t, string(f.Data), want)
	}
	silent := 0
	for _, r := range s.Requests() {
		if strings.Contains(r.Query, "silent=true") {
			silent++
		}
	}
	if silent != 2 {
		t.Errorf("%d requests were silent, want 2", silent)
	}
}

func TestAnInvalidTranscriptIsNotSent(t *testing.T) {
	f := responding(t, 201, oneRecord)
	client := f.client(t)
	empty := said(0, "x")
	empty.Words[0].Text = " "
	for _, test := range []struct {
		segments []gen.TranscriptSegment
		want     string
	}{
		{nil, "no segments"},
		{[]gen.TranscriptSegment{said(0, "x"), {}}, "segments[1] of the transcript has no words"},
		{[]gen.TranscriptSegment{empty}, "no text"},
		{timed(-1, 1), "from -1 to 1"},
		{timed(0, -1), "from 0 to -1"},
		{timed(math.NaN(), 1), "times must be finite"},
		{timed(1, math.NaN()), "times must be finite"},
		{timed(1, math.Inf(1)), "times must be finite"},
		{timed(0, 1, 2, 1), "begins at 2 and ends at 1"},
		{timed(2, 3, 1, 4), "words[1]"},
		{timed(90500, 91000), "seconds, not milliseconds"},
		{[]gen.TranscriptSegment{said(5, "x"), said(4, "y")}, "sort them"},
	} {
		_, err := client.AddTranscript(t.Context(), "m", test.segments)
		wantNotSent(t, f, err, test.want)
		_, err = client.AddRecordingTranscript(t.Context(), "m", test.segments)
		wantNotSent(t, f, err, test.want)
		_, err = client.UploadRecording(t.Context(), "m", "audio/mpeg", strings.NewReader("x"), 1, clarify.RecordingTranscript(test.segments...))
		wantNotSent(t, f, err, test.want)
	}
	right := []gen.TranscriptSegment{said(0, "x")}
	_, noMeeting := client.AddTranscript(t.Context(), "", right)
	_, climbs := client.AddRecordingTranscript(t.Context(), "..", right)
	_, option := client.AddTranscript(t.Context(), "m", right, clarify.MatchOn("x"))
	_, progress := client.AddRecordingTranscript(t.Context(), "m", right, clarify.OnProgress(func(int64, int64) {}))
	_, transcript := client.AddRecordingTranscript(t.Context(), "m", right, clarify.RecordingTranscript(right...))
	_, noRecording := client.AddRecordingTranscript(t.Context(), "m", right, clarify.RecordingID(""))
	_, none := client.AddRecordingTranscript(t.Context(), "m", right, nil)
	for err, want := range map[error]string{
		noMeeting: "empty", climbs: `".."`, option: "only Silent is for a transcript",
		progress: "RecordingID and Silent", transcript: "RecordingID and Silent", noRecording: "id is empty", none: "nil option",
	} {
		wantNotSent(t, f, err, want)
	}
}

// Speakers talk at the same time, and segments with the same times follow each other.
func TestSegmentsMayOverlap(t *testing.T) {
	client, _ := sandbox(t)
	segments := []gen.TranscriptSegment{said(0, "a", "b", "c"), said(1, "d"), said(1, "e", "f")}
	if _, err := client.AddTranscript(t.Context(), newMeeting(t, client), segments); err != nil {
		t.Error(err)
	}
}

func TestATranscriptOfUnknownOutcome(t *testing.T) {
	client, s := sandbox(t)
	meeting := newMeeting(t, client)
	s.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("uploadTranscript", "uploadRecordingTranscript"))
	segments := []gen.TranscriptSegment{said(0, "x")}
	if _, err := client.AddTranscript(t.Context(), meeting, segments); !errors.Is(err, clarify.ErrOutcomeUnknown) {
		t.Errorf("to the meeting: %v", err)
	}
	if _, err := client.AddRecordingTranscript(t.Context(), meeting, segments); !errors.Is(err, clarify.ErrOutcomeUnknown) {
		t.Errorf("to a recording: %v", err)
	}
	for _, body := range []string{``, `{}`, `null`, `{"data":null}`, `{"data":{"type":"meeting","attributes":{}}}`} {
		f := responding(t, 201, body)
		if _, err := f.client(t).AddTranscript(t.Context(), "m", segments); !errors.Is(err, clarify.ErrOutcomeUnknown) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestWordsShareTheTimeOfTheirLine(t *testing.T) {
	type line = clarify.TranscriptLine
	for _, test := range []struct {
		name  string
		lines []line
		want  string
	}{
		{"by their characters", []line{{Text: "a bbb", Start: time.Second, End: 3 * time.Second}}, "a 1-1.5 bbb 1.5-3"},
		{"characters, not bytes", []line{{Text: "ä xyz", End: 2 * time.Second}}, "ä 0-0.5 xyz 0.5-2"},
		{"whatever the space", []line{{Text: " a\t\n a ", End: 2 * time.Second}}, "a 0-1 a 1-2"},
		{"without an end", []line{{Text: "123456789012345", Start: time.Second}}, "123456789012345 1-2"},
		{"until the next line", []line{{Text: "123456789012345"}, {Text: "x", Start: 500 * time.Millisecond, End: time.Second}}, "123456789012345 0-0.5 x 0.5-1"},
		{"two at once", []line{{Text: "x", Start: time.Second}, {Text: "y", Start: time.Second, End: 2 * time.Second}}, "x 1-1 y 1-2"},
		{"rounded", []line{{Text: "a a a", Start: 1, End: time.Second}}, "a 0-0.333 a 0.333-0.667 a 0.667-1"},
	} {
		segments, err := clarify.TranscriptSegments(test.lines)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var got []string
		for _, segment := range segments {
			for _, word := range segment.Words {
				got = append(got, fmt.Sprintf("%s %v-%v", word.Text, word.StartTimestamp, word.EndTimestamp))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, want %q", test.name, strings.Join(got, " "), test.want)
		}
	}
}

func TestSpeakersAreNumberedAsTheyFirstSpeak(t *testing.T) {
	var lines []clarify.TranscriptLine
	for i, speaker := range []string{"Ada", "", "Grace", "Ada", "Alan"} {
		lines = append(lines, clarify.TranscriptLine{Speaker: speaker, Text: "x", Start: time.Duration(i) * time.Second})
	}
	segments, err := clarify.TranscriptSegments(lines)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, segment := range segments {
		b, err := json.Marshal([]any{segment.Speaker, segment.SpeakerID})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(b))
	}
	if want := []string{`["Ada",1]`, `[null,null]`, `["Grace",2]`, `["Ada",1]`, `["Alan",3]`}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInvalidLinesAreErrors(t *testing.T) {
	type line = clarify.TranscriptLine
	for want, lines := range map[string][]line{
		"no lines":                    nil,
		"lines[1]":                    {{Text: "x"}, {Text: " "}},
		"before the meeting":          {{Text: "x", Start: -1}},
		"begins at 2s and ends at 1s": {{Text: "x", Start: 2 * time.Second, End: time.Second}},
		"sort them by Start":          {{Text: "x", Start: 2 * time.Second}, {Text: "y", Start: time.Second}},
		"later than a day":            {{Text: "x", Start: 25 * time.Hour}},
	} {
		segments, err := clarify.TranscriptSegments(lines)
		mentions(t, err, want)
		if segments != nil {
			t.Errorf("%s: there are segments", want)
		}
	}
}

func TestTranscriptsAreRead(t *testing.T) {
	type line = clarify.TranscriptLine
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	for _, test := range []struct {
		name, text string
		want       []line
	}{
		{"lines with a speaker", "00:01:05 Ada: Hello\n00:01:07 Grace Hopper: Good morning: all\n", []line{
			{Speaker: "Ada", Text: "Hello", Start: at(65000)}, {Speaker: "Grace Hopper", Text: "Good morning: all", Start: at(67000)}}},
		{"times in brackets and without hours", "\n[1:05] Ada: Hello\r\n(75:30.25) - Hello there\n1:02:03,5 – x", []line{
			{Speaker: "Ada", Text: "Hello", Start: at(65000)}, {Text: "Hello there", Start: at(4530250)}, {Text: "x", Start: at(3723500)}}},
		{"lines that continue", "0:01 Ada:\nHello\n\n  there\n0:02\nBye\n0:03\n", []line{
			{Speaker: "Ada", Text: "Hello there", Start: at(1000)}, {Text: "Bye", Start: at(2000)}}},
		{"what is no speaker", "0:01 It is half past, so: go\n0:02 one two three four five six: no\n0:03 12: no\n0:04 see http://example.com", []line{
			{Text: "It is half past, so: go", Start: at(1000)}, {Text: "one two three four five six: no", Start: at(2000)},
			{Text: "12: no", Start: at(3000)}, {Text: "see http://example.com", Start: at(4000)}}},
		{"WebVTT with voices", "\ufeffWEBVTT - a title\nKind: captions\n\nNOTE\nnothing said\n\nSTYLE\n::cue {}\n\n" +
			"1\n00:01.500 --> 00:03.000 align:start\n<v.loud Ada &amp; Co>Hello <i>you</i>\nthere &lt;3</v>\n\n" +
			"00:00:04.000 --> 00:00:05.000\n<v Ada>A</v> <v Grace>B</v>\n\n00:06.000 --> 00:07.000\n", []line{
			{Speaker: "Ada & Co", Text: "Hello you there <3", Start: at(1500), End: at(3000)},
			{Speaker: "Ada", Text: "A", Start: at(4000), End: at(5000)}, {Speaker: "Grace", Text: "B", Start: at(4000), End: at(5000)}}},
		{"WebVTT with names", "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nAda Lovelace: Hello\n", []line{
			{Speaker: "Ada Lovelace", Text: "Hello", Start: at(1000), End: at(2000)}}},
		{"SubRip", "1\n00:00:01,250 --> 00:00:02,000\nHello\nthere\n\n2\n00:00:02,500 --> 00:00:03,000\nAda: Bye\n", []line{
			{Text: "Hello there", Start: at(1250), End: at(2000)}, {Speaker: "Ada", Text: "Bye", Start: at(2500), End: at(3000)}}},
	} {
		got, err := clarify.ReadTranscript(iotest.OneByteReader(strings.NewReader(test.text)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", test.name, got, err, test.want)
		}
	}
}

func TestInvalidTranscriptsAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "in which something is said",
		"WEBVTT\n":                     "in which something is said",
		"0:01\n\n":                     "in which something is said",
		"Hello\n":                      `line 1 of the transcript has no time: must be like "00:01:05 Ada: Hello", got "Hello"`,
		"\nAda: 0:01 Hello":            "line 2",
		"0:01 a\n0:75 b":               `invalid time "0:75" in line 2 of the transcript`,
		"1:60:00 a":                    "1:60:00",
		"99999999999999999999:00 a":    "99999999999999999999:00",
		"20000:00 a":                   "20000:00",
		"WEBVTT\n\n00:01 -> 00:02\na":  "in which something is said",
		"WEBVTT\n\n00:01 --> later\na": "line 3",
		"WEBVTT\n\n00:61 --> 00:62\na": "00:61",
		"WEBVTT\n\n00:01 --> 00:61\na": "00:61",
		"0:01 \xff":                    "UTF-8",
	} {
		lines, err := clarify.ReadTranscript(strings.NewReader(text))
		mentions(t, err, want)
		if lines != nil {
			t.Errorf("%q: got %+v", text, lines)
		}
	}
	if _, err := clarify.ReadTranscript(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

// Whatever is read either is an error or can be uploaded, once it is in order.
func FuzzReadTranscript(f *testing.F) {
	f.Add("00:01:05 Ada: Hello\n[1:06] there\n")
	f.Add("WEBVTT\n\n00:01.500 --> 00:03.000\n<v Ada>Hello</v>\n")
	f.Add("1\n00:00:01,250 --> 00:00:02,000\nAda: Hello &amp; bye\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := clarify.ReadTranscript(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, line := range lines {
			if strings.TrimSpace(line.Text) == "" {
				t.Errorf("got %+v", line)
			}
			if line.Start < 0 {
				t.Errorf("got %+v", line)
			}
			if line.End < 0 {
				t.Errorf("got %+v", line)
			}
			line.Start = min(line.Start, 20*time.Hour)
			if line.End != 0 {
				line.End = max(line.Start, min(line.End, 21*time.Hour))
			}
			line.Text = line.Text[:min(len(line.Text), 1000)]
			segments, err := clarify.TranscriptSegments([]clarify.TranscriptLine{line})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "len(segments)", len(segments), 1)
		}
	})
}
