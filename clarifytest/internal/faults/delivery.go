package faults

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/network"
)

// A Job is what a request asks for.
type Job interface {
	// Work carries the request out.
	Work() Response
	// Instead returns the response of a fault of the API.
	Instead(f Fault) Response
	// Revoke revokes the credential of the request.
	Revoke()
	// Note is called with the status of the response before the client can see it,
	// and with 0 if there is none.
	Note(status int)
}

// maxGrow is how much memory the body of a request gets before it arrives.
const maxGrow = 8 << 20

// A Delivery responds to one request with the result of its job, unless the plan
// says otherwise.
type Delivery struct {
	Job     Job
	Writer  http.ResponseWriter
	Request *http.Request
	Plan    Plan
	MaxBody int64           // how much of the request's body is read, but for one byte
	Closing <-chan struct{} // closed when nothing waits any more

	Body    []byte // what was read of the request's body
	BodyErr error  // why no more was read
	Worked  int    // the status that the work resulted in, 0 if it was not done
}

// Run responds to the request.
func (d *Delivery) Run() {
	f := Fault{}
	if d.Plan.main != nil {
		f = *d.Plan.main
	}
	if f.Effect == HangUp {
		if d.sleep(d.Plan.before) {
			d.lose(false)
		}
		return
	}
	d.readBody()
	if !d.sleep(d.Plan.before) {
		return
	}
	if f.Revokes {
		d.Job.Revoke()
	}
	if f.Effect == ResetDuring {
		d.disconnect(true)
	}
	response := f.Response
	if f.API {
		response = d.Job.Instead(f)
	}
	if f.works() {
		result := d.Job.Work()
		d.Worked = result.Status
		if f.Effect != Respond {
			response = result
		}
	}
	if !d.sleep(d.Plan.after) {
		return
	}
	switch f.Effect {
	case Reset, ResetDuring:
		d.lose(true)
	case Cut:
		d.cut(response, f.Bytes)
	case Slow:
		d.drip(response, f.Bytes, f.Delay)
	default:
		d.send(response)
	}
}

// readBody takes the request's body off the connection, so that the work can be
// done when the connection is gone, and so that the server notices when the client
// goes.
func (d *Delivery) readBody() {
	var body bytes.Buffer
	if d.Request.ContentLength > 0 {
		body.Grow(int(min(d.Request.ContentLength, maxGrow)) + bytes.MinRead)
	}
	_, d.BodyErr = body.ReadFrom(io.LimitReader(d.Request.Body, d.MaxBody+1))
	d.Body = body.Bytes()
	d.Request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(d.Body), failingReader{d.BodyErr}))
}

// failingReader is the end of a body that may have ended too early.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, cmp.Or(r.err, io.EOF) }

// sleep waits. It returns false, and loses the connection, if the client or the
// server did not wait that long.
func (d *Delivery) sleep(t time.Duration) bool {
	if t <= 0 {
		return true
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.Closing:
	case <-d.Request.Context().Done():
	}
	d.lose(true)
	return false
}

// head notes a response and prepares its header.
func (d *Delivery) head(r Response) {
	d.Job.Note(r.Status)
	header := d.Writer.Header()
	for name, values := range r.Header {
		header[name] = values
	}
}

func (d *Delivery) send(r Response) {
	d.head(r)
	d.Writer.WriteHeader(r.Status)
	_, _ = d.Writer.Write(r.Body)
}

// cut sends the head of a response and n bytes of its body.
func (d *Delivery) cut(r Response, n int) {
	if len(r.Body) == 0 {
		d.lose(false)
		return
	}
	d.announce(r)
	_, _ = d.Writer.Write(r.Body[:min(n, len(r.Body)-1)])
	_ = http.NewResponseController(d.Writer).Flush()
	d.disconnect(false)
}

// drip sends the body of a response in pieces of n bytes.
func (d *Delivery) drip(r Response, n int, every time.Duration) {
	d.announce(r)
	control := http.NewResponseController(d.Writer)
	for rest := r.Body; len(rest) > 0; {
		piece := rest[:min(n, len(rest))]
		rest = rest[len(piece):]
		_ = control.Flush()
		if !d.sleep(every) {
			return
		}
		if _, err := d.Writer.Write(piece); err != nil {
			return
		}
	}
}

// announce sends the head of a response with the length of the whole body, so
// that the client can tell whether it got all of it.
func (d *Delivery) announce(r Response) {
	d.head(r)
	d.Writer.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	d.Writer.WriteHeader(r.Status)
}

// lose ends the connection without a response.
func (d *Delivery) lose(reset bool) {
	d.Job.Note(0)
	d.disconnect(reset)
}

func (d *Delivery) disconnect(reset bool) { network.Disconnect(d.Writer, reset) }
