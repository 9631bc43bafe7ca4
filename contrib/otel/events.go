package clarifyotel

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clarify-go/clarify"
)

func (w *watcher) requestStarted(ctx context.Context, e clarify.RequestStarted) context.Context {
	l := w.cache.find(&e.RequestInfo)
	ctx, span := w.tracer.Start(ctx, l.request, l.onRequest...)
	return &requestContext{ctx, w, l, span}
}

func (w *watcher) attemptStarted(ctx context.Context, e clarify.AttemptStarted) context.Context {
	r := w.request(ctx)
	if r == nil {
		return ctx
	}
	ctx, span := w.tracer.Start(ctx, r.labels.attempt, r.labels.onAttempt...)
	if e.Attempt > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(e.Attempt - 1))
	}
	return &attemptContext{ctx, r, span}
}

func (w *watcher) attemptFinished(ctx context.Context, e clarify.AttemptFinished) {
	a, _ := ctx.Value(attemptKey{w}).(*attemptContext)
	if a == nil {
		return
	}
	how := a.request.labels.outcome(e.Status, e.Failure)
	end(a.span, how, how.span)
	w.attempts.Inst().Record(ctx, e.Duration.Seconds(), how.attempt...)
	a.request.answered(e.RateLimit)
}

// attemptLeft is attemptFinished for attempts that are left to others.
func (w *watcher) attemptLeft(ctx context.Context, e clarify.AttemptFinished) {
	if r := w.request(ctx); r != nil {
		r.answered(e.RateLimit)
	}
}

// answered notes what a response says of the rate limit.
func (c *requestContext) answered(limit clarify.RateLimit) {
	if limit.Known && c.labels.budget != nil {
		c.labels.budget.set(limit.Remaining)
	}
}

// end ends a span.
func end(span trace.Span, how *outcome, attributes []attribute.KeyValue) {
	if len(attributes) > 0 {
		span.SetAttributes(attributes...)
	}
	if how.failed {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

func (w *watcher) requestFinished(ctx context.Context, e clarify.RequestFinished) {
	r := w.request(ctx)
	if r == nil {
		return
	}
	how := r.labels.outcome(e.Status, e.Failure)
	w.requests.Record(ctx, e.Duration.Seconds(), how.request...)
	if e.Throttled > 0 {
		w.throttled.Record(ctx, e.Throttled.Seconds(), r.labels.throttled...)
	}
	if e.OutcomeUnknown {
		w.unknown.Add(ctx, 1, how.counted...)
	}
	var attributes []attribute.KeyValue
	if r.span.IsRecording() {
		attributes = requestAttributes(&e, how)
	}
	end(r.span, how, attributes)
}

// requestAttributes returns the attributes that the span of a request ends with: none if
// there was a success at the first attempt.
func requestAttributes(e *clarify.RequestFinished, how *outcome) (all []attribute.KeyValue) {
	if e.Attempts > 1 {
		all = append(all, attemptsKey.Int(e.Attempts))
	}
	if e.Throttled > 0 {
		all = append(all, throttledKey.Float64(e.Throttled.Seconds()))
	}
	if e.Delayed > 0 {
		all = append(all, delayedKey.Float64(e.Delayed.Seconds()))
	}
	if e.OutcomeUnknown {
		all = append(all, outcomeUnknownKey.Bool(true))
	}
	if how.failed {
		all = append(all, how.span...)
	}
	return all
}

func (w *watcher) limiterFailed(ctx context.Context, _ clarify.LimiterFailed) {
	if r := w.request(ctx); r != nil {
		w.limiterFailures.Add(ctx, 1, with(r.labels.ofWorkspace))
	}
}

func (w *watcher) retried(ctx context.Context, e clarify.Retried) {
	if r := w.request(ctx); r != nil {
		w.retries.Add(ctx, 1, r.labels.outcome(e.Status, e.Failure).counted...)
	}
}

func (w *watcher) pageDecoded(ctx context.Context, e clarify.PageDecoded) {
	if r := w.request(ctx); r != nil {
		w.decoded.Add(ctx, int64(e.Items), r.labels.plain...)
	}
}

func (w *watcher) tokenRefreshed(ctx context.Context, e clarify.TokenRefreshed) {
	r := w.request(ctx)
	if r == nil {
		return
	}
	result := tokenKey.String(tokenResult(e))
	r.span.SetAttributes(result)
	w.refreshes.Add(ctx, 1, with(r.labels.ofWorkspace, result))
}

// tokenResult returns how a refresh ended.
func tokenResult(e clarify.TokenRefreshed) string {
	switch {
	case e.OK:
		return "refreshed"
	case e.LoginRequired:
		return "login_required"
	}
	return "failed"
}

func (w *watcher) batchDecided(ctx context.Context, e clarify.BatchDecided) {
	s, _ := w.cache.findSeries(&clarify.RequestInfo{Workspace: e.Workspace, Operation: e.Operation, Object: e.Object})
	for outcome := clarify.NotDone; outcome <= clarify.Unknown; outcome++ {
		if n := e.Count(outcome); n > 0 {
			w.decided.Add(ctx, int64(n), with(s.attributes, outcomeKey.String(strings.ReplaceAll(outcome.String(), " ", "_"))))
		}
	}
}
