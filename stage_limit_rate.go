package clarify

import (
	"net/http"
	"sync"
	"time"
)

// limitRateStage delays a request while the API would reject it with 429. The API
// counts its rate limit for each workspace and endpoint.
type limitRateStage struct {
	limiter   Limiter
	workspace string // the URL
	failures  *limiterFailures
	observers observers
	logger    attemptLogger
}

func (s limitRateStage) do(c *call, next handler) (rsp *http.Response, err error) {
	if c.operation.ID == "" {
		return next(c)
	}
	r := LimitRequest{Workspace: s.workspace, Operation: c.operation.ID, Class: c.options.class}
	c.throttling.last = 0
	if s.logger.Logger != nil || s.observers.active() {
		r.Waiting = func(delay time.Duration) {
			c.throttling.since = time.Now()
			s.logger.delayed(c, delay)
			s.observers.throttled(c, delay)
		}
	}
	limiter := s.limiter
	slot, err := limiter.Acquire(c.ctx, r)
	if err != nil && c.ctx.Err() == nil && !isRateLimited(err) {
		if failures, due := s.failures.note(time.Now()); due {
			s.logger.limiterFailed(c, err, failures)
		}
		s.observers.limiterFailed(c)
		limiter = sharedLimiter
		slot, err = limiter.Acquire(c.ctx, r)
	}
	if since := c.throttling.since; !since.IsZero() {
		c.throttling.last, c.throttling.since = time.Since(since), time.Time{}
		c.throttling.total += c.throttling.last
	}
	if err != nil {
		return nil, &nonRetryable{err: err}
	}
	// The caller's code may panic, and the client may be used after that.
	defer func() {
		var header http.Header
		if rsp != nil {
			header = rsp.Header
		}
		limiter.Release(r, slot, header)
	}()
	return next(c)
}

// limiterFailures counts how often a limiter failed, so that the log is not full of
// it.
type limiterFailures struct {
	mu     sync.Mutex
	count  int       // since the last line of the log
	logged time.Time // when that was
}

// failuresEvery is how often failures of a limiter are logged.
const failuresEvery = 10 * time.Second

// note counts a failure. It reports whether to log, and how many failures.
func (f *limiterFailures) note(now time.Time) (count int, due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if !f.logged.IsZero() && now.Sub(f.logged) < failuresEvery {
		return 0, false
	}
	count, f.count, f.logged = f.count, 0, now
	return count, true
}
