package clarifyotel

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// requestContext is the context of a request. It is one value for all that the events of
// the request need.
type requestContext struct {
	context.Context // with the span
	watcher         *watcher
	labels          *labels
	span            trace.Span
}

type requestKey struct{ of *watcher }

func (c *requestContext) Value(key any) any {
	if k, ok := key.(requestKey); ok && k.of == c.watcher {
		return c
	}
	return c.Context.Value(key)
}

// attemptContext is the context of an attempt.
type attemptContext struct {
	context.Context // with the span
	request         *requestContext
	span            trace.Span
}

type attemptKey struct{ of *watcher }

func (c *attemptContext) Value(key any) any {
	if k, ok := key.(attemptKey); ok && k.of == c.request.watcher {
		return c
	}
	return c.Context.Value(key)
}

// request returns what is known of the request of a context, nil if another observer lost
// it.
func (w *watcher) request(ctx context.Context) *requestContext {
	r, _ := ctx.Value(requestKey{w}).(*requestContext)
	return r
}
