package clarify

import (
	"errors"
	"net/http"
	"strings"
)

// renewStage repeats a request once with another access token if the API responds
// with 401 to the one that was sent, which may have been revoked before it
// expired. That is safe for any request: the API responds with 401 before it does
// anything. An API key is not renewed.
type renewStage struct{}

func (renewStage) do(c *call, next handler) (*http.Response, error) {
	rsp, err := next(c)
	if err != nil || rsp.StatusCode != http.StatusUnauthorized || c.renewal.rejected != "" || !strings.EqualFold(c.credential.scheme, "Bearer") {
		return rsp, err
	}
	c.renewal.rejected = c.credential.last()
	c.renewal.active = true
	c.attempts.begin(&c.asked)
	again, err := next(c)
	c.renewal.active = false
	var none *notRenewed
	if errors.As(err, &none) {
		c.renewal.failure = none.err
	}
	if none != nil || isRateLimited(err) {
		// Nothing was sent, so the 401 stands.
		c.attempts.withdraw()
		return rsp, nil
	}
	return again, err
}

// notRenewed is the error for an attempt that was not sent because there is no
// other access token.
type notRenewed struct{ err error } // nil if the source has the same token still

func (n *notRenewed) Error() string { return "no other access token" }
