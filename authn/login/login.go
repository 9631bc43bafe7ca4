// Package login logs in the user of the machine that a program runs on, in the user's
// browser, according to RFC 8252, which is about native apps:
//
//	token, err := login.Run(ctx, authn.NewConfig(clientID, "", ""))
//
// Run opens Clarify's login page in the browser, and receives the callback on a port of
// the loopback interface, which only this machine can reach. The app must be registered
// with a redirect URL on 127.0.0.1; see [Run].
//
// A program on a server, whose users are elsewhere, uses [authn.CodeFlow].
package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// DefaultTimeout is how long the user has for the login, unless [WithTimeout] says
// otherwise.
const DefaultTimeout = 5 * time.Minute

// ErrTimeout is matched, by [errors.Is], when the user did not come back in time.
var ErrTimeout = errors.New("login: the login timed out")

// An Option configures [Run].
type Option func(*settings)

type settings struct {
	output  io.Writer
	open    func(ctx context.Context, address string) error // nil for none
	timeout time.Duration
	timer   func(time.Duration) (expired <-chan time.Time, stop func() bool)
	params  []oauth2.AuthCodeOption
	client  *http.Client
}

// WithOutput sets where the URL of the login page is printed, for users whose browser
// does not open. The default is [os.Stderr]; [io.Discard] prints nothing. The URL
// contains the state of this login: it is for the user only, and must not be logged.
func WithOutput(w io.Writer) Option {
	return func(s *settings) { s.output = w }
}

// WithBrowser sets the function that opens the browser. The default is [OpenBrowser].
// Run calls it once, in a goroutine of its own, with a context that ends with the
// login. An error is printed, and the login continues: the user can still open the URL.
// A nil function means [WithoutBrowser].
func WithBrowser(open func(ctx context.Context, address string) error) Option {
	return func(s *settings) { s.open = open }
}

// WithoutBrowser makes Run print the URL and open nothing.
func WithoutBrowser() Option { return WithBrowser(nil) }

// WithTimeout sets how long the user has for the login. It must be positive. The
// default is [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// WithAuthCodeOptions adds parameters to the authorization request, such as
// oauth2.SetAuthURLParam("prompt", "login").
func WithAuthCodeOptions(opts ...oauth2.AuthCodeOption) Option {
	return func(s *settings) { s.params = append(s.params, opts...) }
}

// WithHTTPClient sets the client that sends the token request, as
// [authn.WithHTTPClient] does.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) { s.client = client }
}

// Run logs the user in by the Authorization Code grant with PKCE, and returns the
// token. It listens on a loopback port, prints the URL of the login page, opens it in
// the browser, waits for the callback, shows the user a page with the outcome, and
// closes the port before it returns. The token has not been saved: pass it to an
// [authn.TokenStore] before it is used.
//
// config comes from [authn.NewConfig] and is not changed. Its RedirectURL says
// where to listen:
//
//   - Empty: http://127.0.0.1:PORT/callback with a free port, or [::1] on a machine
//     without 127.0.0.1. An authorization server must accept any port of a loopback
//     address (RFC 8252, section 7.3).
//   - A loopback URL without a port, such as http://127.0.0.1/back: this host and path,
//     with a free port.
//   - A loopback URL with a port: exactly this one, for servers that also compare
//     ports.
//
// The host localhost means both 127.0.0.1 and [::1]. Any other RedirectURL is an error.
//
// A callback with the state of another login gets a response of 400 and is ignored, so
// that no other page can end the login. If the authorization server rejects the login
// or the code, the error is that of [authn.CodeFlow.Finish], for example an
// [*authn.AuthorizationError] if the user did not consent. It matches [ErrTimeout] if
// the time runs out, and the context's error if ctx ends; both say how many callbacks
// were ignored, and why. No error shows a code, a verifier, a token or the client
// secret.
//
// Run is safe for concurrent use.
func Run(ctx context.Context, config *oauth2.Config, opts ...Option) (*oauth2.Token, error) {
	if ctx == nil {
		return nil, errors.New("login: the context is nil")
	}
	if config == nil {
		return nil, errors.New("login: the OAuth 2.0 configuration is nil: pass one from authn.NewConfig")
	}
	s := settings{output: os.Stderr, open: OpenBrowser, timeout: DefaultTimeout, timer: startTimer}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	switch {
	case s.timeout <= 0:
		return nil, fmt.Errorf("login: WithTimeout was given %s: the time must be positive", s.timeout)
	case s.output == nil:
		return nil, errors.New("login: WithOutput was given nil: pass io.Discard to print nothing")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	back, err := listen(ctx, config.RedirectURL, tcp)
	if err != nil {
		return nil, err
	}
	own := *config
	own.RedirectURL = back.address
	// Run applies the timeout itself, so the timeout of the flow is longer, if possible.
	longer := max(s.timeout, s.timeout+time.Minute)
	flow, err := authn.NewCodeFlow(&own, authn.WithHTTPClient(s.client), authn.WithLoginTimeout(longer))
	if err != nil {
		back.close()
		return nil, err
	}
	address, login := flow.Start(s.params...)
	r := newReceiver(ctx, back, flow, login)
	err = s.wait(ctx, r, address)
	r.close()
	// A callback that came in time counts, even if the token request took longer.
	if o := r.outcome; o != nil {
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.token, o.err
	}
	return nil, err
}

// wait shows the URL to the user, and returns when the login has ended or cannot
// succeed. Nothing else writes to the output, so nothing is written after Run has
// returned.
func (s *settings) wait(ctx context.Context, r *receiver, address string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	text := "Log in in your browser. If it does not open, go to this URL on this machine:\n\n    " + address + "\n\n"
	if s.open == nil {
		text = "To log in, open this URL in a browser on this machine:\n\n    " + address + "\n\n"
	}
	if _, err := io.WriteString(s.output, text); err != nil && s.open == nil {
		return fmt.Errorf("login: cannot print the URL of the login page: %w", err)
	}
	opened := make(chan error, 1)
	if s.open != nil {
		go func() { opened <- s.open(ctx, address) }()
	}
	expired, stop := s.timer(s.timeout)
	defer stop()
	for {
		select {
		case err := <-opened:
			if err != nil {
				fmt.Fprintf(s.output, "The browser did not open: %v\n", err)
			}
		case <-r.ended:
			return nil
		case err := <-r.failed:
			return fmt.Errorf("login: the port for the callback failed: %w", err)
		case <-expired:
			return fmt.Errorf("%w: %s%s", ErrTimeout, s.timeout, r.ignoredCallbacks())
		case <-ctx.Done():
			return fmt.Errorf("login: %w%s", ctx.Err(), r.ignoredCallbacks())
		}
	}
}

func startTimer(d time.Duration) (<-chan time.Time, func() bool) {
	timer := time.NewTimer(d)
	return timer.C, timer.Stop
}
