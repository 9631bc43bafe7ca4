package clarify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

// Client is a client of one workspace. It has the methods of the generated
// client, for all operations; what they send passes retries, the rate limit and
// the guard of the credential, and what is not a success is an [Error].
//
// It is safe for concurrent use, provided that the function or token source
// which authenticates it is. Use one client for a workspace: the API counts its
// rate limit for each workspace and endpoint, and all requests of a client are held
// back together so that they do not exceed it. Clients do not know of each other,
// nor of other programs; what they exceed together is responded with 429, and repeated.
type Client struct {
	*gen.ClientWithResponses

	chain   *chain
	storage *http.Client // for signed addresses: it has no credential
}

// Option changes a client while it is made.
type Option func(*config) error

type config struct {
	baseURL         string
	httpClient      *http.Client
	logger          *slog.Logger
	logBodies       bool
	retries         int
	userAgent       string
	maxResponseSize int64
}

// New returns a client of a workspace. The workspace is the slug in the address
// of the app, as in https://app.clarify.ai/acme. The requests are authenticated
// by auth, which is called again for each attempt, so that a token refreshed
// meanwhile is used. If the API responds with 401 to an access token of an
// [authn.Source], that is renewed, and the request repeated, once:
//
//	clarify.New("acme", authn.APIKey(key))
//	clarify.New("acme", authn.TokenSource(source))
//
// A workspace that is empty, "." or "..", a nil auth, and an option with a wrong
// value are errors. Nothing is sent.
func New(workspace string, auth authn.RequestEditorFn, opts ...Option) (*Client, error) {
	server, err := gen.NewServerURL(workspace)
	if err != nil {
		return nil, fmt.Errorf("clarify: the workspace %q is not one: pass the slug in the address of the app, such as acme", workspace)
	}
	if auth == nil {
		return nil, errors.New("clarify: there is nothing to authenticate with: pass authn.APIKey(key), authn.TokenSource(source) or another of authn's editors")
	}
	defaultBase, _, _ := strings.Cut(gen.ServerURL, "/workspaces/")
	c := config{
		baseURL:         defaultBase,
		httpClient:      &http.Client{},
		retries:         3,
		userAgent:       defaultUserAgent(),
		maxResponseSize: 64 << 20,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		if err := opt(&c); err != nil {
			return nil, err
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.baseURL, "/") + strings.TrimPrefix(server, defaultBase))
	if err != nil {
		return nil, fmt.Errorf("clarify: the address of the workspace %q is malformed", workspace)
	}

	// Redirects are not followed: the API has none, and a credential must not
	// leave its origin.
	hc := *c.httpClient
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if hc.Transport == nil {
		hc.Transport = defaultTransport()
	}
	storage := hc
	storage.Jar = nil
	storage.Transport = withoutCredential(hc.Transport)

	chain := newChain(&hc, base, auth, c)
	client, err := gen.NewClientWithResponses(base.String(), gen.WithHTTPClient(chain))
	if err != nil {
		return nil, err
	}
	client.ResponseErrorFn = func(e *gen.ResponseError) error {
		return responseError(e.Operation, e.HTTPResponse, e.Err)
	}
	return &Client{ClientWithResponses: client, chain: chain, storage: &storage}, nil
}

// WithBaseURL replaces https://api.clarify.ai/v1, which stands before
// /workspaces/…, for instance by the address of a sandbox. It must be an
// absolute http or https address without query, fragment and user. The editors
// of authn send credentials over plain http to loopback addresses only.
func WithBaseURL(address string) Option {
	return func(c *config) error {
		u, err := url.Parse(address)
		if err != nil {
			return errors.New("clarify: the base URL is malformed; it should look like https://api.clarify.ai/v1")
		}
		if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Hostname() == "" {
			return fmt.Errorf("clarify: the base URL %q is not an absolute http or https address; it should look like https://api.clarify.ai/v1", u.Redacted())
		}
		if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			return errors.New("clarify: the base URL may not have a user, a query or a fragment; it should look like https://api.clarify.ai/v1")
		}
		c.baseURL = address
		return nil
	}
}

// WithHTTPClient sends requests through a copy of hc, whose transport, proxy,
// cookie jar and timeout are respected. Its CheckRedirect is not: redirects are
// never followed. A nil transport gets one with sensible timeouts. A timeout of
// hc bounds each attempt, with its response; the context of a call bounds all of
// them together.
//
// Files are sent to storage hosts through the same transport, without cookies
// and without the token of an [oauth2.Transport]. A transport of yours that adds
// a credential by itself must look at the host.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return errors.New("clarify: the HTTP client is nil")
		}
		c.httpClient = hc
		return nil
	}
}

// WithLogger has each attempt logged at level Debug, and at Warn if it will be
// repeated or waits for the rate limit: method, path, operation, status, attempt
// and duration. Queries, headers and bodies are not logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("clarify: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithLogBodies adds the bodies of JSON requests and responds to what
// [WithLogger] logs, up to 64 KiB each. Names stay, while texts and numbers,
// which may be anybody's, are replaced by how long they are.
func WithLogBodies() Option {
	return func(c *config) error {
		c.logBodies = true
		return nil
	}
}

// WithRetries sets how often a request may be repeated, 3 times unless this says
// otherwise; 0 turns repetition off. What is repeated, and when, is said in the
// package comment.
func WithRetries(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("clarify: %d retries are asked for; it takes 0 or more", n)
		}
		c.retries = n
		return nil
	}
}

// WithUserAgent sets the header User-Agent. Unless this says otherwise it names
// this module, its version, and that of Go.
func WithUserAgent(product string) Option {
	return func(c *config) error {
		if product == "" || strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("clarify: the user agent %q is not one: pass printable ASCII such as importer/1.2", product)
		}
		c.userAgent = product
		return nil
	}
}

// WithMaxResponseSize sets how large a response may be, in bytes and after
// decompression: 64 MiB unless this says otherwise. A larger one is an error.
// Files and CSV, which are streamed, have no limit.
func WithMaxResponseSize(bytes int64) Option {
	return func(c *config) error {
		if bytes <= 0 {
			return fmt.Errorf("clarify: a response size of %d bytes is asked for; it takes 1 or more", bytes)
		}
		c.maxResponseSize = bytes
		return nil
	}
}

// withoutCredential returns what is below a transport that adds an access token
// to every request, whichever host it is for.
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

// defaultTransport is one for all clients, so that a program that makes many of
// them does not collect idle connections.
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t := standard.Clone()
	// The standard 2 would close most of the connections of a concurrent caller
	// after each request.
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 90 * time.Second
	return t
})

const modulePath = "github.com/clarify-go/clarify"

func defaultUserAgent() string {
	version, goVersion := "devel", "go"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && m.Version != "" && m.Version != "(devel)" {
				version = m.Version
			}
		}
	}
	return "clarify-go/" + version + " (" + goVersion + ")"
}

var (
	errNilOption  = errors.New("clarify: an option is nil")
	errNilContext = errors.New("clarify: the context is nil")
)
