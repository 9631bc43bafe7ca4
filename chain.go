package clarify

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/clarify-go/clarify/authn"
)

// newChain assembles the life of a request. It travels from the first stage to the
// last, and its response back from the last to the first. A stage that has nothing to
// do is left out.
func newChain(hc *http.Client, slug string, workspace address, auth authn.RequestEditorFn, c config) *chain {
	logger := attemptLogger{c.logger, slug}
	stages := []stage{
		reportStage{},
		retryStage{retries: c.retries, observers: c.observers, logger: logger},
		renewStage{},
		limitRateStage{limiter: c.limiter, workspace: workspace.String(), failures: &limiterFailures{}, observers: c.observers, logger: logger},
		authenticateStage{observers: c.observers, auth: auth, workspace: workspace},
		guardStage{workspace: workspace},
	}
	if c.observers.active() {
		stages = append(stages, observeStage{observers: c.observers})
	}
	if c.logger != nil {
		stages = append(stages, logStage{logger: logger, bodies: c.logBodies})
	}
	if c.dump != nil {
		stages = append(stages, dumpStage{dump: c.dump, workspace: slug})
	}
	stages = append(stages,
		readStage{observers: c.observers, maxSize: c.maxResponseSize},
		sendStage{client: hc, agent: []string{c.userAgent}},
	)
	return &chain{
		slug:      slug,
		base:      strings.TrimSuffix(c.baseURL, "/"),
		workspace: workspace,
		routes:    sharedRoutes(),
		observers: c.observers,
		first:     through(stages...),
	}
}

// chain is the HTTP client of the generated client.
type chain struct {
	slug      string
	base      string // the URL before /workspaces/
	workspace address
	routes    *routes
	observers observers
	first     handler
}

// calls counts the calls of the process.
var calls atomic.Uint64

// Do sends a request through the chain.
func (ch *chain) Do(req *http.Request) (*http.Response, error) {
	options := callOptionsOf(req.Context())
	if options.err != nil {
		return nil, options.err
	}
	path := ch.workspace.below(req.URL)
	a := asked{ctx: req.Context(), request: options.edit(req), operation: ch.routes.find(req.Method, path), options: options, id: calls.Add(1)}
	if options.timeout <= 0 {
		return ch.do(a, path)
	}
	ctx, cancel := context.WithTimeout(a.ctx, options.timeout)
	a.ctx = ctx
	rsp, err := ch.do(a, path)
	if err != nil {
		cancel()
		return nil, err
	}
	if _, read := rsp.Body.(*heldBody); read {
		cancel()
		return rsp, nil
	}
	rsp.Body = &boundedBody{rsp.Body, cancel}
	return rsp, nil
}

// boundedBody is a body that the caller reads, before a timeout.
type boundedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// do makes a call of what is asked, and tells the observers of it.
func (ch *chain) do(a asked, path string) (*http.Response, error) {
	if !ch.observers.active() {
		c, err := newCall(a)
		if err != nil {
			return nil, err
		}
		return ch.first(c)
	}
	a.info = &RequestInfo{
		ID: a.id, Workspace: ch.slug, BaseURL: ch.base, Host: ch.workspace.url.Host,
		Method: a.request.Method, Operation: a.operation.ID, Route: a.operation.Path, Object: objectIn(a.operation.Path, path),
		Class: a.options.class,
	}
	began := time.Now()
	a.ctx = ch.observers.requestStarted(a.ctx, a.info)
	c, err := newCall(a)
	var rsp *http.Response
	if err == nil {
		rsp, err = ch.first(c)
	}
	ch.observers.requestFinished(a.ctx, a.info, c, rsp, err, time.Since(began))
	return rsp, err
}
