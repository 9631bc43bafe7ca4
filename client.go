package clarify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

// Client is a client of one workspace. It has the methods of the generated client,
// for all operations. Their requests are authenticated, rate limited and retried,
// and one that fails returns an [Error].
//
// It is safe for concurrent use if the function or token source that authenticates
// it is. The API counts its rate limit for each workspace and endpoint, and the clients
// of one workspace in a process delay their requests so that together they do not
// exceed it. They do not know of other processes: if these exceed the limit together,
// the API responds with 429, and the request is retried. [WithLimiter] is for
// processes that share a limit.
type Client struct {
	*gen.ClientWithResponses

	config    config
	slug      string // of the workspace
	workspace address
	chain     *chain
	storage   *http.Client // for signed URLs: it has no credential
}

// New returns a client of a workspace. The workspace is the slug in the URL of the
// app, such as acme in https://app.clarify.ai/acme. The function auth
// authenticates each request:
//
//	clarify.New("acme", authn.APIKey(key))
//	clarify.New("acme", authn.TokenSource(source))
//
// It is called for each attempt, so that a retry uses the current token. If the API
// responds with 401 to an access token of an [authn.Source], the token is refreshed
// and the request retried, once.
//
// New sends nothing. It fails if the workspace is empty, "." or "..", if auth is
// nil, or if an option has an invalid value.
func New(workspace string, auth authn.RequestEditorFn, opts ...Option) (*Client, error) {
	server, err := gen.NewServerURL(workspace)
	if err != nil {
		return nil, fmt.Errorf("clarify: invalid workspace %q: must be the slug in the URL of the app, such as acme", workspace)
	}
	if auth == nil {
		return nil, errors.New("clarify: nil auth: must be authn.APIKey(key), authn.TokenSource(source) or another editor of authn")
	}
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(strings.TrimSuffix(c.baseURL, "/") + strings.TrimPrefix(server, defaultBaseURL))
	if err != nil {
		return nil, fmt.Errorf("clarify: invalid workspace %q: it makes no valid URL with the base URL", workspace)
	}

	// Redirects are not followed: the API has none, and a credential must not leave
	// its origin.
	hc := *c.httpClient
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if hc.Transport == nil {
		hc.Transport = defaultTransport()
	}
	storage := hc
	storage.Jar = nil
	storage.Transport = withoutCredential(hc.Transport)

	at := newAddress(base)
	ch := newChain(&hc, workspace, at, auth, c)
	client, err := gen.NewClientWithResponses(base.String(), gen.WithHTTPClient(ch))
	if err != nil {
		return nil, err
	}
	client.ResponseErrorFn = func(e *gen.ResponseError) error {
		return responseError(e.Operation, e.HTTPResponse, e.Err)
	}
	return &Client{ClientWithResponses: client, config: c, slug: workspace, workspace: at, chain: ch, storage: &storage}, nil
}

// withoutCredential unwraps transports that add an access token to every request,
// whatever its host.
func withoutCredential(t http.RoundTripper) http.RoundTripper {
	for {
		adding, ok := t.(*oauth2.Transport)
		if !ok {
			return t
		}
		if t = adding.Base; t == nil {
			return defaultTransport()
		}
	}
}

// defaultTransport is shared by all clients, so that a program with many of them
// does not collect idle connections.
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t := standard.Clone()
	// The default of 2 would close most connections of a concurrent caller after
	// each request.
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 90 * time.Second
	return t
})

// retriesIn returns how often a request with this context may be retried.
func (c *Client) retriesIn(ctx context.Context) int {
	if callOptionsOf(ctx).withoutRetries {
		return 0
	}
	return c.config.retries
}
