package clarify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/oapi-codegen/nullable"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

// part is a part of a form, as it arrived.
type part struct{ disposition, contentType, body string }

func readForm(t *testing.T, r fileRequest) []part {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Fatalf("the content type is %q: %v", r.Header.Get("Content-Type"), err)
	}
	if mediaType != "multipart/form-data" {
		t.Fatalf("the content type is %q: mediaType is %v, want %v", r.Header.Get("Content-Type"), mediaType, "multipart/form-data")
	}
	var parts []part
	reader := multipart.NewReader(strings.NewReader(r.Body), params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part{p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), string(body)})
	}
}

func TestARecordingIsAFormWithTheFileLast(t *testing.T) {
	for _, size := range []int64{0, 1, 32 << 10, 1<<20 + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			f := newFiles(t)
			data := patternOf(size)
			var progress reports
			uploaded, err := f.connect().UploadRecording(t.Context(), "m/1", "video/mp4", onlyReader{strings.NewReader(data)}, size, progress.option())
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "uploaded.ID", uploaded.ID, recordingID)
			wantEqual(t, "uploaded.MeetingID", uploaded.MeetingID, "m1")
			wantEqual(t, "uploaded.Key", uploaded.Key, "k")
			if uploaded.Record == nil {
				t.Fatalf("%+v", uploaded)
			}
			wantEqual(t, "uploaded.Record.ID", uploaded.Record.ID, "x")
			progress.want(t, size, size)
			const media = "POST /meetings/m%2F1/recordings/media"
			if got, want := f.steps(), []string{media, media + "/" + recordingID}; !slices.Equal(got, want) {
				t.Fatalf("%q, want %q", got, want)
			}
			if got, want := f.requests()[0].Body, `{"contentType":"video/mp4"}`; got != want {
				t.Errorf("asked for a place with %s, want %s", got, want)
			}
			if body := f.requests()[1].Body; body != "" {
				t.Errorf("confirmed with %q", body)
			}
			stored := f.stored()
			if len(stored) != 1 {
				t.Fatalf("%d requests to storage", len(stored))
			}
			got := stored[0]
			wantEqual(t, "got.Method", got.Method, "POST")
			wantEqual(t, "got.URI", got.URI, "/bucket")
			wantEqual(t, "got.Length", got.Length, int64(len(got.Body)))
			wantEqual(t, "len(got.Encoding)", len(got.Encoding), 0)
			headers := []string{"Content-Type", "Content-Length", "User-Agent", "Accept-Encoding"}
			if size >= 1<<20 {
				headers = append(headers, "Expect")
			}
			wantHeaders(t, got, headers...)
			want := []part{
				{`form-data; name="Content-Type"`, "", "video/mp4"},
				{`form-data; name="key"`, "", "acme/media/1"},
				{`form-data; name="policy"`, "", filePolicy},
				{`form-data; name="x-amz-signature"`, "", fileSignature},
				{`form-data; name="file"; filename="recording"`, "video/mp4", data},
			}
			if parts := readForm(t, got); !reflect.DeepEqual(parts, want) {
				t.Errorf("%.200q", parts)
			}
		})
	}
}

func TestFieldsOfAFormStayFields(t *testing.T) {
	f := newFiles(t)
	hostile := "a\"; filename=\"x\r\nContent-Type: text/html\r\n\r\n--"
	fields, err := json.Marshal(map[string]string{hostile: hostile, "": "", "ü": "ü\x00"})
	if err != nil {
		t.Fatal(err)
	}
	f.media = fmt.Sprintf(`{"data":{"recordingId":%q,"meetingId":"m1","key":"k","upload":{"url":%q,"fields":%s}}}`, recordingID, f.storage.URL, fields)
	if _, err := f.connect().UploadRecording(t.Context(), "m1", `audio/ogg; codecs="opus"`, strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	parts := readForm(t, f.stored()[0])
	if len(parts) != 4 {
		t.Fatalf("len(parts) is %v, want %v", len(parts), 4)
	}
	if parts[1].contentType != "" {
		t.Fatalf("parts[1].contentType is %v, want %v", parts[1].contentType, "")
	}
	if parts[1].body != hostile {
		t.Fatalf("parts[1].body is %v, want %v", parts[1].body, hostile)
	}
	if parts[2].body != "ü\x00" {
		t.Fatalf("parts[2].body is %v, want %v", parts[2].body, "ü\x00")
	}
	if got, want := parts[3], (part{`form-data; name="file"; filename="recording"`, `audio/ogg; codecs="opus"`, "hello"}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestARecordingMayBeThereAlreadyAndHaveATranscript(t *testing.T) {
	f := newFiles(t)
	segment := gen.TranscriptSegment{
		Language: "en",
		Speaker:  nullable.NewNullableWithValue("Ada"),
		Words:    []gen.TranscriptWord{{Text: "Hello", StartTimestamp: 0.5, EndTimestamp: 1}},
	}
	_, err := f.connect().UploadRecording(t.Context(), "m1", "audio/mpeg", strings.NewReader("hello"), 5,
		clarify.RecordingID(recordingID), clarify.RecordingTranscript(segment))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"contentType":"audio/mpeg","recordingId":"` + recordingID + `","transcript":[{"language":"en","speaker":"Ada","speaker_id":null,` +
		`"words":[{"confidence":null,"end_timestamp":1,"language":null,"start_timestamp":0.5,"text":"Hello"}]}]}`
	if got := f.requests()[0].Body; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestARecordingThatCannotWorkSendsNothing(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	var noContext context.Context
	var noReader *strings.Reader
	upload := func(ctx context.Context, meeting, contentType string, r io.Reader, size int64, opts ...clarify.RecordingOption) error {
		_, err := client.UploadRecording(ctx, meeting, contentType, r, size, opts...)
		return err
	}
	r := func() io.Reader { return strings.NewReader("hello") }
	ctx := t.Context()
	for name, err := range map[string]error{
		"without a context":        upload(noContext, "m1", "video/mp4", r(), 5),
		"without a reader":         upload(ctx, "m1", "video/mp4", nil, 5),
		"of a nil pointer":         upload(ctx, "m1", "video/mp4", noReader, 5),
		"of less than nothing":     upload(ctx, "m1", "video/mp4", r(), -1),
		"without a meeting":        upload(ctx, "", "video/mp4", r(), 5),
		"to a meeting that climbs": upload(ctx, "..", "video/mp4", r(), 5),
		"without a type":           upload(ctx, "m1", "", r(), 5),
		"of an image":              upload(ctx, "m1", "image/png", r(), 5),
		"of a type in capitals":    upload(ctx, "m1", "Video/mp4", r(), 5),
		"of no kind of video":      upload(ctx, "m1", "video/", r(), 5),
		"of a type within another": upload(ctx, "m1", "x video/mp4", r(), 5),
		"of a type of two lines":   upload(ctx, "m1", "video/mp4\r\nX-Evil: 1", r(), 5),
		"with a nil option":        upload(ctx, "m1", "video/mp4", r(), 5, nil),
		"with a nil report":        upload(ctx, "m1", "video/mp4", r(), 5, clarify.OnProgress(nil)),
		"without a recording":      upload(ctx, "m1", "video/mp4", r(), 5, clarify.RecordingID("")),
		"without a transcript":     upload(ctx, "m1", "video/mp4", r(), 5, clarify.RecordingTranscript()),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	steps := f.steps()
	wantEqual(t, "len(steps)", len(steps), 0)
	wantEqual(t, "len(f.stored())", len(f.stored()), 0)
}

func TestAFormThatCannotWorkIsNotSent(t *testing.T) {
	const head = `{"data":{"meetingId":"m1","key":"k","recordingId":`
	for _, tt := range []struct {
		name, media string
		insecure    bool
		storage     bool // whether the error is about storage
		text        string
	}{
		{"no data", `{}`, false, false, "initMediaUpload"},
		{"no recording", head + `"","upload":{"url":"https://h/","fields":{}}}}`, false, false, "recordingId is missing"},
		{"no URL", head + `"r","upload":{"url":"","fields":{"policy":"` + filePolicy + `"}}}}`, false, false, "upload.url is missing"},
		{"fields that are no strings", head + `"r","upload":{"url":"https://s3.example/?` + fileQuery + `","fields":{"policy":"` + filePolicy + `","x":7}}}}`, false, false, "upload.fields is missing"},
		{"plain http to another host", head + `"r","upload":{"url":"http://s3.example/?` + fileQuery + `","fields":{}}}}`, true, true, "must be https"},
		{"a file among the fields", head + `"r","upload":{"url":"https://s3.example/?` + fileQuery + `","fields":{"File":"` + filePolicy + `"}}}}`, false, true, "already has a file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.media = tt.media
			_, err := f.connect().UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5)
			wantUnsigned(t, err)
			var failure *clarify.StorageError
			wantEqual(t, "errors.As(err, &failure)", errors.As(err, &failure), tt.storage)
			wantIs(t, err, authn.ErrInsecureAddress, tt.insecure)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v", err)
			}
			wantEqual(t, "len(f.steps())", len(f.steps()), 1)
			wantEqual(t, "len(f.stored())", len(f.stored()), 0)
		})
	}
}

func TestTheErrorOfARejectedFormShowsNoneOfItsFields(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		rejectFile(w, 403, "AccessDenied", "Invalid according to Policy "+filePolicy+" of "+fileSignature)
	}
	uploaded, err := f.connect().UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5)
	failure := wantStorageError(t, err, 403)
	if uploaded != nil {
		t.Errorf("%v, %v", uploaded, err)
	}
	wantEqual(t, "failure.Method", failure.Method, "POST")
	wantEqual(t, "failure.Message", failure.Message, "Invalid according to Policy [redacted] of [redacted]")
	if len(f.steps()) != 1 {
		t.Errorf("%q", f.steps())
	}
}

func TestARecordingIsRetriedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		attempts := 0
		f.put = func(w http.ResponseWriter, r *http.Request) {
			if attempts++; attempts == 1 {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(503)
				return
			}
			f.store(w, r)
		}
		if _, err := f.connect().UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5); err != nil {
			t.Fatal(err)
		}
		parts := readForm(t, f.stored()[0])
		if len(parts) != 5 {
			t.Fatalf("len(parts) is %v, want %v", len(parts), 5)
		}
		wantEqual(t, "parts[4].body", parts[4].body, "hello")
		wantEqual(t, "attempts", attempts, 2)
	})
}

func TestARecordingOfAnotherSizeIsNotConfirmed(t *testing.T) {
	for size, want := range map[int64]string{4: "more than the 4 bytes", 6: "after 5 bytes, and 6", 0: "more than the 0 bytes"} {
		f := newFiles(t)
		uploaded, err := f.connect().UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), size)
		wantUnsigned(t, err)
		if uploaded != nil {
			t.Errorf("%v, %v, %q", uploaded, err, f.steps())
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, %q", uploaded, err, f.steps())
		}
		wantEqual(t, "len(f.steps())", len(f.steps()), 1)
		wantEqual(t, "len(f.stored())", len(f.stored()), 0)
	}
}

func TestARecordingThatIsNotConfirmedIsReturnedWithTheError(t *testing.T) {
	f := newFiles(t)
	f.after = func(w http.ResponseWriter, r *http.Request) { hangUp(w) }
	uploaded, err := f.connect().UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5)
	wantIs(t, err, clarify.ErrOutcomeUnknown, true)
	if uploaded == nil {
		t.Fatalf("%+v, %v", uploaded, err)
	}
	wantEqual(t, "uploaded.ID", uploaded.ID, recordingID)
	if uploaded.Record != nil {
		t.Errorf("%+v, %v", uploaded, err)
	}
}

func TestMemoryDoesNotGrowWithARecording(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if n < muchData {
			t.Errorf("%d of %d bytes, %v", n, r.ContentLength, err)
		}
		wantEqual(t, "n", n, r.ContentLength)
		if err != nil {
			t.Error(err)
		}
	}
	client := f.connect()
	n := allocated(func() {
		if _, err := client.UploadRecording(t.Context(), "m1", "video/mp4", io.LimitReader(&pattern{}, muchData), muchData); err != nil {
			t.Error(err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
	}
}

// The fields of an upload's form are in the order of their names, whatever the
// order of a map.
func TestTheFormIsAlwaysTheSame(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	var first []part
	for range 10 {
		if _, err := client.UploadRecording(t.Context(), "m1", "video/mp4", bytes.NewReader(nil), 0); err != nil {
			t.Fatal(err)
		}
		stored := f.stored()
		parts := readForm(t, stored[len(stored)-1])
		if first == nil {
			first = parts
		}
		if !reflect.DeepEqual(parts, first) {
			t.Fatalf("%q, and before %q", parts, first)
		}
	}
}
