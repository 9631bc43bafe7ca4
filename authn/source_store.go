package authn

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

const (
	// saveAttempts is how often one call tries to save a new token.
	saveAttempts = 3
	// storeTimeout bounds each call to the store while a new token is unsaved.
	storeTimeout = 10 * time.Second
)

// errStore is matched when a call to the store failed.
var errStore = errors.New("authn: the token store failed")

// load reads the store, and makes its token the current one. It saves an unsaved
// token first.
func (s *Source) load(ctx context.Context) (*oauth2.Token, error) {
	loading, cancel := ctx, context.CancelFunc(func() {})
	if s.unsaved != nil {
		loading, cancel = context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	}
	stored, err := s.store.Load(loading)
	cancel()
	if err != nil && !errors.Is(err, ErrNoToken) {
		return nil, s.storeError(ctx, "cannot read the token from the store", err)
	}
	if err != nil || stored == nil {
		s.unsaved = nil
		return nil, &authError{kind: ErrLoginRequired, cause: ErrNoToken, text: "authn: no token is stored: the user has to log in"}
	}
	if s.unsaved != nil && s.used.is(stored.RefreshToken) {
		return s.save(ctx)
	}
	// If another process has saved a token since, that one is newer.
	s.unsaved = nil
	s.mu.Lock()
	known := s.current != nil && s.current.AccessToken == stored.AccessToken && s.current.RefreshToken == stored.RefreshToken
	s.mu.Unlock()
	if !known {
		s.setCurrent(stored, false)
	}
	return stored, nil
}

// keep saves a token that was issued for the refresh token used, unless the store
// has another token by now. Until it is saved the token stays in unsaved, because
// it may hold the only copy of the next refresh token.
func (s *Source) keep(ctx context.Context, used string, token *oauth2.Token, issued bool) (*oauth2.Token, error) {
	s.unsaved, s.issued, s.used = token, issued, hide(used)
	kept, err := s.load(ctx)
	if _, locked := s.store.(TokenLocker); locked && s.unsaved != nil && errors.Is(err, errStore) {
		// Under the lock nobody else has saved one. A store that cannot be reached gets to
		// know the token, so that it can save it later, and keep the lock until then.
		return s.save(ctx)
	}
	return kept, err
}

// save puts the unsaved token into the store, and makes it the current one.
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
			return nil, s.storeError(ctx, "cannot save the refreshed token, which stays in memory until it is saved", err)
		}
		time.Sleep(firstBackoff / 4 << attempt)
	}
	s.unsaved, s.used = nil, hidden{}
	s.setCurrent(token, s.issued)
	s.logger.DebugContext(ctx, "clarify: the token was refreshed", "expires", token.Expiry)
	return clone(token), nil
}

// storeError wraps an error of the store. Its text may contain anything.
func (s *Source) storeError(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ctx.Err()
	}
	secrets := []string{s.app.config.ClientSecret, s.used.text(), s.blocked.text()}
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	for _, token := range []*oauth2.Token{current, s.unsaved} {
		if token != nil {
			secrets = append(secrets, token.AccessToken, token.RefreshToken)
		}
	}
	return &authError{kind: errStore, text: "authn: " + what + ": " + describe(err, secrets), cause: err}
}
