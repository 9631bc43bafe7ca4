package clarifypostgres

import (
	"sync"
	"time"
)

const (
	// minPause and maxPause bound how long a database that failed is left alone.
	minPause = 250 * time.Millisecond
	maxPause = 5 * time.Second
)

// circuit keeps requests from waiting for a database that does not respond: after a
// failure they fail at once, until one try in the background has succeeded.
type circuit struct {
	mu    sync.Mutex
	err   error // why it is open, nil if it is closed
	pause time.Duration
	until time.Time // when the next try is due
}

// open returns why it is open, and when the next try is due.
func (c *circuit) open() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until, c.err
}

// try reports whether the database may be asked now. If it is open, one asks at a time.
func (c *circuit) try(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return true
	}
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(c.pause)
	return true
}

// done records how a try ended.
func (c *circuit) done(now time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.pause = 0
	case c.err == nil:
		c.pause = minPause
	default:
		c.pause = min(2*c.pause, maxPause)
	}
	c.err, c.until = err, now.Add(c.pause)
}
