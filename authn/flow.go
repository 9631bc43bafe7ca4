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

// DefaultLoginTimeout is how long a user has for a login unless
// [WithLoginTimeout] says otherwise.
const DefaultLoginTimeout = 15 * time.Minute

// A CodeFlow logs users in by the Authorization Code grant (RFC 6749, section
// 4.1) with PKCE (RFC 7636, method S256). Start makes the address that a user is
// sent to, and Finish trades what comes back for a token:
//
//	address, login, err := flow.Start()
//	// Keep login in the user's session, and redirect the user to address.
//	// Then, in the handler of the redirect URL:
//	token, err := flow.Finish(ctx, login, r.URL.Query())
//
// It is safe for concurrent use: a server needs one.
type CodeFlow struct {
	app     *app
	pkce    bool
	timeout time.Duration

	mu    sync.Mutex
	spent map[[sha256.Size]byte]time.Time // hashes of finished states, to when they expire
}

// A FlowOption configures [NewCodeFlow].
type FlowOption interface {
	applyToFlow(*CodeFlow, **http.Client)
}

type flowOption func(*CodeFlow)

func (f flowOption) applyToFlow(flow *CodeFlow, _ **http.Client) { f(flow) }

// WithoutPKCE switches PKCE off, for a private app whose authorization server
// does not know it. A public app cannot do without.
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

// WithHTTPClient sets the client that sends token requests, in place of the one
// that the context holds under [oauth2.HTTPClient] or else
// [http.DefaultClient]. Its CheckRedirect is not used: token requests follow no
// redirects, because their bodies hold secrets. Each is bounded to 30 seconds,
// whatever the client's own timeout.
func WithHTTPClient(client *http.Client) HTTPClientOption { return HTTPClientOption{client} }

func (o HTTPClientOption) applyToFlow(_ *CodeFlow, client **http.Client) { *client = o.client }

// NewCodeFlow returns the flow of an app. It copies config, which [NewConfig]
// makes, and returns an error if something in it cannot work:
//
//   - ClientID is empty, or there is no client secret and PKCE is off:
//     [ErrCredential].
//   - AuthURL, TokenURL or RedirectURL is not https, nor http on a loopback
//     host; a redirect URL may also have a private-use scheme with a dot in it
//     (RFC 8252, section 7.1): [ErrInsecureAddress].
func NewCodeFlow(config *oauth2.Config, opts ...FlowOption) (*CodeFlow, error) {
	f := &CodeFlow{pkce: true, timeout: DefaultLoginTimeout, spent: map[[sha256.Size]byte]time.Time{}}
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
		return nil, refuseCredential("PKCE is off, and the OAuth 2.0 configuration has no ClientSecret: a public app needs PKCE")
	}
	if f.timeout <= 0 {
		return nil, &refusal{text: "authn: WithLoginTimeout was given " + f.timeout.String() + ": the time must be positive"}
	}
	return f, nil
}

func checkRedirectURL(address string) error {
	const want = "pass the one that is registered for the app, such as https://partner.example/callback"
	u, err := url.Parse(address)
	switch {
	case address == "":
		return refuseAddress("the OAuth 2.0 configuration has no RedirectURL: %s", want)
	case err != nil || u.Scheme == "":
		return refuseAddress("the OAuth 2.0 configuration's RedirectURL is not an absolute address: %s", want)
	case strings.Contains(address, "#"):
		return refuseAddress("the OAuth 2.0 configuration's RedirectURL has a fragment, which RFC 6749 rules out: %s", want)
	case strings.Contains(u.Scheme, "."):
		return nil
	case u.Hostname() == "":
		return refuseAddress("the OAuth 2.0 configuration's RedirectURL has no host: %s", want)
	}
	return checkEndpoint("RedirectURL", address)
}

// A Login is a login under way: what [CodeFlow.Start] made up and
// [CodeFlow.Finish] compares the callback with. Keep it in the session of the
// user who started it, where nobody else can read or set it: the state is what
// ties the callback to that user (RFC 6749, section 10.12). It can be encoded as
// JSON, or by encoding/gob, and decoded in another process. Printed or logged it
// shows nothing, unless it is a field of a struct that is printed and the field is
// not exported, or the struct is logged as JSON: Go then does not ask it.
type Login struct {
	// State is the state parameter, 256 random bits.
	State string `json:"state"`
	// Verifier is the code verifier of PKCE, empty if that is off.
	Verifier string `json:"verifier,omitempty"`
	// Expires is when the user has taken too long.
	Expires time.Time `json:"expires"`
}

// String returns what the value is, and nothing of it.
func (l Login) String() string { return "authn.Login" }

// Format prints what [Login.String] returns, whatever the verb.
func (l Login) Format(s fmt.State, verb rune) { fmt.Fprint(s, l.String()) }

// LogValue keeps the login out of logs that print values as JSON.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Format keeps the client secret out of what is printed.
func (f *CodeFlow) Format(s fmt.State, verb rune) { fmt.Fprint(s, "authn.CodeFlow") }

// Start begins a login: send the user to address, and keep login in the user's
// session until the callback. Each call makes another state and verifier.
//
// Options are further parameters of the authorization request, such as
// oauth2.SetAuthURLParam("prompt", "consent").
func (f *CodeFlow) Start(opts ...oauth2.AuthCodeOption) (address string, login Login) {
	login = Login{
		// A verifier of RFC 7636 is 256 random bits in base64url, which is what
		// makes a good state, too.
		State:   oauth2.GenerateVerifier(),
		Expires: time.Now().Add(f.timeout).UTC(),
	}
	// x/oauth2 calls them all.
	opts = slices.DeleteFunc(slices.Clone(opts), func(opt oauth2.AuthCodeOption) bool { return opt == nil })
	if f.pkce {
		login.Verifier = oauth2.GenerateVerifier()
		opts = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(login.Verifier)}, opts...)
	}
	endpoint, query, _ := strings.Cut(f.app.config.AuthCodeURL(login.State, opts...), "?")
	// A space as in Clarify's authentication page; a plus that is meant is %2B.
	return endpoint + "?" + strings.ReplaceAll(query, "+", "%20"), login
}

// Finish ends a login: callback is the query with which the user came back to
// the redirect URL, and login what Start made for the same user. The token has
// not been saved anywhere: pass it to a [TokenStore] before it is used.
//
// Remove the login from the session before calling Finish. A login can be
// finished once, whether or not that succeeds; after that, and for a callback
// that does not belong to it, the error matches [ErrState]. Within one CodeFlow
// that holds for copies of a login, too; several processes rely on the session.
//
// If the authorization server refused, the error is an [*AuthorizationError],
// for example because the user did not consent. A callback that makes no sense
// matches [ErrCallback], as everything above does. If the code is not accepted,
// [errors.As] finds an [*oauth2.RetrieveError] with the status, error and
// error_description of the token endpoint, and nothing else of its response; it
// matches [ErrLoginRequired] if the code was invalid or expired. If the endpoint
// responded with 2xx without a token that can be used, the error matches
// [ErrTokenResponse]. No error shows a code, a verifier, a token or the client
// secret.
func (f *CodeFlow) Finish(ctx context.Context, login Login, callback url.Values) (*oauth2.Token, error) {
	if ctx == nil {
		return nil, &refusal{text: "authn: there is no context: it is nil"}
	}
	if login.State == "" || f.pkce && login.Verifier == "" {
		return nil, refuseCallback(ErrState, "there is no login under way: the session has none from Start, or it was not kept")
	}
	if err := checkState(login, callback); err != nil {
		return nil, err
	}
	if !f.spend(login) {
		return nil, refuseCallback(ErrState, "the login is finished already: start another one")
	}
	if !time.Now().Before(login.Expires) {
		return nil, refuseCallback(ErrState, "the login took too long: start another one")
	}
	if callback.Has("error") {
		return nil, newAuthorizationError(callback, login.State, login.Verifier)
	}
	code, problem := single(callback, "code")
	if problem != "" {
		return nil, refuseCallback(ErrCallback, "the callback %s", problem)
	}
	verifier := login.Verifier
	if !f.pkce {
		verifier = ""
	}
	token, err := f.app.exchange(ctx, code, verifier)
	if err != nil {
		return nil, tokenRefusal("the code was not exchanged for a token", err)
	}
	return token, nil
}

func checkState(login Login, callback url.Values) error {
	state, problem := single(callback, "state")
	if problem != "" {
		return refuseCallback(ErrState, "the callback %s", problem)
	}
	// Hashed, because the length is part of a comparison in constant time.
	got, want := sha256.Sum256([]byte(state)), sha256.Sum256([]byte(login.State))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return refuseCallback(ErrState, "the callback has another state than the login that was started: it belongs to another login, or was forged")
	}
	return nil
}

// single returns the parameter's value, or what is wrong with it. RFC 6749,
// section 3.1, lets none occur twice.
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

// spend notes that the login is finished. It reports false if it was before.
func (f *CodeFlow) spend(login Login) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for state, expires := range f.spent {
		if now.After(expires) {
			delete(f.spent, state)
		}
	}
	key := sha256.Sum256([]byte(login.State))
	if _, spent := f.spent[key]; spent {
		return false
	}
	f.spent[key] = login.Expires
	return true
}

// An AuthorizationError is the authorization server's refusal, as it came with
// the callback (RFC 6749, section 4.1.2.1). It matches [ErrCallback].
type AuthorizationError struct {
	// Code is the parameter error, such as access_denied if the user did not
	// consent.
	Code string
	// Description is error_description, text for developers. Anybody can put any
	// text into a callback: do not show it to users as if it were yours.
	Description string
	// URI is error_uri, the address of a page about the error. It has not been
	// checked.
	URI string
}

// Error returns the code and the description, up to 200 bytes of each.
func (e *AuthorizationError) Error() string {
	text := fmt.Sprintf("authn: the authorization server refused the login: error %q", clip(e.Code))
	if e.Description != "" {
		text += fmt.Sprintf(", error_description %q", clip(e.Description))
	}
	return text
}

// Is reports whether target is [ErrCallback].
func (e *AuthorizationError) Is(target error) bool { return target == ErrCallback }

func newAuthorizationError(callback url.Values, secrets ...string) *AuthorizationError {
	// A server that repeats the parameters of the request in its error is to
	// blame, but the log would be ours.
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
