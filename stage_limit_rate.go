package clarify

import (
	"errors"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/internal/ratelimit"
)

// limitRateStage delays a request while the API would reject it with 429. The API
// counts its rate limit for each workspace and endpoint.
type limitRateStage struct {
	limiter *ratelimit.Limiter
	logger  attemptLogger
}

func (s limitRateStage) do(c *call, next handler) (rsp *http.Response, err error) {
	endpoint := c.operation.ID
	if endpoint == "" {
		return next(c)
	}
	slot, err := s.limiter.Acquire(c.ctx, endpoint, func(delay time.Duration) { s.logger.delayed(c, delay) })
	if err != nil {
		return nil, &nonRetryable{err}
	}
	// The caller's code may panic, and the client may be used after that.
	defer func() {
		var header http.Header
		if rsp != nil {
			header = rsp.Header
		}
		slot.Release(header)
	}()
	return next(c)
}

// isRateLimited reports whether an attempt was not sent because its deadline comes
// before the rate limit allows it.
func isRateLimited(err error) bool {
	var limited *ratelimit.DeadlineError
	return errors.As(err, &limited)
}
