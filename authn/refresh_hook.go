package authn

import "context"

type refreshHookKey struct{}

// WithRefreshHook returns a context in which a [Source] calls f after each attempt to
// refresh a token: with nil once the new token is saved, or with the reason why there
// is none, in which no credential appears. Several callers that wait for the same
// refresh have it called once, with the context of the one that refreshes. It must not
// block.
func WithRefreshHook(ctx context.Context, f func(err error)) context.Context {
	return context.WithValue(ctx, refreshHookKey{}, f)
}

// refreshed calls the hook in a context, if there is one.
func refreshed(ctx context.Context, err error) {
	if f, ok := ctx.Value(refreshHookKey{}).(func(error)); ok && f != nil {
		f(err)
	}
}
