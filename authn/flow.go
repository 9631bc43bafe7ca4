package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// DefaultLoginTimeout is how long a user has for a login, unless
// [WithLoginTimeout] says otherwise.
const DefaultLoginTimeout = 15 * time.Minute

// A CodeFlow logs users in by the Authorization Code grant (RFC 6749, section
// 4.1) with PKCE (RFC 7636, method S256). Start returns the URL to redirect a user
// to, and Finish exchanges what the user comes back with for a token:
//
//	address, login := flow.Start()
//	// Keep login in the user's session, and redirect the user to address.
//	// Then, in the handler of the redirect URL:
//	token, err := flow.Finish(ctx, login, r.URL.Query())
//
// It is safe for concurrent use: a server needs only one.
type CodeFlow struct {
	app     *app
	pkce    bool
	timeout time.Duration

	mu       sync.Mutex
	finished map[[sha256.Size]byte]time.Time // when the logins expire, by the hashes of their states
}

// A FlowOption configures [NewCodeFlow].
type FlowOption interface {
	applyToFlow(*CodeFlow, **http.Client)
}

type flowOption func(*CodeFlow)

func (f flowOption) applyToFlow(flow *CodeFlow, _ **http.Client) { f(flow) }

// WithoutPKCE switches PKCE off, for a private app whose authorization server does
// not support it. A public app needs PKCE.
func WithoutPKCE() FlowOption {
	return flowOption(func(f *CodeFlow) { f.pkce = false })
}

// WithLoginTimeout sets how long a user has for a login, from Start to Finish.
// It must be positive. The default is [DefaultLoginTimeout].
func WithLoginTimeout(d time.Duration) FlowOption {
	return flowOption(func(f *CodeFlow) { f.timeout = d })
}

// An HTTPClientOption is an option of [NewCodeFlow] and of [NewTokenSource].
type HTTPClientOption struct{ client *http.Client }

// WithHTTPClient sets the client that sends token requests. The default is the
// client in the context, under [oauth2.HTTPClient], or else [http.DefaultClient].
// Its CheckRedirect is ignored: token requests follow no redirects, because their
// bodies have secrets. Each request takes 30 seconds at most, whatever the client's
// own timeout.
func WithHTTPClient(client *http.Client) HTTPClientOption { return HTTPClientOption{client} }

func (o HTTPClientOption) applyToFlow(_ *CodeFlow, client **http.Client) { *client = o.client }

// NewCodeFlow returns the flow of an app. It copies config, which [NewConfig]
// makes, and returns an error if config is invalid:
//
//   - ClientID is empty, or there is no client secret and PKCE is off:
//     [ErrCredential].
//   - AuthURL, TokenURL or RedirectURL is not https, nor http on a loopback
//     host; a redirect URL may also have a private-use scheme with a dot in it
//     (RFC 8252, section 7.1): [ErrInsecureAddress].
func NewCodeFlow(config *oauth2.Config, opts ...FlowOption) (*CodeFlow, error) {
	f := &CodeFlow{pkce: true, timeout: DefaultLoginTimeout, finished: map[[sha256.Size]byte]time.Time{}}
	var client *http.Client
	for _, opt := range opts {
		if opt != nil {
			opt.applyToFlow(f, &client)
		}
	}
	var err error
	if f.app, err = newApp(config, client); err != nil {
		return nil, err
	}
	if err := checkEndpoint("AuthURL", config.Endpoint.AuthURL); err != nil {
		return nil, err
	}
	if err := checkRedirectURL(config.RedirectURL); err != nil {
		return nil, err
	}
	if !f.pkce && config.ClientSecret == "" {
		return nil, credentialError("PKCE is off, and the OAuth 2.0 configuration has no ClientSecret: a public app needs PKCE")
	}
	if f.timeout <= 0 {
		return nil, &authError{text: "authn: WithLoginTimeout was given " + f.timeout.String() + ": the time must be positive"}
	}
	return f, nil
}

func checkRedirectURL(address string) error {
	const want = "pass the one that is registered for the app, such as https://partner.example/callback"
	u, err := url.Parse(address)
	switch {
	case address == "":
		return addressError("the OAuth 2.0 configuration has no RedirectURL: %s", want)
	case err != nil || u.Scheme == "":
		return addressError("the OAuth 2.0 configuration's RedirectURL is not an absolute URL: %s", want)
	case strings.Contains(address, "#"):
		return addressError("the OAuth 2.0 configuration's RedirectURL has a fragment, which RFC 6749 forbids: %s", want)
	case strings.Contains(u.Scheme, "."):
		return nil
	case u.Hostname() == "":
		return addressError("the OAuth 2.0 configuration's RedirectURL has no host: %s", want)
	}
	return checkEndpoint("RedirectURL", address)
}

// A Login is a login in progress. [CodeFlow.Start] makes it, and [CodeFlow.Finish]
// compares the callback with it. Keep it in the session of the user who started
// it, where nobody else can read or set it: the state ties the callback to that
// user (RFC 6749, section 10.12). It can be encoded as JSON or by encoding/gob, and
// decoded in another process.
//
// A Login that is printed or logged shows nothing. Two exceptions are out of its
// reach: it is printed as an unexported field of a struct, or the struct that it is
// a field of is logged as JSON.
type Login struct {
	// State is the state parameter, 256 random bits.
	State string `json:"state"`
	// Verifier is the code verifier of PKCE. It is empty if PKCE is off.
	Verifier string `json:"verifier,omitempty"`
	// Expires is when the login must be finished.
	Expires time.Time `json:"expires"`
}

// String returns the type only, so that the login cannot leak.
func (l Login) String() string { return "authn.Login" }

// Format prints what [Login.String] returns, with any verb.
func (l Login) Format(s fmt.State, verb rune) { fmt.Fprint(s, l.String()) }

// LogValue keeps the login out of logs in JSON.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Format prints the type only, so that the client secret cannot leak.
func (f *CodeFlow) Format(s fmt.State, verb rune) { fmt.Fprint(s, "authn.CodeFlow") }

// Start begins a login: redirect the user to address, which is a URL, and keep
// login in the user's session until the callback. Each call makes a new state and
// verifier. The options are more parameters of the authorization request, such as
// oauth2.SetAuthURLParam("prompt", "consent").
func (f *CodeFlow) Start(opts ...oauth2.AuthCodeOption) (address string, login Login) {
	login = Login{
		// A verifier of RFC 7636 is 256 random bits in base64url: a good state, too.
		State:   oauth2.GenerateVerifier(),
		Expires: time.Now().Add(f.timeout).UTC(),
	}
	// x/oauth2 would call the nil ones, too.
	opts = slices.DeleteFunc(slices.Clone(opts), func(opt oauth2.AuthCodeOption) bool { return opt == nil })
	if f.pkce {
		login.Verifier = oauth2.GenerateVerifier()
		opts = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(login.Verifier)}, opts...)
	}
	endpoint, query, _ := strings.Cut(f.app.config.AuthCodeURL(login.State, opts...), "?")
	// A space is %20 on Clarify's authentication page. A literal plus is %2B already.
	return endpoint + "?" + strings.ReplaceAll(query, "+", "%20"), login
}

// Finish completes a login. callback is the query with which the user came back to
// the redirect URL, and login is what Start returned for the same user. The token
// has not been saved anywhere: pass it to a [TokenStore] before it is used.
//
// Remove the login from the session before calling Finish. A login can be finished
// once, even if that fails. One CodeFlow also recognizes a copy of a login;
// several processes rely on the session.
//
// Errors:
//
//   - [ErrState]: the callback does not belong to the login, or the login is
//     already finished or has expired.
//   - [*AuthorizationError]: the authorization server rejected the login, for
//     example because the user did not consent.
//   - [ErrCallback]: any of the above, or the callback is malformed.
//   - [ErrLoginRequired]: the code was invalid or had expired.
//   - [ErrTokenResponse]: the token endpoint responded with 2xx but without a usable
//     token.
//
// If the token endpoint rejected the code, [errors.As] finds an
// [*oauth2.RetrieveError], which has the status, error and error_description of the
// response, and nothing else of it. No error shows a code, a verifier, a token or
// the client secret.
func (f *CodeFlow) Finish(ctx context.Context, login Login, callback url.Values) (*oauth2.Token, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	if login.State == "" || f.pkce && login.Verifier == "" {
		return nil, callbackError(ErrState, "no login is in progress: the session has no Login from Start, or was lost")
	}
	if err := checkState(login, callback); err != nil {
		return nil, err
	}
	if !f.markFinished(login) {
		return nil, callbackError(ErrState, "the login is already finished: start another one")
	}
	if !time.Now().Before(login.Expires) {
		return nil, callbackError(ErrState, "the login took too long: start another one")
	}
	if callback.Has("error") {
		return nil, newAuthorizationError(callback, login.State, login.Verifier)
	}
	code, problem := single(callback, "code")
	if problem != "" {
		return nil, callbackError(ErrCallback, "the callback %s", problem)
	}
	verifier := login.Verifier
	if !f.pkce {
		verifier = ""
	}
	token, err := f.app.exchange(ctx, code, verifier)
	if err != nil {
		return nil, tokenError("cannot exchange the code for a token", err)
	}
	return token, nil
}

func checkState(login Login, callback url.Values) error {
	state, problem := single(callback, "state")
	if problem != "" {
		return callbackError(ErrState, "the callback %s", problem)
	}
	// Hashed, because the length is part of a comparison in constant time.
	got, want := sha256.Sum256([]byte(state)), sha256.Sum256([]byte(login.State))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return callbackError(ErrState, "the state of the callback is not that of the login: it belongs to another login, or was forged")
	}
	return nil
}

// single returns the value of a parameter, or what is wrong with it. RFC 6749,
// section 3.1, forbids a parameter that occurs twice.
func single(callback url.Values, name string) (value, problem string) {
	switch values := callback[name]; {
	case len(values) > 1:
		return "", "has more than one " + name
	case len(values) == 0 || values[0] == "":
		return "", "has no " + name
	default:
		return values[0], ""
	}
}

// markFinished notes that the login is finished, and reports whether it was not
// before.
func (f *CodeFlow) markFinished(login Login) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for state, expires := range f.finished {
		if now.After(expires) {
			delete(f.finished, state)
		}
	}
	key := sha256.Sum256([]byte(login.State))
	if _, finished := f.finished[key]; finished {
		return false
	}
	f.finished[key] = login.Expires
	return true
}

// An AuthorizationError is the error with which the authorization server rejected a
// login in its callback (RFC 6749, section 4.1.2.1). It matches [ErrCallback].
type AuthorizationError struct {
	// Code is the parameter error. It is access_denied if the user did not consent.
	Code string
	// Description is error_description, a message for developers. Anybody can put
	// anything into a callback: do not show it to users as your own message.
	Description string
	// URI is error_uri, a page about the error. It has not been checked.
	URI string
}

// Error returns the code and the description, up to 200 bytes of each.
func (e *AuthorizationError) Error() string {
	text := fmt.Sprintf("authn: the authorization server rejected the login: error %q", clip(e.Code))
	if e.Description != "" {
		text += fmt.Sprintf(", error_description %q", clip(e.Description))
	}
	return text
}

// Is reports whether target is [ErrCallback].
func (e *AuthorizationError) Is(target error) bool { return target == ErrCallback }

func newAuthorizationError(callback url.Values, secrets ...string) *AuthorizationError {
	// A careless server may repeat parameters of the request in its error.
	secrets = append(secrets, callback["code"]...)
	read := func(name string) string {
		value := callback.Get(name)
		if repeats(value, secrets) {
			return ""
		}
		return value
	}
	return &AuthorizationError{Code: read("error"), Description: read("error_description"), URI: read("error_uri")}
}
