package clarifytest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/internal/contract"
)

// DefaultMaxFileBytes is how large a file storage takes unless
// [WithMaxFileBytes] says otherwise: 64 MiB.
const DefaultMaxFileBytes = 64 << 20

// maxFormBytes is how large the fields of a form may be together. What else
// surrounds its file may be as large again.
const maxFormBytes = 64 << 10

// bucketPath is the path below which all files are.
const bucketPath = "/clarify-files"

const xmlType = "application/xml"

// storage is where files go and come from: a port of its own, which knows no
// credential of the API but signed addresses only, and responds as S3 does.
type storage struct {
	server     *Server
	clock      func() time.Time
	maxFile    int64
	secret     []byte
	origin     string // of its addresses, unless everywhere
	port       string
	everywhere bool // it listens on all addresses of the machine

	http     *network.Server
	requests atomic.Uint64
}

// startStorage starts storage for a server.
func startStorage(server *Server, c *config) (*storage, error) {
	listener, err := network.Listen(c.network, c.storageListenAddress())
	if err != nil {
		return nil, err
	}
	s := &storage{
		server:  server,
		clock:   c.clock,
		maxFile: c.maxFile,
		secret:  []byte(entropy.New(c.seed, 'f').Hex()),
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	s.origin = c.tls.Scheme() + "://" + network.Reachable(listener.Addr())
	s.everywhere = network.Everywhere(listener.Addr())
	s.http = network.Serve(listener, c.tls, s)
	return s, nil
}

// storageListenAddress is a free port of the host that the API listens on,
// unless an option says otherwise.
func (c *config) storageListenAddress() string {
	if c.storageAddress != "" {
		return c.storageAddress
	}
	host, _, err := net.SplitHostPort(c.address)
	if err != nil {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, "0")
}

func (s *storage) close(ctx context.Context) { s.http.Close(ctx) }

// storageFailure is a request that storage refuses.
type storageFailure struct {
	status        int
	code, message string
}

func denied(message string) *storageFailure {
	return &storageFailure{http.StatusForbidden, "AccessDenied", message}
}

var (
	mismatch = &storageFailure{http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature does not match. Send the request with the method that the address was given out for, and the address unchanged."}
	noSuchKey = &storageFailure{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
)

// storageExchange is a request to storage and its response.
type storageExchange struct {
	*storage
	http.ResponseWriter
	request *http.Request
	note    func(status int) // called before the client can see the response
	replace bool             // the response of net/http has been replaced
}

// ServeHTTP responds any request to storage.
func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := &delivery{server: s.server, w: w, r: r, private: true, storage: s}
	responseTo := func(w http.ResponseWriter, note func(int)) {
		x := &storageExchange{storage: s, ResponseWriter: w, request: r, note: note}
		x.Header().Set("X-Amz-Request-Id", fmt.Sprintf("%016X", s.requests.Add(1)))
		if f := x.handle(); f != nil {
			x.refuse(f)
		}
	}
	d.work = func() response {
		rec := newRecorder()
		responseTo(rec, func(int) {})
		return rec.response
	}
	d.directly = func() {
		responseTo(w, func(status int) {
			d.worked = status
			d.note(status)
		})
	}
	d.run()
}

// maxBody is how large the body of a request may be.
func (s *storage) maxBody() int64 { return s.maxFile + 2*maxFormBytes }

// WriteHeader replaces what net/http responds to a range that the file does not
// have, which is no XML.
func (x *storageExchange) WriteHeader(status int) {
	if status == http.StatusRequestedRangeNotSatisfiable {
		x.refuse(&storageFailure{status, "InvalidRange", "The requested range is not satisfiable"})
		x.replace = true
		return
	}
	x.note(status)
	x.ResponseWriter.WriteHeader(status)
}

func (x *storageExchange) Write(p []byte) (int, error) {
	if x.replace {
		return len(p), nil
	}
	return x.ResponseWriter.Write(p)
}

// document is an error document of S3.
func (f *storageFailure) document(request string) []byte {
	text, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: f.code, Message: f.message, RequestID: request})
	if err != nil {
		panic(err)
	}
	return append([]byte(xml.Header), text...)
}

// storageFault is what storage responds when it is told to fail, and perhaps for
// how long.
func storageFault(status int, retryAfter []string) response {
	f := &storageFailure{status, "AccessDenied", "A fault that was ordered."}
	switch {
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		f.code = "SlowDown"
	case status >= 500:
		f.code = "InternalError"
	}
	a := response{status, http.Header{"Content-Type": {xmlType}}, f.document("0")}
	if len(retryAfter) > 0 {
		a.header["Retry-After"] = retryAfter
	}
	return a
}

// refuse responds with an error document.
func (x *storageExchange) refuse(f *storageFailure) {
	header := x.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "Etag", "Last-Modified"} {
		header.Del(name)
	}
	header.Set("Content-Type", xmlType)
	x.note(f.status)
	x.ResponseWriter.WriteHeader(f.status)
	_, _ = x.ResponseWriter.Write(f.document(header.Get("X-Amz-Request-Id")))
}

func (x *storageExchange) handle() *storageFailure {
	r := x.request
	if f := x.refuseCredentials(); f != nil {
		return f
	}
	if r.Method == http.MethodPost {
		if r.URL.EscapedPath() != bucketPath {
			return &storageFailure{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
		}
		return x.postForm()
	}
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), bucketPath+"/")
	if !ok {
		return denied("Access Denied")
	}
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		segments[i] = contract.Unescape(segment)
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

// refuseCredentials refuses a request that has what only the API may get. For
// the test it is a violation: storage belongs to others.
func (x *storageExchange) refuseCredentials() *storageFailure {
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
			_, known := x.server.findHolder(word)
			sent = sent || known
		}
	}
	if !sent {
		return nil
	}
	if x.server.config.validate {
		x.server.violations.add(Violation{
			Method: r.Method,
			Path:   r.URL.EscapedPath(),
			Where:  InRequest,
			What:   "a credential was sent to storage, which is for the API only",
		})
	}
	return &storageFailure{http.StatusBadRequest, "InvalidArgument",
		"Only one auth mechanism allowed: the address is signed, so the request must have no credential beside it."}
}

// find returns the workspace that has a place for a file, and the file. The
// workspace is nil if there is none.
func (s *storage) find(key string) (w *workspace, f file) {
	name, _, _ := strings.Cut(key, "/")
	if w = s.server.findWorkspace(contract.Unescape(name)); w == nil {
		return nil, file{}
	}
	var ok bool
	_ = w.state.read(func() error {
		f, ok = w.state.files.find(key)
		return nil
	})
	if !ok {
		return nil, file{}
	}
	return w, f
}

// getFile responds with a file, or with a part of it.
func (x *storageExchange) getFile(key string) *storageFailure {
	_, stored := x.find(key)
	if !stored.uploaded {
		return noSuchKey
	}
	header := x.Header()
	contentType := stored.contentType
	if contentType == "" {
		contentType = "binary/octet-stream" // as S3 says of what did not say
	}
	header.Set("Content-Type", contentType)
	header.Set("ETag", stored.etag)
	if disposition := x.request.URL.Query().Get(paramDisposition); disposition != "" {
		header.Set("Content-Disposition", disposition)
	}
	http.ServeContent(x, x.request, "", stored.modifiedAt, bytes.NewReader(stored.data))
	return nil
}

// checkLength refuses a body without a length, and one that is too long.
func (x *storageExchange) checkLength(most int64) *storageFailure {
	switch length := x.request.ContentLength; {
	case length < 0:
		return &storageFailure{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."}
	case length > most:
		return tooLarge(x.maxFile)
	}
	return nil
}

func tooLarge(most int64) *storageFailure {
	return &storageFailure{http.StatusBadRequest, "EntityTooLarge",
		fmt.Sprintf("Your proposed upload exceeds the maximum allowed size of %d bytes.", most)}
}

var incompleteBody = &storageFailure{http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"}

// putFile stores the body of a request.
func (x *storageExchange) putFile(key string) *storageFailure {
	if f := x.checkLength(x.maxFile); f != nil {
		return f
	}
	// A place that is gone is refused before its bytes are taken.
	w, _ := x.find(key)
	if w == nil {
		return denied("Access Denied")
	}
	data, err := io.ReadAll(x.request.Body)
	if err != nil {
		return incompleteBody
	}
	return x.keep(w, newFile(key, x.request.Header.Get("Content-Type"), data), http.StatusOK)
}

// keep stores a file, if there is a place for it still, and responds.
func (x *storageExchange) keep(w *workspace, f file, status int) *storageFailure {
	failed := w.state.write(systemUser, func(c *change) error {
		if _, ok := c.state.files.find(f.key); !ok {
			return notFound("The place is gone.")
		}
		c.store(f)
		return nil
	})
	if failed != nil {
		return denied("Access Denied")
	}
	x.Header().Set("ETag", f.etag)
	x.WriteHeader(status)
	return nil
}

// postForm stores the file of a form, which is its last part.
func (x *storageExchange) postForm() *storageFailure {
	if f := x.checkLength(x.maxBody()); f != nil {
		return f
	}
	malformed := &storageFailure{http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."}
	parts, err := x.request.MultipartReader()
	if err != nil {
		return &storageFailure{http.StatusPreconditionFailed, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data"}
	}
	fields := formFields{}
	left := int64(maxFormBytes)
	for {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF):
			return &storageFailure{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request."}
		case err != nil:
			return malformed
		}
		name := strings.ToLower(part.FormName())
		if name == fieldFile {
			return x.formFile(fields, part)
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return malformed
		}
		if left -= int64(len(value)); left < 0 {
			return &storageFailure{http.StatusBadRequest, "MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large."}
		}
		if _, twice := fields[name]; twice {
			return &storageFailure{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one field of each name: " + name + " is there twice."}
		}
		fields[name] = string(value)
	}
}

// formFile stores the file of a form with these fields. What comes after it is
// ignored, but must be there.
func (x *storageExchange) formFile(fields formFields, part io.Reader) *storageFailure {
	if f := x.checkForm(fields); f != nil {
		return f
	}
	key := fields.get(fieldKey)
	w, _ := x.find(key)
	if w == nil {
		return denied("Access Denied")
	}
	data, err := io.ReadAll(io.LimitReader(part, x.maxFile+1))
	switch {
	case err != nil:
		return incompleteBody
	case int64(len(data)) > x.maxFile:
		return tooLarge(x.maxFile)
	}
	if _, err := io.Copy(io.Discard, x.request.Body); err != nil {
		return incompleteBody
	}
	return x.keep(w, newFile(key, fields.get(fieldType), data), http.StatusNoContent)
}
