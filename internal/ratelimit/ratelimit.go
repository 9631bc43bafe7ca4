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

// minSweep is how many endpoints a limiter knows before it forgets those that are
// idle, so that a program of many workspaces does not collect them.
const minSweep = 1024

// Limiter knows the rate limits of endpoints. It is safe for concurrent use.
type Limiter struct {
	mu        sync.Mutex
	endpoints map[Key]*endpoint
	sweepAt   int // how many endpoints there are when it looks for idle ones
}

// Key is what a server counts requests by.
type Key struct{ Workspace, Endpoint string }

// New returns a limiter that knows of no limit.
func New() *Limiter {
	return &Limiter{endpoints: map[Key]*endpoint{}, sweepAt: minSweep}
}

// Acquire waits until an endpoint has room for another request. Those that wait go
// in the order in which they came, bulk requests after all others. Before it waits
// it calls waiting, if that is not nil, with the expected delay. It returns the
// error of ctx if that ends, and a [DeadlineError] at once if there will be no
// room before the deadline of ctx.
//
// The slot that it returns is the room that the request in flight takes up. It must
// be released when the request has ended.
func (l *Limiter) Acquire(ctx context.Context, key Key, bulk bool, waiting func(time.Duration)) (slot int64, err error) {
	l.mu.Lock()
	e, now := l.endpoint(key), time.Now()
	if !e.mustQueue(bulk) && e.delay(now, bulk) <= 0 {
		slot = e.take()
		l.mu.Unlock()
		return slot, nil
	}
	w := e.enqueue(ctx, bulk)
	l.dispatch(e, now)
	delay := e.delay(now, bulk)
	l.mu.Unlock()

	if waiting != nil && !w.decided() {
		waiting(delay)
	}
	select {
	case <-w.ready:
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		if !w.decided() {
			e.dequeue(w)
			l.dispatch(e, time.Now())
			return 0, ctx.Err()
		}
	}
	return w.slot, w.err
}

// Release records that the request with a slot has ended, and what its response
// reports in its header, which is nil if there was no response.
func (l *Limiter) Release(key Key, slot int64, header http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, now := l.endpoint(key), time.Now()
	e.end(slot, header, now)
	l.dispatch(e, now)
}

// endpoint returns what is known of an endpoint. The caller holds mu.
func (l *Limiter) endpoint(key Key) *endpoint {
	e := l.endpoints[key]
	if e == nil {
		l.sweep()
		e = &endpoint{}
		l.endpoints[key] = e
	}
	return e
}

// sweep forgets the endpoints of which nothing is worth knowing.
func (l *Limiter) sweep() {
	if len(l.endpoints) < l.sweepAt {
		return
	}
	now := time.Now()
	for key, e := range l.endpoints {
		if e.idle(now) {
			delete(l.endpoints, key)
		}
	}
	l.sweepAt = max(minSweep, 2*len(l.endpoints))
}

// dispatch gives room to those that wait for it, and sees to it that it is called
// again when there may be more. The caller holds mu.
func (l *Limiter) dispatch(e *endpoint, now time.Time) {
	for w := e.first(); w != nil; w = e.first() {
		delay := e.delay(now, w.bulk)
		if delay > 0 {
			e.giveUp(now, delay)
			break
		}
		e.dequeue(w)
		w.slot = e.take()
		close(w.ready)
	}
	w := e.first()
	switch {
	case w == nil && e.timer != nil:
		e.timer.Stop()
		e.timer = nil
	case w == nil:
	case e.timer == nil:
		e.timer = time.AfterFunc(e.delay(now, w.bulk), func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.dispatch(e, time.Now())
		})
	default:
		e.timer.Reset(e.delay(now, w.bulk))
	}
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
