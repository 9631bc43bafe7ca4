// Package login logs in the user of the machine that a program runs on, in the
// user's browser, as RFC 8252 has it for native apps:
//
//	token, err := login.Run(ctx, authn.NewConfig(clientID, "", ""))
//
// Run opens the browser at Clarify's login page, and takes what comes back on a
// port of the loopback interface, which nobody but this machine reaches. The app
// must be registered with a redirect URL on 127.0.0.1; see [Run] for which.
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

// DefaultTimeout is how long the user has for the login unless [WithTimeout]
// says otherwise.
const DefaultTimeout = 5 * time.Minute

// ErrTimeout is matched, by [errors.Is], when the user did not come back in
// time.
var ErrTimeout = errors.New("login: nobody logged in before the time ran out")

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

// WithOutput sets where the address of the login page is printed, for users
// whose browser does not open. The default is [os.Stderr]; [io.Discard] keeps it
// to the browser. The address holds the state of this login: it is for the user
// alone, and not to be logged.
func WithOutput(w io.Writer) Option {
	return func(s *settings) { s.output = w }
}

// WithBrowser sets what opens the browser, in place of [OpenBrowser]. Run calls
// it once, in a goroutine of its own, with a context that ends with the login.
// An error is printed, and the login goes on: the user can still open the
// address. A nil function is [WithoutBrowser].
func WithBrowser(open func(ctx context.Context, address string) error) Option {
	return func(s *settings) { s.open = open }
}

// WithoutBrowser has Run print the address and open nothing.
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

// WithHTTPClient sets the client that trades the code for a token, as
// [authn.WithHTTPClient] does.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) { s.client = client }
}

// Run logs the user in and returns the token, by the Authorization Code grant
// with PKCE. It listens on a loopback port, prints the address of the login page
// and opens the browser there, waits for the one callback, shows the user a page
// that says how it went, and closes the port before it returns. The token has
// not been saved: pass it to an [authn.TokenStore] before it is used.
//
// config comes from [authn.NewConfig] and is not changed. Its RedirectURL says
// where to listen:
//
//   - Empty: http://127.0.0.1:PORT/callback with a free port, or [::1] in place
//     of 127.0.0.1 on a machine that lacks it. An authorization server has to
//     accept any port in a loopback address (RFC 8252, section 7.3).
//   - A loopback address without a port, such as http://127.0.0.1/back: this
//     host and path, with a free port.
//   - A loopback address with a port: exactly this one, for servers that compare
//     ports too.
//
// The host localhost means both 127.0.0.1 and [::1]. Nothing else is listened
// on: any other RedirectURL is an error.
//
// A callback with another state than this login's is responded with 400 and
// otherwise ignored, so that no page elsewhere can end the login. If the
// authorization server refused, or the code is not accepted, the error is that
// of [authn.CodeFlow.Finish], among them [*authn.AuthorizationError] if the
// user did not consent. When the time runs out it matches [ErrTimeout], when
// ctx ends the context's error; both tell how many callbacks were ignored, and
// why. No error shows a code, a verifier, a token or the client secret.
//
// Run may be called by several goroutines at once.
func Run(ctx context.Context, config *oauth2.Config, opts ...Option) (*oauth2.Token, error) {
	if ctx == nil {
		return nil, errors.New("login: there is no context: it is nil")
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
	// The time is kept here, so the flow's own has to be longer, if it can be.
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
	// A callback that came in time counts, even if trading its code took longer.
	if o := r.outcome; o != nil {
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.token, o.err
	}
	return nil, err
}

// wait brings the address before the user, and returns when the login has ended
// or cannot. It alone writes to the output, so nothing is written there once Run
// has returned.
func (s *settings) wait(ctx context.Context, r *receiver, address string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	text := "Log in in your browser. If it does not open, go to this address on this machine:\n\n    " + address + "\n\n"
	if s.open == nil {
		text = "To log in, open this address in a browser on this machine:\n\n    " + address + "\n\n"
	}
	if _, err := io.WriteString(s.output, text); err != nil && s.open == nil {
		return fmt.Errorf("login: the address of the login page cannot be printed: %w", err)
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
