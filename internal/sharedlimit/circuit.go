package sharedlimit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// circuit is open while the database cannot be reached. Then one request in a while
// tries it, and the others fail at once.
type circuit struct {
	what   string // the database
	logger *slog.Logger
	every  time.Duration // between attempts while it is open

	mu      sync.Mutex
	err     error // why it is open, nil if it is closed
	since   time.Time
	tryAt   time.Time
	outages int       // how many there were
	closed  time.Time // when the last one ended
}

// blocked returns an error if nobody should try the database now.
func (c *circuit) blocked(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blockedLocked(now)
}

func (c *circuit) blockedLocked(now time.Time) error {
	if c.err == nil || !now.Before(c.tryAt) {
		return nil
	}
	return fmt.Errorf("clarify: the limiter in %s could not be reached, and is tried again in %v: %w",
		c.what, c.tryAt.Sub(now).Round(time.Millisecond), c.err)
}

// try does what blocked does. If it returns nil, the caller tries the database.
func (c *circuit) try(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.blockedLocked(now)
	if c.err != nil && err == nil {
		c.tryAt = now.Add(c.every)
	}
	return err
}

// isOpen reports whether the database could not be reached.
func (c *circuit) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err != nil
}

// done notes the result of a call, and returns its error for the caller.
func (c *circuit) done(err error, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil && c.err == nil:
		c.since = now
		c.logger.LogAttrs(context.Background(), slog.LevelWarn,
			"clarify: the limiter that processes share cannot be reached; each process is on its own",
			slog.String("database", c.what), slog.String("error", err.Error()))
		fallthrough
	case err != nil:
		c.err, c.tryAt = err, now.Add(c.every)
		return fmt.Errorf("clarify: the limiter in %s cannot be reached: %w", c.what, err)
	case c.err != nil:
		c.err = nil
		c.outages++
		c.closed = now
		c.logger.LogAttrs(context.Background(), slog.LevelInfo,
			"clarify: the limiter that processes share can be reached again",
			slog.String("database", c.what), slog.Duration("outage", now.Sub(c.since)))
	}
	return nil
}

// outage returns the number of the last outage if it ended less than a time ago, and 0
// otherwise.
func (c *circuit) outage(within time.Duration, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outages == 0 || now.Sub(c.closed) > within {
		return 0
	}
	return c.outages
}
