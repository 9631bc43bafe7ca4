package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

// tokenTimeout bounds one token request: net/http alone would wait forever.
const tokenTimeout = 30 * time.Second

// maxRetryAfter is the longest wait that the token endpoint can ask for.
const maxRetryAfter = time.Hour

// app is a checked copy of an [oauth2.Config], and the client of its requests.
type app struct {
	config *oauth2.Config
	client *http.Client // nil for that of the context, or else the default
}

func newApp(config *oauth2.Config, client *http.Client) (*app, error) {
	if config == nil {
		return nil, credentialError("the OAuth 2.0 configuration is nil: pass one from NewConfig")
	}
	own := *config
	own.Scopes = slices.Clone(config.Scopes)
	if own.ClientID == "" {
		return nil, credentialError("the OAuth 2.0 configuration has no ClientID: pass the one that Clarify's support gave to the app")
	}
	if own.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
		// Detection first sends the secret by Basic authentication, which Clarify
		// does not accept, and which uses up the refresh token on some servers.
		own.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	if err := checkEndpoint("TokenURL", own.Endpoint.TokenURL); err != nil {
		return nil, err
	}
	return &app{config: &own, client: client}, nil
}

// checkEndpoint returns an error unless secrets may be sent to the URL.
func checkEndpoint(name, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return addressError("the OAuth 2.0 configuration's %s is malformed: Endpoint has the right one", name)
	}
	if u.Hostname() == "" {
		return addressError("the OAuth 2.0 configuration has no usable %s: Endpoint has the right one", name)
	}
	if err := checkAddress(context.Background(), u); err != nil {
		return addressError("the OAuth 2.0 configuration's %s: %s", name, strings.TrimPrefix(err.Error(), "authn: "))
	}
	return nil
}

// prepare returns a context with which x/oauth2 sends one request, the observer of
// its response, and the function that ends it. The request follows no redirect,
// because its body has secrets.
func (a *app) prepare(ctx context.Context) (context.Context, *observer, context.CancelFunc) {
	client := a.client
	if client == nil {
		client, _ = ctx.Value(oauth2.HTTPClient).(*http.Client)
	}
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	seen := &observer{next: client.Transport}
	if seen.next == nil {
		seen.next = http.DefaultTransport
	}
	own.Transport = seen
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	return context.WithValue(ctx, oauth2.HTTPClient, &own), seen, cancel
}

// exchange requests a token for a code (RFC 6749, section 4.1.3).
func (a *app) exchange(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	bounded, seen, cancel := a.prepare(ctx)
	defer cancel()
	var opts []oauth2.AuthCodeOption
	if verifier != "" {
		opts = append(opts, oauth2.VerifierOption(verifier))
	}
	token, err := a.config.Exchange(bounded, code, opts...)
	return a.checked(ctx, seen, token, err, code, verifier)
}

// refresh requests a token for a refresh token (RFC 6749, section 6). If the
// response has no refresh token, the result has the old one.
func (a *app) refresh(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	bounded, seen, cancel := a.prepare(ctx)
	defer cancel()
	token, err := a.config.TokenSource(bounded, &oauth2.Token{RefreshToken: refreshToken}).Token()
	return a.checked(ctx, seen, token, err, refreshToken)
}

func (a *app) checked(ctx context.Context, seen *observer, token *oauth2.Token, err error, secrets ...string) (*oauth2.Token, error) {
	failed := usable(token)
	if err != nil {
		failed = a.failure(ctx, seen.status, err, append(secrets, a.config.ClientSecret, seen.refreshToken)...)
	}
	if failed != nil {
		if seen.refreshToken != "" && !slices.Contains(secrets, seen.refreshToken) {
			failed.rotated, failed.loginAgain = hide(seen.refreshToken), false
		}
		return nil, failed
	}
	// A store and the authorization server use the wall clock, which advances while
	// the machine sleeps. The monotonic clock may not.
	token.Expiry = token.Expiry.Round(0)
	return token, nil
}

// usable returns why a token cannot be sent, or nil.
func usable(token *oauth2.Token) *tokenFailure {
	if token == nil {
		return nil
	}
	if token.Type() != schemeBearer {
		return &tokenFailure{unusable: true, text: "the token endpoint returned a token whose type is not Bearer: Clarify accepts no other"}
	}
	if _, err := tokenInput.header(token.AccessToken); err != nil {
		return &tokenFailure{unusable: true, text: "the token endpoint returned an access token that cannot be sent"}
	}
	return nil
}

// tokenFailure is the error of a token request. Unlike an error of x/oauth2 it
// holds no secret, so it may be wrapped and printed.
type tokenFailure struct {
	text       string
	cause      error
	loginAgain bool          // the grant has ended
	unusable   bool          // the request succeeded, but the response has no usable token
	transient  bool          // a retry may succeed
	retryAfter time.Duration // as the server asks, or zero
	rotated    hidden        // the refresh token that replaces the one that was sent, if any
}

func (f *tokenFailure) Error() string { return f.text }
func (f *tokenFailure) Unwrap() error { return f.cause }

// tokenError turns a tokenFailure into the error that callers get.
func tokenError(what string, err error) error {
	e := &authError{text: "authn: " + what + ": " + err.Error(), cause: err}
	var failed *tokenFailure
	if errors.As(err, &failed) {
		switch {
		case failed.loginAgain:
			e.kind = ErrLoginRequired
		case failed.unusable:
			e.kind = ErrTokenResponse
		}
	}
	return e
}

// failure classifies err. status is that of the response, or zero if there was none.
func (a *app) failure(ctx context.Context, status int, err error, secrets ...string) *tokenFailure {
	f := &tokenFailure{text: describe(err, secrets)}
	var response *oauth2.RetrieveError
	var request *url.Error
	switch {
	case errors.As(err, &response):
		clean := withoutSecrets(response, secrets)
		f.cause = clean
		f.loginAgain = response.ErrorCode == "invalid_grant"
		f.transient = !f.loginAgain && (isTransient(status) || response.ErrorCode == "temporarily_unavailable" || response.ErrorCode == "server_error")
		f.retryAfter = min(httpx.RetryAfter(clean.Response.Header, time.Now()), maxRetryAfter)
		if status/100 == 3 {
			f.text += "; token requests follow no redirects"
		}
	case status/100 == 2:
		f.unusable = true
		f.cause = ctx.Err()
		f.text = fmt.Sprintf("the token endpoint responded with %s but no readable token: %s", statusText(status), f.text)
	case ctx.Err() != nil:
		f.cause = ctx.Err()
	case status != 0:
		f.transient = isTransient(status)
		f.text = fmt.Sprintf("the token endpoint responded with %s: %s", statusText(status), f.text)
	default:
		// It is unknown whether the request arrived, but a retry does no harm. If the
		// response is lost, so is the next refresh token. Servers that rotate refresh
		// tokens either respond once more, or end a grant that nobody can use.
		f.transient = true
		if errors.As(err, &request) {
			f.cause = request.Err
		}
	}
	return f
}

// isTransient reports whether a status says that the request was not processed, and
// may be later.
func isTransient(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// withoutSecrets returns a copy of a token endpoint's response without the body,
// which may repeat what was sent, and without the request.
func withoutSecrets(response *oauth2.RetrieveError, secrets []string) *oauth2.RetrieveError {
	clean := &oauth2.RetrieveError{Response: &http.Response{Header: http.Header{}, Body: http.NoBody}}
	if r := response.Response; r != nil {
		clean.Response.StatusCode = r.StatusCode
		clean.Response.Status = statusText(r.StatusCode)
		if after := r.Header.Get("Retry-After"); after != "" && !repeats(after, secrets) {
			clean.Response.Header.Set("Retry-After", after)
		}
		secrets = append(slices.Clone(secrets), sent(r)...)
	}
	for _, part := range []struct {
		to   *string
		from string
	}{
		{&clean.ErrorCode, response.ErrorCode},
		{&clean.ErrorDescription, response.ErrorDescription},
		{&clean.ErrorURI, response.ErrorURI},
	} {
		if !repeats(part.from, secrets) {
			*part.to = clip(part.from)
		}
	}
	return clean
}
