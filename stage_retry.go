package clarify

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/clarify-go/clarify/internal/ratelimit"
)

const (
	// firstBackoff doubles with each attempt, up to maxBackoff.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 16 * time.Second
	// maxDelay is the longest delay that the API can ask for: its rate limit looks
	// back 60 seconds. Whether to wait longer is up to the caller.
	maxDelay = 90 * time.Second
	// maxTotalDelay bounds the delays of one call together.
	maxTotalDelay = 4 * time.Minute
)

// retryStage repeats a call as long as that is safe and may help.
type retryStage struct {
	retries   int // how often a call may be repeated
	observers observers
	logger    attemptLogger
}

func (s retryStage) do(c *call, next handler) (*http.Response, error) {
	retries := s.retries
	if c.options.withoutRetries {
		retries = 0
	}
	var last *http.Response // of the previous attempt, nil if it had none
	for {
		c.attempts.begin(&c.asked)
		rsp, err := next(c)
		if last != nil && isRateLimited(err) {
			// This attempt was not sent, and what the API responded to the previous
			// one tells the caller more.
			c.attempts.withdraw()
			return last, nil
		}
		c.attempts.outcomeUnknown = c.attempts.outcomeUnknown || mayHaveEffect(c, rsp, err)
		delay, retry := retryDelay(c, rsp, err)
		if !retry || c.attempts.number > retries || c.attempts.delayed+delay > maxTotalDelay {
			return rsp, err
		}
		if deadline, ok := c.ctx.Deadline(); ok && time.Until(deadline) < delay {
			// There is no time for another attempt, and this response tells the caller
			// more than the context's error would.
			return rsp, err
		}
		s.logger.repeated(c, rsp, err, delay)
		s.observers.retried(c, rsp, err, delay)
		if err := httpx.Sleep(c.ctx, delay); err != nil {
			return nil, err
		}
		c.attempts.delayed += delay
		last = rsp
	}
}

// retryDelay reports whether a call may be repeated after an attempt, and after
// which delay.
func retryDelay(c *call, rsp *http.Response, err error) (delay time.Duration, retry bool) {
	backoff := fullJitter(c.attempts.number)
	if err != nil {
		if c.ctx.Err() != nil || !isTransient(err) {
			return 0, false
		}
		return backoff, !c.sent() || isIdempotent(c)
	}
	asked := httpx.RetryAfter(rsp.Header, time.Now())
	if asked > maxDelay {
		return 0, false
	}
	switch rsp.StatusCode {
	case http.StatusTooManyRequests:
		if asked == 0 {
			asked = min(ratelimit.Reset(rsp.Header), maxDelay)
		}
		if asked == 0 {
			return backoff, true
		}
		// Requests that were rejected together should not return together.
		return asked + rand.N(firstBackoff), true
	case http.StatusInternalServerError:
		// Others saw it pass (live-api.md, R7). A bulk operation looks for the input
		// that the API fails at instead.
		return max(asked, backoff), isIdempotent(c) && !c.options.divides
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(asked, backoff), isIdempotent(c)
	case http.StatusConflict:
		// Another request is changing the schema, so this one did nothing.
		return max(asked, backoff), c.operation.Tag == "Schemas"
	}
	return 0, false
}

// mayHaveEffect reports whether the API may have carried out an attempt that has
// ended.
func mayHaveEffect(c *call, rsp *http.Response, err error) bool {
	if err != nil {
		return c.sent()
	}
	// With 4xx the API says that it has not.
	return rsp.StatusCode >= 500
}

// isIdempotent reports whether doing a call twice is the same as doing it once.
func isIdempotent(c *call) bool {
	switch c.request.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
		return true
	}
	upserts := c.operation.ID == "createRecord" || c.operation.ID == "createBulkRecords"
	return c.reads() || upserts && matchesOn(c.body)
}

// matchesOn reports whether a body has match_on: then the API finds the record that
// an earlier attempt created.
func matchesOn(body []byte) bool {
	if !bytes.Contains(body, []byte(`"match_on"`)) {
		return false
	}
	members, err := membersOf(body)
	value, ok := members.get("match_on")
	var field string
	return err == nil && ok && json.Unmarshal(value, &field) == nil && field != ""
}

// fullJitter returns a random part of a backoff that doubles with each attempt.
func fullJitter(attempt int) time.Duration {
	limit := maxBackoff
	if attempt < 6 {
		limit = min(limit, firstBackoff<<(attempt-1))
	}
	return rand.N(limit) + 1
}
