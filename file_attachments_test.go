package clarify_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func TestAnUploadIsThreeSteps(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	var progress reports
	uploaded, err := client.UploadAttachment(t.Context(), "deal", "d/1", "contract ü.pdf", strings.NewReader("hello"), 5, progress.option())
	if err != nil {
		t.Fatal(err)
	}
	if uploaded.ID != fileID || uploaded.Key != fileKey || uploaded.Record == nil || uploaded.Record.ID != "x" {
		t.Errorf("%+v", uploaded)
	}
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
	if got.Method != "PUT" || got.URI != filePath+"?"+fileQuery || got.Body != "hello" || got.Length != 5 || len(got.Encoding) != 0 {
		t.Errorf("%+v", got)
	}
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

func TestAnyReaderOfTheRightSizeIsUploaded(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	for _, size := range []int64{0, 1, 32 << 10, 32<<10 + 1, 1 << 20, 1<<20 + 7} {
		data := patternOf(size)
		readers := map[string]io.Reader{
			"a reader that can seek":            strings.NewReader(data),
			"a reader that cannot":              onlyReader{strings.NewReader(data)},
			"a buffer":                          bytes.NewBufferString(data),
			"a part of a file":                  partOfFile(t, data),
			"a reader of half of what is asked": iotest.HalfReader(strings.NewReader(data)),
			"a reader that ends with its data":  iotest.DataErrReader(strings.NewReader(data)),
			"a pipe":                            pipe(data),
			"a reader that is slow to begin":    io.MultiReader(emptyReads(3), strings.NewReader(data), emptyReads(3)),
		}
		if size < 1<<16 {
			readers["a reader of one byte at a time"] = iotest.OneByteReader(strings.NewReader(data))
		}
		for name, r := range readers {
			t.Run(fmt.Sprintf("%s, %d bytes", name, size), func(t *testing.T) {
				var progress reports
				if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", r, size, progress.option()); err != nil {
					t.Fatal(err)
				}
				progress.want(t, size, size)
				stored := f.stored()
				got := stored[len(stored)-1]
				if got.Body != data || got.Length != size || len(got.Encoding) != 0 {
					t.Errorf("%d bytes arrived, with a length of %d and the encodings %q", len(got.Body), got.Length, got.Encoding)
				}
			})
		}
	}
}

// partOfFile returns a file with data, where what stands before has been read.
func partOfFile(t *testing.T, data string) io.Reader {
	t.Helper()
	const before = "what is not to be uploaded"
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(before+data), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := file.Seek(int64(len(before)), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return file
}

func pipe(data string) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, data)
		_ = w.Close()
	}()
	return r
}

// emptyReads returns nothing some times, and ends.
func emptyReads(times int) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if times--; times < 0 {
			return 0, io.EOF
		}
		return 0, nil
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var errDisk = errors.New("the disk is on fire")

func TestAReaderOfAnotherSizeIsNotRegistered(t *testing.T) {
	many := strings.Repeat("x", 2<<20)
	for _, tt := range []struct {
		name   string
		reader io.Reader
		size   int64
		is     error
		want   string
	}{
		{"it ends early", strings.NewReader("hell"), 5, io.ErrUnexpectedEOF, "after 4 bytes, and 5"},
		{"it has nothing", strings.NewReader(""), 5, io.ErrUnexpectedEOF, "after 0 bytes, and 5"},
		{"it ends early, after much", strings.NewReader(many), int64(len(many)) + 1, io.ErrUnexpectedEOF, "2097152 bytes, and 2097153"},
		{"it has one byte more", strings.NewReader("hello!"), 5, nil, "more than the 5 bytes"},
		{"it has much more", onlyReader{&pattern{}}, 2 << 20, nil, "more than the 2097152 bytes"},
		{"it has something, though announced empty", strings.NewReader("!"), 0, nil, "more than the 0 bytes"},
		{"it fails at once", iotest.ErrReader(errDisk), 5, errDisk, "after 0 of 5 bytes"},
		{"it fails at once, though announced empty", iotest.ErrReader(errDisk), 0, errDisk, "after 0 of 0 bytes"},
		{"it fails in the middle", io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(errDisk)), 5, errDisk, "after 3 of 5 bytes"},
		{"it fails instead of ending", io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(errDisk)), 5, errDisk, "after 5 of 5 bytes"},
		{"it never yields anything", emptyReads(1 << 30), 5, io.ErrNoProgress, "after 0 of 5 bytes"},
		{"it never ends", io.MultiReader(strings.NewReader("hello"), emptyReads(1<<30)), 5, io.ErrNoProgress, "after 5 of 5 bytes"},
		{"it counts wrongly", readerFunc(func(p []byte) (int, error) { return len(p) + 1, nil }), 5, nil, "invalid count"},
		{"it counts below zero", readerFunc(func(p []byte) (int, error) { return -1, nil }), 5, nil, "invalid count"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			var progress reports
			uploaded, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", tt.reader, tt.size, progress.option())
			wantUnsigned(t, err)
			if uploaded != nil || !strings.Contains(err.Error(), tt.want) || (tt.is != nil && !errors.Is(err, tt.is)) {
				t.Errorf("%v, %v", uploaded, err)
			}
			var failure *clarify.StorageError
			if errors.As(err, &failure) {
				t.Error("it is blamed on storage")
			}
			if steps := f.steps(); len(steps) != 1 || len(f.stored()) != 0 {
				t.Errorf("the API was asked %q, and storage has %d files", steps, len(f.stored()))
			}
			if slices.Contains(progress.done, tt.size) {
				t.Errorf("all of it is reported: %d", progress.done)
			}
		})
	}
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
	if steps := f.steps(); len(steps) != 0 || len(f.stored()) != 0 {
		t.Errorf("the API was asked %q, storage %d times", steps, len(f.stored()))
	}
}

func TestAnAddressThatIsNotSafeIsNotUsed(t *testing.T) {
	for _, tt := range []struct {
		name, address, want string
		insecure            bool
	}{
		{"plain http to another host", "http://bucket.s3.example" + filePath + "?" + fileQuery, "bucket.s3.example", true},
		{"plain http to what only begins like loopback", "http://localhost.s3.example" + filePath + "?" + fileQuery, "localhost.s3.example", true},
		{"another scheme", "ftp://bucket.s3.example" + filePath + "?" + fileQuery, "bucket.s3.example", true},
		{"a user in the address", "https://AKIDEXAMPLE:" + fileSignature + "@bucket.s3.example" + filePath, "user info", false},
		{"no host", "https://" + filePath + "?" + fileQuery, "no host", false},
		{"a path alone", filePath + "?" + fileQuery, "no host", false},
		{"a port alone", "https://:443" + filePath + "?" + fileQuery, "no host", false},
		{"what is malformed", "https://bucket.s3.example/%zz" + filePath + "?" + fileQuery, "malformed", false},
		{"what has control characters", "https://bucket.s3.example/\n" + filePath + "?" + fileQuery, "malformed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			var other []string
			f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(f.api.URL, r.URL.Host) {
					other = append(other, r.URL.Host)
					return nil, errors.New("not here")
				}
				return http.DefaultTransport.RoundTrip(r)
			})
			f.send(tt.address)
			client := f.connect()
			_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			failure := wantStorageError(t, err, 0)
			if !strings.Contains(err.Error(), tt.want) || errors.Is(err, authn.ErrInsecureAddress) != tt.insecure || failure.Method != "PUT" {
				t.Errorf("%v", err)
			}
			n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			failure = wantStorageError(t, err, 0)
			if n != 0 || errors.Is(err, authn.ErrInsecureAddress) != tt.insecure || failure.Method != "GET" {
				t.Errorf("%d, %v", n, err)
			}
			if steps := f.steps(); len(steps) != 2 || len(other) != 0 {
				t.Errorf("the API was asked %q, others %q", steps, other)
			}
		})
	}
}

func TestAnResponseWithoutAPlaceIsAnError(t *testing.T) {
	for name, place := range map[string]string{
		"no data":       `{}`,
		"no address":    `{"data":{"signedUrl":"","url":"","key":"k","attachmentId":"a"}}`,
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
				if !errors.As(err, &failure) || failure.StatusCode != 200 {
					t.Fatalf("%T %v", err, err)
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

func TestAFailureOfStorageIsTyped(t *testing.T) {
	for _, tt := range []struct {
		name     string
		response http.HandlerFunc
		want     clarify.StorageError
		text     string
	}{
		{
			"an address that has expired",
			func(w http.ResponseWriter, r *http.Request) {
				refuseFile(w, 403, "AccessDenied", "Request has expired")
			},
			clarify.StorageError{StatusCode: 403, Code: "AccessDenied", Message: "Request has expired", RequestID: "R17"},
			"403 Forbidden: AccessDenied: Request has expired (the URL may have expired: call again to get a new one)",
		},
		{
			"a message that repeats the address",
			func(w http.ResponseWriter, r *http.Request) {
				refuseFile(w, 400, "Bad"+fileSignature, "Not "+strings.ReplaceAll(r.URL.String(), "&", "&amp;")+" nor "+r.URL.Path+", "+fileKeyID+"\nand so\ron")
			},
			clarify.StorageError{StatusCode: 400, Code: "Bad[redacted]", Message: "Not [redacted]?[redacted] nor [redacted], [redacted] and so on", RequestID: "R17"},
			"400 Bad Request",
		},
		{
			"a message that is long",
			func(w http.ResponseWriter, r *http.Request) {
				refuseFile(w, 404, "NoSuchKey", strings.Repeat("ü", 3000))
			},
			clarify.StorageError{StatusCode: 404, Code: "NoSuchKey", Message: strings.Repeat("ü", 100) + "…", RequestID: "R17"},
			"404 Not Found",
		},
		{
			"a page of HTML",
			func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(418)
				_, _ = fmt.Fprintf(w, "<html><body>%s</body></html>", r.URL)
			},
			clarify.StorageError{StatusCode: 418},
			"418 I'm a teapot",
		},
		{
			"no body",
			func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(412) },
			clarify.StorageError{StatusCode: 412},
			"412 Precondition Failed",
		},
		{
			"a status without a name, and a body without an end",
			func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(499)
				_, _ = io.WriteString(w, "<Error><Code>"+strings.Repeat("x", 1<<20))
			},
			clarify.StorageError{StatusCode: 499},
			": 499",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			attempts := 0
			f.put = func(w http.ResponseWriter, r *http.Request) {
				attempts++
				tt.response(w, r)
			}
			client := f.connect()
			uploaded, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			want := tt.want
			want.Method, want.Host = "PUT", f.storage.Listener.Addr().String()
			if got := wantStorageError(t, err, want.StatusCode); *got != want || !strings.Contains(err.Error(), tt.text) || uploaded != nil {
				t.Errorf("%v", err)
			}
			n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			want.Method = "GET"
			if got := wantStorageError(t, err, want.StatusCode); *got != want || !strings.Contains(err.Error(), tt.text) || n != 0 {
				t.Errorf("%v", err)
			}
			if got := len(f.steps()); got != 2 || attempts != 2 {
				t.Errorf("%d requests to the API, %d to storage", got, attempts)
			}
		})
	}
}

func TestARedirectOfStorageIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var others atomic.Int32
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { others.Add(1) }))
			defer other.Close()
			f := newFiles(t)
			f.put = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+filePath+"?"+fileQuery, status)
			}
			client := f.connect()
			_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			wantStorageError(t, err, status)
			if !strings.Contains(err.Error(), "redirects of storage are not followed") {
				t.Errorf("%v", err)
			}
			_, err = client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			wantStorageError(t, err, status)
			if others.Load() != 0 || len(f.steps()) != 2 {
				t.Errorf("%d requests to another host, %q to the API", others.Load(), f.steps())
			}
		})
	}
}

func TestALargeFileThatStorageRefusesIsNotSent(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) { refuseFile(w, 403, "AccessDenied", "no") }
	untouched := readerFunc(func([]byte) (int, error) {
		t.Error("the file is read")
		return 0, io.EOF
	})
	_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", untouched, muchData)
	wantStorageError(t, err, 403)
}

func TestAnResponseBeforeTheWholeFileIsNoSuccess(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 5))
		w.WriteHeader(200)
	}
	_, err := f.connect(clarify.WithRetries(0)).UploadAttachment(t.Context(), "deal", "d1", "a", onlyReader{io.LimitReader(&pattern{}, muchData)}, muchData)
	// Depending on which comes first, it is the response or the connection.
	var failure *clarify.StorageError
	if !errors.As(err, &failure) || (failure.StatusCode != 200 && failure.StatusCode != 0) || len(f.steps()) != 1 {
		t.Errorf("%v", err)
	}
	wantUnsigned(t, err)
}

func TestWhatIsUploadedAgain(t *testing.T) {
	const before, data = "before ", "hello, world"
	seeker := func() io.Reader {
		r := strings.NewReader(before + data)
		_, _ = r.Seek(int64(len(before)), io.SeekStart)
		return r
	}
	fail := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			refuseFile(w, status, "Failed", "for now")
		}
	}
	gone := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 3))
		hangUp(w)
	}
	for _, tt := range []struct {
		name     string
		reader   func() io.Reader
		failures []http.HandlerFunc
		opts     []clarify.Option
		attempts int
		status   int // 200 for a success
	}{
		{"500, 503, success", seeker, []http.HandlerFunc{fail(500), fail(503)}, nil, 3, 200},
		{"a connection that breaks, success", seeker, []http.HandlerFunc{gone}, nil, 2, 200},
		{"three failures", seeker, []http.HandlerFunc{fail(500), fail(502), fail(503), fail(504)}, nil, 3, 503},
		{"three failures, though more retries are allowed", seeker, []http.HandlerFunc{fail(500), fail(502), fail(503), fail(504)}, []clarify.Option{clarify.WithRetries(9)}, 3, 503},
		{"connections that break", seeker, []http.HandlerFunc{gone, gone, gone, gone}, nil, 3, 0},
		{"not 403", seeker, []http.HandlerFunc{fail(403)}, nil, 1, 403},
		{"not 429", seeker, []http.HandlerFunc{fail(429)}, nil, 1, 429},
		{"not without retries", seeker, []http.HandlerFunc{fail(500)}, []clarify.Option{clarify.WithRetries(0)}, 1, 500},
		{"not more often than allowed", seeker, []http.HandlerFunc{fail(500), fail(500)}, []clarify.Option{clarify.WithRetries(1)}, 2, 500},
		{"not what cannot go back", func() io.Reader { return onlyReader{seeker()} }, []http.HandlerFunc{fail(500)}, nil, 1, 500},
		{"not what says that it can and cannot", func() io.Reader { return &seekless{Reader: seeker(), fails: 1} }, []http.HandlerFunc{fail(500)}, nil, 1, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFilesInMemory(t)
				attempts := 0
				f.put = func(w http.ResponseWriter, r *http.Request) {
					attempts++
					if attempts <= len(tt.failures) {
						tt.failures[attempts-1](w, r)
						return
					}
					f.store(w, r)
				}
				var progress reports
				_, err := f.connect(tt.opts...).UploadAttachment(t.Context(), "deal", "d1", "a", tt.reader(), int64(len(data)), progress.option())
				if attempts != tt.attempts {
					t.Errorf("%d attempts, want %d", attempts, tt.attempts)
				}
				if tt.status != 200 {
					wantStorageError(t, err, tt.status)
					if got := len(f.steps()); got != 1 {
						t.Errorf("the API was asked %q", f.steps())
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if stored := f.stored(); len(stored) != 1 || stored[0].Body != data {
					t.Errorf("%+v", stored)
				}
				progress.want(t, int64(len(data)), int64(len(data)))
			})
		})
	}
}

// seekless has the method and fails, the first time or a later one.
type seekless struct {
	io.Reader
	seeks, fails int
}

func (s *seekless) Seek(int64, int) (int64, error) {
	if s.seeks++; s.seeks >= s.fails {
		return 0, errDisk
	}
	return 0, nil
}

func TestAReaderThatCannotGoBackAfterAllEndsTheUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		f.put = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
		_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", &seekless{Reader: strings.NewReader("hello"), fails: 2}, 5)
		if !errors.Is(err, errDisk) || len(f.steps()) != 1 {
			t.Errorf("%v", err)
		}
		wantUnsigned(t, err)
	})
}

func TestAnUnreachableStorageIsAStorageError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		f.send("http://127.0.0.1:9" + filePath + "?" + fileQuery)
		client := f.connect()
		_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
		if failure := wantStorageError(t, err, 0); failure.Host != "127.0.0.1:9" || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%v", err)
		}
		_, err = client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		wantStorageError(t, err, 0)
	})
}

// A transport may put the address into its errors, and more than once.
func TestATransportsErrorDoesNotShowTheAddress(t *testing.T) {
	f := newFiles(t)
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(f.storage.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		_, err := http.Get("x:" + r.URL.String())
		return nil, fmt.Errorf("blocked %s, %q, %q: %w, %w", r.URL, r.URL.Path, r.URL.Query(), err, errDisk)
	})
	client := f.connect(clarify.WithRetries(0))
	_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
	wantStorageError(t, err, 0)
	if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "blocked http://127.0.0.1") {
		t.Errorf("%v", err)
	}
}

func TestWhatWillNotPassIsNotRepeated(t *testing.T) {
	f := newFiles(t)
	attempts := 0
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(f.storage.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		attempts++
		return nil, &tls.CertificateVerificationError{Err: errDisk}
	})
	client := f.connect()
	_, uploading := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
	_, downloading := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
	if !errors.Is(uploading, errDisk) || !errors.Is(downloading, errDisk) || attempts != 2 {
		t.Errorf("%v, %v, %d attempts", uploading, downloading, attempts)
	}
}

func TestAnUploadEndsWithItsContext(t *testing.T) {
	data := strings.Repeat("x", 4<<20)
	for _, tt := range []struct {
		name   string
		during func(f *files, cancel func()) (r io.Reader, opts []clarify.TransferOption)
	}{
		{"before it begins", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			cancel()
			return strings.NewReader(data), nil
		}},
		{"while the file is read", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			half := io.MultiReader(strings.NewReader(data[:len(data)/2]), readerFunc(func([]byte) (int, error) {
				cancel()
				return 0, nil
			}))
			return half, nil
		}},
		{"while progress is reported", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			return strings.NewReader(data), []clarify.TransferOption{clarify.OnProgress(func(done, total int64) {
				if done > total/2 {
					cancel()
				}
			})}
		}},
		{"while storage is silent", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			f.put = func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				cancel()
				<-r.Context().Done()
			}
			return strings.NewReader(data), nil
		}},
		{"between two attempts", func(f *files, cancel func()) (io.Reader, []clarify.TransferOption) {
			f.put = func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				time.AfterFunc(time.Nanosecond, cancel)
				w.WriteHeader(503)
			}
			return strings.NewReader(data), nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFilesInMemory(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r, opts := tt.during(f, cancel)
				uploaded, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", r, int64(len(data)), opts...)
				if uploaded != nil || !errors.Is(err, context.Canceled) || len(f.stored()) != 0 {
					t.Errorf("%v, %v, %d files", uploaded, err, len(f.stored()))
				}
				wantUnsigned(t, err)
				if steps := f.steps(); len(steps) > 1 {
					t.Errorf("the API was asked %q", steps)
				}
			})
		})
	}
}

// Whatever the Read returns in which the context ends, it is the last one, and the
// error is the context's.
func TestTheReadInWhichTheContextEndsIsTheLast(t *testing.T) {
	for name, last := range map[string]struct {
		n   int
		err error
	}{
		"nothing":   {0, nil},
		"bytes":     {1, nil},
		"the end":   {1, io.EOF},
		"too early": {0, io.EOF},
		"an error":  {0, errors.New("the disk is gone")},
	} {
		for _, size := range []int64{0, 1, 5, muchData} {
			t.Run(fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFilesInMemory(t)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					reads := 0
					r := readerFunc(func(p []byte) (int, error) {
						reads++
						cancel()
						return last.n, last.err
					})
					_, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", r, size)
					if !errors.Is(err, context.Canceled) || len(f.stored()) != 0 {
						t.Errorf("%v, %d files", err, len(f.stored()))
					}
					synctest.Wait()
					if reads != 1 {
						t.Errorf("%d reads", reads)
					}
				})
			})
		}
	}
}

// What waits for the reader does not outwait the context, and once the reader
// wakes up it is left alone.
func TestAReaderThatIsStuckDoesNotHoldUpTheCall(t *testing.T) {
	for _, size := range []int64{0, 5, muchData} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFilesInMemory(t)
				ctx, cancel := context.WithCancel(t.Context())
				wake := make(chan struct{})
				reads := 0
				stuck := readerFunc(func(p []byte) (int, error) {
					reads++
					cancel()
					<-wake
					return 1, nil
				})
				_, err := f.connect().UploadAttachment(ctx, "deal", "d1", "a", stuck, size, clarify.OnProgress(func(int64, int64) {
					t.Error("progress is reported")
				}))
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%v", err)
				}
				close(wake)
				synctest.Wait()
				if reads != 1 {
					t.Errorf("%d reads", reads)
				}
			})
		})
	}
}

// Nor is the upload begun again while the reader may be in use.
func TestAReaderThatIsStuckDoesNotHoldUpARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		r := &stuckSeeker{stuck: make(chan struct{}), wake: make(chan struct{})}
		f.put = func(w http.ResponseWriter, req *http.Request) {
			// What the first Read yields must be taken, or there is no second.
			_, _ = io.CopyN(io.Discard, req.Body, 32<<10)
			<-r.stuck
			refuseFile(w, 500, "InternalError", "no")
		}
		_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", r, 1<<20-1)
		wantStorageError(t, err, 500)
		synctest.Wait()
		if r.reads != 2 || r.seeks != 1 {
			t.Errorf("%d reads, %d seeks", r.reads, r.seeks)
		}
		close(r.wake)
	})
}

// stuckSeeker waits in its second Read.
type stuckSeeker struct {
	stuck, wake  chan struct{}
	reads, seeks int
}

func (s *stuckSeeker) Seek(int64, int) (int64, error) {
	s.seeks++
	return 0, nil
}

func (s *stuckSeeker) Read(p []byte) (int, error) {
	if s.reads++; s.reads == 2 {
		close(s.stuck)
		<-s.wake
		return 0, io.EOF
	}
	return len(p), nil
}

func TestAFileThatIsNotRegisteredIsReturnedWithTheError(t *testing.T) {
	for _, tt := range []struct {
		name    string
		after   http.HandlerFunc
		is      error
		unknown bool
	}{
		{"refused", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 422, `{"errors":[{"status":"422","detail":"no"}]}`)
		}, clarify.ErrInvalid, false},
		{"not responded", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, clarify.ErrOutcomeUnknown, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.after = tt.after
			uploaded, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			if !errors.Is(err, tt.is) || errors.Is(err, clarify.ErrOutcomeUnknown) != tt.unknown {
				t.Errorf("%v", err)
			}
			if uploaded == nil || uploaded.ID != fileID || uploaded.Key != fileKey || uploaded.Record != nil {
				t.Errorf("%+v", uploaded)
			}
			if len(f.stored()) != 1 || len(f.steps()) != 2 {
				t.Errorf("%d files, %q", len(f.stored()), f.steps())
			}
			wantUnsigned(t, err)
		})
	}
}

func TestMemoryDoesNotGrowWithAnUpload(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != muchData || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	client := f.connect()
	n := allocated(func() {
		if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", io.LimitReader(&pattern{}, muchData), muchData); err != nil {
			t.Error(err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
	}
}

func TestADownloadIsTwoSteps(t *testing.T) {
	for _, size := range []int64{0, 1, 32 << 10, 1<<20 + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			f := newFiles(t)
			data := patternOf(size)
			f.put = func(w http.ResponseWriter, r *http.Request) {
				f.note(&f.toStores, r, "")
				w.Header().Set("Content-Length", fmt.Sprint(size))
				_, _ = io.WriteString(w, data)
			}
			var progress reports
			var got bytes.Buffer
			n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", "a/1", &got, progress.option())
			if err != nil || n != size || got.String() != data {
				t.Errorf("%d bytes, said to be %d: %v", got.Len(), n, err)
			}
			progress.want(t, size, size)
			if got, want := f.steps(), []string{"GET /objects/deal/records/d1/attachments/a%2F1"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			stored := f.stored()
			if len(stored) != 1 || stored[0].Method != "GET" || stored[0].URI != filePath+"?"+fileQuery || stored[0].Header.Get("Accept-Encoding") != "identity" {
				t.Fatalf("%+v", stored)
			}
			wantHeaders(t, stored[0], "User-Agent", "Accept-Encoding")
		})
	}
}

func TestADownloadIsWhatWasStored(t *testing.T) {
	f := newFiles(t)
	const packed = "not gzip, though it says so"
	f.put = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, packed)
	}
	var got bytes.Buffer
	if _, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, &got); err != nil || got.String() != packed {
		t.Errorf("%q, %v", &got, err)
	}
}

func TestADownloadOfUnknownLength(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			_, _ = io.WriteString(w, "abc")
			w.(http.Flusher).Flush()
		}
	}
	var progress reports
	var got bytes.Buffer
	n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, &got, progress.option())
	if err != nil || n != 9 || got.String() != "abcabcabc" {
		t.Errorf("%d, %q, %v", n, &got, err)
	}
	progress.want(t, 9, -1)
}

func TestAFileThatBreaksOffIsAnError(t *testing.T) {
	for name, length := range map[string]string{"of known length": "1000", "of unknown length": ""} {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t)
			attempts := 0
			f.put = func(w http.ResponseWriter, r *http.Request) {
				attempts++
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				_, _ = io.WriteString(w, "hello")
				w.(http.Flusher).Flush()
				hangUp(w)
			}
			var got bytes.Buffer
			n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, &got)
			failure := wantStorageError(t, err, 200)
			if !errors.Is(err, io.ErrUnexpectedEOF) || n != 5 || got.String() != "hello" || attempts != 1 {
				t.Errorf("%d, %q, %v, %d attempts", n, &got, err, attempts)
			}
			if want := "clarify: GET to storage at " + failure.Host + ": 200 OK: the response broke off after 5 bytes: unexpected EOF"; err.Error() != want {
				t.Errorf("%q, want %q", err, want)
			}
		})
	}
}

// A transport of the caller's may not count.
func TestAFileShorterThanSaidIsAnError(t *testing.T) {
	f := newFiles(t)
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(f.api.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		return &http.Response{StatusCode: 200, ContentLength: 6, Body: io.NopCloser(strings.NewReader("hello"))}, nil
	})
	n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
	wantStorageError(t, err, 200)
	if !errors.Is(err, io.ErrUnexpectedEOF) || n != 5 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestAPartOfAFileIsNotTheFile(t *testing.T) {
	for _, status := range []int{201, 204, 206} {
		f := newFiles(t)
		f.put = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }
		n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		wantStorageError(t, err, status)
		if n != 0 {
			t.Errorf("%d bytes", n)
		}
	}
}

func TestADownloadIsRepeatedBeforeItsFirstByte(t *testing.T) {
	gone := func(w http.ResponseWriter, r *http.Request) { hangUp(w) }
	failed := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }
	for _, tt := range []struct {
		name     string
		failures []http.HandlerFunc
		attempts int
		status   int
	}{
		{"503, a broken connection, success", []http.HandlerFunc{failed, gone}, 3, 200},
		{"three failures", []http.HandlerFunc{failed, failed, failed, failed}, 3, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFilesInMemory(t)
				attempts := 0
				f.put = func(w http.ResponseWriter, r *http.Request) {
					attempts++
					if attempts <= len(tt.failures) {
						tt.failures[attempts-1](w, r)
						return
					}
					_, _ = io.WriteString(w, "hello")
				}
				var got bytes.Buffer
				_, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, &got)
				if attempts != tt.attempts {
					t.Errorf("%d attempts, want %d", attempts, tt.attempts)
				}
				if tt.status != 200 {
					wantStorageError(t, err, tt.status)
				} else if err != nil || got.String() != "hello" {
					t.Errorf("%q, %v", &got, err)
				}
			})
		})
	}
}

func TestAWriterThatFailsEndsTheDownload(t *testing.T) {
	data := patternOf(1 << 20)
	for _, tt := range []struct {
		name  string
		write func([]byte) (int, error)
		is    error
	}{
		{"with an error", func(p []byte) (int, error) { return 7, errDisk }, errDisk},
		{"by writing too little", func(p []byte) (int, error) { return 7, nil }, io.ErrShortWrite},
		{"by counting too much", func(p []byte) (int, error) { return len(p) + 1, nil }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.put = func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, data) }
			n, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, writerFunc(tt.write), clarify.OnProgress(func(int64, int64) {
				t.Error("progress is reported")
			}))
			wantUnsigned(t, err)
			var failure *clarify.StorageError
			if errors.As(err, &failure) || (tt.is != nil && (!errors.Is(err, tt.is) || n != 7)) {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func TestADownloadEndsWithItsContext(t *testing.T) {
	for _, tt := range []struct {
		name string
		put  func(cancel func()) http.HandlerFunc
	}{
		{"before the response", func(cancel func()) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			}
		}},
		{"in the middle", func(cancel func()) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "hello")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.put = tt.put(cancel)
			_, err := f.connect().DownloadAttachment(ctx, "deal", "d1", fileID, writerFunc(func(p []byte) (int, error) {
				cancel()
				return len(p), nil
			}))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			wantUnsigned(t, err)
		})
	}
}

func TestMemoryDoesNotGrowWithADownload(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) { _, _ = io.CopyN(w, &pattern{}, muchData) }
	client := f.connect()
	n := allocated(func() {
		if n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard); n != muchData || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
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

func TestRequestsToStorageAreLoggedWithoutTheirAddress(t *testing.T) {
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
