package clarify

import (
	"errors"
	"net/http"
	"strings"
)

// guardStage lets out only requests to the workspace. It comes after everything
// that may change a request.
type guardStage struct{ workspace address }

func (s guardStage) do(c *call, next handler) (*http.Response, error) {
	req := c.attempts.request
	if err := s.workspace.check(req.URL); err != nil {
		return nil, &nonRetryable{err: err, failure: FailureInvalid}
	}
	if req.Host != "" && !strings.EqualFold(req.Host, req.URL.Host) {
		return nil, &nonRetryable{err: errors.New("the request's Host differs from the host of its URL"), failure: FailureInvalid}
	}
	return next(c)
}
