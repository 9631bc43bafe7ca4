package clarify

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/internal/ratelimit"
)

// A Limiter delays requests that the API would reject with 429. The API counts the
// requests to each endpoint of a workspace, 3,000 in any 60 seconds, and reports
// the count in the headers X-RateLimit-Limit, X-RateLimit-Remaining and
// X-RateLimit-Reset of each response.
//
// The default one is in memory, and shared by all clients of the process: see
// [WithLimiter]. One that several processes share can keep the count in a database
// that they have in common.
//
// A Limiter is called for each attempt, concurrently, so it must not make requests
// wait for each other longer than the rate limit does. It bounds the time that it
// waits for anything but the rate limit.
type Limiter interface {
	// Acquire returns once the request may be sent, with a number of the limiter's
	// choice that Release gets back. Among requests that wait for the same endpoint,
	// those of the class [Interactive] go first, and otherwise those that came first.
	//
	// It returns the error of ctx if that ends, and a [ThrottledError] at once if it
	// knows that the request cannot be sent before the deadline of ctx. Then the
	// request fails. After any other error, the limiter in memory decides about
	// the request, so that a limiter that cannot be reached stops nobody, and
	// Release is not called.
	Acquire(ctx context.Context, r LimitRequest) (slot int64, err error)
	// Release says that a request that Acquire let through has ended, and what the
	// header of its response is, nil if there was no response. It is called once for
	// each, also after the context of the request has ended, and the caller waits
	// for it: one that takes time returns, and does its work in the background.
	Release(r LimitRequest, slot int64, header http.Header)
}

// LimitRequest is a request that a [Limiter] is asked about.
type LimitRequest struct {
	// Workspace is the URL of the workspace, such as
	// https://api.clarify.ai/v1/workspaces/acme. It is the same for all clients of
	// the workspace.
	Workspace string
	// Operation is the vendor's id of the operation, such as createRecord. The API
	// counts the requests of each operation for themselves.
	Operation string
	// Class says who goes first.
	Class Class
	// Waiting is called by Acquire once before it waits for the rate limit, with the
	// expected delay. It is nil if nobody wants to know.
	Waiting func(delay time.Duration)
}

// ThrottledError is what a [Limiter] returns for a request that would have to wait
// until after the deadline of its context. It is a [context.DeadlineExceeded]. In
// the [Error] of the request, RetryAfter is the delay.
type ThrottledError struct {
	// Delay is how long the endpoint has no room.
	Delay time.Duration
}

func (e *ThrottledError) Error() string { return (&ratelimit.DeadlineError{Delay: e.Delay}).Error() }

// Unwrap returns [context.DeadlineExceeded].
func (e *ThrottledError) Unwrap() error { return context.DeadlineExceeded }

// NewLimiter returns a limiter in memory that knows of no request yet. Of the limit
// of an endpoint, requests of the class [Bulk] leave one in a hundred to the others.
// It is safe for concurrent use.
func NewLimiter() Limiter { return memoryLimiter{ratelimit.New()} }

// sharedLimiter is the limiter of all clients that were given no other.
var sharedLimiter = NewLimiter()

// memoryLimiter is the limiter in memory.
type memoryLimiter struct{ rooms *ratelimit.Limiter }

func (m memoryLimiter) Acquire(ctx context.Context, r LimitRequest) (int64, error) {
	slot, err := m.rooms.Acquire(ctx, ratelimit.Key{Workspace: r.Workspace, Endpoint: r.Operation}, r.Class == Bulk, r.Waiting)
	if err == nil {
		return slot, nil
	}
	var missed *ratelimit.DeadlineError
	if errors.As(err, &missed) {
		return 0, &ThrottledError{missed.Delay}
	}
	return 0, err
}

func (m memoryLimiter) Release(r LimitRequest, slot int64, header http.Header) {
	m.rooms.Release(ratelimit.Key{Workspace: r.Workspace, Endpoint: r.Operation}, slot, header)
}

// isRateLimited reports whether an attempt was not sent because its deadline comes
// before the rate limit allows it.
func isRateLimited(err error) bool {
	var limited *ThrottledError
	return errors.As(err, &limited)
}
