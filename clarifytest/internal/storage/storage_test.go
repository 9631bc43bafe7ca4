package storage_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
)

// backend keeps files whose keys begin with "reserved/".
type backend struct {
	files map[string]storage.File
	sent  int // requests with a credential
}

func (b *backend) Reserved(key string) bool { return strings.HasPrefix(key, "reserved/") }

func (b *backend) Upload(f storage.File) bool {
	b.files[f.Key] = f
	return true
}

func (b *backend) File(key string) (storage.File, bool) {
	f, ok := b.files[key]
	return f, ok
}

func (b *backend) IsCredential(s string) bool   { return s == "the-api-key" }
func (b *backend) CredentialSent(*http.Request) { b.sent++ }

func newStorage() (*storage.Storage, *backend, *time.Time) {
	b := &backend{files: map[string]storage.File{}}
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	return storage.New(storage.Config{
		Backend:  b,
		Clock:    func() time.Time { return now },
		Secret:   []byte("secret"),
		Lifetime: time.Minute,
		MaxFile:  10,
		Origin:   func(host string) string { return "http://" + host },
	}), b, &now
}

// send returns the response to a request, and checks that the note has its status.
func send(t *testing.T, s *storage.Storage, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	noted := 0
	s.Serve(w, r, func(status int) { noted = status })
	if noted != w.Code {
		t.Errorf("noted the status %d, want %d", noted, w.Code)
	}
	return w
}

// wantStatus checks the status and, if code is not empty, the code of the error
// document.
func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("got status %d, want %d: %s", w.Code, status, w.Body)
	}
	if !strings.Contains(w.Body.String(), "<Code>"+code+"</Code>") && code != "" {
		t.Errorf("got %s, want the code %s", w.Body, code)
	}
}

func TestASignedURLIsForOneMethodFileAndTime(t *testing.T) {
	s, _, now := newStorage()
	put := s.SignURL("host", "PUT", "reserved/a b", nil)
	get := s.SignURL("host", "GET", "reserved/a b", storage.DownloadAs("a.txt"))
	wantStatus(t, send(t, s, httptest.NewRequest("GET", get, nil)), 404, "NoSuchKey")
	wantStatus(t, send(t, s, httptest.NewRequest("PUT", put, strings.NewReader("hello"))), 200, "")

	got := send(t, s, httptest.NewRequest("GET", get, nil))
	wantStatus(t, got, 200, "")
	if got.Body.String() != "hello" {
		t.Errorf("got %q, want hello", got.Body)
	}
	if d := got.Header().Get("Content-Disposition"); d != "attachment; filename=a.txt" {
		t.Errorf("got Content-Disposition %q", d)
	}

	wantStatus(t, send(t, s, httptest.NewRequest("PUT", get, strings.NewReader("other"))), 403, "SignatureDoesNotMatch")
	wantStatus(t, send(t, s, httptest.NewRequest("GET", strings.Replace(get, "a%20b", "a%20c", 1), nil)), 403, "SignatureDoesNotMatch")
	wantStatus(t, send(t, s, httptest.NewRequest("PUT", put, strings.NewReader("eleven bytes"))), 400, "EntityTooLarge")
	wantStatus(t, send(t, s, httptest.NewRequest("PUT", s.SignURL("host", "PUT", "other", nil), strings.NewReader("x"))), 403, "AccessDenied")

	*now = now.Add(time.Minute)
	wantStatus(t, send(t, s, httptest.NewRequest("GET", get, nil)), 200, "")
	*now = now.Add(time.Second)
	wantStatus(t, send(t, s, httptest.NewRequest("GET", get, nil)), 403, "AccessDenied")
}

func TestASignedFormIsForItsFields(t *testing.T) {
	s, b, now := newStorage()
	form := s.SignForm("host", "reserved/f", "text/plain")
	post := func(changes map[string]string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, value := range form.Fields {
			if changed, ok := changes[name]; ok {
				value = changed
			}
			_ = w.WriteField(name, value)
		}
		_ = w.WriteField("file", "hello")
		_ = w.Close()
		r := httptest.NewRequest("POST", form.URL, &body)
		r.Header.Set("Content-Type", w.FormDataContentType())
		return send(t, s, r)
	}
	wantStatus(t, post(nil), 204, "")
	if got := string(b.files["reserved/f"].Data); got != "hello" {
		t.Errorf("got %q, want hello", got)
	}
	wantStatus(t, post(map[string]string{"key": "reserved/g"}), 403, "AccessDenied")
	wantStatus(t, post(map[string]string{"Policy": "e30="}), 403, "SignatureDoesNotMatch")
	*now = now.Add(2 * time.Minute)
	wantStatus(t, post(nil), 403, "AccessDenied")
}

func TestACredentialIsRejectedAndReported(t *testing.T) {
	s, b, _ := newStorage()
	get := s.SignURL("host", "GET", "reserved/a", nil)
	for _, test := range []struct{ name, header, value, query string }{
		{"Authorization", "Authorization", "api-key other", ""},
		{"a header", "X-Key", "key=the-api-key", ""},
		{"the query", "", "", "&key=the-api-key"},
	} {
		r := httptest.NewRequest("GET", get+test.query, nil)
		if test.header != "" {
			r.Header.Set(test.header, test.value)
		}
		before := b.sent
		wantStatus(t, send(t, s, r), 400, "InvalidArgument")
		if b.sent != before+1 {
			t.Errorf("%s: reported %d times, want once", test.name, b.sent-before)
		}
	}
	wantStatus(t, send(t, s, httptest.NewRequest("GET", get, nil)), 404, "NoSuchKey")
	if b.sent != 3 {
		t.Errorf("reported %d requests, want 3", b.sent)
	}
}
