package clarify

import (
	"fmt"
	"net/url"
	"strings"
)

// address is the URL of a workspace. Requests and their credential go only to URLs
// below it.
type address struct {
	url  *url.URL
	path string // escaped
}

func newAddress(u *url.URL) address { return address{u, u.EscapedPath()} }

// check returns an error unless u is below the address.
func (a address) check(u *url.URL) error {
	if (u.Scheme != a.url.Scheme || u.Host != a.url.Host) && origin(u) != origin(a.url) {
		return fmt.Errorf("no credential is sent to %s: the API is at %s", origin(u), origin(a.url))
	}
	if a.below(u) == "" || u.User != nil {
		return fmt.Errorf("invalid request URL: must be below the workspace's, %s", a.path)
	}
	return nil
}

// join returns the URL of a path below the address. The segments of the path are
// escaped, unless they are already. None of them may lead elsewhere.
func (a address) join(path string) (*url.URL, error) {
	wrong := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("clarify: invalid path %q: %s, as in objects/person/records", path, why)
	}
	if strings.ContainsAny(path, "?#") {
		return wrong("a query is passed beside it, and ? or # in a segment are escaped")
	}
	escaped := a.path
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		data, err := url.PathUnescape(segment)
		if err != nil {
			return wrong("a % in a segment is escaped as %25")
		}
		if data == "" || data == "." || data == ".." {
			return wrong("it must be segments below the workspace's URL, none of them empty, . or ..")
		}
		escaped += "/" + url.PathEscape(data)
	}
	below, err := url.PathUnescape(escaped)
	if err != nil {
		return wrong("it must be valid")
	}
	u := *a.url
	u.Path, u.RawPath = below, escaped
	return &u, nil
}

// String returns the URL of the workspace, in one form for all that lead there.
func (a address) String() string { return origin(a.url) + a.path }

// below returns the path of u after the address. It is empty if u is not below it.
func (a address) below(u *url.URL) string {
	rest, ok := strings.CutPrefix(u.EscapedPath(), a.path)
	if !ok || !strings.HasPrefix(rest, "/") {
		return ""
	}
	return rest
}

// origin returns scheme, host and port (RFC 6454).
func origin(u *url.URL) string {
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port(u))
}

// port returns the port of a URL, also if it is the default of the scheme.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
}
