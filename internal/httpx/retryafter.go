package httpx

import (
	"net/http"
	"strings"
	"time"
)

// MaxRetryAfter is the longest wait that RetryAfter returns.
const MaxRetryAfter = 365 * 24 * time.Hour

// RetryAfter returns how long the header Retry-After asks the client to wait: a
// whole number of seconds, or the time until a date (RFC 9110, section 10.2.3).
// It is zero if the header is missing, is neither of the two, or names a date
// that has passed. A longer wait than MaxRetryAfter is cut to that.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.Trim(header.Get("Retry-After"), " \t")
	if value == "" {
		return 0
	}
	if seconds, ok := delaySeconds(value); ok {
		return seconds
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), MaxRetryAfter)
}

// delaySeconds parses digits. strconv would also take a sign, and
// fail for a number that is merely too large.
func delaySeconds(value string) (time.Duration, bool) {
	const limit = int64(MaxRetryAfter / time.Second)
	var seconds int64
	for i := range len(value) {
		c := value[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		seconds = min(seconds*10+int64(c-'0'), limit)
	}
	return time.Duration(seconds) * time.Second, true
}
