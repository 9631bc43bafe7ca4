package clarifyredis

import "time"

// WithWindow sets how long the window of the rate limit is.
func WithWindow(d time.Duration) LimiterOption {
	return limiterOption(func(c *limiterConfig) { c.window = d })
}

// WithFlightLease sets how long a request is in flight before its process may have died.
func WithFlightLease(d time.Duration) LimiterOption {
	return limiterOption(func(c *limiterConfig) { c.lease = d })
}
