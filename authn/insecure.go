package authn

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/clarify-go/clarify/internal/httpx"
)

// InsecureAllowPlaintextHTTP lets editor send its credential over plain http to
// the named hosts. Anyone on the network path can read it: use it in test networks
// only, with credentials made for them. Loopback hosts need no permission.
//
// A host is a name or an IP address. It is compared without regard to case, and
// stands for itself only, on every port; a port in it is ignored. All other rules
// stay: other hosts still need https, and schemes other than http and https are
// still rejected. The permission is for editor alone, not for requests that its
// function or token source sends. Calls may be nested; the hosts of all of them
// are allowed.
//
// The editor fails with [ErrInsecureAddress] on every request if there is no host
// or one is not a bare host, and with [ErrCredential] if editor is nil. An editor
// that is not from this package is not affected, unless it calls one that is with
// the context it was given.
func InsecureAllowPlaintextHTTP(editor RequestEditorFn, hosts ...string) RequestEditorFn {
	allowed, misuse := parseHosts(hosts)
	if editor == nil {
		misuse = credentialError("InsecureAllowPlaintextHTTP was given a nil editor: pass one, such as authn.APIKey(key)")
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
		return nil, addressError("InsecureAllowPlaintextHTTP was given no host: pass each one that may be reached over plain http")
	}
	parsed := make([]string, len(hosts))
	for i, host := range hosts {
		if _, err := netip.ParseAddr(host); err != nil {
			host = (&url.URL{Host: host}).Hostname()
			if _, err := netip.ParseAddr(host); err != nil && !httpx.IsName(host) {
				return nil, addressError("host %d of %d given to InsecureAllowPlaintextHTTP is not a bare host: pass a name or an IP address, without scheme, path or wildcard", i+1, len(hosts))
			}
		}
		parsed[i] = canonicalHost(host)
	}
	return parsed, nil
}
