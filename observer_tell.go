package clarify

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/ratelimit"
)

// observers are told the same. Stages ask for active before they make an event.
type observers []Observer

func (o observers) active() bool { return len(o) > 0 }

// tell calls a function of each observer that has it.
func tell[E any](o observers, ctx context.Context, function func(*Observer) func(context.Context, E), e E) {
	for i := range o {
		if f := function(&o[i]); f != nil {
			f(ctx, e)
		}
	}
}

// start calls a function of each observer that has it, and returns the context that
// the last one wants.
func start[E any](o observers, ctx context.Context, function func(*Observer) func(context.Context, E) context.Context, e E) context.Context {
	for i := range o {
		if f := function(&o[i]); f != nil {
			if changed := f(ctx, e); changed != nil {
				ctx = changed
			}
		}
	}
	return ctx
}

func (o observers) requestStarted(ctx context.Context, info *RequestInfo) context.Context {
	return start(o, ctx, func(o *Observer) func(context.Context, RequestStarted) context.Context { return o.RequestStarted }, RequestStarted{*info})
}

func (o observers) attemptStarted(c *call) context.Context {
	return start(o, c.ctx, func(o *Observer) func(context.Context, AttemptStarted) context.Context { return o.AttemptStarted }, AttemptStarted{
		RequestInfo: *c.info, Attempt: c.attempts.number, Waited: c.throttling.last, RequestBytes: len(c.body),
	})
}

func (o observers) attemptFinished(ctx context.Context, c *call, rsp *http.Response, err error, took time.Duration) {
	e := AttemptFinished{RequestInfo: *c.info, Attempt: c.attempts.number, Duration: took, Failure: failureOf(err)}
	if err != nil {
		var cut *unreadable
		if errors.As(err, &cut) {
			rsp = cut.rsp
		}
	}
	if rsp != nil {
		e.Status, e.RateLimit = rsp.StatusCode, rateLimitOf(rsp.Header)
		if held, ok := rsp.Body.(*heldBody); ok {
			e.ResponseBytes = len(held.bytes)
		} else {
			e.ResponseBytes = -1
		}
	}
	tell(o, ctx, func(o *Observer) func(context.Context, AttemptFinished) { return o.AttemptFinished }, e)
}

// rateLimitOf reads what a response says of the rate limit.
func rateLimitOf(header http.Header) RateLimit {
	said := header.Get("X-RateLimit-Remaining")
	if said == "" {
		return RateLimit{}
	}
	remaining, err := strconv.Atoi(said)
	if err != nil {
		return RateLimit{}
	}
	limit, _ := strconv.Atoi(header.Get("X-RateLimit-Limit"))
	return RateLimit{Known: true, Limit: limit, Remaining: remaining, Reset: ratelimit.Reset(header)}
}

func (o observers) throttled(c *call, delay time.Duration) {
	if o.active() {
		tell(o, c.ctx, func(o *Observer) func(context.Context, Throttled) { return o.Throttled }, Throttled{*c.info, c.attempts.number, delay})
	}
}

func (o observers) limiterFailed(c *call) {
	if o.active() {
		tell(o, c.ctx, func(o *Observer) func(context.Context, LimiterFailed) { return o.LimiterFailed }, LimiterFailed{*c.info, c.attempts.number})
	}
}

// retried tells that another attempt follows the current one.
func (o observers) retried(c *call, rsp *http.Response, err error, delay time.Duration) {
	if !o.active() {
		return
	}
	e := Retried{RequestInfo: *c.info, Attempt: c.attempts.number, Delay: delay, Failure: failureOf(err)}
	if rsp != nil {
		e.Status = rsp.StatusCode
	}
	o.tellRetried(c, e)
}

// renewed tells that the current attempt is made because of the 401 that the previous
// one got.
func (o observers) renewed(c *call) {
	if o.active() {
		o.tellRetried(c, Retried{RequestInfo: *c.info, Attempt: c.attempts.number - 1, Status: http.StatusUnauthorized})
	}
}

func (o observers) tellRetried(c *call, e Retried) {
	tell(o, c.ctx, func(o *Observer) func(context.Context, Retried) { return o.Retried }, e)
}

// onRefresh returns a context that tells of the refreshes of a token for a call.
func (o observers) onRefresh(ctx context.Context, c *call) context.Context {
	if !slices.ContainsFunc(o, func(o Observer) bool { return o.TokenRefreshed != nil }) {
		return ctx
	}
	return authn.WithRefreshHook(ctx, func(err error) {
		tell(o, c.ctx, func(o *Observer) func(context.Context, TokenRefreshed) { return o.TokenRefreshed }, TokenRefreshed{
			RequestInfo: *c.info, Rejected: c.renewal.active, OK: err == nil, LoginRequired: errors.Is(err, authn.ErrLoginRequired),
		})
	})
}

// requestFinished tells of the end of a call, or of a request that made no call, as it
// is invalid.
func (o observers) requestFinished(ctx context.Context, info *RequestInfo, c *call, rsp *http.Response, err error, took time.Duration) {
	e := RequestFinished{RequestInfo: *info, Duration: took, Failure: failureOf(err)}
	if rsp != nil {
		e.Status = rsp.StatusCode
	}
	if err != nil {
		var failed *Error
		if errors.As(err, &failed) {
			e.Status, e.OutcomeUnknown = failed.StatusCode, failed.OutcomeUnknown
		}
	}
	if c != nil {
		e.Attempts, e.Throttled, e.Delayed = c.attempts.number, c.throttling.total, c.attempts.delayed
	} else {
		e.Failure = FailureInvalid
	}
	tell(o, ctx, func(o *Observer) func(context.Context, RequestFinished) { return o.RequestFinished }, e)
}

// pageDecoded tells of a page of a call.
func (o observers) pageDecoded(c *call, items, bytes int, took time.Duration) {
	tell(o, c.ctx, func(o *Observer) func(context.Context, PageDecoded) { return o.PageDecoded }, PageDecoded{*c.info, items, bytes, took})
}

func (o observers) batchDecided(ctx context.Context, e BatchDecided) {
	tell(o, ctx, func(o *Observer) func(context.Context, BatchDecided) { return o.BatchDecided }, e)
}
