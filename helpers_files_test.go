package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

const (
	fileSignature = "5f0c3a1e9b7d2468ace013579bdf02468ace13579bdf"
	fileKeyID     = "AKIDEXAMPLE/20260101/eu/s3/aws4_request"
	filePath      = "/bucket/acme/7a1c8f0e%2Fcontract%20%C3%BC.pdf"
	fileQuery     = "X-Amz-Credential=AKIDEXAMPLE%2F20260101%2Feu%2Fs3%2Faws4_request&X-Amz-Expires=900&X-Amz-Signature=" + fileSignature
	filePolicy    = "eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0wMVQwMDowMDowMFoifQ=="

	fileID      = "7a1c8f0e-2d0b-4a86-9f36-6f0c1b2a3d04"
	fileKey     = "acme/attachments/7a1c8f0e/contract.pdf"
	recordingID = "6b8d0f2a-4c6e-4810-92b4-d6f8a0c2e408"
)

// fileSecrets are the parts of a signed URL or form that no message may contain.
var fileSecrets = []string{
	testKey, fileSignature, fileQuery, fileKeyID, url.QueryEscape(fileKeyID), "AKIDEXAMPLE",
	filePath, "7a1c8f0e/contract ü.pdf", "contract%20", filePolicy,
}

// fileRequest is a request as it arrived.
type fileRequest struct {
	Method, URI string
	Header      http.Header
	Body        string
	Length      int64
	Encoding    []string // Transfer-Encoding
}

// files plays the operations of the API that have to do with files, and storage
// on another port.
type files struct {
	t            testing.TB
	api, storage *httptest.Server
	client       *http.Client

	// Put, when set, takes the place of storage.
	put http.HandlerFunc
	// Place is the response that says where a file goes, or is.
	place string
	// Media is the response that says where audio or video goes.
	media string
	// After takes the place of what the last step responds.
	after http.HandlerFunc
	// CSV returns the export of a list.
	csv http.HandlerFunc

	mu       sync.Mutex
	toAPI    []fileRequest
	toStores []fileRequest
}

// newFiles starts both on loopback ports.
func newFiles(t testing.TB) *files {
	return startFiles(t, func() net.Listener { return nil }, &net.Dialer{})
}

// newFilesInMemory starts both for use in a bubble, where time is fake.
func newFilesInMemory(t testing.TB) *files {
	network := memNetwork{}
	return startFiles(t, network.listen, network)
}

// memNetwork has the listeners of a test, by their address.
type memNetwork map[string]*memListener

type memAddr struct {
	*memListener
	port int
}

func (l memAddr) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.port} }

func (n memNetwork) listen() net.Listener {
	l := memAddr{&memListener{conns: make(chan net.Conn), closed: make(chan struct{})}, len(n) + 1}
	n[l.Addr().String()] = l.memListener
	return l
}

func (n memNetwork) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	l, ok := n[address]
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func startFiles(t testing.TB, listener func() net.Listener, dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}) *files {
	t.Helper()
	f := &files{t: t}
	start := func(handler http.HandlerFunc) *httptest.Server {
		s := httptest.NewUnstartedServer(handler)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		if l := listener(); l != nil {
			_ = s.Listener.Close()
			s.Listener = l
		}
		s.Start()
		return s
	}
	f.api = start(f.serveAPI)
	f.storage = start(f.serveStorage)
	// A jar, because its cookies are for the API and not for storage.
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(&url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}, []*http.Cookie{{Name: "session", Value: "of-the-api"}})
	transport := &http.Transport{DialContext: dialer.DialContext, ExpectContinueTimeout: time.Minute}
	f.client = &http.Client{Transport: transport, Jar: jar}
	f.send("")
	f.media = fmt.Sprintf(`{"data":{"recordingId":%q,"meetingId":"m1","key":"k","upload":{"url":%q,"fields":{"policy":%q,"key":"acme/media/1","x-amz-signature":%q,"Content-Type":"video/mp4"}}}}`,
		recordingID, f.storage.URL+"/bucket", filePolicy, fileSignature)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		f.api.Close()
		f.storage.Close()
		transport.CloseIdleConnections()
		wantNoGoroutine(t)
	})
	return f
}

// send has files sent to a URL, or to the signed one if that is empty.
func (f *files) send(url string) {
	if url == "" {
		url = f.storage.URL + filePath + "?" + fileQuery
	}
	b, err := json.Marshal(map[string]any{"data": map[string]string{
		"signedUrl": url, "url": url, "key": fileKey, "attachmentId": fileID, "entity": "deal", "_id": "d1",
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.place = string(b)
}

func (f *files) connect(opts ...clarify.Option) *clarify.Client {
	f.t.Helper()
	opts = append([]clarify.Option{clarify.WithBaseURL(f.api.URL), clarify.WithHTTPClient(f.client), clarify.WithLogger(noted)}, opts...)
	client, err := clarify.New("acme", authn.APIKey(testKey), opts...)
	if err != nil {
		f.t.Fatal(err)
	}
	return client
}

func (f *files) note(to *[]fileRequest, r *http.Request, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*to = append(*to, fileRequest{r.Method, r.RequestURI, r.Header.Clone(), body, r.ContentLength, r.TransferEncoding})
}

func (f *files) requests() []fileRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.toAPI)
}

func (f *files) stored() []fileRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.toStores)
}

// steps are the requests to the API, such as "PUT /objects/…".
func (f *files) steps() []string {
	var steps []string
	for _, r := range f.requests() {
		steps = append(steps, r.Method+" "+strings.TrimPrefix(r.URI, "/workspaces/acme"))
	}
	return steps
}

func (f *files) serveAPI(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/bucket/") {
		f.serveStorage(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	f.note(&f.toAPI, r, string(body))
	path := strings.TrimPrefix(r.URL.Path, "/workspaces/acme")
	switch {
	case r.Method == "POST" && strings.HasSuffix(path, "/rows/csv"):
		f.csv(w, r)
	case r.Method == "POST" && strings.HasSuffix(path, "/recordings/media"):
		respond(w, 201, f.media)
	case r.Method == "POST" && f.after != nil:
		f.after(w, r)
	case r.Method == "POST" && strings.HasSuffix(path, "/attachments"):
		respond(w, 201, oneRecord)
	case r.Method == "POST":
		respond(w, 200, oneRecord)
	default:
		respond(w, 200, f.place)
	}
}

func (f *files) serveStorage(w http.ResponseWriter, r *http.Request) {
	if f.put != nil {
		f.put(w, r)
		return
	}
	f.store(w, r)
}

// store notes a request whose body comes as it should.
func (f *files) store(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.note(&f.toStores, r, string(body))
	if r.Method == "POST" {
		w.WriteHeader(http.StatusNoContent)
	}
}

// rejectFile responds as S3 does.
func rejectFile(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Error><Code>%s</Code><Message>%s</Message><RequestId>R17</RequestId><StringToSign>%s</StringToSign></Error>`, code, message, fileSignature)
}

// wantUnsigned checks that no text of an error, nor of one inside of it, shows
// the URL or the credential.
func wantUnsigned(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	note(err)
	texts := []string{fmt.Sprintf("%+v %#v", struct{ err error }{err}, struct{ Err error }{err})}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%.300s"} {
			texts = append(texts, fmt.Sprintf(verb, e))
		}
		if v := reflect.ValueOf(e); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
			texts = append(texts, fmt.Sprintf("%+v %#v", v.Elem(), v.Elem()))
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
	for _, text := range texts {
		for _, secret := range fileSecrets {
			if strings.Contains(text, secret) {
				t.Errorf("%q contains %q", text, secret)
			}
			if strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("%q contains %q", text, secret)
			}
		}
	}
}

// wantStorageError checks that err is a StorageError of a status, and that
// nothing shows the URL.
func wantStorageError(t testing.TB, err error, status int) *clarify.StorageError {
	t.Helper()
	wantUnsigned(t, err)
	var failure *clarify.StorageError
	if !errors.As(err, &failure) {
		t.Fatalf("got %T %v, want a *StorageError", err, err)
	}
	if failure.StatusCode != status {
		t.Errorf("status %d, want %d", failure.StatusCode, status)
	}
	return failure
}
