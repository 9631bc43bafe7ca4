package clarify

import (
	"bytes"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

const (
	// firstBackoff doubles with each attempt, up to mostBackoff.
	firstBackoff = 500 * time.Millisecond
	mostBackoff  = 16 * time.Second
	// mostWait is the longest that the API may ask to wait for: its rate limit
	// looks back 60 seconds. If it asks for more, that is the caller's to decide.
	mostWait = 90 * time.Second
	// mostWaiting is how long one call waits between its attempts altogether.
	mostWaiting = 4 * time.Minute
)

// readsByPost are the operations that change nothing although they are a POST.
var readsByPost = map[string]bool{
	"getListRowsCsv":        true,
	"getRecordingArtifacts": true,
}

func isRead(c *call) bool {
	return c.request.Method == http.MethodGet || c.request.Method == http.MethodHead || readsByPost[c.operation.ID]
}

// repeatable reports whether doing a call twice is the same as doing it once.
func repeatable(c *call) bool {
	switch c.request.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
		return true
	}
	upserts := c.operation.ID == "createRecord" || c.operation.ID == "createBulkRecords"
	return readsByPost[c.operation.ID] || upserts && matchesOn(c.body)
}

// matchesOn reports whether a body has match_on: then the API finds what an
// earlier attempt made.
func matchesOn(body []byte) bool {
	if !bytes.Contains(body, []byte(`"match_on"`)) {
		return false
	}
	members, err := membersOf(body)
	value, ok := members.get("match_on")
	var field string
	return err == nil && ok && unmarshal(value, &field) == nil && field != ""
}

// retry repeats a call as long as that is safe and may help.
func (ch *chain) retry(next stage) stage {
	return func(c *call) (*http.Response, error) {
		var waited time.Duration
		var last *http.Response // of the attempt before, nil if it had none
		for {
			c.prepare()
			rsp, err := next(c)
			if last != nil && isHeldBack(err) {
				// What the API said to the attempt before is worth more, and this one
				// was none.
				c.attempt--
				return last, nil
			}
			delay, again := ch.again(c, rsp, err)
			if !again || c.attempt > ch.config.retries || waited+delay > mostWaiting {
				return rsp, err
			}
			if deadline, ok := c.ctx.Deadline(); ok && time.Until(deadline) < delay {
				// There will be no time for another attempt: what the API said now is
				// worth more than the context's error then.
				return rsp, err
			}
			c.uncertain = c.uncertain || mayBeDone(c, rsp, err)
			c.sent = false
			ch.logRetry(c, rsp, err, delay)
			last = rsp
			if stopped := httpx.Sleep(c.ctx, delay); stopped != nil {
				return nil, stopped
			}
			waited += delay
		}
	}
}

// again reports whether a call may be repeated, and how long to wait before.
func (ch *chain) again(c *call, rsp *http.Response, err error) (time.Duration, bool) {
	backoff := fullJitter(c.attempt)
	if err != nil {
		if c.ctx.Err() != nil || !passing(err) {
			return 0, false
		}
		return backoff, !c.sent || c.repeat
	}
	asked := httpx.RetryAfter(rsp.Header, time.Now())
	if asked > mostWait {
		return 0, false
	}
	switch rsp.StatusCode {
	case http.StatusTooManyRequests:
		if asked == 0 {
			asked = min(resetAfter(rsp.Header), mostWait)
		}
		if asked == 0 {
			return backoff, true
		}
		// Those who were refused together should not come back together.
		return asked + rand.N(firstBackoff), true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(asked, backoff), c.repeat
	case http.StatusConflict:
		// The schema is being changed, so nothing was done.
		return max(asked, backoff), c.operation.Tag == "Schemas"
	}
	return 0, false
}

// mayBeDone reports whether the attempt that just ended may have had an effect.
func mayBeDone(c *call, rsp *http.Response, err error) bool {
	if err != nil {
		return c.sent
	}
	return rsp.StatusCode >= 500
}

// fullJitter is a random part of what doubles with each attempt.
func fullJitter(attempt int) time.Duration {
	most := mostBackoff
	if attempt < 6 {
		most = min(most, firstBackoff<<(attempt-1))
	}
	return rand.N(most) + 1
}

// passing reports whether an error may be gone the next time.
func passing(err error) bool {
	var final *permanent
	var unknownHost *net.DNSError
	var certificate *tls.CertificateVerificationError
	var held *heldBack
	return !errors.As(err, &final) &&
		!errors.As(err, &held) &&
		!errors.As(err, &certificate) &&
		!(errors.As(err, &unknownHost) && unknownHost.IsNotFound)
}

// resetAfter is when the rate limit starts anew, as the API says.
func resetAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get(headerReset), 64)
	if err != nil {
		return 0
	}
	return clampSeconds(seconds)
}
