package clarifytest_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// Whatever is sent to storage, it responds as S3 does, and takes nothing that the
// API did not sign.
func FuzzStorage(f *testing.F) {
	// The same in every process that fuzzes, so that what is signed is.
	a := start(f, clarifytest.WithSeed(1), clarifytest.WithClock(newClock().Now))
	meeting := "/meetings/" + a.create("meeting", `{}`)
	m := a.initMedia(meeting, `{"contentType":"video/mp4"}`)
	var whole bytes.Buffer
	w := multipart.NewWriter(&whole)
	if err := w.SetBoundary("b"); err != nil {
		f.Fatal(err)
	}
	for _, p := range m.parts("a video") {
		_ = w.WriteField(p.name, p.value)
	}
	_ = w.Close()
	deal, _ := a.record("deal")
	at := a.attach(deal, "a", "hello")
	get, err := url.Parse(a.download(deal, at))
	if err != nil {
		f.Fatal(err)
	}

	f.Add("POST", "/clarify-files", "", whole.Bytes())
	f.Add("POST", "/clarify-files", "", []byte("--b\r\nContent-Disposition: form-data; name=key\r\n\r\nx\r\n--b--"))
	f.Add("POST", "/clarify-files", "", []byte("--b\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"))
	f.Add("GET", get.Path, get.RawQuery, []byte(nil))
	f.Add("PUT", get.Path, get.RawQuery+"&X-Amz-Expires=x", []byte("x"))
	f.Add("GET", "/clarify-files/%2F/%zz/..", "X-Amz-Signature=0&X-Amz-Date=&X-Amz-Expires=99999999999999999999", []byte(nil))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE"}, method) || len(path) == 0 || path[0] != '/' {
			return
		}
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7f }) {
			query = url.QueryEscape(query)
		}
		request := newRequest(t, method, a.srv.StorageURL, string(body))
		request.URL.Path, request.URL.RawQuery = path, query
		request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		b := *a
		b.t = t
		got := b.fetch(request)
		a.srv.TakeViolations()
		if got.status/100 != 2 && !strings.Contains(got.raw, "<Error><Code>") {
			t.Errorf("%s %s: %d %q", method, path, got.status, got.raw)
		}
		for _, file := range a.srv.Files("acme") {
			// The form's policy leaves open what is in its file.
			kept := file.Key == at.key && string(file.Data) == "hello"
			if posted := file.Key == m.key && file.ContentType == "video/mp4"; !kept && !posted {
				t.Errorf("storage has %q", file)
			}
		}
	})
}
