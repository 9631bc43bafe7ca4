package authn

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"github.com/clarify-go/clarify/internal/httpx"
)

// unknownHost stands in messages for a host that cannot be printed.
const unknownHost = "the address given"

// checkAddress returns an error that matches ErrInsecureAddress unless a
// credential may be sent to u. It judges u.Hostname, which is what net/http
// dials, and not the Host field of the request, which is only sent.
func checkAddress(ctx context.Context, u *url.URL) error {
	if u == nil || u.Hostname() == "" {
		return refuseAddress("the request has no address: give the client a server address that starts with https://")
	}
	host := u.Hostname()
	switch {
	case equalFoldASCII(u.Scheme, "https"):
		return nil
	case !equalFoldASCII(u.Scheme, "http"):
		return refuseAddress("no credential is sent to %s: use an https address", httpx.PrintableHost(host, unknownHost))
	case httpx.IsLoopback(host) || plaintextAllowed(ctx, host):
		return nil
	}
	return refuseAddress("no credential is sent to %s over plain http: use https (http is for localhost, in lower case, and loopback addresses only)", httpx.PrintableHost(host, unknownHost))
}

// canonicalHost brings spellings of one host name or address together.
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
