package clarify

import (
	"context"
	"fmt"
)

// callOptions are what the context of a call says about it.
type callOptions struct {
	class    Class
	hasClass bool
	err      error // the first invalid option
}

type callOptionsKey struct{}

// callOptionsOf returns the options in a context.
func callOptionsOf(ctx context.Context) callOptions {
	if o, ok := ctx.Value(callOptionsKey{}).(*callOptions); ok {
		return *o
	}
	return callOptions{}
}

// withCallOption returns a context with one more option than ctx. An invalid one
// fails the call: a function that returns a context has no error.
func withCallOption(ctx context.Context, set func(*callOptions) error) context.Context {
	if ctx == nil {
		// The call says so.
		return nil
	}
	o := callOptionsOf(ctx)
	if err := set(&o); err != nil && o.err == nil {
		o.err = err
	}
	return context.WithValue(ctx, callOptionsKey{}, &o)
}

// WithClass returns a context whose requests have a class: see [Limiter]. An unknown
// class fails them.
func WithClass(ctx context.Context, class Class) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		if class != Interactive && class != Bulk {
			return fmt.Errorf("clarify: unknown class %v: must be Interactive or Bulk", class)
		}
		o.class, o.hasClass = class, true
		return nil
	})
}

// bulkByDefault returns a context whose requests are [Bulk], unless ctx says
// otherwise.
func bulkByDefault(ctx context.Context) context.Context {
	if callOptionsOf(ctx).hasClass {
		return ctx
	}
	return WithClass(ctx, Bulk)
}
