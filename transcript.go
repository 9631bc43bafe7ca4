package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// AddTranscript uploads the transcript of a meeting: what was said, in segments of one
// speaker each. [TranscriptSegments] makes segments from lines. It takes [Silent], and
// returns the record of the response, which is the meeting.
//
// Times are in seconds from the beginning of the meeting (docs/live-api.md, O4). For an
// invalid transcript nothing is sent:
//
//   - no segments, a segment without words, a word without text;
//   - a time that is negative, not finite, or later than a day, which suggests
//     milliseconds;
//   - a word that ends before it begins, or begins before the previous word of its
//     segment;
//   - a segment that begins before the previous one. Segments may overlap.
//
// It is not known whether a second transcript replaces the first; in the sandbox it
// does. If no response tells whether this one was uploaded, the error matches
// [ErrOutcomeUnknown].
func (c *Client) AddTranscript(ctx context.Context, meetingID string, segments []gen.TranscriptSegment, opts ...WriteOption) (*gen.Resource, error) {
	silent, err := onlySilent("a transcript", opts...)
	if err != nil {
		return nil, err
	}
	if err := checkTranscript(segments); err != nil {
		return nil, err
	}
	body, err := encode(gen.TranscriptUpload{Transcript: segments})
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the transcript: %w", err)
	}
	rsp, err := c.UploadTranscriptWithBody(ctx, meetingID, &gen.UploadTranscriptParams{Silent: silence(silent)}, jsonType, bytes.NewReader(body))
	return readResource("uploadTranscript", rsp, err)
}

// AddRecordingTranscript uploads the transcript of a meeting's recording, as
// [Client.AddTranscript] does for the meeting itself. It takes [RecordingID], for an
// existing recording, and [Silent]. Without RecordingID the API creates a new recording
// each time. It returns the record of the response, which is the recording.
func (c *Client) AddRecordingTranscript(ctx context.Context, meetingID string, segments []gen.TranscriptSegment, opts ...RecordingOption) (*gen.Resource, error) {
	o := &transferOptions{}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		if err := opt.forRecording(o); err != nil {
			return nil, err
		}
	}
	if o.progress != nil || o.recording.Transcript != nil {
		return nil, errors.New("clarify: AddRecordingTranscript takes RecordingID and Silent; other options are for UploadRecording")
	}
	if err := checkTranscript(segments); err != nil {
		return nil, err
	}
	body, err := encode(gen.RecordingTranscriptUpload{RecordingID: o.recording.RecordingID, Transcript: segments})
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the transcript: %w", err)
	}
	rsp, err := c.UploadRecordingTranscriptWithBody(ctx, meetingID, &gen.UploadRecordingTranscriptParams{Silent: silence(o.silent)}, jsonType, bytes.NewReader(body))
	return readResource("uploadRecordingTranscript", rsp, err)
}

// readResource reads a response with a record of any object.
func readResource(operation string, rsp *http.Response, err error) (*gen.Resource, error) {
	if err != nil {
		return nil, err
	}
	var document gen.RecordDocument
	if err := readResponse(rsp, &document); err != nil {
		return nil, responseError(operation, rsp, err)
	}
	if document.Data.ID == "" {
		return nil, responseError(operation, rsp, errors.New("data.id is missing"))
	}
	return &document.Data, nil
}

// maxTimestamp is the latest valid time of a word, in seconds. No meeting lasts that
// long, while in milliseconds it would be a minute and a half.
const maxTimestamp = 24 * 60 * 60

// checkTranscript returns an error if a transcript is invalid.
func checkTranscript(segments []gen.TranscriptSegment) error {
	if len(segments) == 0 {
		return errors.New("clarify: the transcript has no segments")
	}
	began := 0.0
	for i, segment := range segments {
		if len(segment.Words) == 0 {
			return fmt.Errorf("clarify: segments[%d] of the transcript has no words", i)
		}
		before := 0.0
		for j, word := range segment.Words {
			wrong := ""
			start, end := word.StartTimestamp, word.EndTimestamp
			switch {
			case strings.TrimSpace(word.Text) == "":
				wrong = "it has no text"
			case !(start >= 0 && end >= 0) || math.IsInf(max(start, end), 0):
				wrong = fmt.Sprintf("it is from %v to %v: times must be finite, 0 or more, and in seconds", start, end)
			case max(start, end) > maxTimestamp:
				wrong = fmt.Sprintf("it is from %v to %v, which is later than a day: times are in seconds, not milliseconds", start, end)
			case end < start:
				wrong = fmt.Sprintf("it begins at %v and ends at %v", start, end)
			case start < before:
				wrong = fmt.Sprintf("it begins at %v, and the word before it at %v", start, before)
			case j == 0 && start < began:
				wrong = fmt.Sprintf("its segment begins at %v, and the one before it at %v: sort them by time", start, began)
			}
			if wrong != "" {
				return fmt.Errorf("clarify: segments[%d].words[%d] of the transcript is %q: %s", i, j, word.Text, wrong)
			}
			before = start
		}
		began = segment.Words[0].StartTimestamp
	}
	return nil
}
