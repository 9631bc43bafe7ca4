package authn

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/clarify-go/clarify/internal/httpx"
)

// InsecureAllowPlaintextHTTP lets editor send its credential over plain http to
// the named hosts. Anyone on the way can read it: this is for test networks,
// with credentials made for them. Loopback hosts need no permission.
//
// A host is a name or an IP address, compared without regard to case, and
// stands for exactly itself, on every port. A port given with it is ignored.
// Every other rule stays: other hosts still need https, and schemes other than
// http and https are still refused. The permission holds for editor alone, not
// for requests that its function or token source makes. Calls may be nested;
// the hosts of all of them are allowed.
//
// The editor fails with [ErrInsecureAddress] on every request if no host is
// named or one is not a bare host, and with [ErrCredential] if editor is nil.
// Wrapping an editor that is not from this package has no effect unless it
// calls one that is, with the context it was given.
func InsecureAllowPlaintextHTTP(editor RequestEditorFn, hosts ...string) RequestEditorFn {
	allowed, misuse := parseHosts(hosts)
	if editor == nil {
		misuse = refuseCredential("InsecureAllowPlaintextHTTP was given a nil editor: pass one, such as authn.APIKey(key)")
	}
	return func(ctx context.Context, req *http.Request) error {
		if err := prepare(ctx, req); err != nil {
			return err
		}
		if misuse != nil {
			return misuse
		}
		outer, _ := ctx.Value(allowanceKey{}).(*allowance)
		return editor(context.WithValue(ctx, allowanceKey{}, &allowance{allowed, outer}), req)
	}
}

func parseHosts(hosts []string) ([]string, error) {
	if len(hosts) == 0 {
		return nil, refuseAddress("InsecureAllowPlaintextHTTP names no host: name each one that may be reached over plain http")
	}
	parsed := make([]string, len(hosts))
	for i, host := range hosts {
		if _, err := netip.ParseAddr(host); err != nil {
			host = (&url.URL{Host: host}).Hostname()
			if _, err := netip.ParseAddr(host); err != nil && !httpx.IsName(host) {
				return nil, refuseAddress("host %d of %d given to InsecureAllowPlaintextHTTP is not a bare host: pass a name or an IP address, without scheme, path or wildcard", i+1, len(hosts))
			}
		}
		parsed[i] = canonicalHost(host)
	}
	return parsed, nil
}

type allowanceKey struct{}

// allowance is a context value and not an argument because a RequestEditorFn is
// a plain function: there is nothing else by which a wrapper can reach the
// editor it wraps.
type allowance struct {
	hosts []string
	outer *allowance
}

func plaintextAllowed(ctx context.Context, host string) bool {
	host = canonicalHost(host)
	a, _ := ctx.Value(allowanceKey{}).(*allowance)
	for ; a != nil; a = a.outer {
		if slices.Contains(a.hosts, host) {
			return true
		}
	}
	return false
}

// withoutAllowance returns the context for a caller's function, which may make
// requests with other editors: they have not been allowed anything.
func withoutAllowance(ctx context.Context) context.Context {
	if a, _ := ctx.Value(allowanceKey{}).(*allowance); a == nil {
		return ctx
	}
	return context.WithValue(ctx, allowanceKey{}, (*allowance)(nil))
}
