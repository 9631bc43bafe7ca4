package clarifytest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/faults"
	"github.com/clarify-go/clarify/internal/contract"
)

// MaxBodyBytes is the largest request body that the server reads: 8 MiB. A request
// with a larger one gets 413.
const MaxBodyBytes = 8 << 20

// exchange is a request to the API and its response.
type exchange struct {
	server  *Server
	request *http.Request
	op      *contract.Operation // nil if the request is for none
	allowed []string            // if so, the methods of the path
	header  http.Header

	delivery *delivery
}

// serve responds to any request to the API.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	op, allowed := s.environment.contract.Route(r)
	x := &exchange{server: s, request: r, op: op, allowed: allowed, header: http.Header{}}
	x.delivery = &delivery{server: s, operation: x.operationID(), work: x.run}
	x.delivery.run(w, r)
}

// run returns the response, checked against the contract.
func (x *exchange) run() faults.Response {
	quirks := x.server.config.quirks
	if quirks.userAgentRequired && x.request.UserAgent() == "" {
		return wantsUserAgent
	}
	status, body := x.carryOut()
	if x.op != nil && x.server.config.validate {
		for _, what := range x.op.CheckResponse(x.request, status, x.header, body) {
			x.violation(InResponse, fmt.Sprintf("%d: %v", status, what))
		}
	}
	return faults.Response{Status: status, Header: x.header, Body: quirks.deviate(body)}
}

// carryOut carries the request out. A panic in a handler is a bug of the sandbox, which
// a test should see as such and not as a broken connection.
func (x *exchange) carryOut() (status int, body []byte) {
	defer func() {
		if p := recover(); p != nil {
			x.violation(InResponse, fmt.Sprintf("the sandbox panicked: %v", p))
			status, body = encode(fail(http.StatusInternalServerError, "The sandbox failed. This is a bug of the sandbox, not an error of the request.").reply(), x.header)
		}
	}()
	r, err := x.handle()
	if err != nil {
		f := failureOf(err)
		r = x.errorResponse(f)
		for name, values := range f.header {
			x.header[name] = values
		}
	}
	return encode(r, x.header)
}

func (x *exchange) errorResponse(f *failure) reply {
	r := f.reply()
	if x.server.config.quirks.frameworkErrors && (r.status == http.StatusBadRequest || r.status == http.StatusUnprocessableEntity) {
		r.body = f.frameworkDocument()
	}
	return r
}

func (f *failure) reply() reply {
	return reply{f.status(), f.document()}
}

// handle is the life of a request, in order: which operation, who asks, which
// workspace, is there room, what is asked.
func (x *exchange) handle() (reply, error) {
	s, r := x.server, x.request
	now := s.config.clock()
	rateKey := rateKey(r, x.operationID())
	s.limiter.peek(rateKey, now).setHeaders(x.header)

	if x.op == nil {
		return reply{}, x.unrouted()
	}
	caller, f := s.authenticate(r)
	if f != nil {
		return reply{}, f
	}
	w := s.findWorkspace(r.PathValue("workspace"))
	if w == nil {
		return reply{}, notFound("There is no workspace of this name.")
	}
	if caller.workspace != w.Name {
		return reply{}, fail(http.StatusForbidden, "The credential belongs to another workspace.")
	}
	q, ok := s.limiter.take(rateKey, now)
	q.setHeaders(x.header)
	if !ok {
		return reply{}, tooMany(q)
	}
	return x.call(w, caller.user)
}

func (x *exchange) call(w *workspace, user string) (reply, error) {
	body, f := x.readBody()
	if f != nil {
		return reply{}, f
	}
	query, err := url.ParseQuery(x.request.URL.RawQuery)
	if x.server.config.validate {
		for _, what := range x.op.CheckRequest(x.request, query, body) {
			x.violation(InRequest, what)
		}
	}
	if err != nil {
		return reply{}, badRequest("The query string is malformed.")
	}
	c := &call{
		environment: &x.server.environment,
		request:     x.request,
		op:          x.op,
		query:       query,
		body:        body,
		workspace:   w.Name,
		state:       w.state,
		user:        user,
	}
	return c.do()
}

// unrouted is the failure of a request that is for no operation of the contract.
func (x *exchange) unrouted() *failure {
	if len(x.allowed) == 0 {
		x.violation(InRequest, "the contract has no such path")
		return notFound("There is nothing at this URL. Paths begin with %s{workspace}/.", contract.Root)
	}
	x.violation(InRequest, "the contract has no such method at this path")
	allowed := strings.Join(x.allowed, ", ")
	f := fail(http.StatusMethodNotAllowed, "The methods at this URL are %s.", allowed)
	f.header = http.Header{"Allow": {allowed}}
	return f
}

func (x *exchange) readBody() ([]byte, error) {
	body, err := x.delivery.Body, x.delivery.BodyErr
	switch {
	case len(body) > MaxBodyBytes:
		return nil, fail(http.StatusRequestEntityTooLarge, "The request body is larger than %d bytes.", MaxBodyBytes)
	case err != nil:
		return nil, badRequest("The request body could not be read.")
	}
	return body, nil
}

func (x *exchange) violation(where, what string) {
	if !x.server.config.validate {
		return
	}
	x.server.violations.add(Violation{
		Method:    x.request.Method,
		Path:      x.request.URL.EscapedPath(),
		Operation: x.operationID(),
		Where:     where,
		What:      what,
	})
}

func (x *exchange) operationID() string {
	if x.op == nil {
		return ""
	}
	return x.op.ID
}

func tooMany(q quota) *failure {
	f := fail(http.StatusTooManyRequests, "More than %d requests to this operation in 60 seconds. Try again in %d seconds.", q.limit, q.reset)
	f.header = http.Header{"Retry-After": {fmt.Sprint(q.reset)}}
	return f
}
