package authn

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
)

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
		return refuseAddress("no credential is sent to %s: use an https address", printableHost(host))
	case isLoopback(host) || plaintextAllowed(ctx, host):
		return nil
	}
	return refuseAddress("no credential is sent to %s over plain http: use https (http is for localhost, in lower case, and loopback addresses only)", printableHost(host))
}

// isLoopback takes names and addresses only in the forms that every resolver
// reads alike, and for which net/http goes round a proxy: anything cleverer,
// such as 127.1 or *.localhost, is up to the resolver in use, and a request to
// LOCALHOST would take the proxy.
func isLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == "" && ip.Unmap().IsLoopback()
	}
	return host == "localhost"
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

// printableHost keeps out of messages what is no host: an address put together
// by hand may have a password where the host should be.
func printableHost(host string) string {
	if _, err := netip.ParseAddr(host); err == nil || isName(host) {
		return host
	}
	return "the address given"
}

func isName(host string) bool {
	for i := range len(host) {
		switch c := lowerASCII(host[i]); {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return strings.Trim(host, ".") != "" && len(host) <= 254
}
