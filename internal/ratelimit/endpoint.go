package ratelimit

import (
	"net/http"
	"sort"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

const (
	// Window is how far back the server counts requests.
	Window = time.Minute
	// maxReset bounds the reset that a response can report, so that a wrong one
	// does not stop an endpoint for long.
	maxReset = Window + 30*time.Second
	// maxReports bounds how many reports are kept. Since their numbers differ, it
	// is more than any limit of the server.
	maxReports = 1 << 14
)

// The headers of the rate limit, in canonical form.
const (
	headerLimit     = "X-Ratelimit-Limit"
	headerRemaining = "X-Ratelimit-Remaining"
	headerReset     = "X-Ratelimit-Reset"
)

// endpoint is what is known of one endpoint. It is guarded by the mutex of its
// limiter.
//
// A response reports the room that was left when the server counted the request.
// Of several requests in flight, the one that was counted first may be the last
// to get its response. So the room that is left is the minimum of all reports
// that came since the request of the latest one was sent: whichever request was
// counted last is among them. Requests in flight may not have been counted yet,
// and are subtracted.
//
// Bulk requests leave a share of the limit to the others, which would otherwise
// have to wait for the rest of a window that bulk requests have filled.
type endpoint struct {
	queue
	inFlight int
	ended    int64 // how many requests have ended

	known     bool // whether remaining is known
	probing   bool // whether remaining counts room that no response has confirmed
	remaining int  // the least room that is left, requests in flight not subtracted
	limit     int  // the room in an empty window, 0 if unknown
	reset     time.Time
	empty     time.Time // when all requests so far have left the window

	// reports are in the order in which they came, without those that a later
	// report undercuts.
	reports []report
}

// report is what the response to the n-th request that ended reports.
type report struct {
	n         int64
	remaining int
	reset     time.Time
}

// take counts a request in flight. The slot says how many had ended when it was sent.
func (e *endpoint) take() (slot int64) {
	e.inFlight++
	return e.ended
}

// idle reports whether nothing is lost if the endpoint is forgotten.
func (e *endpoint) idle(now time.Time) bool {
	return e.inFlight == 0 && e.first() == nil && (!e.known || !now.Before(e.empty))
}

// reserve is how much room bulk requests leave to others.
func (e *endpoint) reserve() int { return e.limit / 100 }

// giveUp ends the waiting of those whose deadline comes first, unless a request in
// flight may still report more room.
func (e *endpoint) giveUp(now time.Time, delay time.Duration) {
	if e.inFlight == 0 {
		e.queue.giveUp(now, delay)
	}
}

// delay returns how long there is no room, as far as is known.
func (e *endpoint) delay(now time.Time, bulk bool) time.Duration {
	switch {
	case !e.known:
	case e.reset.Sub(now) > maxReset:
		// The clock was set back, or it is the fake one of a test.
		e.known = false
	case !now.Before(e.empty):
		e.remaining, e.known, e.probing = e.limit, e.limit > 0, false
		e.reset = now.Add(Window)
		e.empty = e.reset
	case !now.Before(e.reset):
		// The window rolls: at the reset there is room for one request at least. Its
		// response reports how much more there is.
		e.remaining++
		e.reset, e.probing = e.empty, true
	}
	room := e.remaining - e.inFlight
	if bulk && !(e.probing && e.inFlight == 0) {
		room -= e.reserve()
	}
	if !e.known || room > 0 {
		return 0
	}
	return e.reset.Sub(now)
}

// end records the end of a request and the header of its response. before is how
// many requests had ended when it was sent.
func (e *endpoint) end(before int64, header http.Header, now time.Time) {
	e.inFlight--
	e.ended++
	if r, ok := ReadReport(header, now); ok {
		lowest := e.lowest(before, report{e.ended, r.Remaining, now.Add(r.Reset)})
		e.known, e.remaining, e.reset, e.probing = true, lowest.remaining, lowest.reset, false
		e.empty = now.Add(max(r.Reset, Window))
		e.limit = r.Limit
	} else {
		// The server may have counted it.
		e.remaining--
	}
	if e.inFlight == 0 {
		e.reports = e.reports[:0]
	}
}

// lowest adds a report and returns the one with the least room among those that
// came since its request was sent, when before requests had ended.
func (e *endpoint) lowest(before int64, latest report) report {
	keep := len(e.reports)
	for keep > 0 && e.reports[keep-1].remaining >= latest.remaining {
		keep--
		if same := e.reports[keep]; same.remaining == latest.remaining && same.reset.After(latest.reset) {
			// The server may have counted its request after the latest one.
			latest.reset = same.reset
		}
	}
	if keep == maxReports {
		keep = copy(e.reports, e.reports[maxReports/2:])
	}
	e.reports = append(e.reports[:keep], latest)
	// The room in the remaining reports ascends, so the first that came since has
	// the least.
	first := sort.Search(len(e.reports), func(i int) bool { return e.reports[i].n > before })
	return e.reports[first]
}

// Report is what a response says of the rate limit of its endpoint.
type Report struct {
	Limit     int // the room in an empty window, 0 if the response does not say it
	Remaining int // the room that was left when the server counted the request
	// Reset is how long it takes until there is more room. It is positive.
	Reset time.Duration
}

// ReadReport reads the header of a response that came now. It reports whether that has
// a report.
func ReadReport(header http.Header, now time.Time) (r Report, ok bool) {
	remaining, err := strconv.Atoi(header.Get(headerRemaining))
	reset := min(Reset(header), maxReset)
	if asked := httpx.RetryAfter(header, now); asked > 0 && asked < reset {
		// Retry-After is more exact than the end of the window.
		reset = asked
	}
	if err != nil || reset <= 0 {
		return Report{}, false
	}
	limit, _ := strconv.Atoi(header.Get(headerLimit))
	return Report{limit, remaining, reset}, true
}

// Reset returns how long it takes until the window of the rate limit restarts, as
// the header X-RateLimit-Reset of a response says, in seconds. It is zero if the
// header has no positive number, and at most [httpx.MaxRetryAfter].
func Reset(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get(headerReset), 64)
	switch {
	case err != nil || !(seconds > 0):
		return 0
	case seconds > httpx.MaxRetryAfter.Seconds():
		return httpx.MaxRetryAfter
	}
	return time.Duration(seconds * float64(time.Second))
}
