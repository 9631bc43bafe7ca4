package clarify

import (
	"errors"
	"net/http"
	"sync"
)

// maxFailures is how many requests in a row may have an unknown outcome before no
// more are sent. It is also how often one request is sent again.
const maxFailures = 5

// bulkRequest is what [classify] has to know of a request that failed.
type bulkRequest struct {
	bytes     int
	inputs    int
	retries   int  // how often it was sent before
	retryable bool // whether it may be sent again though its outcome is unknown
	byID      bool // whether its inputs name records that must exist
	accepted  bool // whether any request of the run succeeded
}

// reaction is what to do about a request that failed.
type reaction int

const (
	stopRun     reaction = iota // send nothing more
	sendAgain                   // send it again
	sendLater                   // wait, then send it again
	divide                      // send its inputs in parts, as one of them may be at fault
	keepUnknown                 // leave its inputs with an unknown outcome
)

// classify returns what to do about a request that failed with err.
func classify(err error, r bulkRequest) reaction {
	var e *Error
	errors.As(err, &e)
	switch {
	case e == nil && r.bytes > maxReplay:
		// It was not sent. Parts of it may not be too large.
		return divide
	case e == nil:
		return stopRun
	case e.OutcomeUnknown:
		return r.classifyUnknown(e)
	case e.StatusCode == http.StatusConflict && r.retries < maxFailures:
		// The schema is being changed, so nothing was done.
		return sendLater
	case r.rejectedBy(e) && !e.aboutRequest():
		return divide
	}
	return stopRun
}

// classifyUnknown is classify for an error with an unknown outcome.
func (r bulkRequest) classifyUnknown(e *Error) reaction {
	switch {
	case !r.retryable:
		return keepUnknown
	case r.retries < maxFailures && (r.rejectedBy(e) || e.StatusCode/100 == 2):
		// Either it was rejected after an attempt without a response: if it is
		// rejected again, no attempt has written anything. Or its response cannot be
		// read.
		return sendAgain
	case e.StatusCode >= http.StatusInternalServerError && r.inputs > 1:
		// The API may fail at one of them.
		return divide
	}
	return keepUnknown
}

// rejectedBy reports whether a response says that an input is not accepted.
func (r bulkRequest) rejectedBy(e *Error) bool {
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return true
	case http.StatusNotFound:
		return r.byID
	case http.StatusForbidden:
		// If nothing was accepted yet, it is about the credential.
		return r.byID && r.accepted
	}
	return false
}

// failureStreak counts requests in a row with an unknown outcome. Those that were in
// flight together fail for one reason, and count once.
type failureStreak struct {
	mu     sync.Mutex
	clock  int // counts the starts and ends of requests
	length int
	last   int // when the last counted failure ended
}

// start notes that a request starts, and returns when.
func (s *failureStreak) start() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	return s.clock
}

// end notes that a request ended, when it started, and whether its outcome is known.
// It reports whether the streak has become too long.
func (s *failureStreak) end(started int, known bool) (tooLong bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	if known {
		s.length = 0
		return false
	}
	if started <= s.last {
		return false
	}
	s.last = s.clock
	s.length++
	return s.length >= maxFailures
}
