package clarify

import (
	"net/http"

	"github.com/clarify-go/clarify/authn"
)

// newChain assembles the life of a request. It travels from the first stage to the
// last, and its response back from the last to the first.
func newChain(hc *http.Client, workspace address, auth authn.RequestEditorFn, c config) *chain {
	logger := attemptLogger{c.logger}
	var (
		report       = reportStage{}
		retry        = retryStage{retries: c.retries, logger: logger}
		renew        = renewStage{}
		limitRate    = limitRateStage{limiter: c.limiter, workspace: workspace.String(), failures: &limiterFailures{}, logger: logger}
		authenticate = authenticateStage{auth: auth, workspace: workspace}
		guard        = guardStage{workspace: workspace}
		log          = logStage{logger: logger, bodies: c.logBodies}
		read         = readStage{maxSize: c.maxResponseSize}
		send         = sendStage{client: hc, agent: []string{c.userAgent}}
	)
	return &chain{
		workspace: workspace,
		routes:    newRoutes(),
		first:     through(report, retry, renew, limitRate, authenticate, guard, log, read, send),
	}
}

// chain is the HTTP client of the generated client.
type chain struct {
	workspace address
	routes    *routes
	first     handler
}

// Do sends a request through the chain.
func (ch *chain) Do(req *http.Request) (*http.Response, error) {
	c, err := newCall(req, ch.routes.find(req.Method, ch.workspace.below(req.URL)))
	if err != nil {
		return nil, err
	}
	return ch.first(c)
}
