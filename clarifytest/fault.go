package clarifytest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Fault is something that goes wrong with a request: see [Server.Inject]. The
// functions of this package make them. A Fault is a value and can be used again.
type Fault struct {
	name   string
	effect effect
	late   bool // it strikes after the work
	err    error

	response response      // for effectAnswer
	api      bool          // the response is one of the API and has its headers
	limit    time.Duration // for a response that says when there is room again
	delay    time.Duration // for effectDelay, and between the pieces of effectSlow
	bytes    int           // for effectCut and effectSlow

	apiOnly bool                             // it has no meaning for requests to storage
	before  func(s *Server, r *http.Request) // what happens to the server first
}

// effect is what a fault does.
type effect int

const (
	effectNone effect = iota
	effectDelay
	effectResponse
	effectHangUp
	effectReset
	effectResetDuring
	effectCut
	effectSlow
)

// Status responds with a status, from 400 to 599, and an error document as the
// API's, instead of carrying the operation out. 429 comes without Retry-After:
// see [RateLimited].
func Status(status int) Fault {
	f := Fault{name: fmt.Sprintf("status %d", status), effect: effectResponse, api: true}
	if status < 400 || status > 599 {
		f.err = fmt.Errorf("Status: %d is not the status of an error, from 400 to 599", status)
		return f
	}
	f.response = encoded(fail(status, "A fault that was ordered.").reply())
	return f
}

// RateLimited responds with 429 with Retry-After, in seconds and rounded up, and with
// the headers of the rate limit to match, instead of carrying the operation out.
// It does not change what the server counts.
func RateLimited(retryAfter time.Duration) Fault {
	f := Status(http.StatusTooManyRequests)
	f.name = "rate limited"
	if retryAfter < 0 {
		f.err = fmt.Errorf("RateLimited: %v is less than nothing", retryAfter)
	}
	f.limit = retryAfter
	f.response.header.Set("Retry-After", strconv.Itoa(wholeSeconds(retryAfter)))
	return f
}

// Respond responds with a status from 200 to 599, header and body of any kind,
// instead of carrying the operation out. header may be nil, and the case of its
// names does not matter.
func Respond(status int, header http.Header, body string) Fault {
	f := Fault{name: fmt.Sprintf("respond %d", status), effect: effectResponse}
	if status < 200 || status > 599 {
		f.err = fmt.Errorf("Respond: %d is not the status of a response, from 200 to 599", status)
	}
	f.response = response{status, http.Header{}, []byte(body)}
	for name, values := range header {
		// A literal may have content-type, which net/http would not take for the
		// Content-Type that it then adds.
		name = http.CanonicalHeaderKey(name)
		f.response.header[name] = append(f.response.header[name], values...)
	}
	return f
}

// FrameworkError responds with a status, from 400 to 599, and an error in the form
// of the framework below the API, with statusCode, message and error, instead of
// carrying the operation out. One message is a text, several are an array.
func FrameworkError(status int, message ...string) Fault {
	f := Status(status)
	f.name = fmt.Sprintf("framework error %d", status)
	if f.err != nil {
		f.err = fmt.Errorf("FrameworkError: %d is not the status of an error, from 400 to 599", status)
	}
	if len(message) == 0 {
		message = []string{http.StatusText(status)}
	}
	f.response = encoded(reply{status, newFrameworkError(status, message)})
	f.apiOnly = true
	return f
}

// HTML responds with a status and a page in HTML, as gateways do, instead of
// carrying the operation out.
func HTML(status int) Fault {
	text := http.StatusText(status)
	f := Respond(status, http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n", status, text, text))
	f.name = fmt.Sprintf("HTML %d", status)
	if f.err != nil {
		f.err = fmt.Errorf("HTML: %d is not the status of a response, from 200 to 599", status)
	}
	return f
}

// Redirect responds with a status from 300 to 399 that leads to a location,
// instead of carrying the operation out.
func Redirect(status int, location string) Fault {
	f := Respond(status, http.Header{"Location": {location}}, "")
	f.name = fmt.Sprintf("redirect %d", status)
	if status < 300 || status > 399 {
		f.err = fmt.Errorf("Redirect: %d is not the status of a redirect, from 300 to 399", status)
	} else if _, err := url.Parse(location); err != nil || location == "" {
		f.err = errors.New("Redirect: the location is not a URL")
	}
	return f
}

// Revoke has the request's credential be valid no more, for this request and all
// later ones, which responds with 401. A client with a refresh token gets out of it by
// using that. See also [Server.Revoke].
func Revoke() Fault {
	return Fault{name: "revoke", apiOnly: true, before: func(s *Server, r *http.Request) {
		_, credential, _ := readAuthorization(r)
		s.Revoke(credential)
	}}
}

// Latency waits before the operation is carried out, by the clock of package time
// and not by that of [WithClock]. It goes together with all other faults that strike
// a request. A request whose client does not wait that long is dropped.
func Latency(d time.Duration) Fault {
	f := Fault{name: "latency " + d.String(), effect: effectDelay, delay: d}
	if d < 0 {
		f.err = fmt.Errorf("Latency: %v is less than nothing", d)
	}
	return f
}

// HangUp closes the connection once the head of the request has arrived: it does
// not read the body, does nothing and responds nothing. See also
// [Server.RefuseConnections].
func HangUp() Fault { return Fault{name: "hang up", effect: effectHangUp} }

// ResetBeforeWork reads the whole request and resets the connection instead of
// carrying the operation out.
//
// The HTTP client of the standard library sends a GET again by itself, without
// telling anyone, if the connection was not new. The transcript has both
// requests.
func ResetBeforeWork() Fault { return Fault{name: "reset before work", effect: effectReset} }

// ResetDuringWork resets the connection and carries the operation out all the
// same, so that the client may know of the loss before the work is done. See
// [Server.Wait].
func ResetDuringWork() Fault { return Fault{name: "reset during work", effect: effectResetDuring} }

// ResetAfterWork carries the operation out and resets the connection instead of
// responding.
func ResetAfterWork() Fault {
	return Fault{name: "reset after work", effect: effectReset, late: true}
}

// CutBody carries the operation out, sends the head of its response and at most n
// bytes of its body, always fewer than there are, and closes the connection. An
// response without a body loses its head, too.
func CutBody(n int) Fault {
	f := Fault{name: "cut body", effect: effectCut, late: true, bytes: n}
	if n < 0 {
		f.err = fmt.Errorf("CutBody: %d bytes are less than none", n)
	}
	return f
}

// SlowBody carries the operation out and sends the body of its response in pieces
// of n bytes, waiting before each of them.
func SlowBody(n int, wait time.Duration) Fault {
	f := Fault{name: "slow body", effect: effectSlow, late: true, bytes: n, delay: wait}
	if n < 1 || wait < 0 {
		f.err = fmt.Errorf("SlowBody: pieces of %d bytes every %v: at least 1 byte and 0s are needed", n, wait)
	}
	return f
}

// AfterWork has a fault strike once the operation has been carried out: what it
// came to is kept, and the client gets a response that does not tell, or gets it
// late. It is for faults that response and for [Latency]; the others say
// themselves when they strike.
func (f Fault) AfterWork() Fault {
	if f.effect != effectResponse && f.effect != effectDelay && f.err == nil {
		f.err = fmt.Errorf("AfterWork: the fault %q is not one that responds or waits", f.name)
	}
	f.late = true
	f.name += " after work"
	return f
}

// String names the fault, as [Request] does.
func (f Fault) String() string { return f.name }

func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
