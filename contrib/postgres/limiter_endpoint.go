package clarifypostgres

import (
	"container/list"
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/clarify-go/clarify/internal/ratelimit"
)

const (
	// every is how often a process tells what it has used, while it is active.
	every = 250 * time.Millisecond
	// atLeast is the time between two exchanges, unless requests wait for the result.
	atLeast = 25 * time.Millisecond
	// countedAfter is how long after it was sent a request without a response counts
	// as counted by the server.
	countedAfter = 5 * time.Second
	// maxAhead is how many requests a process reserves that nobody waits for yet.
	maxAhead = 256
)

// endpoint is what this process knows of one endpoint.
type endpoint struct {
	limiter *Limiter
	key     limiterKey
	wake    chan struct{}

	holders int  // guarded by the mutex of the limiter
	running bool // guarded by the mutex of the limiter

	mu      sync.Mutex
	waiting [2]list.List // of *waiter, by class, in the order in which they came
	credits [2]int       // requests that may be sent; those of bulk may be of any class
	expires time.Time    // when the credits do
	known   bool         // whether the limit is
	others  bool         // whether reports change how much room there is

	slots    int64
	inFlight map[int64]time.Time // when those were sent that the server may not have counted

	used   int    // requests that ended, and that the database has not been told of
	taken  [2]int // requests sent since the last exchange began
	report *told

	asked   time.Time  // when the last exchange began
	rate    [2]float64 // of requests a second, lately
	urgent  bool       // whether the next exchange must not wait for every
	retry   time.Time  // when to ask again, if there was no room
	certain bool       // whether there is none before that
}

// told is the lowest report of the responses since the last exchange.
type told struct {
	limit, remaining int
	reset            time.Duration
	sent, received   time.Time
}

// waiter is a request that waits.
type waiter struct {
	class    int
	deadline time.Time // zero if it has none
	element  *list.Element
	told     chan time.Duration // gets the expected delay, once
	ready    chan struct{}      // closed once slot or err is set
	slot     int64
	err      error
}

func newEndpoint(l *Limiter, key limiterKey) *endpoint {
	return &endpoint{limiter: l, key: key, wake: make(chan struct{}, 1), inFlight: map[int64]time.Time{}}
}

// wakeUp makes the goroutine look at what there is to do.
func (e *endpoint) wakeUp() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// take returns a slot, or the waiter that will get one.
func (e *endpoint) take(ctx context.Context, class int) (slot int64, w *waiter) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.waiting[interactive].Len() == 0 && (class == interactive || e.waiting[bulk].Len() == 0) && e.spend(now, class) {
		slot = e.send(now, class)
		if e.ahead() {
			e.wakeUp()
		}
		return slot, nil
	}
	w = &waiter{class: class, told: make(chan time.Duration, 1), ready: make(chan struct{})}
	w.deadline, _ = ctx.Deadline()
	if _, err := e.limiter.circuit.open(); err != nil {
		// Whether the database is back is found out in the background.
		w.err = err
		close(w.ready)
		return 0, w
	}
	w.element = e.waiting[class].PushBack(w)
	if now.Before(e.retry) && e.waiting[class].Len() > 1 {
		// Another one of the class waits already, for what is known.
		e.tell(w, now)
	} else {
		e.urgent = true
	}
	e.wakeUp()
	return 0, w
}

// spend uses a credit if there is one for the class.
func (e *endpoint) spend(now time.Time, class int) bool {
	if !now.Before(e.expires) {
		e.credits = [2]int{}
	}
	switch {
	case class == interactive && e.credits[interactive] > 0:
		e.credits[interactive]--
	case e.credits[bulk] > 0:
		e.credits[bulk]--
	default:
		return false
	}
	return true
}

func (e *endpoint) send(now time.Time, class int) (slot int64) {
	e.slots++
	e.inFlight[e.slots] = now
	e.taken[class]++
	return e.slots
}

// ahead reports whether it is time to reserve more: half of what was reserved is used,
// and there was enough.
func (e *endpoint) ahead() bool {
	return e.retry.IsZero() && e.taken[interactive]+e.taken[bulk] >= e.credits[interactive]+e.credits[bulk]
}

// tell says how long a waiter is going to wait, or ends its waiting if that is too long.
// It reports whether the waiter is done.
func (e *endpoint) tell(w *waiter, now time.Time) (done bool) {
	delay := e.retry.Sub(now)
	if e.certain && !w.deadline.IsZero() && w.deadline.Sub(now) < delay {
		e.finish(w, 0, &clarify.ThrottledError{Delay: delay})
		return true
	}
	select {
	case w.told <- delay:
	default: // it was told
	}
	return false
}

func (e *endpoint) finish(w *waiter, slot int64, err error) {
	e.waiting[w.class].Remove(w.element)
	w.slot, w.err = slot, err
	close(w.ready)
}

// leave ends the waiting of a request. It reports false if that has ended already.
func (e *endpoint) leave(w *waiter) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-w.ready:
		return false
	default:
	}
	e.waiting[w.class].Remove(w.element)
	e.wakeUp()
	return true
}

// end records the end of a request, and what its response reports.
func (e *endpoint) end(slot int64, header http.Header) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	sent, counts := e.inFlight[slot]
	if counts {
		delete(e.inFlight, slot)
		e.used++
	} else {
		sent = now.Add(-countedAfter)
	}
	remaining, err := strconv.Atoi(header.Get("X-Ratelimit-Remaining"))
	reset := ratelimit.Reset(header)
	if err != nil || reset <= 0 {
		return
	}
	if asked := httpx.RetryAfter(header, now); asked > 0 && asked < reset {
		// Retry-After is more exact than the end of the window.
		reset = asked
	}
	limit, _ := strconv.Atoi(header.Get("X-Ratelimit-Limit"))
	if e.report == nil || remaining <= e.report.remaining {
		e.report = &told{limit, remaining, reset, sent, now}
	}
	room := remaining - len(e.inFlight)
	waits := e.waiting[interactive].Len()+e.waiting[bulk].Len() > 0
	switch held := e.credits[interactive] + e.credits[bulk]; {
	case held > max(room, 0):
		// Somebody else uses the limit.
		e.credits[bulk] = max(room-e.credits[interactive], 0)
		e.credits[interactive] = min(max(room, 0), e.credits[interactive])
		e.urgent = true
	case !e.known, e.others && waits:
		e.urgent = true
	}
	if e.urgent {
		e.wakeUp()
	}
}

// busy reports whether there is work for the goroutine.
func (e *endpoint) busy(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.due(now).IsZero()
}

// due returns when the next exchange is due, zero if none is.
func (e *endpoint) due(now time.Time) (at time.Time) {
	sooner := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	waits := e.waiting[interactive].Len()+e.waiting[bulk].Len() > 0
	held := e.credits[interactive]+e.credits[bulk] > 0
	switch {
	case waits && e.urgent:
		sooner(e.asked.Add(atLeast / 5))
	case waits && e.retry.IsZero():
		sooner(now)
	case waits:
		sooner(e.retry)
	case e.urgent:
		sooner(e.asked.Add(atLeast))
	}
	if held && e.ahead() {
		sooner(e.asked.Add(atLeast))
	}
	if held || e.used > 0 || e.report != nil {
		sooner(e.asked.Add(every))
	}
	if len(e.inFlight) > 0 {
		sooner(e.asked.Add(4 * every))
	}
	if !at.IsZero() {
		if until, err := e.limiter.circuit.open(); err != nil && at.Before(until) {
			at = until
		}
	}
	return at
}

// ask puts together what there is to tell and to ask. The credits are handed back, but
// used on until there is a response. The caller holds mu.
func (e *endpoint) ask(now time.Time, member string) ask {
	for slot, sent := range e.inFlight {
		if now.Sub(sent) >= countedAfter {
			delete(e.inFlight, slot)
			e.used++
		}
	}
	e.spend(now, -1) // forgets credits that have expired
	a := ask{member: member, used: e.used, inFlight: len(e.inFlight), unsent: e.credits[interactive] + e.credits[bulk]}
	if t := e.report; t != nil {
		a.report = &report{
			limit: t.limit, remaining: t.remaining, reset: t.reset.Milliseconds(),
			sent: now.Sub(t.sent).Milliseconds() + 1, received: now.Sub(t.received).Milliseconds(),
		}
	}
	elapsed := now.Sub(e.asked).Seconds()
	for class := range e.taken {
		// In a quarter of a second the old rate counts half.
		if weight := math.Exp2(-elapsed / every.Seconds()); e.retry.IsZero() {
			// Without room the rate says nothing of what could be used.
			e.rate[class] = weight*e.rate[class] + (1-weight)*float64(e.taken[class])/max(elapsed, 0.001)
		}
		ahead := min(max(int(e.rate[class]*every.Seconds()), e.taken[class]), maxAhead)
		a.want[class] = e.waiting[class].Len() + ahead
	}
	a.rate = e.rate
	e.used, e.report, e.taken, e.urgent, e.asked = 0, nil, [2]int{}, false, now
	return a
}
