package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// chain is what a request passes on its way out and its response on the way back.
// It is the HTTP client of the generated client.
type chain struct {
	config   config
	base     *url.URL // of the workspace
	basePath string   // its path, escaped
	agent    []string // the header User-Agent, unless the request has one
	routes   *routes
	limits   *limits
	do       stage
}

// stage is a part of the chain: it passes a call on to the next part, and does
// something before or after.
type stage func(*call) (*http.Response, error)

// call is one request of the caller, whatever number of attempts it takes.
type call struct {
	ctx       context.Context
	request   *http.Request // as the caller made it; attempts are copies
	body      []byte        // nil if there is none
	operation gen.Operation // zero if the request is none of the contract's
	repeat    bool          // whether doing it twice is the same as doing it once

	attempt    int           // counts from 1
	current    *http.Request // the copy that this attempt sends
	sent       bool          // whether this attempt's request began to go out
	uncertain  bool          // whether an earlier attempt may have been carried out
	secrets    []string      // credentials that were sent, to be kept out of errors
	credential [1]string     // where the first of them is
	scheme     string        // of the last of them

	rejected   string // an access token that the API responded with 401 to
	renewing   bool   // whether this attempt is to have another one
	notRenewed error  // why there is none
}

// newChain assembles the life of a request. It is read from the bottom up: the
// call is reported on, repeated, given another token, held back, authenticated,
// guarded, and sent; then its response is read.
func newChain(hc *http.Client, base *url.URL, auth authn.RequestEditorFn, c config) *chain {
	ch := &chain{
		config: c, base: base, basePath: base.EscapedPath(), agent: []string{c.userAgent},
		routes: newRoutes(), limits: newLimits(),
	}
	next := ch.send(hc)
	next = ch.read(next)
	next = ch.log(next)
	next = ch.guard(next)
	next = ch.authenticate(auth, next)
	next = ch.limitRate(next)
	next = ch.renew(next)
	next = ch.retry(next)
	ch.do = ch.report(next)
	return ch
}

// Do sends a request through the chain.
func (ch *chain) Do(req *http.Request) (*http.Response, error) {
	c := &call{ctx: req.Context(), request: req, operation: ch.routes.find(req.Method, ch.below(req.URL))}
	if err := c.takeBody(); err != nil {
		return nil, err
	}
	c.repeat = repeatable(c)
	// Most calls are one attempt with one credential.
	c.secrets = c.credential[:0]
	return ch.do(c)
}

// maxReplay is how large the body of a request may be: it is held for the case
// of another attempt.
const maxReplay = 16 << 20

func (c *call) takeBody() error {
	body := c.request.Body
	if body == nil || body == http.NoBody {
		return nil
	}
	defer body.Close()
	var held bytes.Buffer
	if n := c.request.ContentLength; n > 0 && n <= maxReplay {
		// With this much to spare ReadFrom finds the end without growing.
		held.Grow(int(n) + bytes.MinRead)
	}
	if _, err := held.ReadFrom(io.LimitReader(body, maxReplay+1)); err != nil {
		return fmt.Errorf("clarify: the request's body cannot be read: %w", err)
	}
	if held.Len() > maxReplay {
		return fmt.Errorf("clarify: the request's body is larger than %d bytes", maxReplay)
	}
	// Not nil, even if nothing was in it.
	c.body = held.Bytes()[:held.Len():held.Len()]
	return nil
}

// prepare makes the copy of the request that the next attempt sends.
func (c *call) prepare() {
	c.attempt++
	c.sent = false
	c.current = c.request.Clone(c.ctx)
	if c.body != nil {
		c.current.Body = io.NopCloser(bytes.NewReader(c.body))
		c.current.ContentLength = int64(len(c.body))
		c.current.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	}
}

// sending notes how far the transport gets with a request.
type sending struct {
	httptrace.ClientTrace
	traced, wrote atomic.Bool
}

// send is the last stage: it sends the request, and notes whether it began to.
func (ch *chain) send(hc *http.Client) stage {
	return func(c *call) (*http.Response, error) {
		// A transport of the caller's may not look.
		if err := c.ctx.Err(); err != nil {
			return nil, &permanent{err}
		}
		trace := &sending{}
		trace.GetConn = func(string) { trace.traced.Store(true) }
		trace.WroteHeaders = func() { trace.wrote.Store(true) }
		req := c.current.WithContext(httptrace.WithClientTrace(c.ctx, &trace.ClientTrace))
		if req.Header.Get("User-Agent") == "" {
			req.Header["User-Agent"] = ch.agent
		}
		rsp, err := hc.Do(req)
		// A transport that does not tell may have sent it.
		c.sent = trace.wrote.Load() || !trace.traced.Load()
		if err != nil {
			var wrapped *url.Error
			if errors.As(err, &wrapped) {
				// Its text repeats the address with the query.
				err = wrapped.Err
			}
		}
		if rsp != nil && rsp.Request != nil {
			rsp.Request = c.visible()
		}
		return rsp, err
	}
}

// visible is the request that the caller gets to see through the response: as it
// was made, without a credential.
func (c *call) visible() *http.Request {
	if _, ok := c.request.Header["Authorization"]; !ok {
		return c.request
	}
	seen := *c.request
	seen.Header = seen.Header.Clone()
	seen.Header.Del("Authorization")
	return &seen
}

// read reads the response to its end, so that one that breaks off can be asked for
// again, and so that no connection is left busy. What may be large is left to
// the caller.
func (ch *chain) read(next stage) stage {
	return func(c *call) (*http.Response, error) {
		rsp, err := next(c)
		if err != nil {
			return nil, err
		}
		limit := ch.config.maxResponseSize
		if rsp.StatusCode/100 != 2 {
			limit = maxErrorResponse
		} else if c.operation.ContentType == "text/csv" {
			return rsp, nil
		}
		body, err := readBody(rsp, limit)
		if err != nil && rsp.StatusCode/100 == 2 {
			return nil, &unreadable{rsp, err}
		}
		// Of a response that reports a failure the beginning is enough.
		held := &heldBody{bytes: body, reads: isRead(c), describe: c.describe}
		held.Reset(body)
		rsp.Body = held
		return rsp, nil
	}
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

// buffers are what bodies are read into. One that nobody else has seen is used
// again.
var buffers = bufferPool{}

type bufferPool struct{ pool sync.Pool }

// mostKept is how large a buffer is kept, in bytes: a page of 500 records is
// smaller.
const mostKept = 4 << 20

// take returns an empty buffer with room for a body of so many bytes, which may
// be unknown, as -1.
func (p *bufferPool) take(length int64) []byte {
	b, _ := p.pool.Get().(*[]byte)
	if b == nil {
		b = new([]byte)
	}
	// With one byte to spare the end is found without growing.
	return slices.Grow(*b, max(int(length)+1, bytes.MinRead))
}

// fitting is b in a buffer that is not much too large for it: the caller may hold
// the response for long.
func fitting(b []byte) []byte {
	if cap(b) <= 4*max(len(b), bytes.MinRead) {
		return b
	}
	fits := bytes.Clone(b)
	buffers.give(b)
	return fits
}

func (p *bufferPool) give(b []byte) {
	if cap(b) <= mostKept {
		b = b[:0]
		p.pool.Put(&b)
	}
}

func tooLarge(limit int64) error {
	return &permanent{fmt.Errorf("the response is larger than %d bytes; see WithMaxResponseSize", limit)}
}

// heldBody is the body of a response that has been read already. What it knows of
// the call is a function, in which nobody who looks at responds by reflection
// finds the credential.
type heldBody struct {
	bytes.Reader
	bytes    []byte
	reads    bool // whether the call only reads
	spare    bool // whether nothing that was decoded shares the bytes
	describe func(*Error)
}

func (*heldBody) Close() error { return nil }

// release gives up the bytes of a response when they are not needed any more.
func release(rsp *http.Response) {
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		return
	}
	if held.spare {
		buffers.give(held.bytes)
	}
	held.bytes, held.spare = nil, false
	held.Reset(nil)
}

// unreadable is a success whose body broke off.
type unreadable struct {
	rsp *http.Response
	err error
}

func (u *unreadable) Error() string { return "the response broke off: " + u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

// permanent is an error that another attempt would not mend, and that came
// before the request was sent or after it was carried out.
type permanent struct{ err error }

func (p *permanent) Error() string { return p.err.Error() }
func (p *permanent) Unwrap() error { return p.err }

// guard lets requests out to the workspace's own address only. It stands after
// everything that may change a request.
func (ch *chain) guard(next stage) stage {
	return func(c *call) (*http.Response, error) {
		if err := ch.checkAddress(c.current.URL); err != nil {
			return nil, &permanent{err}
		}
		if c.current.Host != "" && !strings.EqualFold(c.current.Host, c.current.URL.Host) {
			return nil, &permanent{errors.New("the request names another host than its address")}
		}
		return next(c)
	}
}

// checkAddress returns an error unless u is below the workspace's address.
func (ch *chain) checkAddress(u *url.URL) error {
	if (u.Scheme != ch.base.Scheme || u.Host != ch.base.Host) && origin(u) != origin(ch.base) {
		return fmt.Errorf("the address is at %s, and the API at %s: no credential is sent there", origin(u), origin(ch.base))
	}
	if ch.below(u) == "" || u.User != nil {
		return fmt.Errorf("the address is not below that of the workspace, %s", ch.basePath)
	}
	return nil
}

// below returns what stands in the path after the workspace's address, empty if
// the address is another.
func (ch *chain) below(u *url.URL) string {
	rest, ok := strings.CutPrefix(u.EscapedPath(), ch.basePath)
	if !ok || !strings.HasPrefix(rest, "/") {
		return ""
	}
	return rest
}

// origin is scheme, host and port (RFC 6454).
func origin(u *url.URL) string {
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port(u))
}

// port is the port of a URL, also where it is the default of the scheme.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
}

// authenticate has the credential set, again for each attempt.
func (ch *chain) authenticate(auth authn.RequestEditorFn, next stage) stage {
	return func(c *call) (*http.Response, error) {
		// The editor must not send the credential to where the guard would not.
		if err := ch.checkAddress(c.current.URL); err != nil {
			return nil, &permanent{err}
		}
		ctx := c.ctx
		if c.renewing {
			ctx = authn.WithRejectedToken(ctx, c.rejected)
		}
		// The editor may request a token.
		err := ctx.Err()
		if err == nil {
			err = auth(ctx, c.current)
		}
		if err != nil {
			if c.renewing {
				return nil, &notRenewed{err}
			}
			return nil, &permanent{err}
		}
		scheme, secret, _ := strings.Cut(c.current.Header.Get("Authorization"), " ")
		c.scheme = scheme
		if secret == "" {
			// Without a scheme the whole value is the credential.
			c.scheme, secret = "", scheme
		}
		c.secrets = append(c.secrets, secret)
		if c.renewing && secret == c.rejected {
			return nil, new(notRenewed)
		}
		return next(c)
	}
}

// report turns everything but a success into an Error.
func (ch *chain) report(next stage) stage {
	return func(c *call) (*http.Response, error) {
		rsp, err := next(c)
		if err != nil {
			return nil, ch.failed(c, err)
		}
		if rsp.StatusCode/100 != 2 {
			return nil, ch.refused(c, rsp)
		}
		if err := checkSuccess(c.operation, rsp); err != nil {
			return nil, responseError(c.operation.ID, rsp, err)
		}
		return rsp, nil
	}
}

// describe fills in what is known of the call.
func (c *call) describe(e *Error) {
	e.Method, e.Path = c.request.Method, c.request.URL.EscapedPath()
	e.Operation = c.operation.ID
	e.Attempts = max(1, c.attempt)
	e.scheme, e.uncertain = c.scheme, c.uncertain
	e.Path = redact(e.Path, c.secrets)
	e.Body = []byte(redactCut(string(e.Body[:min(len(e.Body), maxErrorBody)]), c.secrets))
	for i := range e.Errors {
		o := &e.Errors[i]
		o.Status, o.Title = redact(o.Status, c.secrets), redact(o.Title, c.secrets)
		o.Detail, o.Pointer = redact(o.Detail, c.secrets), redact(o.Pointer, c.secrets)
	}
	e.RequestID = redact(e.RequestID, c.secrets)
	if e.cause != nil && redact(e.cause.Error(), c.secrets) != e.cause.Error() {
		e.cause = errors.New(redact(e.cause.Error(), c.secrets))
	}
}

// failed is the error of a call that got no response, or one that broke off.
func (ch *chain) failed(c *call, err error) error {
	e := &Error{cause: err}
	var broken *unreadable
	if errors.As(err, &broken) {
		e.StatusCode = broken.rsp.StatusCode
		e.RequestID = broken.rsp.Header.Get("X-Request-Id")
	}
	var final *permanent
	if errors.As(err, &final) {
		e.cause = final.err
	}
	var held *heldBack
	if errors.As(err, &held) {
		e.RetryAfter = held.left
	}
	e.OutcomeUnknown = !isRead(c) && (c.sent || c.uncertain)
	c.describe(e)
	return e
}

// refused is the error of a call that was responded with something else than 2xx.
func (ch *chain) refused(c *call, rsp *http.Response) error {
	body, _ := io.ReadAll(rsp.Body)
	// Before anything is cut out of it.
	body = []byte(redactCut(string(body), c.secrets))
	e := &Error{
		StatusCode: rsp.StatusCode,
		RetryAfter: httpx.RetryAfter(rsp.Header, time.Now()),
		RequestID:  rsp.Header.Get("X-Request-Id"),
		Body:       body,
		Errors:     readErrors(rsp.Header.Get("Content-Type"), body),
		cause:      c.notRenewed,
	}
	// Who responds with 4xx has not done it, whoever responds with 5xx may have.
	e.OutcomeUnknown = !isRead(c) && (rsp.StatusCode >= 500 || c.uncertain)
	c.describe(e)
	if e.foundGone() {
		e.OutcomeUnknown = false
	}
	return e
}

// checkSuccess returns an error if a success is not what the contract says.
func checkSuccess(op gen.Operation, rsp *http.Response) error {
	held, ok := rsp.Body.(*heldBody)
	contentType := rsp.Header.Get("Content-Type")
	empty := ok && len(bytes.TrimSpace(held.bytes)) == 0
	switch {
	case op.Method == http.MethodDelete && empty:
		// There is nothing to read, and that it is done is what counts
		// (live-api.md, R5).
	case op.ContentType == "application/json" && !op.Unspecified:
		if empty {
			return errors.New("the response has no body")
		}
		if !strings.Contains(contentType, "json") {
			return fmt.Errorf("the response is %q and not JSON", contentType)
		}
	case op.ID != "" && op.ContentType != "text/csv":
		// A body may be missing, but a page of somebody else's is no success.
		if ok && !empty && !(strings.Contains(contentType, "json") && json.Valid(held.bytes)) {
			return fmt.Errorf("the response is %q and not JSON", contentType)
		}
	case op.ContentType == "text/csv":
		if !strings.Contains(contentType, "csv") {
			_ = rsp.Body.Close()
			return fmt.Errorf("the response is %q and not CSV", contentType)
		}
	}
	return nil
}

// answersAddress are the operations that response signed addresses, which are no
// business of an error's, and change nothing that anybody sees.
var respondsWithURL = map[string]bool{
	"getRecordAttachment":                   true,
	"getRecordingArtifacts":                 true,
	"getSignedUrlForRecordAttachmentUpload": true,
	"initMediaUpload":                       true,
}

// answerError is the error of a success that is not what the contract says. The
// operation was carried out, as far as anybody can tell.
func responseError(operation string, rsp *http.Response, err error) *Error {
	e := &Error{
		Operation:  operation,
		StatusCode: rsp.StatusCode,
		RequestID:  rsp.Header.Get("X-Request-Id"),
		Attempts:   1,
		cause:      fmt.Errorf("the response is not what the contract says: %w", err),
	}
	if req := rsp.Request; req != nil {
		e.Method, e.Path = req.Method, req.URL.EscapedPath()
	}
	if held, ok := rsp.Body.(*heldBody); ok {
		if !respondsWithURL[operation] {
			e.Body = held.bytes
		}
		e.OutcomeUnknown = !held.reads && !respondsWithURL[operation]
		held.describe(e)
	}
	return e
}
