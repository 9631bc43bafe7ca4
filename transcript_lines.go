package clarify

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oapi-codegen/nullable"

	"github.com/clarify-go/clarify/gen"
)

// TranscriptLine is what one speaker said without a break.
type TranscriptLine struct {
	// Speaker is the speaker's name, empty if unknown.
	Speaker string
	// Text is what was said.
	Text string
	// Start and End are when it was said, from the beginning of the meeting. End is zero
	// if unknown.
	Start, End time.Duration
	// Language is the code of the language, such as en, empty if unknown.
	Language string
}

const (
	// readingSpeed is how many characters a speaker says in a second.
	readingSpeed = 15
	// unknownLanguage is the code for an unknown language (ISO 639-2).
	unknownLanguage = "und"
)

// TranscriptSegments makes a segment from each line, for
// [Client.AddTranscript], [Client.AddRecordingTranscript] and
// [RecordingTranscript].
//
//   - Words are separated by white space. They share the time of the line in proportion
//     to their length, without pauses.
//   - A line without an end lasts a second for every 15 characters, and ends no later
//     than the next line begins.
//   - Speakers are numbered in the order in which they first speak, from 1. A line
//     without a speaker has neither name nor number.
//   - A line without a language gets und, the code for an unknown one.
//   - Times are rounded to milliseconds.
//
// It returns an error if there are no lines, if a line has no text, begins before zero
// or ends before it begins, or if the lines are not sorted by Start.
func TranscriptSegments(lines []TranscriptLine) ([]gen.TranscriptSegment, error) {
	if len(lines) == 0 {
		return nil, errors.New("clarify: the transcript has no lines")
	}
	numbers := map[string]int{}
	segments := make([]gen.TranscriptSegment, len(lines))
	for i, line := range lines {
		words := strings.Fields(line.Text)
		switch {
		case len(words) == 0:
			return nil, fmt.Errorf("clarify: lines[%d] of the transcript has no text", i)
		case line.Start < 0:
			return nil, fmt.Errorf("clarify: lines[%d] of the transcript begins at %v, before the meeting", i, line.Start)
		case line.End != 0 && line.End < line.Start:
			return nil, fmt.Errorf("clarify: lines[%d] of the transcript begins at %v and ends at %v", i, line.Start, line.End)
		case i > 0 && line.Start < lines[i-1].Start:
			return nil, fmt.Errorf("clarify: lines[%d] of the transcript begins at %v, and the line before it at %v: sort them by Start", i, line.Start, lines[i-1].Start)
		}
		if line.End == 0 {
			line.End = line.Start + time.Duration(utf8.RuneCountInString(strings.Join(words, " ")))*time.Second/readingSpeed
			if i+1 < len(lines) {
				line.End = max(line.Start, min(line.End, lines[i+1].Start))
			}
		}
		segment := gen.TranscriptSegment{Language: line.Language, Words: spread(words, line.Start, line.End)}
		if segment.Language == "" {
			segment.Language = unknownLanguage
		}
		segment.Speaker.SetNull()
		segment.SpeakerID.SetNull()
		if line.Speaker != "" {
			if numbers[line.Speaker] == 0 {
				numbers[line.Speaker] = len(numbers) + 1
			}
			segment.Speaker.Set(line.Speaker)
			segment.SpeakerID.Set(numbers[line.Speaker])
		}
		segments[i] = segment
	}
	if err := checkTranscript(segments); err != nil {
		return nil, err
	}
	return segments, nil
}

// spread gives each word its part of the time from start to end.
func spread(words []string, start, end time.Duration) []gen.TranscriptWord {
	total, before := 0, 0
	for _, word := range words {
		total += utf8.RuneCountInString(word)
	}
	after := func(characters int) float64 {
		share := time.Duration(float64(end-start) * float64(characters) / float64(total))
		return float64((start + share).Round(time.Millisecond).Milliseconds()) / 1000
	}
	all := make([]gen.TranscriptWord, len(words))
	for i, word := range words {
		begins := after(before)
		before += utf8.RuneCountInString(word)
		all[i] = gen.TranscriptWord{
			Text: word, StartTimestamp: begins, EndTimestamp: after(before),
			Language: nullable.NewNullNullable[string](), Confidence: nullable.NewNullNullable[float64](),
		}
	}
	return all
}
