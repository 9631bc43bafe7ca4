package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
)

func TestAnUploadIsThreeSteps(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	var progress reports
	uploaded, err := client.UploadAttachment(t.Context(), "deal", "d/1", "contract ü.pdf", strings.NewReader("hello"), 5, progress.option())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "uploaded.ID", uploaded.ID, fileID)
	wantEqual(t, "uploaded.Key", uploaded.Key, fileKey)
	if uploaded.Record == nil {
		t.Fatalf("%+v", uploaded)
	}
	wantEqual(t, "uploaded.Record.ID", uploaded.Record.ID, "x")
	progress.want(t, 5, 5)

	const attachments = "/objects/deal/records/d%2F1/attachments"
	if got, want := f.steps(), []string{"PUT " + attachments, "POST " + attachments}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if got, want := f.requests()[0].Body, `{"name":"contract ü.pdf"}`; got != want {
		t.Errorf("asked for a place with %s, want %s", got, want)
	}
	if got, want := f.requests()[1].Body, `{"attachmentId":"`+fileID+`","key":"`+fileKey+`","name":"contract ü.pdf"}`; got != want {
		t.Errorf("registered with %s, want %s", got, want)
	}
	stored := f.stored()
	if len(stored) != 1 {
		t.Fatalf("%d requests to storage", len(stored))
	}
	got := stored[0]
	wantEqual(t, "got.Method", got.Method, "PUT")
	wantEqual(t, "got.URI", got.URI, filePath+"?"+fileQuery)
	wantEqual(t, "got.Body", got.Body, "hello")
	wantEqual(t, "got.Length", got.Length, 5)
	wantEqual(t, "len(got.Encoding)", len(got.Encoding), 0)
	wantHeaders(t, got, "Content-Length", "User-Agent", "Accept-Encoding")
}

// wantHeaders checks that a request has these headers and no other, and that
// what net/http says of itself is all there is in User-Agent.
func wantHeaders(t *testing.T, r fileRequest, names ...string) {
	t.Helper()
	slices.Sort(names)
	if got := slices.Sorted(maps.Keys(r.Header)); !slices.Equal(got, names) {
		t.Errorf("%s to storage has the headers %q, want %q", r.Method, got, names)
	}
	if agent := r.Header.Get("User-Agent"); !strings.HasPrefix(agent, "Go-http-client/") {
		t.Errorf("the user agent is %q", agent)
	}
}

func TestTransfersMayBeSilent(t *testing.T) {
	f := newFiles(t)
	f.csv = func(w http.ResponseWriter, r *http.Request) { writeCSV(w, someCSV) }
	client := f.connect()
	if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5, clarify.Silent()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5, clarify.Silent()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ExportList(t.Context(), "person", "l1", io.Discard, clarify.Silent()); err != nil {
		t.Fatal(err)
	}
	for _, step := range f.steps() {
		if !strings.HasSuffix(step, "?silent=true") {
			t.Errorf("%s is not silent", step)
		}
	}
	if _, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard, clarify.Silent()); err != nil {
		t.Fatal(err)
	}
}

func TestStorageOnTheAPIsOwnOriginGetsNoCredential(t *testing.T) {
	f := newFiles(t)
	f.send(f.api.URL + filePath + "?" + fileQuery)
	client := f.connect()
	if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard); err != nil {
		t.Fatal(err)
	}
	stored := f.stored()
	if len(stored) != 2 {
		t.Fatalf("%d requests to storage", len(stored))
	}
	wantHeaders(t, stored[0], "Content-Length", "User-Agent", "Accept-Encoding")
	wantHeaders(t, stored[1], "User-Agent", "Accept-Encoding")
}

func TestATransferThatCannotWorkSendsNothing(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	ctx := t.Context()
	r := func() io.Reader { return strings.NewReader("hello") }
	var noContext context.Context
	var noReader *bytes.Buffer
	var noWriter *os.File
	upload := func(ctx context.Context, object, id, name string, r io.Reader, size int64, opts ...clarify.TransferOption) error {
		_, err := client.UploadAttachment(ctx, object, id, name, r, size, opts...)
		return err
	}
	download := func(ctx context.Context, object, id, attachment string, w io.Writer, opts ...clarify.TransferOption) error {
		_, err := client.DownloadAttachment(ctx, object, id, attachment, w, opts...)
		return err
	}
	for name, err := range map[string]error{
		"upload without a context":       upload(noContext, "deal", "d1", "a", r(), 5),
		"upload without a reader":        upload(ctx, "deal", "d1", "a", nil, 5),
		"upload of a nil pointer":        upload(ctx, "deal", "d1", "a", noReader, 5),
		"upload of less than nothing":    upload(ctx, "deal", "d1", "a", r(), -1),
		"upload without a name":          upload(ctx, "deal", "d1", "", r(), 5),
		"upload without an object":       upload(ctx, "", "d1", "a", r(), 5),
		"upload to a record that climbs": upload(ctx, "deal", "..", "a", r(), 5),
		"upload with a nil option":       upload(ctx, "deal", "d1", "a", r(), 5, nil),
		"upload with a nil Silent":       upload(ctx, "deal", "d1", "a", r(), 5, clarify.WriteOption(nil)),
		"upload with MatchOn":            upload(ctx, "deal", "d1", "a", r(), 5, clarify.MatchOn("name")),
		"upload with Append":             upload(ctx, "deal", "d1", "a", r(), 5, clarify.Append("name")),
		"upload with a nil report":       upload(ctx, "deal", "d1", "a", r(), 5, clarify.OnProgress(nil)),
		"download without a context":     download(noContext, "deal", "d1", fileID, io.Discard),
		"download without a writer":      download(ctx, "deal", "d1", fileID, nil),
		"download to a nil pointer":      download(ctx, "deal", "d1", fileID, noWriter),
		"download of nothing":            download(ctx, "deal", "d1", "", io.Discard),
		"download of what climbs":        download(ctx, "deal", "d1", ".", io.Discard),
		"download with a nil option":     download(ctx, "deal", "d1", fileID, io.Discard, nil),
		"download with a nil report":     download(ctx, "deal", "d1", fileID, io.Discard, clarify.OnProgress(nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	steps := f.steps()
	wantEqual(t, "len(steps)", len(steps), 0)
	wantEqual(t, "len(f.stored())", len(f.stored()), 0)
}

func TestAResponseWithoutAStorageURLIsAnError(t *testing.T) {
	for name, place := range map[string]string{
		"no data":       `{}`,
		"no URL":        `{"data":{"signedUrl":"","url":"","key":"k","attachmentId":"a"}}`,
		"no key":        `{"data":{"signedUrl":"https://h/` + fileSignature + `","attachmentId":"a"}}`,
		"no id":         `{"data":{"signedUrl":"https://h/` + fileSignature + `","key":"k"}}`,
		"another shape": `{"data":"https://h/` + fileSignature + `"}`,
		"null":          `null`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t)
			f.place = place
			client := f.connect()
			_, uploading := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			_, downloading := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			for _, err := range []error{uploading, downloading} {
				wantUnsigned(t, err)
				var failure *clarify.Error
				if !errors.As(err, &failure) {
					t.Fatalf("%T %v", err, err)
				}
				if failure.StatusCode != 200 {
					t.Fatalf("failure.StatusCode is %v, want %v", failure.StatusCode, 200)
				}
				if strings.Contains(err.Error(), "is missing") && (len(failure.Body) != 0 || failure.OutcomeUnknown) {
					t.Errorf("%s, %t", failure.Body, failure.OutcomeUnknown)
				}
			}
			if len(f.stored()) != 0 {
				t.Error("storage was asked")
			}
		})
	}
}

func TestAFileThatIsNotRegisteredIsReturnedWithTheError(t *testing.T) {
	for _, tt := range []struct {
		name    string
		after   http.HandlerFunc
		is      error
		unknown bool
	}{
		{"rejected", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 422, `{"errors":[{"status":"422","detail":"no"}]}`)
		}, clarify.ErrInvalid, false},
		{"no response", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, clarify.ErrOutcomeUnknown, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.after = tt.after
			uploaded, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			wantIs(t, err, tt.is, true)
			wantIs(t, err, clarify.ErrOutcomeUnknown, tt.unknown)
			if uploaded == nil {
				t.Fatalf("%+v", uploaded)
			}
			wantEqual(t, "uploaded.ID", uploaded.ID, fileID)
			wantEqual(t, "uploaded.Key", uploaded.Key, fileKey)
			if uploaded.Record != nil {
				t.Errorf("%+v", uploaded)
			}
			wantEqual(t, "len(f.stored())", len(f.stored()), 1)
			wantEqual(t, "len(f.steps())", len(f.steps()), 2)
			wantUnsigned(t, err)
		})
	}
}

func TestOneClientMovesManyFiles(t *testing.T) {
	f := newFiles(t)
	var mu sync.Mutex
	stored := map[int]string{}
	f.put = func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "GET" {
			_, _ = io.WriteString(w, "hello")
			return
		}
		body, _ := io.ReadAll(r.Body)
		stored[len(body)] = string(body)
	}
	client := f.connect()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			data := patternOf(int64(i))
			if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader(data), int64(i)); err != nil {
				t.Error(err)
			}
			if _, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 50 {
		if stored[i] != patternOf(int64(i)) {
			t.Errorf("the file of %d bytes is %q", i, stored[i])
		}
	}
}

func TestRequestsToStorageAreLoggedWithoutTheirURL(t *testing.T) {
	f := newFiles(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := f.connect(clarify.WithLogger(logger), clarify.WithLogBodies(), clarify.WithRetries(0))
	if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadRecording(t.Context(), "m1", "video/mp4", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	f.put = func(w http.ResponseWriter, r *http.Request) { hangUp(w) }
	if _, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard); err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"request to storage", "method=PUT", "method=POST", "method=GET", "host=" + f.storage.Listener.Addr().String(), "attempt=1", "status=200", "status=204", "duration=", "error="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("there is no %q in the log", want)
		}
	}
	for _, secret := range fileSecrets {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

// An HTTP client made by oauth2.NewClient adds its token to every request.
func TestStorageGetsNoTokenFromTheTransport(t *testing.T) {
	f := newFiles(t)
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testKey})
	f.client.Transport = &oauth2.Transport{Source: source, Base: &oauth2.Transport{Source: source, Base: f.client.Transport}}
	client := f.connect()
	if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if len(f.stored()) == 0 {
		t.Error("storage got nothing")
	}
	for _, r := range f.stored() {
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("storage got the header Authorization: %s", got)
		}
	}
}
