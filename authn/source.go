package authn

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

// DefaultEarlyRefresh is how long before its expiry a token is refreshed, unless
// [WithEarlyRefresh] says otherwise.
const DefaultEarlyRefresh = time.Minute

// A Source is an [oauth2.TokenSource] that persists its token. It reads the token
// from a [TokenStore], refreshes it some time before it expires, and saves the new
// token before anyone uses it. If the response to a refresh has no refresh token,
// the old one is kept, as Clarify's authentication page allows.
//
// It is safe for concurrent use: any number of goroutines that need a token share
// one refresh. Processes that share a store refresh once, too, if the store is a
// [TokenLocker], and read each other's result. Without a lock, one of them may
// have to ask the user to log in again.
//
// Make one Source for each user, with [NewTokenSource], pass it to [TokenSource],
// and keep it as long as the program acts for the user: two Sources that share a
// store without a lock know nothing of each other's refreshes. A Source that is
// printed shows nothing of its token.
type Source struct {
	app    *app
	store  TokenStore
	early  time.Duration
	logger *slog.Logger
	misuse error // why there can be no token

	mu        sync.Mutex
	flight    *flight       // the work on the token that is in flight, or nil
	current   *oauth2.Token // as it is in the store, or nil
	refreshAt time.Time     // when current is to be refreshed; never if zero
	rejected  hidden        // an access token that the API has rejected
	retryAt   time.Time     // when a failed refresh may be retried, while current works
	failures  int           // refreshes that failed in a row

	// Only the goroutine of the flight uses the fields below.
	unsaved      *oauth2.Token // a new token that has not been saved yet
	issued       bool          // whether its access token is new, too
	used         hidden        // the refresh token that unsaved was issued for
	blocked      hidden        // a refresh token that must not be sent
	blockedErr   error         // why
	blockedUntil time.Time     // until when; forever if zero
}

// A SourceOption configures [NewTokenSource].
type SourceOption interface{ applyToSource(*Source, **http.Client) }

type sourceOption func(*Source)

func (f sourceOption) applyToSource(s *Source, _ **http.Client) { f(s) }

func (o HTTPClientOption) applyToSource(_ *Source, client **http.Client) { *client = o.client }

// WithEarlyRefresh sets how long before its expiry a token is refreshed. It must
// not be negative, and should be well below the lifetime of a token. For a token
// that lives less than twice as long, half its lifetime is used instead. The
// default is [DefaultEarlyRefresh].
func WithEarlyRefresh(d time.Duration) SourceOption {
	return sourceOption(func(s *Source) { s.early = d })
}

// WithLogger logs what callers do not see: refreshes, at debug level, and
// refreshes that failed while the old token still works, as warnings. No token is
// logged.
func WithLogger(logger *slog.Logger) SourceOption {
	return sourceOption(func(s *Source) { s.logger = logger })
}

// NewTokenSource returns a source of the tokens of one user. config is the app
// that the token was issued to; it is copied. store holds the token that
// [CodeFlow.Finish] returned.
//
// Nothing is read or sent before the first call for a token. Each call then
// reports invalid arguments with an error that matches [ErrCredential], or
// [ErrInsecureAddress] if the token endpoint is neither https nor loopback.
func NewTokenSource(config *oauth2.Config, store TokenStore, opts ...SourceOption) *Source {
	s := &Source{store: store, early: DefaultEarlyRefresh}
	var client *http.Client
	for _, opt := range opts {
		if opt != nil {
			opt.applyToSource(s, &client)
		}
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	switch s.app, s.misuse = newApp(config, client); {
	case s.misuse != nil:
	case httpx.IsNil(store):
		s.misuse = credentialError("NewTokenSource was given a nil store: pass one, such as a tokenfile.Store")
	case s.early < 0:
		s.misuse = credentialError("WithEarlyRefresh was given %s: the time must not be negative", s.early)
	}
	return s
}

// Format prints the type only, so that the token cannot leak.
func (s *Source) Format(f fmt.State, verb rune) { fmt.Fprint(f, "authn.Source") }

// Token is [Source.TokenContext] without a context.
func (s *Source) Token() (*oauth2.Token, error) {
	return s.TokenContext(context.Background())
}

// TokenContext returns a token that has not expired. It refreshes the stored token
// if that is due and no other call is refreshing it.
//
// A failed refresh matters little while the old token works. Callers get the old
// token if the token endpoint is down or responds with an error other than
// invalid_grant, or if the store fails. A later call retries the refresh, after
// half a second at first and 30 seconds in the end, or when the endpoint asked for.
//
// Once the old token has expired:
//
//   - If the endpoint cannot be reached, or responds with 5xx, 429 or 408, the
//     call tries four times before it returns the error. Between tries it waits
//     as long as Retry-After says. If that is more than 30 seconds, or longer than
//     the context lasts, it returns the error at once.
//   - After such an error, calls return the same error until the Retry-After has
//     passed, for an hour at most.
//   - After a 2xx response without a token ([ErrTokenResponse]) the refresh token
//     is probably already used. It is not sent again while the old access token
//     works, and then not for another 30 seconds. If the response has a new
//     refresh token, that one is saved with the old access token, and the next
//     refresh sends it.
//   - Any other response is returned as an error at once.
//
// A token whose lifetime the endpoint does not say, or says in a way that cannot be
// read, is used until the API rejects it.
//
// The error matches [ErrLoginRequired] if only the user can help. Later calls
// return it without a request to the authorization server, until the store has
// another token. It is the context's error if the context ends first. Other errors
// wrap the error of the store, or describe the response of the token endpoint as
// those of [CodeFlow.Finish] do.
//
// If a new token cannot be saved, no caller gets it. It stays in memory, and the
// next call saves it. If the store has another token by then, because the user
// has logged in again, or none, because it was removed, the new token is dropped.
//
// A refresh that has been sent is not abandoned when its context ends, because the
// response may be the only copy of the next refresh token. TokenContext then
// returns after the response has been saved. It waits up to 10 seconds for the
// response, and as long for each of four calls to the store.
func (s *Source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	return s.token(ctx, "")
}

// Renew is TokenContext for when the API has responded with 401 to rejected, an
// access token that has not expired but was revoked. It returns another token,
// and refreshes unless that has already been done. The clients of this module
// call it once for a request, through [TokenSource].
func (s *Source) Renew(ctx context.Context, rejected string) (*oauth2.Token, error) {
	return s.token(ctx, rejected)
}
