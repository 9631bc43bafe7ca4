// Package storage is where the sandbox's files are uploaded to and downloaded
// from. It signs the URLs and forms that the API gives out, and responds to
// requests as S3 does.
//
// It must not know workspaces, records or the API: whoever runs it keeps the
// files, by their keys. It imports only the standard library.
package storage

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// maxFormBytes is the limit for the fields of a form together, and the same again
// for everything else around its file.
const maxFormBytes = 64 << 10

// bucketPath is the path below which all files are.
const bucketPath = "/clarify-files"

const xmlType = "application/xml"

// A File is an upload. Its bytes never change.
type File struct {
	Key         string
	ContentType string // empty if the upload had none
	Data        []byte
	ETag        string
	ModifiedAt  time.Time // set by Backend.Upload
}

// Backend keeps the files and knows the API's credentials.
type Backend interface {
	// Reserved reports whether a file may be uploaded with a key.
	Reserved(key string) bool
	// Upload stores a file. It returns false if the key is not reserved.
	Upload(f File) bool
	// File returns what was uploaded with a key.
	File(key string) (f File, ok bool)
	// IsCredential reports whether a string is a valid credential of the API.
	IsCredential(s string) bool
	// CredentialSent is called with each request that has a credential of the API.
	CredentialSent(r *http.Request)
}

// Config configures a [Storage].
type Config struct {
	Backend
	Clock    func() time.Time
	Secret   []byte        // signs URLs and forms
	Lifetime time.Duration // of what it signs, in whole seconds
	MaxFile  int64         // in bytes
	// Origin returns scheme, host and port of storage's URLs, for a client that
	// reached the API at a host.
	Origin func(host string) string
}

// A Storage signs URLs and forms and responds to requests that have them. It is
// safe for concurrent use.
type Storage struct {
	Config
	requests atomic.Uint64
}

// New returns a storage.
func New(c Config) *Storage { return &Storage{Config: c} }

// MaxBody is the limit for the body of a request, in bytes.
func (s *Storage) MaxBody() int64 { return s.MaxFile + 2*maxFormBytes }

// failure is a request that storage rejects.
type failure struct {
	status        int
	code, message string
}

func denied(message string) *failure {
	return &failure{http.StatusForbidden, "AccessDenied", message}
}

var (
	mismatch = &failure{http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature does not match. Send the request with the method that the URL was signed for, and the URL unchanged."}
	noSuchKey = &failure{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
)

// document returns the error document of S3.
func (f *failure) document(request string) []byte {
	encoded, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: f.code, Message: f.message, RequestID: request})
	if err != nil {
		panic(err)
	}
	return append([]byte(xml.Header), encoded...)
}

// Fault returns the header and body with which storage responds when it fails
// with a status.
func Fault(status int) (http.Header, []byte) {
	f := &failure{status, "AccessDenied", "An injected fault."}
	switch {
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		f.code = "SlowDown"
	case status >= 500:
		f.code = "InternalError"
	}
	return http.Header{"Content-Type": {xmlType}}, f.document("0")
}

// responder responds to one request.
type responder struct {
	*Storage
	http.ResponseWriter
	request *http.Request
	note    func(status int) // called before the client can see the response
	replace bool             // the response of net/http has been replaced
}

// Serve responds to a request. It calls note with the status of the response
// before the client can see it.
func (s *Storage) Serve(w http.ResponseWriter, r *http.Request, note func(status int)) {
	x := &responder{Storage: s, ResponseWriter: w, request: r, note: note}
	x.Header().Set("X-Amz-Request-Id", fmt.Sprintf("%016X", s.requests.Add(1)))
	if f := x.handle(); f != nil {
		x.reject(f)
	}
}

// WriteHeader replaces the response of net/http to a range that the file does not
// have: it is not XML.
func (x *responder) WriteHeader(status int) {
	if status == http.StatusRequestedRangeNotSatisfiable {
		x.reject(&failure{status, "InvalidRange", "The requested range is not satisfiable"})
		x.replace = true
		return
	}
	x.note(status)
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *responder) Write(p []byte) (int, error) {
	if x.replace {
		return len(p), nil
	}
	return x.ResponseWriter.Write(p)
}

// reject responds with an error document.
func (x *responder) reject(f *failure) {
	header := x.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "Etag", "Last-Modified"} {
		header.Del(name)
	}
	header.Set("Content-Type", xmlType)
	x.note(f.status)
	x.ResponseWriter.WriteHeader(f.status)
	_, _ = x.ResponseWriter.Write(f.document(header.Get("X-Amz-Request-Id")))
}

func (x *responder) handle() *failure {
	r := x.request
	if f := x.rejectCredentials(); f != nil {
		return f
	}
	if r.Method == http.MethodPost {
		if r.URL.EscapedPath() != bucketPath {
			return &failure{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
		}
		return x.postForm()
	}
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), bucketPath+"/")
	if !ok {
		return denied("Access Denied")
	}
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		// An HTTP server rejects a path with an invalid escape.
		if unescaped, err := url.PathUnescape(segment); err == nil {
			segments[i] = unescaped
		}
	}
	key := strings.Join(segments, "/")
	if f := x.checkURL(r, key); f != nil {
		return f
	}
	if r.Method == http.MethodPut {
		return x.putFile(key)
	}
	return x.getFile(key)
}

// rejectCredentials rejects a request with a credential that only the API may
// get: the real storage belongs to another company.
func (x *responder) rejectCredentials() *failure {
	r := x.request
	_, sent := r.Header["Authorization"]
	var values []string
	for _, of := range r.Header {
		values = append(values, of...)
	}
	for _, of := range r.URL.Query() {
		values = append(values, of...)
	}
	for _, value := range values {
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" =;,&", r) }) {
			sent = sent || x.IsCredential(word)
		}
	}
	if !sent {
		return nil
	}
	x.CredentialSent(r)
	return &failure{http.StatusBadRequest, "InvalidArgument",
		"Only one auth mechanism allowed: the URL is signed, so the request must have no credential beside it."}
}

// getFile responds with a file or a part of it.
func (x *responder) getFile(key string) *failure {
	f, ok := x.File(key)
	if !ok {
		return noSuchKey
	}
	header := x.Header()
	contentType := f.ContentType
	if contentType == "" {
		contentType = "binary/octet-stream" // as S3 does
	}
	header.Set("Content-Type", contentType)
	header.Set("ETag", f.ETag)
	if disposition := x.request.URL.Query().Get(paramDisposition); disposition != "" {
		header.Set("Content-Disposition", disposition)
	}
	http.ServeContent(x, x.request, "", f.ModifiedAt, bytes.NewReader(f.Data))
	return nil
}
