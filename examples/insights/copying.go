package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/mirror"
)

// copying keeps the mirror up to date.
type copying struct {
	client *clarify.Client
	store  mirror.Store
	opts   []mirror.Option
	logger *slog.Logger

	mu   sync.Mutex
	last time.Time // when the last run that succeeded began
	err  error     // of the last run, nil if it succeeded
}

func newCopying(client *clarify.Client, store mirror.Store, opts []mirror.Option, logger *slog.Logger) *copying {
	return &copying{client: client, store: store, opts: opts, logger: logger}
}

// now brings the mirror up to date. If that is being done already, it is done once more
// after it.
func (c *copying) now(ctx context.Context) error {
	summary, err := mirror.Run(ctx, c.client, c.store, c.opts...)
	c.note(summary, err)
	return err
}

// follow brings the mirror up to date again and again, until ctx ends or there is an
// error that does not pass.
func (c *copying) follow(ctx context.Context, every time.Duration) error {
	// The run before was just now.
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return mirror.Follow(ctx, c.client, c.store, every, func(summary mirror.Summary, err error) {
		c.note(summary, err)
		if err != nil && ctx.Err() == nil {
			c.logger.Warn("the mirror was not brought up to date", "error", err)
		}
	}, c.opts...)
}

func (c *copying) note(summary mirror.Summary, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	if err == nil {
		c.last = time.Now().Add(-summary.Duration)
	}
}

// state says of when the mirror is, and whether it could not be brought up to date since.
func (c *copying) state() (last time.Time, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.err != nil
}
