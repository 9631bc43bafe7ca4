package clarify

import (
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// sendStage is the last stage: it sends the request, and notes whether it began to.
type sendStage struct {
	client *http.Client
	agent  []string // the header User-Agent, unless the request has one
}

func (s sendStage) do(c *call, _ handler) (*http.Response, error) {
	// The caller's transport may ignore the context.
	if err := c.ctx.Err(); err != nil {
		return nil, &nonRetryable{err: err}
	}
	t := &trace{}
	t.GetConn = func(string) { t.connects.Store(true) }
	t.WroteHeaders = func() { t.wrote.Store(true) }
	req := c.attempts.request.WithContext(httptrace.WithClientTrace(c.attemptContext(), &t.ClientTrace))
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = s.agent
	}
	rsp, err := s.client.Do(req)
	// A transport that does not support traces may have sent it.
	if t.wrote.Load() || !t.connects.Load() {
		c.sending.last = c.attempts.number
	}
	if err != nil {
		err = withoutURL(err)
	}
	if rsp != nil && rsp.Request != nil {
		rsp.Request = c.visible()
	}
	return rsp, err
}

// withoutURL unwraps an error whose text repeats the URL with the query.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// trace notes how far the transport gets with a request.
type trace struct {
	httptrace.ClientTrace
	connects, wrote atomic.Bool
}
