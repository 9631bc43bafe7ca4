// Package bulk decides what becomes of the inputs of a bulk write when a request for
// several of them fails: whether it is sent again, which inputs may be at fault, and when
// to stop.
package bulk

import "net/http"

// maxFailures is how many requests in a row may have an unknown outcome before no
// more are sent. It is also how often one request is sent again.
const maxFailures = 5

// Failure is the API's response to a request that failed, or that there was none.
type Failure struct {
	StatusCode     int // 0 without a response
	OutcomeUnknown bool
	Pointers       []string // the places in the request's body that its errors are about, "" for none
}

// Request is what [Classify] has to know of a request that failed.
type Request struct {
	TooLarge  bool // to be sent
	Inputs    int
	Retries   int  // how often it was sent before
	Retryable bool // whether it may be sent again though its outcome is unknown
	ByID      bool // whether its inputs name records that must exist
	Accepted  bool // whether any request of the run succeeded
}

// Reaction is what to do about a request that failed.
type Reaction int

// The reactions.
const (
	StopRun     Reaction = iota // send nothing more
	SendAgain                   // send it again
	SendLater                   // wait, then send it again
	Divide                      // send its inputs in parts, as one of them may be at fault
	KeepUnknown                 // leave its inputs with an unknown outcome
)

// Classify returns what to do about a request that failed. f is nil if it was not sent.
func Classify(f *Failure, r Request) Reaction {
	switch {
	case f == nil && r.TooLarge:
		// Parts of it may not be too large.
		return Divide
	case f == nil:
		return StopRun
	case f.OutcomeUnknown:
		return r.classifyUnknown(f)
	case f.StatusCode == http.StatusConflict && r.Retries < maxFailures:
		// The schema is being changed, so nothing was done.
		return SendLater
	case r.rejectedBy(f) && !f.aboutRequest():
		return Divide
	}
	return StopRun
}

// classifyUnknown is Classify for a failure with an unknown outcome.
func (r Request) classifyUnknown(f *Failure) Reaction {
	switch {
	case !r.Retryable:
		return KeepUnknown
	case r.Retries < maxFailures && (r.rejectedBy(f) || f.StatusCode/100 == 2):
		// Either it was rejected after an attempt without a response: if it is
		// rejected again, no attempt has written anything. Or its response cannot be
		// read.
		return SendAgain
	case f.StatusCode >= http.StatusInternalServerError && r.Inputs > 1:
		// The API may fail at one of them.
		return Divide
	}
	return KeepUnknown
}

// rejectedBy reports whether a response says that an input is not accepted.
func (r Request) rejectedBy(f *Failure) bool {
	switch f.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return true
	case http.StatusNotFound:
		return r.ByID
	case http.StatusForbidden:
		// If nothing was accepted yet, it is about the credential.
		return r.ByID && r.Accepted
	}
	return false
}
