package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/mail"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// recording is a meeting as a recorder has it.
type recording struct {
	ID           string    `json:"id"`
	Title        string    `json:"title"`
	Start        time.Time `json:"start"`
	End          time.Time `json:"end"`
	EventID      string    `json:"event_id"`
	ICalUID      string    `json:"ical_uid"`
	Participants []struct {
		Email       string `json:"email"`
		Name        string `json:"name"`
		PhoneNumber string `json:"phone_number"`
		Status      string `json:"status"`
		Organizer   bool   `json:"organizer"`
	} `json:"participants"`
	Summary    string `json:"summary"`
	Transcript []struct {
		Speaker  string  `json:"speaker"`
		Text     string  `json:"text"`
		Start    float64 `json:"start"` // seconds, as End
		End      float64 `json:"end"`
		Language string  `json:"language"`
	} `json:"transcript"`
	TranscriptFile string `json:"transcript_file"`

	err      error // what is wrong with it
	segments []gen.TranscriptSegment
	receipt  string // names the recording and its transcript
}

// readRecordings reads a list in JSON, or one after the other, as in NDJSON. What
// is wrong with one of them is in its err. Other files are in dir.
func readRecordings(r io.Reader, dir fs.FS) ([]*recording, error) {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	var items []json.RawMessage
	for d := json.NewDecoder(buffered); ; {
		var item json.RawMessage
		if err := d.Decode(&item); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("meeting %d cannot be read: %w", len(items)+1, err)
		}
		if len(items) > 0 || item[0] != '[' {
			items = append(items, item)
			continue
		}
		if err := json.Unmarshal(item, &items); err != nil {
			return nil, err
		}
	}
	if len(items) == 0 {
		return nil, errors.New("there is no meeting in the file")
	}
	all := make([]*recording, len(items))
	seen := map[string]bool{}
	for i, item := range items {
		r := &recording{}
		if r.err = json.Unmarshal(item, r); r.err == nil {
			r.err = r.prepare(dir)
		}
		switch {
		case r.ID == "":
			r.ID = fmt.Sprintf("meeting %d", i+1)
		case seen[r.ID]:
			r.err = errors.New("another meeting has this id")
		}
		seen[r.ID] = true
		all[i] = r
	}
	return all, nil
}

// prepare checks a recording and reads its transcript.
func (r *recording) prepare(dir fs.FS) error {
	switch {
	case r.ID == "":
		return errors.New("it has no id")
	case r.Start.IsZero():
		return errors.New("it has no start")
	case !r.End.IsZero() && r.End.Before(r.Start):
		return errors.New("it ends before it starts")
	case r.Transcript != nil && r.TranscriptFile != "":
		return errors.New("it has a transcript and a transcript_file: leave one of them out")
	}
	for _, p := range r.Participants {
		if parsed, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || parsed.Address != p.Email) {
			return fmt.Errorf("%q is not an email address", p.Email)
		}
	}
	lines, err := r.lines(dir)
	if err != nil {
		return err
	}
	if len(lines) > 0 {
		if r.segments, err = clarify.TranscriptSegments(lines); err != nil {
			return err
		}
	}
	r.receipt = "Recording " + r.ID
	if r.segments != nil {
		b, err := json.Marshal(r.segments)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(b)
		r.receipt += ", transcript " + hex.EncodeToString(hash[:6])
	}
	return nil
}

func (r *recording) lines(dir fs.FS) ([]clarify.TranscriptLine, error) {
	if r.TranscriptFile != "" {
		// What is not below the directory is not opened.
		text, err := fs.ReadFile(dir, r.TranscriptFile)
		if err != nil {
			return nil, err
		}
		return clarify.ReadTranscript(bytes.NewReader(text))
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	var lines []clarify.TranscriptLine
	for _, l := range r.Transcript {
		lines = append(lines, clarify.TranscriptLine{
			Speaker: l.Speaker, Text: l.Text, Start: seconds(l.Start), End: seconds(l.End), Language: l.Language,
		})
	}
	return lines, nil
}

// comment is the text of the comment on the meeting, empty if there is nothing to
// say. Its last line is the receipt: the API has no way to read whether a meeting
// has a transcript.
func (r *recording) comment() string {
	switch {
	case r.Summary != "":
		return r.Summary + "\n\n" + r.receipt
	case r.segments != nil:
		return r.receipt
	}
	return ""
}

// commentID is the same for each run, so that the comment of an earlier one is
// found. With a meeting it is another one, for when the first is in use. It is a
// UUID of the form that is free to choose (RFC 9562, version 8).
func (r *recording) commentID(workspace, meeting string) string {
	hash := sha256.Sum256([]byte("meeting-sync\x00" + workspace + "\x00" + r.ID + "\x00" + meeting))
	id := hash[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

const (
	// editable is what the event id of a meeting begins with that may be changed
	// (docs/live-api.md).
	editable = "adhoc-"
	// ours is what that of a meeting begins with that this program created.
	ours = editable + "meeting-sync-"
)

// meeting is what to create if there is none.
func (r *recording) meeting() clarify.Meeting {
	return clarify.Meeting{
		Title: r.Title, Start: r.Start, End: r.End, EventID: ours + r.ID, ICalUID: r.ICalUID,
		Participants: r.participants(),
	}
}

func (r *recording) participants() []clarify.Participant {
	var all []clarify.Participant
	for _, p := range r.Participants {
		all = append(all, clarify.Participant{Email: p.Email, Name: p.Name, PhoneNumber: p.PhoneNumber, Status: p.Status, Organizer: p.Organizer})
	}
	return all
}
