package api

import (
	"mime"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// meeting returns the meeting in the path. It needs the state's lock.
func (c *Call) meeting() (*store.Record, error) {
	spec := c.schemas.Find(meetingObject)
	if spec == nil {
		return nil, NotFound("There are no meetings.")
	}
	return c.State.Get(spec, c.Request.PathValue("meetingId"))
}

// changeMeeting carries out an operation on the recordings of a meeting: work
// changes what it gets and returns the operation's response.
func (c *Call) changeMeeting(status int, work func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error)) (Response, error) {
	if err := readSilent(c.Query); err != nil {
		return Response{}, err
	}
	var response struct {
		Data any `json:"data"`
	}
	err := c.State.write(c.User, func(change *change) error {
		meeting, err := c.meeting()
		if err != nil {
			return err
		}
		recorded, _ := change.state.recorded.Find(meeting.ID)
		recorded.recordings = slices.Clone(recorded.recordings)
		if response.Data, err = work(change, meeting, &recorded); err != nil {
			return err
		}
		change.state.recorded.Put(change.Tx, meeting.ID, recorded)
		return nil
	})
	return Response{status, response}, err
}

// pathRecording returns the recording in a parameter of the path.
func (c *Call) pathRecording(m *recordedMeeting, parameter string) (*recording, error) {
	if r := m.recording(c.Request.PathValue(parameter)); r != nil {
		return r, nil
	}
	return nil, NotFound("The meeting has no recording with this id.")
}

// recordingDocument reads a request body that must match a schema of the contract.
func (c *Call) recordingDocument(schema string) (map[string]any, error) {
	document, err := c.input()
	if err == nil {
		err = c.conform(document, schema, "")
	}
	return document, err
}

// enableRecording: POST /meetings/{meetingId}/recording
func enableRecording(c *Call) (Response, error) {
	return c.changeMeeting(http.StatusCreated, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		recorded.enabled = true
		return change.state.resource(meeting), nil
	})
}

// disableRecording: DELETE /meetings/{meetingId}/recording
func disableRecording(c *Call) (Response, error) {
	response, err := c.changeMeeting(http.StatusOK, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		recorded.enabled = false
		return change.state.resource(meeting), nil
	})
	return c.withoutContent(response), err
}

// uploadTranscript: POST /meetings/{meetingId}/transcript
func uploadTranscript(c *Call) (Response, error) {
	document, err := c.recordingDocument("TranscriptUpload")
	if err != nil {
		return Response{}, err
	}
	return c.changeMeeting(http.StatusCreated, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		// A merge may have left one under another key.
		change.state.files.Remove(change.Tx, recorded.transcriptKey)
		recorded.transcriptKey = storageKey(c.Workspace, "meetings", meeting.ID, "transcript")
		change.storeTranscript(recorded.transcriptKey, document)
		return change.state.resource(meeting), nil
	})
}

// uploadRecordingTranscript: POST /meetings/{meetingId}/recordings/transcript
func uploadRecordingTranscript(c *Call) (Response, error) {
	document, err := c.recordingDocument("RecordingTranscriptUpload")
	if err != nil {
		return Response{}, err
	}
	return c.changeMeeting(http.StatusCreated, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		r, err := recorded.recordingFor(change, document)
		if err != nil {
			return nil, err
		}
		c.addTranscript(change, r, document)
		return r.resource(meeting.ID), nil
	})
}

func (c *Call) addTranscript(change *change, r *recording, document map[string]any) {
	r.transcriptKey = c.recordingKey(r, "transcript")
	change.storeTranscript(r.transcriptKey, document)
}

func (c *Call) recordingKey(r *recording, what string) string {
	return storageKey(c.Workspace, "recordings", r.id, what)
}

// initMediaUpload: POST /meetings/{meetingId}/recordings/media
func initMediaUpload(c *Call) (Response, error) {
	document, err := c.recordingDocument("MediaUploadRequest")
	if err != nil {
		return Response{}, err
	}
	contentType, _ := document["contentType"].(string)
	if _, _, err := mime.ParseMediaType(contentType); err != nil {
		return Response{}, values.Invalid("/contentType", "The media type is malformed. It should look like video/mp4.")
	}
	type place struct {
		RecordingID string       `json:"recordingId"`
		MeetingID   string       `json:"meetingId"`
		Key         string       `json:"key"`
		Upload      storage.Form `json:"upload"`
	}
	return c.changeMeeting(http.StatusCreated, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		r, err := recorded.recordingFor(change, document)
		if err != nil {
			return nil, err
		}
		if _, sent := document["transcript"]; sent {
			c.addTranscript(change, r, document)
		}
		r.mediaKey = c.recordingKey(r, "media")
		change.reserve(r.mediaKey)
		return place{r.id, meeting.ID, r.mediaKey, c.Storage.SignForm(c.Request.Host, r.mediaKey, contentType)}, nil
	})
}

// confirmMediaUpload: POST /meetings/{meetingId}/recordings/media/{recordingId}
func confirmMediaUpload(c *Call) (Response, error) {
	return c.changeMeeting(http.StatusOK, func(change *change, meeting *store.Record, recorded *recordedMeeting) (any, error) {
		r, err := c.pathRecording(recorded, "recordingId")
		if err != nil {
			return nil, err
		}
		if _, ok := change.state.uploaded(r.mediaKey); !ok {
			return nil, Fail(http.StatusUnprocessableEntity, "Nothing was uploaded to storage for this recording.")
		}
		r.confirmed = true
		r.updatedAt, r.updatedBy = change.Now, change.User
		return r.resource(meeting.ID), nil
	})
}

// getRecordingArtifacts: POST /meetings/{meetingId}/recordings/{id}/artifacts
func getRecordingArtifacts(c *Call) (Response, error) {
	type artifacts struct {
		VideoURL         *string `json:"videoUrl"`
		TranscriptionURL *string `json:"transcriptionUrl"`
	}
	if err := readSilent(c.Query); err != nil {
		return Response{}, err
	}
	var response struct {
		Data artifacts `json:"data"`
	}
	err := c.State.Read(func() error {
		meeting, err := c.meeting()
		if err != nil {
			return err
		}
		recorded, _ := c.State.recorded.Find(meeting.ID)
		r, err := c.pathRecording(&recorded, "id")
		if err != nil {
			return err
		}
		if r.confirmed {
			response.Data.VideoURL = c.downloadURL(r.mediaKey)
		}
		if r.transcriptKey != "" {
			response.Data.TranscriptionURL = c.downloadURL(r.transcriptKey)
		}
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

func (c *Call) downloadURL(key string) *string {
	signed := c.signedURL(http.MethodGet, key, nil)
	return &signed
}
