package clarifytest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/clarifytest/internal/storage"
)

// delivery is the responding of one request: with what the work comes to, unless
// there is a plan for it. All requests that a server gets pass through one.
type delivery struct {
	server    *Server
	w         http.ResponseWriter
	r         *http.Request
	operation string // its id, empty if there is none
	private   bool   // the query and the body hold secrets
	work      func() response

	// Requests to storage alone have these: how large a body may be, and what
	// responds without reading all of it first, where nothing is planned.
	storage  *storage.Storage
	directly func()

	began   time.Time
	plan    plan
	body    []byte // at most one byte more than mostBody
	bodyErr error
	worked  int // the status that the work came to, 0 if it was not done
	entry   Request
}

func (d *delivery) run() {
	d.server.busy.begin()
	defer d.server.busy.end()
	defer d.reportPanic()
	d.began = time.Now()
	d.plan = d.server.faults.strike(d.r, d.operation, d.storage != nil)
	if d.directly != nil && d.plan.names == nil {
		d.directly()
	} else {
		d.deliver()
	}
}

// reportPanic makes a violation of a panic, mostly of a function that a test gave
// to [Matching] or [WithLog], and ends the connection. net/http would do that, too,
// but its log goes nowhere, so that a test would see a lost connection only.
func (d *delivery) reportPanic() {
	p := recover()
	if p == nil {
		return
	}
	if d.server.config.validate {
		d.server.violations.add(Violation{
			Method:    d.r.Method,
			Path:      d.r.URL.EscapedPath(),
			Operation: d.operation,
			Where:     InResponse,
			What:      fmt.Sprintf("the sandbox, or a function that it was given, panicked: %v", p),
		})
	}
	panic(http.ErrAbortHandler)
}

func (d *delivery) deliver() {
	f := Fault{}
	if d.plan.main != nil {
		f = *d.plan.main
	}
	if f.effect == effectHangUp {
		if d.wait(d.plan.before) {
			d.lose(true)
		}
		return
	}
	d.readBody()
	if !d.wait(d.plan.before) {
		return
	}
	if f.before != nil {
		f.before(d.server, d.r)
	}
	if f.effect == effectResetDuring {
		d.disconnect(false)
	}
	a := d.instead(f)
	if f.works() {
		done := d.work()
		d.worked = done.status
		if f.effect != effectResponse {
			a = done
		}
	}
	if !d.wait(d.plan.after) {
		return
	}
	switch f.effect {
	case effectReset, effectResetDuring:
		d.lose(false)
	case effectCut:
		d.cut(a, f.bytes)
	case effectSlow:
		d.drip(a, f.bytes, f.delay)
	default:
		d.send(a)
	}
}

// works tells whether the operation is carried out all the same.
func (f Fault) works() bool {
	return f.late || f.effect == effectNone || f.effect == effectResetDuring
}

// instead is the response of a fault that has one. If it is one of the API, it
// has the headers of the rate limit.
func (d *delivery) instead(f Fault) response {
	if !f.api {
		return f.response
	}
	a := f.response
	if d.storage != nil {
		header, body := storage.Fault(a.status)
		if after := a.header.Values("Retry-After"); len(after) > 0 {
			header["Retry-After"] = after
		}
		return response{a.status, header, body}
	}
	a.header = a.header.Clone()
	q := d.server.limiter.peek(rateKey(d.r, d.operation), d.server.config.clock())
	if a.status == http.StatusTooManyRequests {
		q.remaining = 0
		if a.header.Get("Retry-After") != "" {
			q.reset = wholeSeconds(f.limit)
		}
	}
	q.setHeaders(a.header)
	return a
}

// readBody takes the request's body off the connection, so that it can be worked
// on when that is gone, and so that the server notices if the client goes.
func (d *delivery) readBody() {
	var body bytes.Buffer
	if d.r.ContentLength > 0 {
		body.Grow(int(min(d.r.ContentLength, MaxBodyBytes)) + bytes.MinRead)
	}
	_, d.bodyErr = body.ReadFrom(io.LimitReader(d.r.Body, d.mostBody()+1))
	d.body = body.Bytes()
	d.r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(d.body), failingReader{d.bodyErr}))
}

func (d *delivery) mostBody() int64 {
	if d.storage != nil {
		return d.storage.MaxBody()
	}
	return MaxBodyBytes
}

// failingReader is the end of a body that may have ended too early.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, cmp.Or(r.err, io.EOF) }

// wait returns false if the client or the server did not wait so long.
func (d *delivery) wait(t time.Duration) bool {
	if t <= 0 {
		return true
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.server.closing:
	case <-d.r.Context().Done():
	}
	d.lose(false)
	return false
}

// note enters the request in the transcript and the log. That comes before the
// client can see what it gets, so that a test finds there what it has a response
// to, and requests that follow each other are logged in that order.
func (d *delivery) note(status int) {
	if d.entry.Method != "" {
		return
	}
	scheme, _, _ := readAuthorization(d.r)
	d.entry = Request{
		Method:    d.r.Method,
		Path:      d.r.URL.EscapedPath(),
		Operation: d.operation,
		Storage:   d.storage != nil,
		Scheme:    scheme,
		Status:    status,
		Fault:     d.plan.String(),
		Done:      d.worked >= 200 && d.worked < 300,
		Duration:  time.Since(d.began),
	}
	if !d.private {
		d.entry.Query = d.r.URL.RawQuery
		d.entry.Header = withoutCredentials(d.r.Header)
		d.entry.Body = remembered(d.body)
	}
	d.server.transcript.add(d.entry)
	if d.server.config.log != nil {
		d.server.config.log(d.entry)
	}
}

// remembered is the part of a body that the transcript has. It is a copy where
// it would keep much more than itself in memory.
func remembered(body []byte) []byte {
	if len(body) <= MaxTranscriptBody {
		return body
	}
	return bytes.Clone(body[:MaxTranscriptBody])
}

func (d *delivery) head(a response) {
	d.note(a.status)
	header := d.w.Header()
	for name, values := range a.header {
		header[name] = values
	}
}

func (d *delivery) send(a response) {
	d.head(a)
	d.w.WriteHeader(a.status)
	_, _ = d.w.Write(a.body)
}

// cut sends the head of a response and a part of its body.
func (d *delivery) cut(a response, n int) {
	if len(a.body) == 0 {
		d.lose(true)
		return
	}
	d.announce(a)
	_, _ = d.w.Write(a.body[:min(n, len(a.body)-1)])
	_ = http.NewResponseController(d.w).Flush()
	d.disconnect(true)
}

// drip sends the body of a response in pieces.
func (d *delivery) drip(a response, n int, every time.Duration) {
	d.announce(a)
	control := http.NewResponseController(d.w)
	for rest := a.body; len(rest) > 0; {
		piece := rest[:min(n, len(rest))]
		rest = rest[len(piece):]
		_ = control.Flush()
		if !d.wait(every) {
			return
		}
		if _, err := d.w.Write(piece); err != nil {
			return
		}
	}
}

// announce sends the head of a response with the length of the whole body, so
// that the client can tell whether it got all of it.
func (d *delivery) announce(a response) {
	d.head(a)
	d.w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	d.w.WriteHeader(a.status)
}

// lose ends the connection without a response.
func (d *delivery) lose(gently bool) {
	d.note(0)
	d.disconnect(gently)
}

// disconnect closes the connection, or resets it.
func (d *delivery) disconnect(gently bool) { network.Disconnect(d.w, !gently) }
