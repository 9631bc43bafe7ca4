package clarify

import (
	"context"
	"errors"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// prefetch fetches pages ahead of the loop that uses them, in the order in which
// they are to be used. S says which page, and R is what becomes of it.
type prefetch[S, R any] struct {
	// fetch calls sent when its request is no longer under way.
	fetch func(ctx context.Context, what S, sent func()) R
	most  int // how many pages are fetched or held
	queue []*awaited[S, R]
	group sync.WaitGroup

	mu       sync.Mutex
	underWay int // how many requests are
	atOnce   int // how many may be
	waiting  []*awaited[S, R]
}

// awaited is a page that is to be fetched, or was.
type awaited[S, R any] struct {
	what     S
	loop     context.Context // of all pages
	ctx      context.Context // of this one
	cancel   context.CancelFunc
	done     chan struct{}
	result   R
	returned bool
	panicked any
	err      error // why it was not fetched
}

func newPrefetch[S, R any](concurrency int, fetch func(context.Context, S, func()) R) *prefetch[S, R] {
	p := &prefetch[S, R]{fetch: fetch, most: 1, atOnce: max(1, concurrency)}
	if concurrency > 1 {
		// With as many again, one that takes longer than the others does not leave
		// them with nothing to do.
		p.most = 2 * concurrency
	}
	return p
}

// start has the page fetched that comes after those in the queue.
func (p *prefetch[S, R]) start(ctx context.Context, what S) {
	a := &awaited[S, R]{what: what, loop: ctx, done: make(chan struct{})}
	a.ctx, a.cancel = context.WithCancel(ctx)
	p.queue = append(p.queue, a)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, a)
	p.next()
}

// next begins to fetch what waits, as much as may be under way, the first in the
// queue first. It needs the lock.
func (p *prefetch[S, R]) next() {
	for p.underWay < p.atOnce && len(p.waiting) > 0 {
		a := p.waiting[0]
		p.waiting[0] = nil // its result is not to be held from here
		p.waiting = p.waiting[1:]
		// A context cancels those derived from it one after the other. A request that
		// ends by it must not let another one begin whose own is not cancelled yet.
		if a.err = a.loop.Err(); a.err != nil {
			close(a.done)
			continue
		}
		p.underWay++
		p.group.Add(1)
		go p.run(a)
	}
}

func (p *prefetch[S, R]) run(a *awaited[S, R]) {
	defer p.group.Done()
	defer close(a.done)
	var once sync.Once
	sent := func() {
		once.Do(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.underWay--
			p.next()
		})
	}
	defer sent()
	// What panics is code of the caller's, such as an UnmarshalJSON: the caller
	// should be able to recover.
	defer func() { a.panicked = recover() }()
	a.result = p.fetch(a.ctx, a.what, sent)
	a.returned = true
}

var errEnded = errors.New("clarify: a goroutine was ended by code that it called")

// take returns the first page of the queue, which must not be empty.
func (p *prefetch[S, R]) take() (R, error) {
	a := p.queue[0]
	<-a.done
	a.cancel()
	p.queue[0] = nil // what is in use is not ours to hold
	p.queue = p.queue[1:]
	switch {
	case a.panicked != nil:
		panic(a.panicked)
	case a.err != nil:
		return a.result, a.err
	case !a.returned:
		return a.result, errEnded
	}
	return a.result, nil
}

// drop cancels what is in the queue.
func (p *prefetch[S, R]) drop() {
	// First what has not begun, so that nothing of it takes the place of a request
	// that is cancelled.
	p.mu.Lock()
	p.waiting = nil
	p.mu.Unlock()
	for _, a := range p.queue {
		a.cancel()
	}
	p.queue = nil
}

// wait returns when nothing is being fetched any more.
func (p *prefetch[S, R]) wait() { p.group.Wait() }

// mostWrong is how often pages may be foretold wrongly before no other ones are.
const mostWrong = 3

// foretelling fills a queue with the pages after the next one. Where they are is
// foretold from how the next one is addressed. What was fetched counts only if
// the page before it then says that this is where it is, so that what is read
// does not depend on whether the foretelling is right.
type foretelling[P any] struct {
	*prefetch[step, fetched[P]]
	wrong int // how often it was
}

// fill starts to fetch the page that next leads to, unless it is being fetched,
// and those after it. stride is how far pages are from each other, and total how
// many entries there are, -1 if that is not known.
func (f *foretelling[P]) fill(ctx context.Context, next step, stride, total int) {
	if len(f.queue) > 0 && !f.queue[0].what.leadsWhere(&next) {
		f.wrong++
		f.drop()
	}
	if len(f.queue) == 0 {
		f.start(ctx, next)
	}
	for f.wrong < mostWrong && stride > 0 && len(f.queue) < f.most {
		foretold := next.foretell(stride, len(f.queue))
		if foretold == nil || total >= 0 && foretold.offset >= total {
			break
		}
		f.start(ctx, *foretold)
	}
}

// foretell returns where the n-th page is after the one that s leads to, nil if that
// cannot be told or if no more is wanted.
func (s *step) foretell(stride, n int) *step {
	if stride > (math.MaxInt-s.offset)/n {
		return nil
	}
	by := stride * n
	foretold := step{offset: s.offset + by, size: s.size, remaining: s.remaining, total: s.total, follows: true}
	if s.remaining >= 0 {
		if foretold.remaining -= by; foretold.remaining <= 0 {
			return nil
		}
		foretold.shrink()
	}
	if s.link == nil {
		return &foretold
	}
	query, err := url.ParseQuery(s.link.RawQuery)
	if err != nil || query.Get("page[offset]") != strconv.Itoa(s.offset) {
		return nil
	}
	query.Set("page[offset]", strconv.Itoa(foretold.offset))
	size, err := strconv.Atoi(query.Get("page[limit]"))
	if s.size > 0 && foretold.remaining >= 0 && (err != nil || size > foretold.remaining) {
		query.Set("page[limit]", strconv.Itoa(foretold.remaining))
	}
	link := *s.link
	link.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	foretold.link = &link
	return &foretold
}

// leadsWhere reports whether two steps send the same request, and read the same
// from its response.
func (s *step) leadsWhere(other *step) bool {
	if s.offset != other.offset || s.size != other.size && s.link == nil || s.remaining != other.remaining || s.empty != other.empty {
		return false
	}
	if s.link == nil || other.link == nil {
		return s.link == other.link
	}
	a, errA := url.ParseQuery(s.link.RawQuery)
	b, errB := url.ParseQuery(other.link.RawQuery)
	return s.link.EscapedPath() == other.link.EscapedPath() && s.link.Host == other.link.Host && errA == nil && errB == nil &&
		maps.EqualFunc(a, b, slices.Equal[[]string])
}
