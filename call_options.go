package clarify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// callOptions are what the context of a call says about it.
type callOptions struct {
	timeout        time.Duration // 0 for none
	withoutRetries bool
	header         []headerField
	class          Class
	hasClass       bool
	divides        bool  // whether the caller sends the parts of a request that the API fails at
	err            error // of the first invalid option
}

// headerField is a field of a header. Its name has the canonical form.
type headerField struct{ name, value string }

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

// WithCallTimeout returns a context that bounds each request made with it to d, all
// its attempts and delays together. A call that takes several requests, such as
// [Records.All] or [Records.Import], may take longer: a deadline of ctx bounds it as a
// whole. Files that are sent to storage hosts are not bounded. A timeout that is not
// positive fails the requests.
//
// Options for one call are in its context, so that they work with every method of a
// client: those of [Records], the generated ones, and [Client.Do]:
//
//	people.Get(clarify.WithCallTimeout(ctx, time.Second), id)
func WithCallTimeout(ctx context.Context, d time.Duration) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		if d <= 0 {
			return fmt.Errorf("clarify: WithCallTimeout: the timeout must be positive, got %v", d)
		}
		o.timeout = d
		return nil
	})
}

// WithoutRetries returns a context whose requests are not retried, as with
// [WithRetries] 0. An access token that the API rejects is still refreshed once.
func WithoutRetries(ctx context.Context) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		o.withoutRetries = true
		return nil
	})
}

// WithHeader returns a context whose requests have one more header field, in all
// attempts. A field that the request has already is replaced. Fields that the client
// sets itself, such as Authorization and Content-Type, fail the requests, and so does a
// name or a value that HTTP does not allow. Storage hosts do not get the field.
func WithHeader(ctx context.Context, name, value string) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		field := headerField{http.CanonicalHeaderKey(name), value}
		if err := field.check(); err != nil {
			return err
		}
		// Other contexts may share the fields that came before.
		o.header = append(o.header[:len(o.header):len(o.header)], field)
		return nil
	})
}

// WithClass returns a context whose requests have a class: see [Limiter]. An unknown
// class fails them.
func WithClass(ctx context.Context, class Class) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		if class != Interactive && class != Bulk {
			return fmt.Errorf("clarify: WithClass: unknown class %d: must be Interactive or Bulk", int(class))
		}
		o.class, o.hasClass = class, true
		return nil
	})
}

// forBulk returns the context for the requests of a bulk operation. They are [Bulk],
// unless ctx says otherwise.
func forBulk(ctx context.Context) context.Context {
	return withCallOption(ctx, func(o *callOptions) error {
		o.divides = true
		if !o.hasClass {
			o.class = Bulk
		}
		return nil
	})
}

// owned are the header fields that the client or the transport sets, in canonical
// form. With Accept-Encoding, the transport would not decompress responses.
var owned = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie",
	"Expect", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

func (f headerField) check() error {
	switch {
	case f.name == "" || strings.ContainsFunc(f.name, func(r rune) bool { return !isTokenRune(r) }):
		return fmt.Errorf("clarify: WithHeader: invalid name %q: must be that of a header field, such as X-Trace", f.name)
	case slices.Contains(owned, f.name):
		return fmt.Errorf("clarify: WithHeader: invalid name %q: the client sets this field itself", f.name)
	case strings.ContainsFunc(f.value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		// The value may be a secret.
		return fmt.Errorf("clarify: WithHeader: invalid value of %s: must have no control characters", f.name)
	}
	return nil
}

// isTokenRune reports whether the name of a header field may contain r (RFC 9110,
// section 5.6.2).
func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// edit returns a request with the header fields of the options.
func (o *callOptions) edit(req *http.Request) *http.Request {
	if len(o.header) == 0 {
		return req
	}
	edited := *req
	edited.Header = req.Header.Clone()
	if edited.Header == nil {
		edited.Header = http.Header{}
	}
	for _, f := range o.header {
		edited.Header.Set(f.name, f.value)
	}
	return &edited
}
