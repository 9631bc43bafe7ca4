// Package faults makes things go wrong with HTTP requests: it chooses and counts
// the requests that faults strike, and delivers their responses late, in part or
// not at all.
//
// It must not know operations, records or how the API words its errors: a fault
// brings its response.
package faults

import (
	"net/http"
	"strings"
	"time"
)

// A Response is what is sent for a request.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Fault is something that goes wrong with a request.
type Fault struct {
	Name   string
	Effect Effect
	Late   bool // it strikes after the work

	Response Response      // for Respond
	API      bool          // the response is an error of the API, which adds its headers
	Limit    time.Duration // for Respond: the time until there is room again
	Delay    time.Duration // for Delay, and between the pieces of Slow
	Bytes    int           // for Cut and Slow
	Revokes  bool          // the credential of the request is revoked first
}

// Effect is what a fault does.
type Effect int

// The effects.
const (
	None Effect = iota
	Delay
	Respond
	HangUp
	Reset
	ResetDuring
	Cut
	Slow
)

// works reports whether the work is done all the same.
func (f Fault) works() bool {
	return f.Late || f.Effect == None || f.Effect == ResetDuring
}

// A Plan is what goes wrong with one request. The zero value is nothing.
type Plan struct {
	names  []string
	before time.Duration // to wait before the work
	after  time.Duration // to wait after it
	main   *Fault        // what else
}

func (p *Plan) add(f Fault) {
	p.names = append(p.names, f.Name)
	switch {
	case f.Effect != Delay:
		p.main = &f
	case f.Late:
		p.after += f.Delay
	default:
		p.before += f.Delay
	}
}

// IsZero reports whether nothing goes wrong.
func (p Plan) IsZero() bool { return p.names == nil }

// String returns the names of the faults, separated by commas.
func (p Plan) String() string { return strings.Join(p.names, ", ") }
