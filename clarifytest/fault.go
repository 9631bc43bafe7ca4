package clarifytest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/faults"
)

// A Fault is something that goes wrong with a request: see [Server.Inject]. The
// functions of this package make them. A Fault is a value and can be used again.
type Fault struct {
	fault   faults.Fault
	apiOnly bool // it has no meaning for requests to storage
	err     error
}

// Status responds with a status, from 400 to 599, and an error document like the
// API's, instead of carrying the operation out. 429 comes without Retry-After:
// see [RateLimited].
func Status(status int) Fault {
	f := Fault{fault: faults.Fault{Name: fmt.Sprintf("status %d", status), Effect: faults.Respond, API: true}}
	if status < 400 || status > 599 {
		f.err = fmt.Errorf("Status: status must be an error, 400 to 599, got %d", status)
		return f
	}
	f.fault.Response = encoded(api.Fail(status, "An injected fault.").Response())
	return f
}

// RateLimited responds with 429 with Retry-After, in seconds and rounded up, and
// with the headers of the rate limit to match, instead of carrying the operation
// out. It does not change the requests that the server counts.
func RateLimited(retryAfter time.Duration) Fault {
	f := Status(http.StatusTooManyRequests)
	f.fault.Name = "rate limited"
	if retryAfter < 0 {
		f.err = fmt.Errorf("RateLimited: time must be 0s or more, got %v", retryAfter)
	}
	f.fault.Limit = retryAfter
	f.fault.Response.Header.Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
	return f
}

// Respond responds with a status from 200 to 599 and any header and body, instead
// of carrying the operation out. header may be nil, and the case of its names does
// not matter.
func Respond(status int, header http.Header, body string) Fault {
	f := Fault{fault: faults.Fault{Name: fmt.Sprintf("respond %d", status), Effect: faults.Respond}}
	if status < 200 || status > 599 {
		f.err = fmt.Errorf("Respond: status must be 200 to 599, got %d", status)
	}
	f.fault.Response = faults.Response{Status: status, Header: http.Header{}, Body: []byte(body)}
	for name, values := range header {
		// A literal may have content-type, which net/http would not recognize as the
		// Content-Type that it then adds.
		name = http.CanonicalHeaderKey(name)
		f.fault.Response.Header[name] = append(f.fault.Response.Header[name], values...)
	}
	return f
}

// FrameworkError responds with a status, from 400 to 599, and an error in the form
// of the framework below the API, with statusCode, message and error, instead of
// carrying the operation out. One message is a string, several are an array.
func FrameworkError(status int, message ...string) Fault {
	f := Status(status)
	f.fault.Name = fmt.Sprintf("framework error %d", status)
	if f.err != nil {
		f.err = fmt.Errorf("FrameworkError: status must be an error, 400 to 599, got %d", status)
	}
	if len(message) == 0 {
		message = []string{http.StatusText(status)}
	}
	f.fault.Response = encoded(api.Response{Status: status, Body: api.NewFrameworkError(status, message)})
	f.apiOnly = true
	return f
}

// HTML responds with a status and an HTML page, as gateways do, instead of
// carrying the operation out.
func HTML(status int) Fault {
	title := http.StatusText(status)
	f := Respond(status, http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n", status, title, title))
	f.fault.Name = fmt.Sprintf("HTML %d", status)
	if f.err != nil {
		f.err = fmt.Errorf("HTML: status must be 200 to 599, got %d", status)
	}
	return f
}

// Redirect responds with a status from 300 to 399 and a redirect to a location,
// instead of carrying the operation out.
func Redirect(status int, location string) Fault {
	f := Respond(status, http.Header{"Location": {location}}, "")
	f.fault.Name = fmt.Sprintf("redirect %d", status)
	if status < 300 || status > 399 {
		f.err = fmt.Errorf("Redirect: status must be a redirect, 300 to 399, got %d", status)
	} else if _, err := url.Parse(location); err != nil || location == "" {
		f.err = errors.New("Redirect: the location is not a URL")
	}
	return f
}

// Revoke makes the request's credential invalid, for this request and all later
// ones, which get 401. A client with a refresh token recovers by using it. See also
// [Server.Revoke].
func Revoke() Fault {
	return Fault{fault: faults.Fault{Name: "revoke", Revokes: true}, apiOnly: true}
}

// Latency waits before the operation is carried out, by the clock of package time
// and not by that of [WithClock]. It combines with all other faults that strike a
// request. A request whose client does not wait that long is dropped.
func Latency(d time.Duration) Fault {
	f := Fault{fault: faults.Fault{Name: "latency " + d.String(), Effect: faults.Delay, Delay: d}}
	if d < 0 {
		f.err = fmt.Errorf("Latency: time must be 0s or more, got %v", d)
	}
	return f
}

// HangUp closes the connection once the head of the request has arrived. It does
// not read the body, carries nothing out and sends no response. See also
// [Server.RefuseConnections].
func HangUp() Fault { return Fault{fault: faults.Fault{Name: "hang up", Effect: faults.HangUp}} }

// ResetBeforeWork reads the whole request and resets the connection instead of
// carrying the operation out.
//
// The HTTP client of the standard library silently sends a GET again if the
// connection was not new. The transcript has both requests.
func ResetBeforeWork() Fault {
	return Fault{fault: faults.Fault{Name: "reset before work", Effect: faults.Reset}}
}

// ResetDuringWork resets the connection and carries the operation out all the
// same, so that the client may know of the loss before the work is done. See
// [Server.Wait].
func ResetDuringWork() Fault {
	return Fault{fault: faults.Fault{Name: "reset during work", Effect: faults.ResetDuring}}
}

// ResetAfterWork carries the operation out and resets the connection instead of
// responding.
func ResetAfterWork() Fault {
	return Fault{fault: faults.Fault{Name: "reset after work", Effect: faults.Reset, Late: true}}
}

// CutBody carries the operation out, sends the head of its response and at most n
// bytes of its body, always fewer than there are, and closes the connection. If
// the response has no body, its head is not sent either.
func CutBody(n int) Fault {
	f := Fault{fault: faults.Fault{Name: "cut body", Effect: faults.Cut, Late: true, Bytes: n}}
	if n < 0 {
		f.err = fmt.Errorf("CutBody: bytes must be 0 or more, got %d", n)
	}
	return f
}

// SlowBody carries the operation out and sends the body of its response in pieces
// of n bytes, waiting before each of them.
func SlowBody(n int, wait time.Duration) Fault {
	f := Fault{fault: faults.Fault{Name: "slow body", Effect: faults.Slow, Late: true, Bytes: n, Delay: wait}}
	if n < 1 || wait < 0 {
		f.err = fmt.Errorf("SlowBody: pieces must have 1 byte or more and the wait must be 0s or more, got %d and %v", n, wait)
	}
	return f
}

// AfterWork makes a fault strike once the operation has been carried out: its
// outcome is kept, and the client gets a response that does not tell it, or gets it
// late. It is for faults that respond and for [Latency]; the others say themselves
// when they strike.
func (f Fault) AfterWork() Fault {
	if f.fault.Effect != faults.Respond && f.fault.Effect != faults.Delay && f.err == nil {
		f.err = fmt.Errorf("AfterWork: fault must respond or wait, got %q", f.fault.Name)
	}
	f.fault.Late = true
	f.fault.Name += " after work"
	return f
}

// String names the fault, as [Request] does.
func (f Fault) String() string { return f.fault.Name }

func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// encoded returns a response as it is sent.
func encoded(r api.Response) faults.Response {
	response := faults.Response{Header: http.Header{}}
	response.Status, response.Body = api.Encode(r, response.Header)
	return response
}
