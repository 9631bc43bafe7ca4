package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/gen"
)

// call is one request of the caller, with all the attempts that it takes. Each of
// its parts is written by the stage that it names, and read by others.
type call struct {
	asked
	attempts    attempts
	throttling  throttling
	credential  credential
	renewal     renewal
	observation observation
	sending     sending
}

// asked is what the caller wants done. Nothing changes it.
type asked struct {
	ctx       context.Context
	request   *http.Request // attempts send copies of it
	body      []byte        // nil if there is none
	operation gen.Operation // zero if the contract does not have the request
	options   callOptions
	id        uint64       // different for each call of the process
	info      *RequestInfo // for the observers, nil if there are none
}

// attempts counts the attempts. The stages that repeat a call begin them, and
// retry records their outcome.
type attempts struct {
	number         int           // of the current attempt, from 1
	request        *http.Request // that it sends
	delayed        time.Duration // how long the call waited between them
	outcomeUnknown bool          // whether an attempt that ended may have been carried out
}

// throttling is how long attempts waited for the rate limit, if anybody wants to know.
type throttling struct {
	since       time.Time     // when the current one began to, zero if it does not wait
	last, total time.Duration // the current one, and all
}

// credential is what authenticate set, in all attempts.
type credential struct {
	scheme  string    // of the last one
	secrets []string  // all of them, to be kept out of errors and logs
	first   [1]string // where secrets begins: most calls send one credential
}

// renewal is what renew asks authenticate for: another token.
type renewal struct {
	rejected string // the access token that the API rejected with 401
	active   bool   // whether this attempt must have another one
	failure  error  // why there is none
}

// observation is what observe got from the observers.
type observation struct {
	ctx context.Context // of the attempt, nil if there are no observers
}

// sending is what send knows of the attempts.
type sending struct {
	last int // the number of the last attempt that began to go out
}

// maxReplay is how large the body of a request may be, in bytes: it is kept in
// memory for another attempt.
const maxReplay = 16 << 20

// newCall makes a call of what is asked, and reads the body of the request.
func newCall(a asked) (*call, error) {
	body, err := readRequestBody(a.request)
	if err != nil {
		return nil, err
	}
	a.body = body
	c := &call{asked: a}
	c.credential.secrets = c.credential.first[:0]
	return c, nil
}

// readRequestBody returns nil if there is no body, and otherwise what is in it,
// which is not nil.
func readRequestBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	var read bytes.Buffer
	if n := req.ContentLength; n > 0 && n <= maxReplay {
		// With this much to spare ReadFrom finds the end without growing.
		read.Grow(int(n) + bytes.MinRead)
	}
	if _, err := read.ReadFrom(io.LimitReader(req.Body, maxReplay+1)); err != nil {
		return nil, fmt.Errorf("clarify: cannot read the request body: %w", err)
	}
	if read.Len() > maxReplay {
		return nil, fmt.Errorf("clarify: request body larger than %d bytes", maxReplay)
	}
	return read.Bytes()[:read.Len():read.Len()], nil
}

// readsByPost are the operations that change nothing although they use POST.
var readsByPost = map[string]bool{
	"getListRowsCsv":        true,
	"getRecordingArtifacts": true,
}

// reads reports whether the call changes nothing.
func (a *asked) reads() bool {
	return a.request.Method == http.MethodGet || a.request.Method == http.MethodHead || readsByPost[a.operation.ID]
}

// visible returns the request that the caller sees in the response: as the caller
// made it, without a credential.
func (a *asked) visible() *http.Request {
	if _, ok := a.request.Header["Authorization"]; !ok {
		return a.request
	}
	seen := *a.request
	seen.Header = seen.Header.Clone()
	seen.Header.Del("Authorization")
	return &seen
}

// begin begins another attempt, with a copy of the request.
func (a *attempts) begin(of *asked) {
	a.number++
	a.request = of.request.Clone(of.ctx)
	if of.body == nil {
		return
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(of.body)), nil }
	a.request.Body, _ = open()
	a.request.ContentLength = int64(len(of.body))
	a.request.GetBody = open
}

// withdraw takes back an attempt that was not sent.
func (a *attempts) withdraw() { a.number-- }

// set notes the value of an Authorization header.
func (c *credential) set(authorization string) {
	scheme, secret, _ := strings.Cut(authorization, " ")
	if secret == "" {
		// Without a scheme the whole value is the credential.
		scheme, secret = "", scheme
	}
	c.scheme = scheme
	c.secrets = append(c.secrets, secret)
}

// last returns the credential that was set last.
func (c *credential) last() string { return c.secrets[len(c.secrets)-1] }

// attemptContext returns the context of the current attempt.
func (c *call) attemptContext() context.Context {
	if c.observation.ctx != nil {
		return c.observation.ctx
	}
	return c.ctx
}

// sent reports whether the current attempt began to go out.
func (c *call) sent() bool { return c.sending.last == c.attempts.number }

// describe adds to an error what is known of the call, and redacts it.
func (c *call) describe(e *Error) {
	secrets := c.credential.secrets
	e.Method, e.Path = c.request.Method, redact(c.request.URL.EscapedPath(), secrets)
	e.Operation = c.operation.ID
	e.Attempts = max(1, c.attempts.number)
	e.scheme, e.earlierUnknown = c.credential.scheme, c.attempts.outcomeUnknown
	e.Body = []byte(redactCut(string(e.Body[:min(len(e.Body), maxErrorBody)]), secrets))
	for i := range e.Errors {
		o := &e.Errors[i]
		o.Status, o.Title = redact(o.Status, secrets), redact(o.Title, secrets)
		o.Detail, o.Pointer = redact(o.Detail, secrets), redact(o.Pointer, secrets)
	}
	e.RequestID = redact(e.RequestID, secrets)
	if e.cause == nil {
		return
	}
	if text := e.cause.Error(); redact(text, secrets) != text {
		e.cause = errors.New(redact(text, secrets))
	}
}
