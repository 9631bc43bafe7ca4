package clarify

import (
	"context"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"

	"github.com/clarify-go/clarify/internal/inflight"
)

// ahead holds the pages that are fetched before the loop uses them. S says which
// page, and R is the result of fetching it.
type ahead[S, R any] struct {
	*inflight.Queue[S, R]
	max int // how many pages are fetched or held
}

// fetchAhead returns an empty queue. fetch calls sent when its request is no
// longer in flight.
func fetchAhead[S, R any](ctx context.Context, concurrency int, fetch func(ctx context.Context, what S, sent func()) R) ahead[S, R] {
	a := ahead[S, R]{max: 1}
	if concurrency > 1 {
		// With twice as many, a slow page does not leave the other slots idle.
		a.max = 2 * concurrency
	}
	a.Queue = inflight.New(ctx, concurrency, func(ctx context.Context, t *inflight.Task[S, R]) R {
		return fetch(ctx, t.What, t.Release)
	})
	return a
}

// maxWrong is after how many wrong predictions no more are made.
const maxWrong = 3

// predictor fetches the pages after the next one. It predicts where they are from
// the request for the next one. A predicted page counts only if the page before it
// leads there, so that what is read does not depend on predictions being right.
type predictor struct {
	ahead[step, fetched]
	wrong int // how many predictions were
}

// fill starts to fetch the page that next leads to, unless it is being fetched,
// and those after it. stride is the distance between pages, and total how many
// items there are, -1 if that is not known.
func (p *predictor) fill(next step, stride, total int) {
	if p.Len() > 0 {
		if first := p.First(); !first.sameRequest(&next) {
			p.wrong++
			p.Drop()
		}
	}
	if p.Len() == 0 {
		p.Add(next)
	}
	for p.wrong < maxWrong && stride > 0 && p.Len() < p.max {
		predicted := next.predict(stride, p.Len())
		if predicted == nil || total >= 0 && predicted.offset >= total {
			break
		}
		p.Add(*predicted)
	}
}

// predict returns the step to the n-th page after the one that s leads to. It is
// nil if that cannot be predicted or if no more is wanted.
func (s *step) predict(stride, n int) *step {
	if stride > (math.MaxInt-s.offset)/n {
		return nil
	}
	by := stride * n
	predicted := step{offset: s.offset + by, size: s.size, remaining: s.remaining, total: s.total, follows: true}
	if s.remaining >= 0 {
		if predicted.remaining -= by; predicted.remaining <= 0 {
			return nil
		}
		predicted.shrink()
	}
	if s.link == nil {
		return &predicted
	}
	query, err := url.ParseQuery(s.link.RawQuery)
	if err != nil || query.Get("page[offset]") != strconv.Itoa(s.offset) {
		return nil
	}
	query.Set("page[offset]", strconv.Itoa(predicted.offset))
	link := *s.link
	link.RawQuery = encodeLinkQuery(query)
	limitLink(&link, query, s.size, predicted.remaining)
	predicted.link = &link
	return &predicted
}

// sameRequest reports whether two steps send the same request, and read its
// response in the same way.
func (s *step) sameRequest(other *step) bool {
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
