package authn

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/httpx"
)

// unknownHost replaces a host that must not be printed in messages.
const unknownHost = "the given URL"

// checkAddress returns an error that matches ErrInsecureAddress unless a
// credential may be sent to u. It checks u.Hostname, which net/http dials, and not
// the Host field of the request, which is only sent.
func checkAddress(ctx context.Context, u *url.URL) error {
	if u == nil || u.Hostname() == "" {
		return addressError("the request has no URL: give the client a server URL that starts with https://")
	}
	host := u.Hostname()
	switch {
	case equalFoldASCII(u.Scheme, "https"):
		return nil
	case !equalFoldASCII(u.Scheme, "http"):
		return addressError("no credential is sent to %s: use an https URL", httpx.PrintableHost(host, unknownHost))
	case httpx.IsLoopback(host) || plaintextAllowed(ctx, host):
		return nil
	}
	return addressError("no credential is sent to %s over plain http: use https (http is for localhost, in lower case, and loopback addresses only)", httpx.PrintableHost(host, unknownHost))
}

// canonicalHost returns the same string for all spellings of a host name or address.
func canonicalHost(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	name := []byte(strings.TrimSuffix(host, "."))
	for i, c := range name {
		name[i] = lowerASCII(c)
	}
	return string(name)
}

type allowanceKey struct{}

// allowance is a context value because a RequestEditorFn is a plain function: a
// wrapper has no other way to reach the editor that it wraps.
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

// withoutAllowance returns the context for a caller's function, which may send
// requests with other editors: the permission is not for those.
func withoutAllowance(ctx context.Context) context.Context {
	if a, _ := ctx.Value(allowanceKey{}).(*allowance); a == nil {
		return ctx
	}
	return context.WithValue(ctx, allowanceKey{}, (*allowance)(nil))
}
