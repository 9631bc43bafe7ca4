package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

// DefaultEarlyRefresh is how long before it expires a token is refreshed, unless
// [WithEarlyRefresh] says otherwise.
const DefaultEarlyRefresh = time.Minute

const (
	// firstBackoff doubles with each attempt, up to mostBackoff.
	firstBackoff = 500 * time.Millisecond
	mostBackoff  = 30 * time.Second
	// refreshAttempts is how often a refresh is tried in one call, when there is
	// no token that works meanwhile.
	refreshAttempts = 4
	// saveAttempts is how often a new token is saved in one call.
	saveAttempts = 3
	// storeTimeout bounds each call to the store that a new token depends on.
	storeTimeout = 10 * time.Second
	// grace is how long a refresh that has begun goes on once nobody waits for
	// it: its response may be the only copy of the next refresh token.
	grace = 10 * time.Second
	// restraint is how long a refresh token that is probably spent is not sent
	// again.
	restraint = 30 * time.Second
)

// errStore is matched when a call to the store failed.
var errStore = errors.New("authn: the token store failed")

// A Source is an [oauth2.TokenSource] that keeps what it is given. It reads the
// token from a [TokenStore], refreshes it some time before it expires, and saves
// the new token before anyone uses it. If the response to a refresh has no refresh
// token the old one is kept, as Clarify's authentication page allows.
//
// It is safe for concurrent use: any number of goroutines that need a token get
// one refresh. Several processes that share a store which is a [TokenLocker]
// refresh once, too, and read each other's result; without a lock, one of them
// may have to ask the user to log in again.
//
// Make one for each user, with [NewTokenSource], and pass it to [TokenSource]. Keep
// it for as long as the user is there: two that share a store without a lock know
// nothing of each other's refreshes. Printed it shows nothing of the token.
type Source struct {
	app    *app
	store  TokenStore
	early  time.Duration
	logger *slog.Logger
	misuse error // why there can be no token

	mu       sync.Mutex
	flight   *flight       // the work on the token that is under way, or nil
	current  *oauth2.Token // as it is in the store, or nil
	renewAt  time.Time     // when current is to be refreshed; never if zero
	rejected hidden        // an access token that the API has refused
	retryAt  time.Time     // not before this is a refresh tried again while current works
	failures int           // refreshes that failed in a row

	// What follows belongs to the flight.
	unsaved *oauth2.Token // a new token that could not be saved yet
	issued  bool          // whether its access token is new, too
	spent   hidden        // the refresh token that unsaved was got for
	refused hidden        // a refresh token that is not to be sent again
	refusal error         // why
	until   time.Time     // until when; for ever if zero
}

// hidden is a credential behind a pointer. A struct that has a Source in an
// unexported field can be printed with a verb that is not for structs, and fmt then
// shows the Source's own fields without asking it.
type hidden struct{ credential *string }

func hide(credential string) hidden { return hidden{&credential} }

func (h hidden) is(credential string) bool { return h.credential != nil && *h.credential == credential }

func (h hidden) text() string {
	if h.credential == nil {
		return ""
	}
	return *h.credential
}

// flight is one caller's work on the token, and what others wait for.
type flight struct {
	done  chan struct{}
	token *oauth2.Token
	err   error
	left  bool // the caller gave up, so the outcome is nobody else's
}

// A SourceOption configures [NewTokenSource].
type SourceOption interface{ applyToSource(*Source, **http.Client) }

type sourceOption func(*Source)

func (f sourceOption) applyToSource(s *Source, _ **http.Client) { f(s) }

func (o HTTPClientOption) applyToSource(_ *Source, client **http.Client) { *client = o.client }

// WithEarlyRefresh sets how long before it expires a token is refreshed. It must
// not be negative, and should be well below the lifetime of a token; of one that
// lives shorter than twice as long, half the lifetime is taken. The default is
// [DefaultEarlyRefresh].
func WithEarlyRefresh(d time.Duration) SourceOption {
	return sourceOption(func(s *Source) { s.early = d })
}

// WithLogger has the source log what its callers do not see: refreshes, at
// debug level, and refreshes that failed while the old token still works, as
// warnings. No token is logged.
func WithLogger(logger *slog.Logger) SourceOption {
	return sourceOption(func(s *Source) { s.logger = logger })
}

// NewTokenSource returns a source of the tokens of one user. config is the app
// that the token was issued to; it is copied. store holds the token that
// [CodeFlow.Finish] returned.
//
// Nothing is read or sent until the first token is asked for. What is wrong
// with the arguments is reported then, each time, by an error that matches
// [ErrCredential], or [ErrInsecureAddress] if the token endpoint is neither
// https nor loopback.
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
		s.misuse = refuseCredential("NewTokenSource was given a nil store: pass one, such as a tokenfile.Store")
	case s.early < 0:
		s.misuse = refuseCredential("WithEarlyRefresh was given %s: the time must not be negative", s.early)
	}
	return s
}

// Format keeps the token out of what is printed.
func (s *Source) Format(f fmt.State, verb rune) { fmt.Fprint(f, "authn.Source") }

// Token is [Source.TokenContext] without a context.
func (s *Source) Token() (*oauth2.Token, error) {
	return s.TokenContext(context.Background())
}

// TokenContext returns a token that has not expired. It refreshes the stored one
// if that is due, and if nobody else does so already.
//
// While the old token still works, it is what callers get if the token endpoint
// is down, refuses with another error than invalid_grant, or if the store fails;
// the refresh is tried again later, after a time that grows from half a second to
// 30 seconds, or that the endpoint asked for. Once the old token has expired, a
// call tries four times before it returns the error, if the endpoint is down or
// responds with 5xx, 429 or 408. The endpoint's Retry-After is waited for between tries
// if it is 30 seconds at most and the context lasts that long; if not, the error is
// returned at once. After an error later calls return the same until the Retry-After
// is over, an hour at most. Any other response is an error at once. If that is a 2xx
// without a token ([ErrTokenResponse]) the refresh token is probably spent: it is
// not sent again while the old token works, and after that not before 30 seconds
// are over. If such a response has a new refresh token, that one is saved, with the
// access token as it was, and the next refresh sends it. A lifetime that cannot be
// read is unknown: the token is used until the API rejects it.
//
// The error matches [ErrLoginRequired] if only the user can help. It is then
// returned without asking the authorization server again, until another token
// is in the store. It is the context's error if that ends first. Other errors
// are of the store, which are wrapped, and of the token endpoint, as
// [CodeFlow.Finish] describes them. If a new token cannot be saved, nobody gets
// it; it is held, and saved by the next call. If somebody else has saved another
// token while it was fetched, because the user has logged in again, or removed
// the old one, it is dropped.
//
// A refresh that has been sent is not abandoned when its context ends, because
// the response may be the only copy of the next refresh token: TokenContext then
// returns once the response is saved, and waits up to 10 seconds for it to come,
// and as long for each of four calls to the store.
func (s *Source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	return s.token(ctx, "")
}

// Renew is TokenContext for when the API has responded with 401 to an access token
// that has not expired, because it was revoked: it returns another one than
// rejected, by a refresh unless somebody has refreshed it already. The clients
// of this module call it once for a request, through [TokenSource].
func (s *Source) Renew(ctx context.Context, rejected string) (*oauth2.Token, error) {
	return s.token(ctx, rejected)
}

func (s *Source) token(ctx context.Context, rejected string) (*oauth2.Token, error) {
	if s == nil {
		return nil, refuseCredential("the token source is nil: pass one from NewTokenSource")
	}
	if s.misuse != nil {
		return nil, s.misuse
	}
	if s.app == nil {
		return nil, refuseCredential("the token source is empty: pass one from NewTokenSource")
	}
	if ctx == nil {
		return nil, &refusal{text: "authn: there is no context: it is nil"}
	}
	s.mu.Lock()
	if rejected != "" && (s.current == nil || s.current.AccessToken == rejected) {
		s.rejected = hide(rejected)
	}
	for {
		token, fresh := s.held(time.Now())
		// While somebody is at it, who has a token that works need not wait.
		if fresh || token != nil && s.flight != nil {
			s.mu.Unlock()
			return token, nil
		}
		if s.flight == nil {
			break
		}
		f := s.flight
		s.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !f.left && (f.token == nil || f.token.AccessToken != rejected) {
			return clone(f.token), f.err
		}
		s.mu.Lock()
	}
	f := &flight{done: make(chan struct{}), left: true}
	s.flight = f
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.flight = nil
		s.mu.Unlock()
		close(f.done)
	}()
	f.token, f.err = s.work(ctx)
	f.left = f.err != nil && ctx.Err() != nil
	return clone(f.token), f.err
}

// held returns the token in hand if it works, and whether it need not be
// refreshed. The caller holds mu.
func (s *Source) held(now time.Time) (token *oauth2.Token, fresh bool) {
	t := s.current
	if t == nil || t.AccessToken == "" || s.rejected.is(t.AccessToken) || !t.Expiry.IsZero() && !now.Before(t.Expiry) {
		return nil, false
	}
	return clone(t), s.renewAt.IsZero() || now.Before(s.renewAt) || now.Before(s.retryAt)
}

// works returns the token in hand if it works.
func (s *Source) works() *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := s.held(time.Now())
	return token
}

// take makes token, which is what the store has, the one in hand. If it was just
// issued, it may be the one that the API has refused before.
func (s *Source) take(token *oauth2.Token, issued bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.AccessToken != token.AccessToken {
		s.retryAt, s.failures = time.Time{}, 0
	}
	if issued {
		s.rejected = hidden{}
	}
	s.current, s.renewAt = clone(token), time.Time{}
	s.current.Expiry = token.Expiry.Round(0) // see checked
	if !token.Expiry.IsZero() && token.RefreshToken != "" {
		early := s.early
		if lives := token.ExpiresIn; lives > 0 && lives < int64(2*early/time.Second) {
			early = time.Duration(lives) * time.Second / 2
		}
		s.renewAt = token.Expiry.Add(-early)
	}
}

// work gets a token that works: from the store, or by a refresh. One that is in
// hand and works will do if the store fails.
func (s *Source) work(ctx context.Context) (*oauth2.Token, error) {
	token, err := s.fromStore(ctx)
	if errors.Is(err, errStore) && ctx.Err() == nil {
		if token := s.works(); token != nil {
			s.putOff(ctx, err, 0)
			return token, nil
		}
	}
	return token, err
}

func (s *Source) fromStore(ctx context.Context) (*oauth2.Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if locker, ok := s.store.(TokenLocker); ok {
		unlock, err := locker.Lock(ctx)
		if err != nil {
			return nil, s.storeError(ctx, "the token store cannot be locked", err)
		}
		if unlock == nil {
			return nil, s.storeError(ctx, "the token store cannot be locked", errors.New("its Lock returned neither a function nor an error"))
		}
		defer unlock()
	}
	stored, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	token, fresh := s.held(time.Now())
	s.mu.Unlock()
	switch {
	case fresh:
		return token, nil
	case stored.RefreshToken == "" && token != nil:
		return token, nil
	case stored.RefreshToken == "":
		return nil, &refusal{
			kind: ErrLoginRequired,
			text: "authn: the stored token has expired or was revoked, and has no refresh token (the scope offline_access yields one): the user has to log in again",
		}
	case s.refused.is(stored.RefreshToken) && (s.until.IsZero() || time.Now().Before(s.until)):
		return nil, s.refusal
	}
	return s.refresh(ctx, stored)
}

// load reads the store, and takes what it has. If a token is still to be saved,
// that is done first.
func (s *Source) load(ctx context.Context) (*oauth2.Token, error) {
	loading, cancel := ctx, context.CancelFunc(func() {})
	if s.unsaved != nil {
		loading, cancel = context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	}
	stored, err := s.store.Load(loading)
	cancel()
	if err != nil && !errors.Is(err, ErrNoToken) {
		return nil, s.storeError(ctx, "the token cannot be read from the store", err)
	}
	if err != nil || stored == nil {
		s.unsaved = nil
		return nil, &refusal{kind: ErrLoginRequired, cause: ErrNoToken, text: "authn: no token is stored: the user has to log in"}
	}
	if s.unsaved != nil && s.spent.is(stored.RefreshToken) {
		return s.save(ctx)
	}
	// Somebody has saved another token since, which is newer.
	s.unsaved = nil
	s.mu.Lock()
	known := s.current != nil && s.current.AccessToken == stored.AccessToken && s.current.RefreshToken == stored.RefreshToken
	s.mu.Unlock()
	if !known {
		s.take(stored, false)
	}
	return stored, nil
}

// refresh trades the refresh token of stored for another token, and saves that.
func (s *Source) refresh(ctx context.Context, stored *oauth2.Token) (*oauth2.Token, error) {
	for attempt := 1; ; attempt++ {
		token, err := s.ask(ctx, stored.RefreshToken)
		if err == nil {
			return s.keep(ctx, stored.RefreshToken, token, true)
		}
		var failed *tokenFailure
		if !errors.As(err, &failed) {
			return nil, err
		}
		refusal := tokenRefusal("the token was not refreshed", err)
		if next := failed.rotated.text(); next != "" {
			// The server has replaced the refresh token, though nothing else came of it.
			rotated := clone(stored)
			rotated.RefreshToken = next
			if stored, err = s.keep(ctx, stored.RefreshToken, rotated, false); err != nil {
				return nil, err
			}
		}
		// What the next call has to know is noted before the end of ctx counts.
		if failed.loginAgain {
			s.refused, s.refusal, s.until = hide(stored.RefreshToken), refusal, time.Time{}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// Where there is no lock another process may have been faster.
			newer, err := s.load(ctx)
			if err != nil {
				return nil, err
			}
			if newer.RefreshToken == stored.RefreshToken {
				return nil, refusal
			}
			if token := s.works(); token != nil {
				return token, nil
			}
			if attempt == refreshAttempts || newer.RefreshToken == "" {
				return nil, refusal
			}
			stored = newer
			continue
		}
		if token := s.works(); token != nil {
			if failed.unusable && failed.rotated.text() == "" {
				// Sent again, the refresh token may end the grant, and the token that
				// works with it.
				failed.retryAfter = time.Until(token.Expiry)
			}
			s.putOff(ctx, refusal, failed.retryAfter)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return token, nil
		}
		if failed.unusable && failed.rotated.text() == "" {
			s.refused, s.refusal, s.until = hide(stored.RefreshToken), refusal, time.Now().Add(restraint)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !failed.passing {
			return nil, refusal
		}
		delay := max(backoff(attempt), failed.retryAfter)
		if deadline, ok := ctx.Deadline(); attempt == refreshAttempts || delay > mostBackoff || ok && time.Until(deadline) < delay {
			if failed.retryAfter > 0 {
				s.refused, s.refusal, s.until = hide(stored.RefreshToken), refusal, time.Now().Add(failed.retryAfter)
			}
			return nil, refusal
		}
		s.logger.WarnContext(ctx, "clarify: a token refresh failed", "error", refusal.Error(), "attempt", attempt, "next", delay)
		if err := httpx.Sleep(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// ask makes a token request. Once it is sent, the end of ctx does not stop it at
// once.
func (s *Source) ask(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if httpx.Sleep(asking, grace) == nil {
			cancel()
		}
	})()
	return s.app.refresh(asking, refreshToken)
}

// keep saves a token that was got for the refresh token spent, unless somebody
// has put another one into the store meanwhile. Until that has succeeded it is
// held, for it may be the only one with which there is a next.
func (s *Source) keep(ctx context.Context, spent string, token *oauth2.Token, issued bool) (*oauth2.Token, error) {
	s.unsaved, s.issued, s.spent = token, issued, hide(spent)
	return s.load(ctx)
}

// save puts the token that is held into the store, then in hand.
func (s *Source) save(ctx context.Context) (*oauth2.Token, error) {
	token := s.unsaved
	for attempt := 1; ; attempt++ {
		saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		err := s.store.Save(saving, clone(token))
		cancel()
		if err == nil {
			break
		}
		if attempt == saveAttempts {
			return nil, s.storeError(ctx, "the refreshed token cannot be saved, and is held until it can be", err)
		}
		time.Sleep(firstBackoff / 4 << attempt)
	}
	s.unsaved, s.spent = nil, hidden{}
	s.take(token, s.issued)
	s.logger.DebugContext(ctx, "clarify: the token was refreshed", "expires", token.Expiry)
	return clone(token), nil
}

// putOff notes that a refresh failed while the old token works.
func (s *Source) putOff(ctx context.Context, err error, asked time.Duration) {
	s.mu.Lock()
	s.failures++
	delay := max(backoff(s.failures), asked)
	s.retryAt = time.Now().Add(delay)
	expires := s.current.Expiry
	s.mu.Unlock()
	s.logger.WarnContext(ctx, "clarify: a token refresh failed, and the old token is in use until it expires",
		"error", err.Error(), "expires", expires, "next", delay)
}

// storeError is an error of the store, which may be anybody's.
func (s *Source) storeError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ctx.Err()
	}
	secrets := []string{s.app.config.ClientSecret, s.spent.text(), s.refused.text()}
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	for _, token := range []*oauth2.Token{current, s.unsaved} {
		if token != nil {
			secrets = append(secrets, token.AccessToken, token.RefreshToken)
		}
	}
	return &refusal{kind: errStore, text: "authn: " + what + ": " + describe(err, secrets), cause: err}
}

// backoff is between half of and the whole of what doubles with each attempt.
func backoff(attempt int) time.Duration {
	most := mostBackoff
	if attempt < 7 {
		most = min(most, firstBackoff<<(attempt-1))
	}
	return most/2 + rand.N(most/2)
}
