package clarifyredis

import "time"

// WithWindow sets how long the window of the rate limit is.
func WithWindow(d time.Duration) LimiterOption {
	return limiterOption(func(c *limiterConfig) { c.window = d })
}
