package clarify

import (
	"context"
	"errors"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

const (
	// rateWindow is how far the API's rate limit looks back.
	rateWindow = time.Minute
	// mostSaid is how much is kept of what responds said. As only different numbers
	// are kept, it is more than any limit that the API has.
	mostSaid = 1 << 14
)

// The headers of the rate limit, in the form that they are stored in.
const (
	headerLimit     = "X-Ratelimit-Limit"
	headerRemaining = "X-Ratelimit-Remaining"
	headerReset     = "X-Ratelimit-Reset"
)

// limits remembers what the API said about the rate limit of each of its
// endpoints: the limit is counted for each workspace and endpoint, and a client
// is for one workspace.
type limits struct {
	mu        sync.Mutex
	endpoints map[string]*endpoint
}

// endpoint is guarded by its limits' mutex.
//
// What a response says of the room that is left is about the moment in which the
// API counted the request. With several under way, responds come in another order
// than that, and one that was counted early may come last. So the room is taken
// to be the least that was said by any response since the one that came last was
// asked for: whichever request was counted last is among these. What is on its
// way may not have been counted yet, and is taken off.
type endpoint struct {
	inFlight int
	ended    int // how many requests have ended

	known     bool // whether remaining is
	remaining int  // how much room is left at least, without what is on its way
	limit     int  // how much room there is in an empty window, 0 if that is not known
	reset     time.Time
	silence   time.Time // when there has been no response for a whole window

	// said is what responds said, in the order in which they came, without those
	// that one after them undercut.
	said []said

	changed chan struct{} // closed at the next change, nil if nobody waits for it
}

// said is what the response to the request that ended as the n-th said.
type said struct {
	n, remaining int
	reset        time.Time
}

func newLimits() *limits {
	return &limits{endpoints: map[string]*endpoint{}}
}

// limitRate holds a request back while the API would refuse it.
func (ch *chain) limitRate(next stage) stage {
	return func(c *call) (*http.Response, error) {
		key := c.operation.ID
		if key == "" {
			return next(c)
		}
		before, err := ch.limits.enter(c, key, ch.logHeld)
		if err != nil {
			return nil, err
		}
		var rsp *http.Response
		// Code of the caller's may panic, and the client be used after that.
		defer func() {
			var header http.Header
			if rsp != nil {
				header = rsp.Header
			}
			ch.limits.leave(key, before, header)
		}()
		rsp, err = next(c)
		return rsp, err
	}
}

// enter returns when there is room for another request to the endpoint, with how
// many of its requests had ended by then.
func (l *limits) enter(c *call, key string, held func(*call, time.Duration)) (before int, err error) {
	l.mu.Lock()
	e := l.endpoints[key]
	if e == nil {
		e = &endpoint{}
		l.endpoints[key] = e
	}
	logged := false
	for {
		left := e.wait(time.Now())
		if left <= 0 {
			e.inFlight++
			before = e.ended
			l.mu.Unlock()
			return before, nil
		}
		if e.changed == nil {
			e.changed = make(chan struct{})
		}
		changed := e.changed
		inFlight := e.inFlight
		l.mu.Unlock()

		// What is on its way may still make room before.
		if deadline, ok := c.ctx.Deadline(); ok && inFlight == 0 && time.Until(deadline) < left {
			return 0, &heldBack{left}
		}
		if !logged {
			logged = true
			held(c, left)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-c.ctx.Done():
			err = c.ctx.Err()
		}
		timer.Stop()
		if err != nil {
			return 0, &permanent{err}
		}
		l.mu.Lock()
	}
}

// wait returns how long there is no room, as far as is known.
func (e *endpoint) wait(now time.Time) time.Duration {
	switch {
	case !e.known:
	case !now.Before(e.silence):
		// What was answered before has left the window.
		e.remaining, e.known = e.limit, e.limit > 0
		e.reset = now.Add(rateWindow)
		e.silence = e.reset
	case !now.Before(e.reset):
		// The window rolls: what is sure at the reset is that there is room for one
		// more, whose response will tell how much there is.
		e.remaining++
		e.reset = e.silence
	}
	if !e.known || e.remaining-e.inFlight > 0 {
		return 0
	}
	return e.reset.Sub(now)
}

// heldBack is a request that the API would refuse until after its context has
// ended.
type heldBack struct{ left time.Duration }

func (h *heldBack) Error() string {
	return "the API's rate limit leaves no room for " + h.left.Round(time.Millisecond).String() + ", and the context ends before: " + context.DeadlineExceeded.Error()
}

func (h *heldBack) Unwrap() error { return context.DeadlineExceeded }

func isHeldBack(err error) bool {
	var held *heldBack
	return err != nil && errors.As(err, &held)
}

// leave notes the end of a request and what its response said. before is what enter
// returned.
func (l *limits) leave(key string, before int, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.endpoints[key]
	e.inFlight--
	e.ended++
	now := time.Now()
	remaining, err := strconv.Atoi(header.Get(headerRemaining))
	reset := min(resetAfter(header), mostWait)
	if asked := httpx.RetryAfter(header, now); asked > 0 && asked < reset {
		// Who says when to come back knows better than the end of the window.
		reset = asked
	}
	if err == nil && reset > 0 {
		least := e.least(before, said{e.ended, remaining, now.Add(reset)})
		e.known, e.remaining, e.reset = true, least.remaining, least.reset
		e.silence = now.Add(max(reset, rateWindow))
		e.limit, _ = strconv.Atoi(header.Get(headerLimit))
	} else {
		// It may have been counted.
		e.remaining--
	}
	if e.inFlight == 0 {
		e.said = e.said[:0]
	}
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}

// least adds what a response said, and returns what said the least since the
// request was sent, which was when before requests had ended.
func (e *endpoint) least(before int, latest said) said {
	keep := len(e.said)
	for keep > 0 && e.said[keep-1].remaining >= latest.remaining {
		keep--
		if same := e.said[keep]; same.remaining == latest.remaining && same.reset.After(latest.reset) {
			// It may have been counted after this one.
			latest.reset = same.reset
		}
	}
	if keep == mostSaid {
		keep = copy(e.said, e.said[mostSaid/2:])
	}
	e.said = append(e.said[:keep], latest)
	// What is left ascends, so the first of those that came since is the least.
	first := sort.Search(len(e.said), func(i int) bool { return e.said[i].n > before })
	return e.said[first]
}
