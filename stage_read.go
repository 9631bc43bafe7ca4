package clarify

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxErrorResponse is how much is read of a response that reports a failure, in
// bytes. That of a bulk request may be long.
const maxErrorResponse = 4 << 20

// readStage reads responses to their end, so that a request whose response breaks
// off can be retried, and no connection stays in use. It leaves CSV, which may be
// large, to the caller.
type readStage struct {
	observers observers
	maxSize   int64 // of a response, in bytes
}

func (s readStage) do(c *call, next handler) (*http.Response, error) {
	rsp, err := next(c)
	if err != nil {
		return nil, err
	}
	success := rsp.StatusCode/100 == 2
	if success && c.operation.ContentType == "text/csv" {
		return rsp, nil
	}
	limit := s.maxSize
	if !success {
		limit = maxErrorResponse
	}
	body, err := readBody(rsp, limit)
	// The beginning of a response that reports a failure is enough.
	if err != nil && success {
		return nil, &unreadable{rsp, err}
	}
	held := &heldBody{bytes: body, reads: c.reads(), describe: c.describe}
	if s.observers.active() {
		held.decoded = func(items int, took time.Duration) { s.observers.pageDecoded(c, items, len(body), took) }
	}
	held.Reset(body)
	rsp.Body = held
	return rsp, nil
}

func readBody(rsp *http.Response, limit int64) ([]byte, error) {
	defer rsp.Body.Close()
	if rsp.ContentLength > limit && rsp.StatusCode/100 == 2 {
		return nil, tooLarge(limit)
	}
	b := buffers.take(min(rsp.ContentLength, limit))
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, max(len(b), bytes.MinRead))
		}
		n, err := rsp.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			return b[:limit], tooLarge(limit)
		case err == io.EOF:
			return fitting(b), nil
		case err != nil:
			return b, err
		}
	}
}

func tooLarge(limit int64) error {
	return &nonRetryable{err: fmt.Errorf("response larger than %d bytes; see WithMaxResponseSize", limit), failure: FailureResponse}
}

// unreadable is the error for a success whose body cannot be read to its end.
type unreadable struct {
	rsp *http.Response
	err error
}

func (u *unreadable) Error() string { return "cannot read the response: " + u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

// heldBody is the body of a response that has been read already. It knows the call
// as a function, so that reflection on a response does not find the credential.
type heldBody struct {
	bytes.Reader
	bytes    []byte
	reads    bool // whether the call changes nothing
	spare    bool // whether no decoded value shares the bytes
	describe func(*Error)
	decoded  func(items int, took time.Duration) // tells the observers, nil if there are none
}

func (*heldBody) Close() error { return nil }

// decodingBegins notes when a page begins to be decoded. The function that it returns
// tells the observers how many items it has.
func decodingBegins(rsp *http.Response) (decoded func(items int)) {
	held, ok := rsp.Body.(*heldBody)
	if !ok || held.decoded == nil {
		return func(int) {}
	}
	began := time.Now()
	return func(items int) { held.decoded(items, time.Since(began)) }
}

// release returns the bytes of a response to the pool if nothing shares them.
func release(rsp *http.Response) {
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		return
	}
	if held.spare {
		buffers.put(held.bytes)
	}
	held.bytes, held.spare = nil, false
	held.Reset(nil)
}

// buffers are what bodies are read into. A buffer that nothing else refers to is
// used again.
var buffers = bufferPool{}

type bufferPool struct{ pool sync.Pool }

// maxPooled is how large a buffer in the pool may be, in bytes: a page of 500
// records is smaller.
const maxPooled = 4 << 20

// take returns an empty buffer with room for a body of the given length, or of an
// unknown one if that is -1.
func (p *bufferPool) take(length int64) []byte {
	b, _ := p.pool.Get().(*[]byte)
	if b == nil {
		b = new([]byte)
	}
	// With one byte to spare the end is found without growing.
	return slices.Grow(*b, max(int(length)+1, bytes.MinRead))
}

func (p *bufferPool) put(b []byte) {
	if cap(b) <= maxPooled {
		b = b[:0]
		p.pool.Put(&b)
	}
}

// fitting returns b in a buffer that is not much too large for it: the caller may
// keep the response for long.
func fitting(b []byte) []byte {
	if cap(b) <= 4*max(len(b), bytes.MinRead) {
		return b
	}
	fits := bytes.Clone(b)
	buffers.put(b)
	return fits
}
