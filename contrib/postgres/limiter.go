package clarifypostgres

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/jackc/pgx/v5/pgxpool"
)

// errClosed is the error of a limiter that was closed.
var errClosed = errors.New("clarify: the limiter is closed")

// maxExchanges is how many connections a limiter uses concurrently.
const maxExchanges = 4

// A Limiter is a [clarify.Limiter] for all processes that use the same database and
// schema. It is safe for concurrent use. Make one for each process.
//
// A process does not ask the database about each request. It reserves a few requests
// ahead, as many as it is about to send in a quarter of a second, and says what it used
// when it asks again, at most some ten times a second for each endpoint. It hands back
// what it does not need, and what it has reserved expires after three seconds if it
// dies. The window and the time are the database's, so clocks of processes do not
// matter.
//
// Processes that want more than there is get the same: room goes first to those that
// took least lately. Requests of the class [clarify.Interactive] go before those of
// the class [clarify.Bulk] that wait, in whichever process; bulk requests leave one in
// a hundred of the limit to the others. Of requests that others send without this
// limiter, the headers of the responses tell.
//
// If the database does not respond in time ([WithTimeout]), Acquire returns an error, so
// that the client goes by its limiter in memory and logs why. Until the database
// responds again, which is tried in the background, Acquire returns that error at once.
type Limiter struct {
	store   *limiterStore
	member  string
	timeout time.Duration
	misuse  error
	circuit circuit
	tickets chan struct{} // of the exchanges in flight

	mu        sync.Mutex
	endpoints map[limiterKey]*endpoint
	closed    bool
	running   sync.WaitGroup // the goroutines of the endpoints
}

// NewLimiter returns a limiter on a database that [Migrate] has prepared. Invalid
// options are the error of each Acquire. Nothing is sent before the first request.
//
// Most of its work is done in the background. A goroutine for each endpoint runs while
// that is in use, and for a second after.
func NewLimiter(pool *pgxpool.Pool, opts ...Option) *Limiter {
	o, err := newOptions(pool, opts)
	return &Limiter{
		store:     newLimiterStore(pool, o),
		member:    rand.Text()[:16],
		timeout:   o.timeout,
		misuse:    err,
		tickets:   make(chan struct{}, maxExchanges),
		endpoints: map[limiterKey]*endpoint{},
	}
}

// Acquire waits until the rate limit allows the request.
func (l *Limiter) Acquire(ctx context.Context, r clarify.LimitRequest) (slot int64, err error) {
	if l.misuse != nil {
		return 0, l.misuse
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	e, err := l.hold(limiterKey{r.Workspace, r.Operation})
	if err != nil {
		return 0, err
	}
	defer l.drop(e)
	class := interactive
	if r.Class == clarify.Bulk {
		class = bulk
	}
	slot, w := e.take(ctx, class)
	if w == nil {
		return slot, nil
	}
	l.start(e)
	for told := w.told; ; {
		select {
		case <-w.ready:
			return w.slot, w.err
		case delay := <-told:
			told = nil
			if r.Waiting != nil {
				r.Waiting(delay)
			}
		case <-ctx.Done():
			if e.leave(w) {
				return 0, ctx.Err()
			}
			return w.slot, w.err
		}
	}
}

// Release says that a request has ended. It does not wait.
func (l *Limiter) Release(r clarify.LimitRequest, slot int64, header http.Header) {
	e, err := l.hold(limiterKey{r.Workspace, r.Operation})
	if err != nil {
		return
	}
	defer l.drop(e)
	e.end(slot, header)
}

// Close hands back what this process has reserved, and returns once that is done, or
// with the error of ctx if that ends first. After that Acquire returns an error, so that
// requests go by the limiter in memory. Without Close what is reserved expires.
func (l *Limiter) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	for _, e := range l.endpoints {
		e.wakeUp()
	}
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		l.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Limiter) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// hold returns the endpoint, which is not forgotten until it is dropped.
func (l *Limiter) hold(key limiterKey) (*endpoint, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.endpoints[key]
	if e == nil {
		if l.closed {
			return nil, errClosed
		}
		e = newEndpoint(l, key)
		l.endpoints[key] = e
	}
	e.holders++
	return e, nil
}

// drop ends a hold.
func (l *Limiter) drop(e *endpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.holders--
	l.settle(e)
}

// start sees to it that what is to be done is done.
func (l *Limiter) start(e *endpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle(e)
}

// settle starts the goroutine of an endpoint if there is work for it, and forgets the
// endpoint if nothing is worth knowing. The caller holds mu.
func (l *Limiter) settle(e *endpoint) {
	switch {
	case e.running:
	case !l.closed && e.busy(time.Now()):
		e.running = true
		l.running.Go(e.run)
	case e.holders == 0:
		delete(l.endpoints, e.key)
	}
}

// ask asks the database, within a bounded time.
func (l *Limiter) ask(key limiterKey, a ask) (grant, error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	select {
	case l.tickets <- struct{}{}:
		defer func() { <-l.tickets }()
	case <-ctx.Done():
		return grant{}, errors.New("clarify: the database that has the rate limit is too slow")
	}
	g, err := l.store.exchange(ctx, key, a)
	l.circuit.done(time.Now(), err)
	return g, err
}
