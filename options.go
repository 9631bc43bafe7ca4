package clarify

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// Option configures a client. An option with an invalid value makes [New] fail.
type Option func(*config) error

// config is what the options set.
type config struct {
	baseURL         string
	httpClient      *http.Client
	logger          *slog.Logger
	limiter         Limiter
	observers       observers
	dump            *dump
	logBodies       bool
	retries         int
	userAgent       string
	maxResponseSize int64
}

// newConfig applies options to the defaults.
func newConfig(opts []Option) (config, error) {
	c := config{
		baseURL:         defaultBaseURL,
		httpClient:      &http.Client{},
		limiter:         sharedLimiter,
		retries:         3,
		userAgent:       defaultUserAgent(),
		maxResponseSize: 64 << 20,
	}
	for _, opt := range opts {
		if opt == nil {
			return config{}, errNilOption
		}
		if err := opt(&c); err != nil {
			return config{}, err
		}
	}
	return c, nil
}

// defaultBaseURL is the part of the server's URL before the workspace.
var defaultBaseURL, _, _ = strings.Cut(gen.ServerURL, "/workspaces/")

// WithBaseURL replaces https://api.clarify.ai/v1, the part of each URL before
// /workspaces/…, for example with that of a sandbox. It must be an absolute http
// or https URL without user, query and fragment. Over plain http the editors of
// authn send credentials to loopback addresses only.
func WithBaseURL(address string) Option {
	return func(c *config) error {
		u, err := url.Parse(address)
		if err != nil {
			return errors.New("clarify: invalid base URL: must be a URL such as https://api.clarify.ai/v1")
		}
		if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Hostname() == "" {
			return fmt.Errorf("clarify: invalid base URL %q: must be an absolute http or https URL such as https://api.clarify.ai/v1", u.Redacted())
		}
		if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			return errors.New("clarify: invalid base URL: must not have a user, query or fragment, as in https://api.clarify.ai/v1")
		}
		c.baseURL = address
		return nil
	}
}

// WithHTTPClient sends requests through a copy of hc. It uses the transport, cookie
// jar and timeout of hc, but not its CheckRedirect: redirects are never followed.
// If the transport is nil, it uses one with sensible timeouts. The timeout bounds
// each attempt including its response; the context of a call bounds all attempts
// together.
//
// Files are sent to storage hosts through the same transport, without cookies and
// without the token of an [oauth2.Transport]. A transport of your own that adds a
// credential must check the host.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return errors.New("clarify: nil HTTP client")
		}
		c.httpClient = hc
		return nil
	}
}

// WithLogger logs the method, path, operation, attempt, status and duration of each
// attempt at level Debug, and each retry and wait for the rate limit at level Warn.
// Queries, headers and bodies are not logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("clarify: nil logger")
		}
		c.logger = logger
		return nil
	}
}

// WithLogBodies makes [WithLogger] log the JSON bodies of requests and responses
// too, up to 64 KiB each. Names are kept. Strings and numbers, which may be personal
// data, are replaced by their length.
func WithLogBodies() Option {
	return func(c *config) error {
		c.logBodies = true
		return nil
	}
}

// WithRetries sets how often a request may be retried. The default is 3; 0 turns
// retries off. The package comment says which requests are retried, and when.
func WithRetries(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("clarify: retries must be 0 or more, got %d", n)
		}
		c.retries = n
		return nil
	}
}

// WithUserAgent sets the header User-Agent, which is printable ASCII. The default
// names this module, its version, and that of Go.
func WithUserAgent(product string) Option {
	return func(c *config) error {
		if product == "" || strings.ContainsFunc(product, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("clarify: invalid user agent %q: must be printable ASCII such as importer/1.2", product)
		}
		c.userAgent = product
		return nil
	}
}

// WithMaxResponseSize sets how large a response may be, in bytes after
// decompression. The default is 64 MiB. A larger response is an error. Files and
// CSV are streamed and have no limit.
func WithMaxResponseSize(bytes int64) Option {
	return func(c *config) error {
		if bytes <= 0 {
			return fmt.Errorf("clarify: maximum response size must be 1 or more bytes, got %d", bytes)
		}
		c.maxResponseSize = bytes
		return nil
	}
}

// WithLimiter replaces the limiter that delays requests while the API would reject
// them with 429.
//
// The default is one in memory, which all clients of the process share, so that
// those of the same workspace do not exceed the limit together. It learns from the
// headers of the responses, which count the requests of other processes too, so it
// waits when the limit is used up. But of several processes each believes that the
// room that is left is its own. A limiter that they share avoids that.
//
// If a limiter fails, the reason is logged, at most every ten seconds, and the
// default decides.
//
// Clients that must not share what they know, such as those of tests whose servers
// have the same URL, get one each from [NewLimiter].
func WithLimiter(limiter Limiter) Option {
	return func(c *config) error {
		if httpx.IsNil(limiter) {
			return errors.New("clarify: nil limiter")
		}
		c.limiter = limiter
		return nil
	}
}

// WithObserver tells an observer what the client does. Given several times, each
// observer is told, in this order.
func WithObserver(o Observer) Option {
	return func(c *config) error {
		if o.empty() {
			return errors.New("clarify: the observer has no function")
		}
		// Other clients may share the options that came before.
		c.observers = append(c.observers[:len(c.observers):len(c.observers)], o)
		return nil
	}
}

// WithDump writes each attempt to w, for debugging: the request and its response, with
// headers and up to 64 KiB of each body. Attempts are written one at a time, when they
// have ended, with the number of their call, so that those of several clients can share
// w. Errors of w are ignored.
//
// Credentials are replaced by [redacted], and so are header fields whose names suggest a
// secret. Of responses with signed URLs only an outline is written. The rest is data of
// the workspace, and personal: [WithLogger] logs none of it.
func WithDump(w io.Writer) Option {
	return func(c *config) error {
		if httpx.IsNil(w) {
			return errors.New("clarify: nil writer for the dump")
		}
		c.dump = &dump{w: w}
		return nil
	}
}

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
	errNilOption  = errors.New("clarify: nil option")
	errNilContext = errors.New("clarify: nil context")
)
