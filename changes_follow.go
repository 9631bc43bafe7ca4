package clarify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

// maxIdleIntervals is how many times longer than its interval Follow waits at most.
const maxIdleIntervals = 8

// Follow yields what [Records.Changes] does, and then asks again and again. It waits for
// the interval after a run that yielded changes, and otherwise twice as long as before,
// up to eight intervals. Each run ends with [CaughtUp].
//
// If a run fails with an error that may pass, such as one of the network, 429 or 5xx,
// Follow waits in the same way, or as long as the API asks for, and resumes; see
// [WithLogger]. Any other error ends the loop, and so does the end of ctx, with its
// error.
func (r *Records[T]) Follow(ctx context.Context, since Cursor, interval time.Duration, opts ...QueryOption) iter.Seq2[RecordChange[T], error] {
	return typedChanges[T](func(yield func(*change, error) bool) { r.follow(ctx, since, interval, opts, yield) })
}

func (r *records) follow(ctx context.Context, since Cursor, interval time.Duration, opts []QueryOption, yield func(*change, error) bool) {
	if interval <= 0 {
		yield(nil, fmt.Errorf("clarify: invalid interval %v: must be more than 0s", interval))
		return
	}
	wait := interval
	for {
		changes, err := r.followOnce(ctx, &since, opts, yield)
		switch {
		case errors.Is(err, errLoopLeft):
			return
		case err != nil && (ctx.Err() != nil || !mayPass(err)):
			yield(nil, err)
			return
		case err == nil && changes:
			wait = interval
		case wait <= interval*(maxIdleIntervals/2):
			wait *= 2
		}
		delay := max(wait, askedDelay(err))
		if err != nil {
			r.logFailure(ctx, err, delay)
		}
		if err := httpx.Sleep(ctx, delay); err != nil {
			yield(nil, err)
			return
		}
	}
}

// followOnce does one run, and reports whether there were changes.
func (r *records) followOnce(ctx context.Context, since *Cursor, opts []QueryOption, yield func(*change, error) bool) (changes bool, err error) {
	r.changes(ctx, *since, opts, func(c *change, failed error) bool {
		if err = failed; err != nil {
			return false
		}
		*since = c.cursor
		changes = changes || c.kind != CaughtUp
		if !yield(c, nil) {
			err = errLoopLeft
		}
		return err == nil
	})
	return changes, err
}

func (r *records) logFailure(ctx context.Context, err error, wait time.Duration) {
	if logger := r.client.config.logger; logger != nil {
		logger.LogAttrs(ctx, slog.LevelWarn, "clarify: changes could not be read and will be read again",
			slog.String("object", r.object), slog.Duration("wait", wait), slog.String("error", err.Error()))
	}
}

// mayPass reports whether a later request may not have the error.
func mayPass(err error) bool {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return false
	case e.StatusCode == 0:
		return isTransient(err)
	}
	return e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusRequestTimeout || e.StatusCode >= 500
}

// askedDelay is how long the API asks to wait.
func askedDelay(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
