package clarifytest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
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
	op, allowed := s.environment.Contract.Route(r)
	x := &exchange{server: s, request: r, op: op, allowed: allowed, header: http.Header{}}
	x.delivery = &delivery{server: s, operation: x.operationID(), work: x.run}
	w.Header().Set("Date", s.config.clock().UTC().Format(http.TimeFormat))
	x.delivery.run(w, r)
}

// run returns the response, checked against the contract.
func (x *exchange) run() faults.Response {
	quirks := x.server.config.quirks
	if quirks.UserAgentRequired && x.request.UserAgent() == "" {
		return wantsUserAgent
	}
	status, body := x.carryOut()
	if x.op != nil && x.server.config.validate {
		for _, what := range x.op.CheckResponse(x.request, status, x.header, body) {
			x.violation(InResponse, fmt.Sprintf("%d: %v", status, what))
		}
	}
	return faults.Response{Status: status, Header: x.header, Body: deviate(quirks, body)}
}

// carryOut carries the request out. A panic in a handler is a bug of the sandbox, which
// a test should see as such and not as a broken connection.
func (x *exchange) carryOut() (status int, body []byte) {
	defer func() {
		if p := recover(); p != nil {
			x.violation(InResponse, fmt.Sprintf("the sandbox panicked: %v", p))
			status, body = api.Encode(api.Fail(http.StatusInternalServerError, "The sandbox failed. This is a bug of the sandbox, not an error of the request.").Response(), x.header)
		}
	}()
	r, err := x.handle()
	if err != nil {
		f := api.FailureOf(err)
		r = x.errorResponse(f)
		for name, values := range f.Header {
			x.header[name] = values
		}
	}
	return api.Encode(r, x.header)
}

func (x *exchange) errorResponse(f *api.Failure) api.Response {
	r := f.Response()
	if x.server.config.quirks.FrameworkErrors && (r.Status == http.StatusBadRequest || r.Status == http.StatusUnprocessableEntity) {
		r.Body = f.FrameworkDocument()
	}
	return r
}

// handle is the life of a request, in order: which operation, who asks, which
// workspace, is there room, what is asked.
func (x *exchange) handle() (api.Response, error) {
	s, r := x.server, x.request
	now := s.config.clock()
	rateKey := rateKey(r, x.operationID())
	s.limiter.peek(rateKey, now).setHeaders(x.header)

	if x.op == nil {
		return api.Response{}, x.unrouted()
	}
	caller, f := s.authenticate(r)
	if f != nil {
		return api.Response{}, f
	}
	w := s.findWorkspace(r.PathValue("workspace"))
	if w == nil {
		return api.Response{}, api.NotFound("There is no workspace of this name.")
	}
	if caller.workspace != w.Name {
		return api.Response{}, api.Fail(http.StatusForbidden, "The credential belongs to another workspace.")
	}
	q, ok := s.limiter.take(rateKey, now)
	q.setHeaders(x.header)
	if !ok {
		return api.Response{}, tooMany(q)
	}
	return x.call(w, caller.user)
}

func (x *exchange) call(w *workspace, user string) (api.Response, error) {
	body, f := x.readBody()
	if f != nil {
		return api.Response{}, f
	}
	query, err := url.ParseQuery(x.request.URL.RawQuery)
	if x.server.config.validate {
		for _, what := range x.op.CheckRequest(x.request, query, body) {
			x.violation(InRequest, what)
		}
	}
	if err != nil {
		return api.Response{}, api.BadRequest("The query string is malformed.")
	}
	c := &api.Call{
		Environment: &x.server.environment,
		Request:     x.request,
		Op:          x.op,
		Query:       query,
		Body:        body,
		Workspace:   w.Name,
		State:       w.state,
		User:        user,
	}
	return c.Do()
}

// unrouted is the failure of a request that is for no operation of the contract.
func (x *exchange) unrouted() *api.Failure {
	if len(x.allowed) == 0 {
		x.violation(InRequest, "the contract has no such path")
		return api.NotFound("There is nothing at this URL. Paths begin with %s{workspace}/.", contract.Root)
	}
	x.violation(InRequest, "the contract has no such method at this path")
	allowed := strings.Join(x.allowed, ", ")
	f := api.Fail(http.StatusMethodNotAllowed, "The methods at this URL are %s.", allowed)
	f.Header = http.Header{"Allow": {allowed}}
	return f
}

func (x *exchange) readBody() ([]byte, error) {
	body, err := x.delivery.Body, x.delivery.BodyErr
	switch {
	case len(body) > MaxBodyBytes:
		return nil, api.Fail(http.StatusRequestEntityTooLarge, "The request body is larger than %d bytes.", MaxBodyBytes)
	case err != nil:
		return nil, api.BadRequest("The request body could not be read.")
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

func tooMany(q quota) *api.Failure {
	f := api.Fail(http.StatusTooManyRequests, "More than %d requests to this operation in 60 seconds. Try again in %d seconds.", q.limit, q.reset)
	f.Header = http.Header{"Retry-After": {fmt.Sprint(q.reset)}}
	return f
}
