package clarify_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
)

const someCSV = "Name,Email\nAda Lovelace,ada@analytical.example\n"

func writeCSV(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

func TestAnExportIsOneRequest(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []clarify.ExportOption
		body string
	}{
		{"of all", nil, `{}`},
		{"of a query", []clarify.ExportOption{clarify.ExportSQL("select 1")}, `{"sql":"select 1"}`},
		{"of a search", []clarify.ExportOption{clarify.ExportSearch("Berlin")}, `{"search":{"query":"Berlin"}}`},
		{"of both", []clarify.ExportOption{clarify.ExportSearch("Berlin"), clarify.ExportSQL("select 1")}, `{"search":{"query":"Berlin"},"sql":"select 1"}`},
		{"of what is empty", []clarify.ExportOption{clarify.ExportSearch("x"), clarify.ExportSearch(""), clarify.ExportSQL("x"), clarify.ExportSQL("")}, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.csv = func(w http.ResponseWriter, r *http.Request) { writeCSV(w, someCSV) }
			var progress reports
			var got bytes.Buffer
			n, err := f.connect().ExportList(t.Context(), "person", "l/1", &got, append(tt.opts, progress.option())...)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "got.String()", got.String(), someCSV)
			wantEqual(t, "n", n, int64(len(someCSV)))
			if got, want := f.steps(), []string{"POST /objects/person/lists/l%2F1/rows/csv"}; !slices.Equal(got, want) {
				t.Fatalf("%q, want %q", got, want)
			}
			if got := f.requests()[0]; got.Body != tt.body || got.Header.Get("Authorization") != "api-key "+testKey {
				t.Errorf("%s, want %s", got.Body, tt.body)
			}
			// The transport unpacks nothing here, so the length is what was sent.
			progress.want(t, int64(len(someCSV)), int64(len(someCSV)))
		})
	}
}

func TestAnExportIsWrittenAsItArrives(t *testing.T) {
	f := newFiles(t)
	seen := make(chan struct{})
	f.csv = func(w http.ResponseWriter, r *http.Request) {
		writeCSV(w, "Name\n")
		w.(http.Flusher).Flush()
		select {
		case <-seen:
			_, _ = io.WriteString(w, "Ada\n")
		case <-r.Context().Done():
		}
	}
	var progress reports
	var got bytes.Buffer
	n, err := f.connect().ExportList(t.Context(), "person", "l1", writerFunc(func(p []byte) (int, error) {
		if got.Len() == 0 {
			close(seen)
		}
		return got.Write(p)
	}), progress.option())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "n", n, 9)
	wantEqual(t, "got.String()", got.String(), "Name\nAda\n")
	progress.want(t, 9, -1)
}

func TestAnExportMayBeEmpty(t *testing.T) {
	f := newFiles(t)
	f.csv = func(w http.ResponseWriter, r *http.Request) { writeCSV(w, "") }
	var progress reports
	n, err := f.connect().ExportList(t.Context(), "person", "l1", io.Discard, progress.option())
	wantEqual(t, "n", n, 0)
	if err != nil {
		t.Error(err)
	}
	progress.want(t, 0, 0)
}

func TestAnExportThatCannotWorkSendsNothing(t *testing.T) {
	f := newFiles(t)
	client := f.connect()
	var noContext context.Context
	var noWriter *os.File
	export := func(ctx context.Context, object, list string, w io.Writer, opts ...clarify.ExportOption) error {
		_, err := client.ExportList(ctx, object, list, w, opts...)
		return err
	}
	for name, err := range map[string]error{
		"without a context":     export(noContext, "person", "l1", io.Discard),
		"without a writer":      export(t.Context(), "person", "l1", nil),
		"to a nil pointer":      export(t.Context(), "person", "l1", noWriter),
		"without an object":     export(t.Context(), "", "l1", io.Discard),
		"of no list":            export(t.Context(), "person", "", io.Discard),
		"of a list that climbs": export(t.Context(), "person", "..", io.Discard),
		"with a nil option":     export(t.Context(), "person", "l1", io.Discard, nil),
		"with a nil report":     export(t.Context(), "person", "l1", io.Discard, clarify.OnProgress(nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if len(f.steps()) != 0 {
		t.Errorf("%q", f.steps())
	}
}

func TestAnExportThatFailsIsAnError(t *testing.T) {
	for _, tt := range []struct {
		name    string
		csv     http.HandlerFunc
		is      error
		status  int
		written string
		text    string
	}{
		{"rejected", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 404, `{"errors":[{"status":"404","detail":"no such list"}]}`)
		}, clarify.ErrNotFound, 404, "", "no such list"},
		{"not CSV", func(w http.ResponseWriter, r *http.Request) { respond(w, 200, `{}`) }, nil, 200, "", "not CSV"},
		{"broken off", func(w http.ResponseWriter, r *http.Request) {
			writeCSV(w, "Name\n")
			w.(http.Flusher).Flush()
			hangUp(w)
		}, io.ErrUnexpectedEOF, 200, "Name\n", "200 OK: the response broke off after 5 bytes: unexpected EOF"},
		{"broken off, of known length", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			writeCSV(w, "Name\n")
			w.(http.Flusher).Flush()
			hangUp(w)
		}, io.ErrUnexpectedEOF, 200, "Name\n", "200 OK: the response broke off after 5 bytes: unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			f.csv = tt.csv
			var got bytes.Buffer
			n, err := f.connect().ExportList(t.Context(), "person", "l1", &got)
			var failure *clarify.Error
			if !errors.As(err, &failure) {
				t.Fatalf("%T %v", err, err)
			}
			if failure.StatusCode != tt.status {
				t.Fatalf("failure.StatusCode is %v, want %v", failure.StatusCode, tt.status)
			}
			if failure.Operation != "getListRowsCsv" {
				t.Fatalf("failure.Operation is %v, want %v", failure.Operation, "getListRowsCsv")
			}
			if failure.OutcomeUnknown {
				t.Fatalf("%T %v", err, err)
			}
			wantEqual(t, "method", failure.Method, "POST")
			wantEqual(t, "path", failure.Path, "/workspaces/acme/objects/person/lists/l1/rows/csv")
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v", err)
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v", err)
			}
			wantEqual(t, "n", n, int64(len(tt.written)))
			wantEqual(t, "got.String()", got.String(), tt.written)
			wantEqual(t, "len(f.steps())", len(f.steps()), 1)
		})
	}
}

func TestAnExportIsRetriedBeforeItsFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		attempts := 0
		f.csv = func(w http.ResponseWriter, r *http.Request) {
			if attempts++; attempts == 1 {
				w.WriteHeader(503)
				return
			}
			writeCSV(w, someCSV)
		}
		var got bytes.Buffer
		_, err := f.connect().ExportList(t.Context(), "person", "l1", &got)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "got.String()", got.String(), someCSV)
		wantEqual(t, "attempts", attempts, 2)
	})
}

func TestAWriterThatFailsEndsTheExport(t *testing.T) {
	f := newFiles(t)
	f.csv = func(w http.ResponseWriter, r *http.Request) { writeCSV(w, someCSV) }
	n, err := f.connect().ExportList(t.Context(), "person", "l1", writerFunc(func([]byte) (int, error) { return 3, errDisk }))
	wantEqual(t, "n", n, 3)
	wantIs(t, err, errDisk, true)
}

func TestAnExportEndsWithItsContext(t *testing.T) {
	f := newFiles(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.csv = func(w http.ResponseWriter, r *http.Request) {
		writeCSV(w, "Name\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	n, err := f.connect().ExportList(ctx, "person", "l1", writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}))
	wantEqual(t, "n", n, 5)
	wantIs(t, err, context.Canceled, true)
}

// Neither the length of what is exported nor that of what it unpacks to is held
// in memory, and there is no limit on it.
func TestMemoryDoesNotGrowWithAnExport(t *testing.T) {
	f := newFiles(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.CopyN(w, &pattern{}, muchData/64)
	_ = w.Close()
	f.csv = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/csv")
		for range 64 {
			_, _ = w.Write(packed.Bytes())
		}
	}
	client := f.connect(clarify.WithMaxResponseSize(1 << 10))
	n := allocated(func() {
		n, err := client.ExportList(t.Context(), "person", "l1", io.Discard)
		wantEqual(t, "n", n, muchData)
		if err != nil {
			t.Error(err)
		}
	})
	if n > mostMemory {
		t.Errorf("%d bytes were allocated for %d", n, muchData)
	}
}
