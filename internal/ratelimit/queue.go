package ratelimit

import (
	"container/list"
	"context"
	"time"
)

// queue has the requests that wait for the room of an endpoint, in the order in
// which they came. It is guarded by the mutex of the limiter.
type queue struct {
	others, bulk list.List // of *waiter
	timer        *time.Timer
}

// waiter is a request that waits.
type waiter struct {
	bulk        bool
	deadline    time.Time // zero if it has none
	hasDeadline bool
	element     *list.Element

	ready chan struct{} // closed once slot or err is set
	slot  int64
	err   error
}

// decided reports whether the waiter has its slot or an error.
func (w *waiter) decided() bool {
	select {
	case <-w.ready:
		return true
	default:
		return false
	}
}

func (q *queue) of(bulk bool) *list.List {
	if bulk {
		return &q.bulk
	}
	return &q.others
}

func (q *queue) enqueue(ctx context.Context, bulk bool) *waiter {
	w := &waiter{bulk: bulk, ready: make(chan struct{})}
	w.deadline, w.hasDeadline = ctx.Deadline()
	w.element = q.of(bulk).PushBack(w)
	return w
}

func (q *queue) dequeue(w *waiter) { q.of(w.bulk).Remove(w.element) }

// first returns the request whose turn it is, nil if none waits.
func (q *queue) first() *waiter {
	next := q.others.Front()
	if next == nil {
		next = q.bulk.Front()
	}
	if next == nil {
		return nil
	}
	return next.Value.(*waiter)
}

// mustQueue reports whether others wait that a new request must not overtake.
func (q *queue) mustQueue(bulk bool) bool {
	return q.others.Len() > 0 || bulk && q.bulk.Len() > 0
}

// giveUp ends the waiting of those whose deadline comes before the room, which is
// there after a delay.
func (q *queue) giveUp(now time.Time, delay time.Duration) {
	for _, waiting := range []*list.List{&q.others, &q.bulk} {
		var next *list.Element
		for at := waiting.Front(); at != nil; at = next {
			next = at.Next()
			if w := at.Value.(*waiter); w.hasDeadline && w.deadline.Sub(now) < delay {
				waiting.Remove(at)
				w.err = &DeadlineError{delay}
				close(w.ready)
			}
		}
	}
}
