package clarifypostgres

import (
	"container/list"
	"time"
)

// run asks the database for what the requests of this process need, and tells it what
// they used, until there is nothing to do.
func (e *endpoint) run() {
	l := e.limiter
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if l.isClosed() {
			e.hangUp(now)
		}
		e.mu.Lock()
		at := e.due(now)
		e.mu.Unlock()
		if at.IsZero() || l.isClosed() {
			l.mu.Lock()
			// Something may have come since.
			if l.closed || !e.busy(time.Now()) {
				e.running = false
				l.settle(e)
				l.mu.Unlock()
				return
			}
			l.mu.Unlock()
			continue
		}
		if delay := at.Sub(now); delay > 0 {
			timer.Reset(delay)
			select {
			case <-timer.C:
			case <-e.wake:
			}
			continue
		}
		e.exchange(now)
	}
}

// exchange asks once, and gives out what it got.
func (e *endpoint) exchange(now time.Time) {
	if !e.limiter.circuit.try(now) {
		return
	}
	e.mu.Lock()
	a := e.ask(now, e.limiter.member)
	before := e.credits
	e.mu.Unlock()

	g, err := e.limiter.ask(e.key, a)

	e.mu.Lock()
	defer e.mu.Unlock()
	end := time.Now()
	if err != nil {
		e.failed(end, a, err)
		return
	}
	// What was sent meanwhile was part of what was handed back.
	sent := [2]int{before[0] - e.credits[0], before[1] - e.credits[1]}
	e.credits = g.credits
	for class, n := range sent {
		other := 1 - class
		own := min(n, e.credits[class])
		e.credits[class] -= own
		e.credits[other] -= min(n-own, e.credits[other])
	}
	e.expires = now.Add(lease * time.Millisecond)
	e.known, e.others = g.known, g.others
	e.retry, e.certain = time.Time{}, false
	if g.delay > 0 {
		e.retry, e.certain = end.Add(time.Duration(g.delay)*time.Millisecond), g.certain && len(e.inFlight) == 0
	}
	e.dispatch(end)
}

// dispatch gives credits to those that wait, and tells the others how long they will.
func (e *endpoint) dispatch(now time.Time) {
	for class := range e.waiting {
		var next *list.Element
		for at := e.waiting[class].Front(); at != nil; at = next {
			next = at.Next()
			w := at.Value.(*waiter)
			switch {
			case e.spend(now, class):
				e.finish(w, e.send(now, class), nil)
			case e.retry.IsZero():
				return // there is more to ask for
			default:
				e.tell(w, now)
			}
		}
	}
}

// failed keeps what the database was not told, and ends the waiting of all.
func (e *endpoint) failed(now time.Time, a ask, err error) {
	e.used += a.used
	e.retry = time.Time{}
	if now.Sub(e.expires) > e.limiter.store.window {
		e.used = 0 // it has left the window
	}
	for class := range e.waiting {
		for e.waiting[class].Len() > 0 {
			e.finish(e.waiting[class].Front().Value.(*waiter), 0, err)
		}
	}
}

// hangUp ends the waiting of all, and hands back what is reserved.
func (e *endpoint) hangUp(now time.Time) {
	e.mu.Lock()
	for class := range e.waiting {
		for e.waiting[class].Len() > 0 {
			e.finish(e.waiting[class].Front().Value.(*waiter), 0, errClosed)
		}
	}
	a := e.ask(now, e.limiter.member)
	a.want = [2]int{}
	e.credits = [2]int{}
	e.mu.Unlock()
	if _, err := e.limiter.circuit.open(); err == nil {
		// If it fails, what is reserved expires.
		_, _ = e.limiter.ask(e.key, a)
	}
}
