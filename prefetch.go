package clarify

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// prefetch fetches pages ahead of the loop that uses them. Where a page after the
// next one is, is foretold from how the next one is addressed. What was fetched
// counts only if the page before it then says that this is where it is, so that
// nothing depends on whether the foretelling is right.
type prefetch[P any] struct {
	fetch func(ctx context.Context, slots chan struct{}, s step) fetched[P]
	most  int // how many pages are fetched or held
	slots chan struct{}
	queue []*awaited[P] // in order
	wrong int           // how often the foretelling was
	group sync.WaitGroup
}

// awaited is a page that is being fetched, or was.
type awaited[P any] struct {
	step     step
	cancel   context.CancelFunc
	done     chan struct{}
	result   fetched[P]
	panicked any
}

// mostWrong is how often a foretelling may be wrong before there is no other one.
const mostWrong = 3

func newPrefetch[P any](concurrency int, fetch func(context.Context, chan struct{}, step) fetched[P]) *prefetch[P] {
	p := &prefetch[P]{fetch: fetch, most: 1, slots: make(chan struct{}, max(1, concurrency))}
	if concurrency > 1 {
		// With as many again, one that takes longer than the others does not leave
		// them with nothing to do.
		p.most = 2 * concurrency
	}
	return p
}

// fill starts to fetch the page that next leads to, unless it is being fetched,
// and those after it. stride is how far pages are from each other, and total how
// many entries there are, nil if that is not known.
func (p *prefetch[P]) fill(ctx context.Context, next step, stride int, total *int) {
	if len(p.queue) > 0 && !p.queue[0].step.leadsWhere(&next) {
		p.wrong++
		for _, a := range p.queue {
			a.cancel()
		}
		p.queue = nil
	}
	if len(p.queue) == 0 {
		p.start(ctx, next)
	}
	for p.wrong < mostWrong && stride > 0 && len(p.queue) < p.most {
		foretold := next.foretell(stride * len(p.queue))
		if foretold == nil || total != nil && foretold.offset >= *total {
			break
		}
		p.start(ctx, *foretold)
	}
}

func (p *prefetch[P]) start(ctx context.Context, s step) {
	a := &awaited[P]{step: s, done: make(chan struct{})}
	ctx, a.cancel = context.WithCancel(ctx)
	p.queue = append(p.queue, a)
	p.group.Add(1)
	go func() {
		defer p.group.Done()
		defer close(a.done)
		a.result = fetched[P]{err: errors.New("clarify: the goroutine that fetches pages was ended")}
		// What panics is code of the caller's, such as an UnmarshalJSON: the caller
		// should be able to recover.
		defer func() { a.panicked = recover() }()
		a.result = p.fetch(ctx, p.slots, s)
	}()
}

// take returns the next page. There must be one that is being fetched.
func (p *prefetch[P]) take() fetched[P] {
	a := p.queue[0]
	<-a.done
	a.cancel()
	p.queue[0] = nil // what is in use is not ours to hold
	p.queue = p.queue[1:]
	if a.panicked != nil {
		panic(a.panicked)
	}
	return a.result
}

// emptied returns what is left of a body when its bytes are not needed any more.
func (b *heldBody) emptied() *heldBody {
	return &heldBody{Reader: bytes.NewReader(nil), reads: b.reads, describe: b.describe}
}

// wait returns when nothing is being fetched any more.
func (p *prefetch[P]) wait() { p.group.Wait() }

// foretell returns where a page is by entries after the one that s leads to, nil
// if that cannot be told or if no more is wanted.
func (s *step) foretell(by int) *step {
	foretold := step{offset: s.offset + by, size: s.size, remaining: s.remaining, follows: true}
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
// from its answer.
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
