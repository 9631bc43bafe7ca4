package clarifytest

import (
	"sync"
	"time"
)

// A Clock is a clock that stands still until a test moves it. Its Now is for
// [WithClock]. It is safe for concurrent use.
//
// While it stands still no request leaves the window of the rate limit. A test that
// sends more than [DefaultRateLimit] requests to an operation moves the clock or sets
// [WithRateLimit].
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that is set to now.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set sets the clock, forward or back.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Advance moves the clock forward by d, or back if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
