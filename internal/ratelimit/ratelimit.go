// Package ratelimit delays requests that a server would reject with 429. The
// server counts requests for each endpoint in a rolling window of a minute, and
// reports the count in the headers X-RateLimit-Limit, X-RateLimit-Remaining and
// X-RateLimit-Reset. An endpoint of which it has reported nothing is not limited.
package ratelimit

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Limiter knows the rate limits of the endpoints of one server. It is safe for
// concurrent use.
type Limiter struct {
	mu        sync.Mutex
	endpoints map[string]*endpoint
}

// New returns a limiter that knows of no limit.
func New() *Limiter {
	return &Limiter{endpoints: map[string]*endpoint{}}
}

// Slot is the room that one request in flight takes up. It must be released when
// the request has ended.
type Slot struct {
	limiter  *Limiter
	endpoint *endpoint
	before   int // how many requests to the endpoint had ended when it was acquired
}

// Acquire waits until an endpoint has room for another request. Before it waits
// for the first time it calls waiting with the expected delay. It returns the
// error of ctx if that ends, and a [DeadlineError] at once if there will be no
// room before the deadline of ctx.
func (l *Limiter) Acquire(ctx context.Context, name string, waiting func(time.Duration)) (Slot, error) {
	l.mu.Lock()
	e := l.endpoints[name]
	if e == nil {
		e = &endpoint{}
		l.endpoints[name] = e
	}
	for first := true; ; first = false {
		delay := e.delay(time.Now())
		if delay <= 0 {
			e.inFlight++
			slot := Slot{l, e, e.ended}
			l.mu.Unlock()
			return slot, nil
		}
		changed, inFlight := e.watch(), e.inFlight
		l.mu.Unlock()

		// A request in flight may still report more room.
		if deadline, ok := ctx.Deadline(); ok && inFlight == 0 && time.Until(deadline) < delay {
			return Slot{}, &DeadlineError{delay}
		}
		if first {
			waiting(delay)
		}
		if err := waitFor(ctx, changed, delay); err != nil {
			return Slot{}, err
		}
		l.mu.Lock()
	}
}

// waitFor returns once changed is closed, after d at the latest, or with the error
// of ctx.
func waitFor(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Release records that the request has ended and what its response reports in
// its header, which is nil if there was no response.
func (s Slot) Release(header http.Header) {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	s.endpoint.end(s.before, header, time.Now())
}

// DeadlineError is the error for a request that would have to wait until after
// the deadline of its context. It is a [context.DeadlineExceeded].
type DeadlineError struct {
	// Delay is how long the endpoint has no room.
	Delay time.Duration
}

func (e *DeadlineError) Error() string {
	return "the rate limit allows no request for " + e.Delay.Round(time.Millisecond).String() + ": " + context.DeadlineExceeded.Error()
}

// Unwrap returns [context.DeadlineExceeded].
func (e *DeadlineError) Unwrap() error { return context.DeadlineExceeded }
