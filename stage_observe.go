package clarify

import (
	"net/http"
	"time"
)

// observeStage tells the observers of each attempt.
type observeStage struct{ observers observers }

func (s observeStage) do(c *call, next handler) (*http.Response, error) {
	ctx := s.observers.attemptStarted(c)
	c.observation.ctx = ctx
	began := time.Now()
	rsp, err := next(c)
	s.observers.attemptFinished(ctx, c, rsp, err, time.Since(began))
	return rsp, err
}
