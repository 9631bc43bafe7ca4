package sharedlimit

import (
	"container/list"
	"context"
	"time"

	"github.com/clarify-go/clarify"
)

// endpoint has the requests of this process that wait for an endpoint, and those that
// have ended and were not released yet. It is guarded by the mutex of the limiter.
type endpoint struct {
	key               Key
	interactive, bulk list.List // of *waiter, in the order in which they came
	serving           bool      // whether a goroutine serves them
	known             bool      // whether the backend knows of some that wait
	wake              chan struct{}

	ended     []Ended
	releasing bool // whether a goroutine releases them
}

func newEndpoint(key Key) *endpoint { return &endpoint{key: key, wake: make(chan struct{}, 1)} }

// waiter is a request that waits.
type waiter struct {
	bulk        bool
	deadline    time.Time
	hasDeadline bool
	element     *list.Element

	told  bool
	delay chan time.Duration // the expected delay, once
	ready chan struct{}      // closed once slot or err is set
	slot  int64
	err   error
}

func (w *waiter) decided() bool {
	select {
	case <-w.ready:
		return true
	default:
		return false
	}
}

func (e *endpoint) of(bulk bool) *list.List {
	if bulk {
		return &e.bulk
	}
	return &e.interactive
}

// enqueue adds a request. It reports whether nobody waits that goes before it.
func (e *endpoint) enqueue(ctx context.Context, bulk bool) (w *waiter, first bool) {
	first = e.interactive.Len() == 0 && (!bulk || e.bulk.Len() == 0)
	w = &waiter{bulk: bulk, delay: make(chan time.Duration, 1), ready: make(chan struct{})}
	w.deadline, w.hasDeadline = ctx.Deadline()
	w.element = e.of(bulk).PushBack(w)
	return w, first
}

// decide ends the waiting of a request.
func (e *endpoint) decide(w *waiter, slot int64, err error) {
	e.of(w.bulk).Remove(w.element)
	w.slot, w.err = slot, err
	close(w.ready)
}

// signal makes the goroutine that serves the endpoint ask again.
func (e *endpoint) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// waiting returns how many requests wait.
func (e *endpoint) waiting() int { return e.interactive.Len() + e.bulk.Len() }

// fail ends the waiting of all with an error.
func (e *endpoint) fail(err error) {
	for _, bulk := range []bool{false, true} {
		for at := e.of(bulk).Front(); at != nil; at = e.of(bulk).Front() {
			e.decide(at.Value.(*waiter), 0, err)
		}
	}
}

// distribute hands out slots, and returns those that nobody waits for any more.
func (e *endpoint) distribute(g Grant) (rest []int64) {
	slot := g.First
	for _, class := range []struct {
		bulk bool
		n    int
	}{{false, g.Interactive}, {true, g.Bulk}} {
		for range class.n {
			next := e.of(class.bulk).Front()
			if next == nil {
				next = e.of(!class.bulk).Front()
			}
			if next == nil {
				rest = append(rest, slot)
			} else {
				e.decide(next.Value.(*waiter), slot, nil)
			}
			slot++
		}
	}
	return rest
}

// tell tells those that wait what delay they expect. Those with a deadline before
// that fail, unless there may be room sooner.
func (e *endpoint) tell(g Grant, now time.Time) {
	for _, bulk := range []bool{false, true} {
		waiting := e.of(bulk)
		for at := waiting.Back(); at != nil && !at.Value.(*waiter).told; at = at.Prev() {
			w := at.Value.(*waiter)
			w.told = true
			if w.deadline.Sub(now) >= g.Delay || !w.hasDeadline || g.Sooner {
				w.delay <- g.Delay
			}
		}
		if g.Sooner {
			continue
		}
		var next *list.Element
		for at := waiting.Front(); at != nil; at = next {
			next = at.Next()
			if w := at.Value.(*waiter); w.hasDeadline && w.deadline.Sub(now) < g.Delay {
				e.decide(w, 0, &clarify.ThrottledError{Delay: g.Delay})
			}
		}
	}
}
