package clarify

import (
	"errors"
	"net/http"
	"strings"
)

// renew repeats a request once with another access token if the API refuses the
// one that was sent, because it was revoked before it expired. A 401 is answered
// before anything is done, so that is safe for any request. It does so once for
// a call, and not for API keys, of which there is no other.
func (ch *chain) renew(next stage) stage {
	return func(c *call) (*http.Response, error) {
		rsp, err := next(c)
		if err != nil || rsp.StatusCode != http.StatusUnauthorized || c.rejected != "" || !strings.EqualFold(c.scheme, "Bearer") {
			return rsp, err
		}
		c.rejected = c.secrets[len(c.secrets)-1]
		c.renewing = true
		c.prepare()
		again, err := next(c)
		c.renewing = false
		var none *notRenewed
		var held *heldBack
		if errors.As(err, &none) || errors.As(err, &held) {
			// Nothing was sent, so the response that there is stands.
			c.attempt--
			if none != nil {
				c.notRenewed = none.err
			}
			return rsp, nil
		}
		return again, err
	}
}

// notRenewed is an attempt that was not made because there is no other token.
type notRenewed struct{ err error } // nil if the source has the same one still

func (n *notRenewed) Error() string { return "there is no other access token" }
