package clarifytest

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/faults"
	"github.com/clarify-go/clarify/clarifytest/internal/storage"
)

// delivery is the response to one request, with the faults that strike it and its
// line in the transcript. Every request that a server gets passes through one.
type delivery struct {
	faults.Delivery
	server    *Server
	operation string // its id, empty if there is none
	private   bool   // the query and the body hold secrets
	work      func() faults.Response

	// Only requests to storage have these. directly responds without reading all of
	// the body first; it is called if no fault strikes.
	storage  *storage.Storage
	directly func()

	began time.Time
	entry Request
}

// run responds to the request.
func (d *delivery) run(w http.ResponseWriter, r *http.Request) {
	d.server.busy.begin()
	defer d.server.busy.end()
	d.Job, d.Writer, d.Request, d.Closing = d, w, r, d.server.closing
	d.MaxBody = MaxBodyBytes
	if d.storage != nil {
		d.MaxBody = d.storage.MaxBody()
	}
	defer d.reportPanic()
	d.began = time.Now()
	d.Plan = d.server.faults.Strike(r, d.operation, d.storage != nil)
	if d.directly != nil && d.Plan.IsZero() {
		d.directly()
	} else {
		d.Run()
	}
}

// reportPanic makes a violation of a panic, mostly of a function that a test passed
// to [Matching] or [WithLog], and ends the connection. net/http would do that, too,
// but its log goes nowhere, so that a test would only see a lost connection.
func (d *delivery) reportPanic() {
	p := recover()
	if p == nil {
		return
	}
	if d.server.config.validate {
		d.server.violations.add(Violation{
			Method:    d.Request.Method,
			Path:      d.Request.URL.EscapedPath(),
			Operation: d.operation,
			Where:     InResponse,
			What:      fmt.Sprintf("the sandbox, or a function that it was given, panicked: %v", p),
		})
	}
	panic(http.ErrAbortHandler)
}

// Work implements [faults.Job].
func (d *delivery) Work() faults.Response { return d.work() }

// Revoke implements [faults.Job].
func (d *delivery) Revoke() {
	_, credential, _ := readAuthorization(d.Request)
	d.server.Revoke(credential)
}

// Instead implements [faults.Job]. A response of the API has the headers of the
// rate limit, one of storage is a document as S3's.
func (d *delivery) Instead(f faults.Fault) faults.Response {
	response := f.Response
	if d.storage != nil {
		header, body := storage.Fault(response.Status)
		if after := response.Header.Values("Retry-After"); len(after) > 0 {
			header["Retry-After"] = after
		}
		return faults.Response{Status: response.Status, Header: header, Body: body}
	}
	response.Header = response.Header.Clone()
	q := d.server.limiter.peek(rateKey(d.Request, d.operation), d.server.config.clock())
	if response.Status == http.StatusTooManyRequests {
		q.remaining = 0
		if response.Header.Get("Retry-After") != "" {
			q.reset = wholeSeconds(f.Limit)
		}
	}
	q.setHeaders(response.Header)
	return response
}

// Note implements [faults.Job]. It enters the request in the transcript and the
// log before the client can see the response, so that a test that has a response
// finds the request there, and successive requests are logged in order.
func (d *delivery) Note(status int) {
	if d.entry.Method != "" {
		return
	}
	scheme, _, _ := readAuthorization(d.Request)
	d.entry = Request{
		Method:    d.Request.Method,
		Path:      d.Request.URL.EscapedPath(),
		Operation: d.operation,
		Storage:   d.storage != nil,
		Scheme:    scheme,
		Status:    status,
		Fault:     d.Plan.String(),
		Done:      d.Worked >= 200 && d.Worked < 300,
		Duration:  time.Since(d.began),
	}
	if !d.private {
		d.entry.Query = d.Request.URL.RawQuery
		d.entry.Header = withoutCredentials(d.Request.Header)
		d.entry.Body = remembered(d.Body)
	}
	d.server.transcript.add(d.entry)
	if d.server.config.log != nil {
		d.server.config.log(d.entry)
	}
}

// remembered returns the part of a body that the transcript keeps. It is a copy
// where it would keep much more than itself in memory.
func remembered(body []byte) []byte {
	if len(body) <= MaxTranscriptBody {
		return body
	}
	return bytes.Clone(body[:MaxTranscriptBody])
}
