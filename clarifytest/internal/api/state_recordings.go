package api

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

const (
	// meetingObject is the object whose records have recordings.
	meetingObject = "meeting"
	// recordingType is the type of a recording in a response.
	recordingType = "recording"
)

// recordedMeeting is the recordings of a meeting.
type recordedMeeting struct {
	enabled       bool // a recorder is to join it
	recordings    []recording
	transcriptKey string // where the meeting's own transcript is, empty if there is none
}

// recording is audio or video of a meeting, its transcript, or both.
type recording struct {
	id            string
	mediaKey      string // the key of its upload, empty if none was requested
	confirmed     bool   // confirmMediaUpload was called
	transcriptKey string // empty if there is none
	createdAt     time.Time
	updatedAt     time.Time
	createdBy     string
	updatedBy     string
}

func (r recording) resource(meeting string) resource {
	return resource{Type: recordingType, ID: r.id, Attributes: map[string]any{
		"_id":         r.id,
		"meeting_id":  meeting,
		"_created_at": values.FormatTime(r.createdAt),
		"_created_by": r.createdBy,
		"_updated_at": values.FormatTime(r.updatedAt),
		"_updated_by": r.updatedBy,
	}}
}

// RecordingEnabled reports whether a meeting is to be recorded.
func (s *State) RecordingEnabled(meeting string) bool {
	var recorded recordedMeeting
	_ = s.Read(func() error {
		recorded, _ = s.recorded.Find(meeting)
		return nil
	})
	return recorded.enabled
}

// recording returns the recording with an id, to be changed in place, or nil.
func (m *recordedMeeting) recording(id string) *recording {
	for i := range m.recordings {
		if m.recordings[i].id == id {
			return &m.recordings[i]
		}
	}
	return nil
}

// recordingFor returns the recording of the member recordingId of the body, or a new
// one if the body does not have it.
func (m *recordedMeeting) recordingFor(change *change, document map[string]any) (*recording, error) {
	id, named := document["recordingId"].(string)
	if !named {
		m.recordings = append(m.recordings, recording{id: change.state.NewID(), createdAt: change.Now, createdBy: change.User})
		id = m.recordings[len(m.recordings)-1].id
	}
	r := m.recording(id)
	if r == nil {
		return nil, values.Invalid("/recordingId", "The meeting has no recording with this id.")
	}
	r.updatedAt, r.updatedBy = change.Now, change.User
	return r, nil
}

// storeTranscript stores the transcript of a request body as it was sent.
func (c *change) storeTranscript(key string, document map[string]any) {
	text, err := json.Marshal(document["transcript"])
	if err != nil {
		panic(err) // It was decoded from JSON.
	}
	f := storage.NewFile(key, "application/json", text)
	c.putFile(f.Key, f.ContentType, f.Data, f.ETag)
}
