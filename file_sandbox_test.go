package clarify_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// newRecord creates a record with no attributes and returns its id.
func newRecord(t *testing.T, client *clarify.Client, object string) string {
	t.Helper()
	record, err := clarify.NewRecords[clarify.Fields](client, object).Create(t.Context(), clarify.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	return record.ID
}

func TestAttachmentsEndToEnd(t *testing.T) {
	client, srv := sandbox(t)
	deal := newRecord(t, client, "deal")
	// From nothing to more than what is asked for first with 100-continue.
	for _, size := range []int64{0, 1, 32<<10 + 1, 3<<20 + 7} {
		data := patternOf(size)
		uploaded, err := client.UploadAttachment(t.Context(), "deal", deal, "a contract ü+%.pdf", strings.NewReader(data), size)
		if err != nil {
			t.Fatal(err)
		}
		if uploaded.Record == nil {
			t.Fatalf("registering returned %+v", uploaded.Record)
		}
		wantEqual(t, "uploaded.Record.ID", uploaded.Record.ID, deal)
		var got bytes.Buffer
		n, err := client.DownloadAttachment(t.Context(), "deal", deal, uploaded.ID, &got)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "n", n, size)
		wantEqual(t, "got.String()", got.String(), data)
		listed, err := client.ListRecordAttachmentsWithResponse(t.Context(), "deal", deal, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(listed.JSON200.Data) != 1 {
			t.Fatalf("len(listed.JSON200.Data) is %v, want %v", len(listed.JSON200.Data), 1)
		}
		if listed.JSON200.Data[0].ID != uploaded.ID {
			t.Fatalf("listed.JSON200.Data[0].ID is %v, want %v", listed.JSON200.Data[0].ID, uploaded.ID)
		}
		if bytes, err := listed.JSON200.Data[0].SizeBytes.Get(); err != nil || int64(bytes) != size {
			t.Errorf("listed with a size of %d, %v", bytes, err)
		}
		if _, err := client.DeleteRecordAttachmentWithResponse(t.Context(), "deal", deal, uploaded.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err = client.DownloadAttachment(t.Context(), "deal", deal, uploaded.ID, io.Discard)
		if !errors.Is(err, clarify.ErrNotFound) {
			t.Errorf("after it was deleted: %v", err)
		}
	}
	if files := srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}

func TestRecordingsEndToEnd(t *testing.T) {
	client, srv := sandbox(t)
	meeting := newRecord(t, client, "meeting")
	data := patternOf(2<<20 + 5)
	uploaded, err := client.UploadRecording(t.Context(), meeting, `video/mp4`, strings.NewReader(data), int64(len(data)),
		clarify.RecordingTranscript(gen.TranscriptSegment{
			Language: "en",
			Speaker:  nullable.NewNullableWithValue("Ada"),
			Words:    []gen.TranscriptWord{{Text: "Hello", StartTimestamp: 0.5, EndTimestamp: 1}},
		}))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "uploaded.MeetingID", uploaded.MeetingID, meeting)
	if uploaded.Record == nil {
		t.Fatalf("got %+v", uploaded)
	}
	wantEqual(t, "uploaded.Record.ID", uploaded.Record.ID, uploaded.ID)
	again, err := client.UploadRecording(t.Context(), meeting, `audio/ogg; codecs="opus"`, strings.NewReader("sound"), 5, clarify.RecordingID(uploaded.ID))
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != uploaded.ID {
		t.Fatalf("again.ID is %v, want %v", again.ID, uploaded.ID)
	}
	artifacts, err := client.GetRecordingArtifactsWithResponse(t.Context(), meeting, uploaded.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if artifacts.JSON201.Data.VideoURL.IsNull() {
		t.Errorf("got %+v", artifacts.JSON201.Data)
	}
	if artifacts.JSON201.Data.TranscriptionURL.IsNull() {
		t.Errorf("got %+v", artifacts.JSON201.Data)
	}
	files := srv.Files("acme")
	slices.SortFunc(files, func(a, b clarifytest.File) int { return strings.Compare(a.Key, b.Key) })
	if len(files) != 2 {
		t.Fatalf("len(files) is %v, want %v", len(files), 2)
	}
	wantEqual(t, "string(files[0].Data)", string(files[0].Data), "sound")
	wantEqual(t, "files[0].ContentType", files[0].ContentType, `audio/ogg; codecs="opus"`)
	wantEqual(t, "files[0].Key", files[0].Key, again.Key)
	if !strings.Contains(string(files[1].Data), `"Hello"`) {
		t.Errorf("storage has %q", files)
	}
}

func TestARejectionByStorageIsAStorageError(t *testing.T) {
	clock := clarifytest.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	srv := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithMaxFileBytes(1<<20), clarifytest.WithClock(clock.Now))
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	client := clientOf(t, srv.BaseURL, srv.APIKey, clarify.WithHTTPClient(&http.Client{Transport: transport}))
	deal, meeting := newRecord(t, client, "deal"), newRecord(t, client, "meeting")
	const size = 5 << 20
	large := func() io.Reader { return io.LimitReader(&pattern{}, size) }

	_, err := client.UploadAttachment(t.Context(), "deal", deal, "a", large(), size)
	failure := wantStorageError(t, err, 400)
	wantEqual(t, "failure.Code", failure.Code, "EntityTooLarge")
	if failure.RequestID == "" {
		t.Errorf("%v", err)
	}
	_, err = client.UploadRecording(t.Context(), meeting, "video/mp4", large(), size)
	if failure := wantStorageError(t, err, 400); failure.Code != "EntityTooLarge" {
		t.Errorf("%v", err)
	}

	// The URL expires on the way from the API to storage.
	srv.Inject(clarifytest.Latency(0), clarifytest.ToStorage(), clarifytest.Matching(func(*http.Request) bool {
		clock.Advance(time.Hour)
		return true
	}))
	_, err = client.UploadAttachment(t.Context(), "deal", deal, "a", strings.NewReader("x"), 1)
	failure = wantStorageError(t, err, 403)
	wantEqual(t, "failure.Code", failure.Code, "AccessDenied")
	if !strings.Contains(err.Error(), "may have expired") {
		t.Errorf("%v", err)
	}
	if files := srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %d files", len(files))
	}
}

func TestTransfersOutliveFaultsOfStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTB(t))
		defer srv.Close()
		client := clientOf(t, srv.BaseURL, srv.APIKey, clarify.WithRetries(2), clarify.WithHTTPClient(srv.HTTPClient()))
		deal := newRecord(t, client, "deal")
		data := patternOf(100 << 10)
		once := func(f clarifytest.Fault) *clarifytest.Injection {
			return srv.Inject(f, clarifytest.ToStorage(), clarifytest.Times(1))
		}
		for _, test := range []struct{ upload, download clarifytest.Fault }{
			{clarifytest.Status(500).AfterWork(), clarifytest.HangUp()},
			{clarifytest.ResetAfterWork(), clarifytest.Status(503)},
		} {
			struck := once(test.upload)
			uploaded, err := client.UploadAttachment(t.Context(), "deal", deal, "a", strings.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatalf("%s, %d times: %v", test.upload, struck.Struck(), err)
			}
			if struck.Struck() != 1 {
				t.Fatalf("%s, %d times: struck.Struck() is %v, want %v", test.upload, struck.Struck(), struck.Struck(), 1)
			}
			struck = once(test.download)
			var got bytes.Buffer
			if _, err := client.DownloadAttachment(t.Context(), "deal", deal, uploaded.ID, &got); err != nil || got.String() != data || struck.Struck() != 1 {
				t.Errorf("%s, %d times: %d bytes came back, %v", test.download, struck.Struck(), got.Len(), err)
			}
		}
		if files := srv.Files("acme"); len(files) != 2 {
			t.Errorf("storage has %d files", len(files))
		}
		srv.Inject(clarifytest.CutBody(1000), clarifytest.ToStorage())
		uploaded := srv.Files("acme")[0]
		id := strings.Split(uploaded.Key, "/")[2]
		var got bytes.Buffer
		n, err := client.DownloadAttachment(t.Context(), "deal", deal, id, &got)
		wantIs(t, err, io.ErrUnexpectedEOF, true)
		wantEqual(t, "n", n, 1000)
		wantEqual(t, "got.String()", got.String(), data[:1000])
	})
}
