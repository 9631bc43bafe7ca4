package clarify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

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
			if err != nil {
				t.Fatalf("%d bytes, said to be %d: %v", got.Len(), n, err)
			}
			wantEqual(t, fmt.Sprintf("%d bytes, said to be %d: n", got.Len(), n), n, size)
			wantEqual(t, fmt.Sprintf("%d bytes, said to be %d: got.String()", got.Len(), n), got.String(), data)
			progress.want(t, size, size)
			if got, want := f.steps(), []string{"GET /objects/deal/records/d1/attachments/a%2F1"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			stored := f.stored()
			if len(stored) != 1 {
				t.Fatalf("len(stored) is %v, want %v", len(stored), 1)
			}
			if stored[0].Method != "GET" {
				t.Fatalf("stored[0].Method is %v, want %v", stored[0].Method, "GET")
			}
			if stored[0].URI != filePath+"?"+fileQuery {
				t.Fatalf("stored[0].URI is %v, want %v", stored[0].URI, filePath+"?"+fileQuery)
			}
			if stored[0].Header.Get("Accept-Encoding") != "identity" {
				t.Fatalf(`stored[0].Header.Get("Accept-Encoding") is %v, want %v`, stored[0].Header.Get("Accept-Encoding"), "identity")
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
	_, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, &got)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "got.String()", got.String(), packed)
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
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "n", n, 9)
	wantEqual(t, "got.String()", got.String(), "abcabcabc")
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
			wantIs(t, err, io.ErrUnexpectedEOF, true)
			wantEqual(t, "n", n, 5)
			wantEqual(t, "got.String()", got.String(), "hello")
			wantEqual(t, "attempts", attempts, 1)
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
	wantIs(t, err, io.ErrUnexpectedEOF, true)
	wantEqual(t, "n", n, 5)
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

func TestADownloadIsRetriedBeforeItsFirstByte(t *testing.T) {
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
		runSynctest(t, tt.name, func(t *testing.T) {
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
			if errors.As(err, &failure) {
				t.Errorf("%d, %v", n, err)
			}
			if tt.is != nil && (!errors.Is(err, tt.is) || n != 7) {
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
		n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		wantEqual(t, "n", n, muchData)
		if err != nil {
			t.Error(err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
	}
}
