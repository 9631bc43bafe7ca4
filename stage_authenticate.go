package clarify

import (
	"net/http"

	"github.com/clarify-go/clarify/authn"
)

// authenticateStage sets the credential, again for each attempt.
type authenticateStage struct {
	observers observers
	auth      authn.RequestEditorFn
	workspace address
}

func (s authenticateStage) do(c *call, next handler) (*http.Response, error) {
	req := c.attempts.request
	// The editor may send the credential itself, so the guard would be too late.
	if err := s.workspace.check(req.URL); err != nil {
		return nil, &nonRetryable{err: err, failure: FailureInvalid}
	}
	ctx := s.observers.onRefresh(c.ctx, c)
	if c.renewal.active {
		ctx = authn.WithRejectedToken(ctx, c.renewal.rejected)
	}
	// The editor may request a token.
	err := ctx.Err()
	if err == nil {
		err = s.auth(ctx, req)
	}
	switch {
	case err != nil && c.renewal.active:
		return nil, &notRenewed{err}
	case err != nil:
		return nil, &nonRetryable{err: err, failure: FailureCredential}
	}
	c.credential.set(req.Header.Get("Authorization"))
	if c.renewal.active && c.credential.last() == c.renewal.rejected {
		return nil, &notRenewed{}
	}
	if c.renewal.active {
		s.observers.renewed(c)
	}
	return next(c)
}
