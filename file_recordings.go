package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/stream"
)

// UploadedRecording is audio or video that was uploaded to a meeting.
type UploadedRecording struct {
	// ID is the recording's id.
	ID string
	// MeetingID is the meeting's id, from the API's response.
	MeetingID string
	// Key is the file's name in storage.
	Key string
	// Record is the API's response to the confirmation of the upload. It is nil if the
	// confirmation failed.
	Record *gen.Resource
}

// RecordingID uploads to an existing recording instead of a new one.
func RecordingID(id string) RecordingOption {
	return recordingOption(func(o *transferOptions) error {
		if id == "" {
			return errors.New("clarify: RecordingID: the id is empty")
		}
		o.recording.RecordingID = &id
		return nil
	})
}

// RecordingTranscript sends the transcript of the recording along, a segment for each
// time that somebody speaks. [Client.AddTranscript] says what a transcript must be.
func RecordingTranscript(segments ...gen.TranscriptSegment) RecordingOption {
	return recordingOption(func(o *transferOptions) error {
		if err := checkTranscript(segments); err != nil {
			return err
		}
		o.recording.Transcript = &segments
		return nil
	})
}

// UploadRecording adds audio or video to a meeting. contentType is its media type,
// which begins with audio/ or video/, such as video/mp4. It sends size bytes of r to
// storage, in a form that the API has signed, and then confirms the upload. The
// bytes are streamed, so memory does not grow with them.
//
// For the reader, retries, storage and ctx see [Client.UploadAttachment]. If the
// confirmation fails, the result is returned along with the error: the file is in
// storage, and ConfirmMediaUploadWithResponse with the meeting's id and the result's
// ID confirms it.
func (c *Client) UploadRecording(ctx context.Context, meetingID, contentType string, r io.Reader, size int64, opts ...RecordingOption) (*UploadedRecording, error) {
	o := &transferOptions{}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		if err := opt.forRecording(o); err != nil {
			return nil, err
		}
	}
	if err := checkReader(ctx, r, size); err != nil {
		return nil, err
	}
	if !isMedia(contentType) {
		return nil, fmt.Errorf("clarify: invalid media type %q: must be audio or video, such as audio/mpeg or video/mp4", contentType)
	}
	o.recording.ContentType = contentType
	response, err := c.InitMediaUploadWithResponse(ctx, meetingID, &gen.InitMediaUploadParams{Silent: silence(o.silent)}, o.recording)
	if err != nil {
		return nil, err
	}
	if response.JSON201 == nil {
		return nil, incomplete("initMediaUpload", response.HTTPResponse, "data")
	}
	place := response.JSON201.Data
	for _, member := range []struct{ name, value string }{
		{"recordingId", place.RecordingID}, {"upload.url", place.Upload.URL},
	} {
		if member.value == "" {
			return nil, incomplete("initMediaUpload", response.HTTPResponse, member.name)
		}
	}
	if _, unusable := place.Upload.AdditionalProperties["fields"]; unusable {
		// Storage would reject the form without them.
		return nil, incomplete("initMediaUpload", response.HTTPResponse, "a usable upload.fields")
	}
	to, err := newSigned(http.MethodPost, place.Upload.URL, slices.Collect(maps.Values(place.Upload.Fields))...)
	if err != nil {
		return nil, err
	}
	form, err := newForm(place.Upload.Fields, contentType)
	if err != nil {
		return nil, to.fail(0, err)
	}
	form.file = stream.NewUpload(r, size, o.progress)
	if err := c.upload(ctx, to, *form); err != nil {
		return nil, err
	}
	uploaded := &UploadedRecording{ID: place.RecordingID, MeetingID: place.MeetingID, Key: place.Key}
	confirmed, err := c.ConfirmMediaUploadWithResponse(ctx, meetingID, place.RecordingID, &gen.ConfirmMediaUploadParams{Silent: silence(o.silent)})
	if err != nil {
		return uploaded, err
	}
	if confirmed.JSON200 != nil {
		uploaded.Record = &confirmed.JSON200.Data
	}
	return uploaded, nil
}

func isMedia(contentType string) bool {
	if !strings.HasPrefix(contentType, "audio/") && !strings.HasPrefix(contentType, "video/") {
		return false
	}
	_, _, err := mime.ParseMediaType(contentType)
	return err == nil && !strings.ContainsFunc(contentType, func(r rune) bool { return r < ' ' || r > '~' })
}

// headerEnds escapes what would end the header of a part, as browsers do and as
// mime/multipart does from Go 1.26 on.
var headerEnds = strings.NewReplacer("\r", "%0D", "\n", "%0A")

// newForm returns a form for S3. The file is its last part, because S3 ignores what
// comes after it. The other parts are sorted, so that retries send the same form.
func newForm(fields map[string]string, contentType string) (*payload, error) {
	var framing bytes.Buffer
	w := multipart.NewWriter(&framing)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.EqualFold(name, "file") {
			return nil, errors.New("the form of the API already has a file")
		}
		if err := w.WriteField(headerEnds.Replace(name), fields[name]); err != nil {
			return nil, err
		}
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="recording"`},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return nil, err
	}
	before := framing.Len()
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &payload{
		head:        framing.Bytes()[:before:before],
		tail:        framing.Bytes()[before:],
		contentType: w.FormDataContentType(),
	}, nil
}
