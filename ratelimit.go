package clarify

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limits remembers what the API said about the rate limit of each of its
// endpoints: the limit is counted for each workspace and endpoint, and a client
// is for one workspace.
type limits struct {
	mu        sync.Mutex
	endpoints map[string]*endpoint
}

// endpoint is guarded by its limits' mutex.
type endpoint struct {
	inFlight  int
	known     bool // whether remaining is
	remaining int
	reset     time.Time
	changed   chan struct{} // closed at the next change, nil if nobody waits for it
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
		if err := ch.limits.enter(c, key, ch.logHeld); err != nil {
			return nil, err
		}
		rsp, err := next(c)
		var header http.Header
		if rsp != nil {
			header = rsp.Header
		}
		ch.limits.leave(key, header)
		return rsp, err
	}
}

// enter returns when there is room for another request to the endpoint.
func (l *limits) enter(c *call, key string, held func(*call, time.Duration)) error {
	l.mu.Lock()
	e := l.endpoints[key]
	if e == nil {
		e = &endpoint{}
		l.endpoints[key] = e
	}
	logged := false
	for {
		left := time.Until(e.reset)
		if e.known && left <= 0 {
			e.known = false
		}
		// What is on its way may be counted already. Assuming that it is not
		// errs on the side that gets no 429.
		if !e.known || e.remaining-e.inFlight > 0 {
			e.inFlight++
			l.mu.Unlock()
			return nil
		}
		if e.changed == nil {
			e.changed = make(chan struct{})
		}
		changed := e.changed
		inFlight := e.inFlight
		l.mu.Unlock()

		// What is on its way may still make room before.
		if deadline, ok := c.ctx.Deadline(); ok && inFlight == 0 && time.Until(deadline) < left {
			return &heldBack{left}
		}
		if !logged {
			logged = true
			held(c, left)
		}
		timer := time.NewTimer(left)
		var err error
		select {
		case <-timer.C:
		case <-changed:
		case <-c.ctx.Done():
			err = c.ctx.Err()
		}
		timer.Stop()
		if err != nil {
			return &permanent{err}
		}
		l.mu.Lock()
	}
}

// heldBack is a request that the API would refuse until after its context has
// ended.
type heldBack struct{ left time.Duration }

func (h *heldBack) Error() string {
	return "the API's rate limit leaves no room for " + h.left.Round(time.Millisecond).String() + ", and the context ends before: " + context.DeadlineExceeded.Error()
}

func (h *heldBack) Unwrap() error { return context.DeadlineExceeded }

// leave notes the end of a request and what its answer said.
func (l *limits) leave(key string, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.endpoints[key]
	e.inFlight--
	remaining, err := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	reset := min(resetAfter(header), mostWait)
	if asked := retryAfter(header, time.Now()); asked > 0 && asked < reset {
		// Who says when to come back knows better than the end of the window.
		reset = asked
	}
	if err == nil && reset > 0 {
		e.known, e.remaining, e.reset = true, remaining, time.Now().Add(reset)
	}
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}
