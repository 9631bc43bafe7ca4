package clarify

import (
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
			return nil, &permanent{err}
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
		l.mu.Unlock()

		held(c, left)
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
			return err
		}
		l.mu.Lock()
	}
}

// leave notes the end of a request and what its answer said.
func (l *limits) leave(key string, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.endpoints[key]
	e.inFlight--
	remaining, err := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	if reset := min(resetAfter(header), mostWait); err == nil && reset > 0 {
		e.known, e.remaining, e.reset = true, remaining, time.Now().Add(reset)
	}
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}
