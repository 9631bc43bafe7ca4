package clarify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// checkLink returns the URL that a link in a response leads to, such as
// links.next. It must be below the workspace's own URL.
func (c *Client) checkLink(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("a link is malformed")
	}
	u = c.workspace.url.ResolveReference(u)
	secureLink(u, c.workspace.url)
	if err := c.workspace.check(u); err != nil {
		return nil, fmt.Errorf("a link is not followed: %w", err)
	}
	return u, nil
}

// secureLink gives an http link to the API's own host the scheme of the API, which
// is https. The API is known to write such links (live-api.md, L1), with its own
// port or with 80 in place of 443. No credential is sent in the clear: requests go
// to the URL that was checked.
func secureLink(u, base *url.URL) {
	if base.Scheme != "https" || !strings.EqualFold(u.Scheme, "http") || !strings.EqualFold(u.Hostname(), base.Hostname()) {
		return
	}
	if is, want := port(u), port(base); is == want || is == "80" && want == "443" {
		u.Scheme, u.Host = base.Scheme, base.Host
	}
}
