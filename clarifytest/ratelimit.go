package clarifytest

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

const rateWindow = time.Minute

// limiter counts the requests of each key within the last rateWindow.
type limiter struct {
	limit int

	mu   sync.Mutex
	seen map[string][]time.Time
}

func newLimiter(limit int) *limiter {
	return &limiter{limit: limit, seen: map[string][]time.Time{}}
}

// rateKey is the key of requests that share a limit.
func rateKey(r *http.Request, operation string) string {
	return r.PathValue("workspace") + "\x00" + operation
}

// quota is the state of one key's window.
type quota struct {
	limit, remaining int
	reset            int // seconds until the oldest request leaves the window
}

// take counts a request if the limit allows it.
func (l *limiter) take(key string, now time.Time) (quota, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := l.current(key, now)
	ok := len(seen) < l.limit
	if ok {
		seen = append(seen, now)
	}
	l.seen[key] = seen
	return l.quota(seen, now), ok
}

// peek returns the quota without counting a request.
func (l *limiter) peek(key string, now time.Time) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.quota(l.current(key, now), now)
}

func (l *limiter) current(key string, now time.Time) []time.Time {
	seen := l.seen[key]
	for len(seen) > 0 && now.Sub(seen[0]) >= rateWindow {
		seen = seen[1:]
	}
	return seen
}

func (l *limiter) quota(seen []time.Time, now time.Time) quota {
	q := quota{limit: l.limit, remaining: l.limit - len(seen)}
	if len(seen) > 0 {
		left := rateWindow - now.Sub(seen[0])
		q.reset = int((left + time.Second - 1) / time.Second)
	}
	return q
}

func (q quota) setHeaders(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(q.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(q.remaining))
	h.Set("X-RateLimit-Reset", strconv.Itoa(q.reset))
}
