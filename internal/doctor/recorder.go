package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/internal/contract"
)

// exchange is a request to an operation and its response. Its content stays in the
// program: a report has only what the checks say about it.
type exchange struct {
	op       *contract.Operation
	request  *http.Request
	path     []string // the parameters of the path
	status   int
	header   http.Header
	body     []byte
	response *http.Response // its body is read already
	sent     time.Time
	received time.Time

	value   any // the body, decoded
	decoded bool
}

// ok reports whether the operation succeeded.
func (x *exchange) ok() bool { return x.status/100 == 2 }

// json is the body, with numbers as json.Number, nil if it is not JSON.
func (x *exchange) json() any {
	if !x.decoded {
		x.value, x.decoded = decodeJSON(x.body), true
	}
	return x.value
}

// object is the body if it is an object.
func (x *exchange) object() map[string]any { return object(x.json()) }

// items are those of the body's data.
func (x *exchange) items() []any { return list(x.object()["data"]) }

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// recorder is the transport of the client. It sends only requests to operations of the
// contract, and writes only if -write allows them.
type recorder struct {
	next     http.RoundTripper
	contract *contract.Contract
	path     string                                                  // of the workspace, escaped, with a slash at its end
	mayWrite func(operation string, path []string, body []byte) bool // nil if nothing may
	seen     func(*exchange)
	now      func() time.Time
}

var errWrite = errors.New("clarify-doctor: a write without -write")

// maxBody is the maximum size of a response in bytes.
const maxBody = 64 << 20

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	rest, ok := strings.CutPrefix(request.URL.EscapedPath(), r.path)
	if !ok {
		return nil, errors.New("clarify-doctor: the request is not below the URL of the workspace")
	}
	segments := strings.Split(rest, "/")
	op, _ := r.contract.Find(request.Method, segments)
	if op == nil {
		return nil, fmt.Errorf("clarify-doctor: the contract has no operation for the %s request", request.Method)
	}
	if err := r.checkWrite(request, op, segments); err != nil {
		return nil, err
	}
	if request.Context().Value(noUserAgent{}) != nil {
		request = request.Clone(request.Context())
		request.Header["User-Agent"] = []string{""}
	}
	x := &exchange{op: op, request: request, path: op.PathValues(segments), sent: r.now()}
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	x.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, err
	case len(x.body) > maxBody:
		return nil, fmt.Errorf("clarify-doctor: the response is larger than %d bytes", maxBody)
	}
	x.received = r.now()
	x.status, x.header, x.response = response.StatusCode, response.Header, response
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	if slot, ok := request.Context().Value(slotKey{}).(*slot); ok {
		slot.latest = x
	}
	r.seen(x)
	return response, nil
}

// checkWrite returns an error for a write that may not be sent.
func (r *recorder) checkWrite(request *http.Request, op *contract.Operation, segments []string) error {
	if request.Method == http.MethodGet {
		return nil
	}
	if r.mayWrite == nil {
		return errWrite
	}
	var body []byte
	if request.GetBody != nil {
		content, err := request.GetBody()
		if err != nil {
			return err
		}
		if body, err = io.ReadAll(content); err != nil {
			return err
		}
	}
	if !r.mayWrite(op.ID, op.PathValues(segments), body) {
		return errWrite
	}
	return nil
}

// slot receives the latest exchange of one call.
type slot struct{ latest *exchange }

type slotKey struct{}

// noUserAgent makes a request go without the header User-Agent.
type noUserAgent struct{}

func withoutUserAgent(ctx context.Context) context.Context {
	return context.WithValue(ctx, noUserAgent{}, true)
}
