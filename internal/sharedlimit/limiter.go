package sharedlimit

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/ratelimit"
)

const (
	// minPoll and maxPoll bound how often a process asks for room while it has none.
	// The backend forgets what waits in a process after several times maxPoll.
	minPoll = 10 * time.Millisecond
	maxPoll = 250 * time.Millisecond
	// soonPoll is how often while requests in flight may report room.
	soonPoll = 50 * time.Millisecond
	// maxAsk is how many slots one call asks for.
	maxAsk = 1000
	// maxEnded is how many requests have ended before some of them are not released.
	// The backend releases those after a while.
	maxEnded = 10_000
	// staleFor is how long after an outage the database may lack requests that the
	// API counts.
	staleFor = ratelimit.Window + 30*time.Second
)

// Config configures a Limiter.
type Config struct {
	// Database is its name, for errors and the log.
	Database string
	// Timeout bounds each call of the backend.
	Timeout time.Duration
	// RetryEvery is how often an unreachable database is tried.
	RetryEvery time.Duration
	// Logger gets a line when the database cannot be reached, and one when it can be
	// again. Nil logs nothing.
	Logger *slog.Logger
}

// Limiter is a [clarify.Limiter] whose count is in a Backend.
type Limiter struct {
	backend Backend
	timeout time.Duration
	circuit circuit

	mu        sync.Mutex
	endpoints map[Key]*endpoint
	fresh     map[Key]int // the last outage that the backend was told of
}

// New returns a limiter.
func New(backend Backend, c Config) *Limiter {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Limiter{
		backend:   backend,
		timeout:   c.Timeout,
		circuit:   circuit{what: c.Database, logger: c.Logger, every: c.RetryEvery},
		endpoints: map[Key]*endpoint{},
		fresh:     map[Key]int{},
	}
}

// Acquire implements [clarify.Limiter].
func (l *Limiter) Acquire(ctx context.Context, r clarify.LimitRequest) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := l.circuit.blocked(time.Now()); err != nil {
		return 0, err
	}
	l.mu.Lock()
	e := l.endpoint(Key{r.Workspace, r.Operation})
	w, first := e.enqueue(ctx, r.Class == clarify.Bulk)
	switch {
	case !e.serving:
		e.serving = true
		go l.serve(e)
	case first:
		e.signal()
	}
	l.mu.Unlock()
	for {
		select {
		case <-w.ready:
			return w.slot, w.err
		case delay := <-w.delay:
			if r.Waiting != nil {
				r.Waiting(delay)
			}
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			if w.decided() {
				return w.slot, w.err
			}
			e.decide(w, 0, ctx.Err())
			e.signal()
			return 0, ctx.Err()
		}
	}
}

// endpoint returns what waits for an endpoint. The caller holds mu.
func (l *Limiter) endpoint(key Key) *endpoint {
	e := l.endpoints[key]
	if e == nil {
		e = newEndpoint(key)
		l.endpoints[key] = e
	}
	return e
}

// forget forgets an endpoint for which nothing is to do. The caller holds mu.
func (l *Limiter) forget(e *endpoint) {
	if !e.serving && !e.releasing && len(e.ended) == 0 {
		delete(l.endpoints, e.key)
	}
}

// serve asks for room for the requests that wait for an endpoint, until none does. One
// call is in flight at a time: those that come meanwhile are in the next.
func (l *Limiter) serve(e *endpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e.waiting() > 0 || e.known {
		ask := l.ask(e)
		l.mu.Unlock()
		g, err := l.acquire(e.key, ask)
		l.mu.Lock()
		if err != nil {
			e.fail(err)
			break
		}
		l.told(e.key, ask)
		if len(e.ended) > 0 && !e.releasing {
			e.releasing = true
			go l.release(e)
		}
		e.known = ask.Interactive > g.Interactive || ask.Bulk > g.Bulk
		for _, slot := range e.distribute(g) {
			l.end(e, Ended{Slot: slot, Unsent: true})
		}
		// What came during the call is asked for at once, unless it has to wait for
		// others.
		if e.waiting() == 0 || g.Interactive == ask.Interactive && (e.interactive.Len() > 0 || g.Bulk == ask.Bulk) {
			continue
		}
		if e.tell(g, time.Now()); e.waiting() == 0 {
			continue
		}
		pause := min(max(g.Delay, minPoll), maxPoll)
		if g.Sooner {
			pause = min(pause, soonPoll)
		}
		l.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-e.wake:
			timer.Stop()
		}
		l.mu.Lock()
	}
	e.serving, e.known = false, false
	l.forget(e)
}

// ask returns what waits for an endpoint. The caller holds mu.
func (l *Limiter) ask(e *endpoint) Ask {
	ask := Ask{Interactive: min(e.interactive.Len(), maxAsk)}
	ask.Bulk = min(e.bulk.Len(), maxAsk-ask.Interactive)
	outage := l.circuit.outage(staleFor, time.Now())
	if outage == 0 {
		clear(l.fresh)
	}
	ask.Stale = l.circuit.isOpen() || outage > l.fresh[e.key]
	return ask
}

// told notes that the backend knows that its count was stale. The caller holds mu.
func (l *Limiter) told(key Key, ask Ask) {
	if ask.Stale {
		l.fresh[key] = l.circuit.outage(staleFor, time.Now())
	}
}

// acquire calls the backend. Slots that come too late are released.
func (l *Limiter) acquire(key Key, ask Ask) (Grant, error) {
	if err := l.circuit.try(time.Now()); err != nil {
		return Grant{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	type result struct {
		grant Grant
		err   error
	}
	results := make(chan result)
	go func() {
		g, err := l.backend.Acquire(ctx, key, ask)
		select {
		case results <- result{g, err}:
		case <-ctx.Done():
			if err == nil {
				l.giveBack(key, g)
			}
		}
	}()
	select {
	case r := <-results:
		return r.grant, l.circuit.done(r.err, time.Now())
	case <-ctx.Done():
		return Grant{}, l.circuit.done(ctx.Err(), time.Now())
	}
}

// giveBack releases slots that nobody waits for.
func (l *Limiter) giveBack(key Key, g Grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range g.Interactive + g.Bulk {
		l.end(l.endpoint(key), Ended{Slot: g.First + int64(i), Unsent: true})
	}
}

// Release implements [clarify.Limiter]. It returns at once.
func (l *Limiter) Release(r clarify.LimitRequest, slot int64, header http.Header) {
	ended := Ended{Slot: slot, Responded: header != nil}
	if report, ok := ratelimit.ReadReport(header, time.Now()); ok {
		ended.Reported = true
		ended.Limit, ended.Remaining, ended.Reset = report.Limit, report.Remaining, report.Reset
		ended.Counted = header.Get("Retry-After") == "" && header.Get("Www-Authenticate") == ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(l.endpoint(Key{r.Workspace, r.Operation}), ended)
}

// end notes that a request has ended. The caller holds mu.
func (l *Limiter) end(e *endpoint, ended Ended) {
	if len(e.ended) < maxEnded {
		e.ended = append(e.ended, ended)
	}
	if !e.releasing {
		e.releasing = true
		go l.release(e)
	}
}

// release tells the backend what has ended, until it knows all. While that cannot be
// reached it is told nothing. Then it gets to know the slots later, but not what was
// reported before.
func (l *Limiter) release(e *endpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(e.ended) > 0 && !l.circuit.isOpen() {
		batch := e.ended
		e.ended = nil
		l.mu.Unlock()
		err := l.call(func(ctx context.Context) error { return l.backend.Release(ctx, e.key, batch) })
		l.mu.Lock()
		if err != nil {
			e.ended = append(slices.Clone(batch), e.ended...)
		}
		if e.waiting() > 0 {
			e.signal()
		}
	}
	// A call that was given up may still read those that it was told.
	kept := make([]Ended, 0, len(e.ended))
	for _, ended := range e.ended {
		kept = append(kept, Ended{Slot: ended.Slot, Unsent: ended.Unsent})
	}
	e.ended, e.releasing = kept, false
	l.forget(e)
}

// call calls the backend, and gives it up after a time.
func (l *Limiter) call(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return l.circuit.done(err, time.Now())
}
