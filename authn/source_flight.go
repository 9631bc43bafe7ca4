package authn

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// flight is one caller's work on the token. The others wait for its result.
type flight struct {
	done      chan struct{}
	token     *oauth2.Token
	err       error
	abandoned bool // the caller's context ended, so the result is of no use to others
}

// token returns a token that works and is not rejected.
func (s *Source) token(ctx context.Context, rejected string) (*oauth2.Token, error) {
	if s == nil {
		return nil, credentialError("the token source is nil: pass one from NewTokenSource")
	}
	if s.misuse != nil {
		return nil, s.misuse
	}
	if s.app == nil {
		return nil, credentialError("the token source is empty: pass one from NewTokenSource")
	}
	if ctx == nil {
		return nil, errNilContext
	}
	s.mu.Lock()
	if rejected != "" && (s.current == nil || s.current.AccessToken == rejected) {
		s.rejected = hide(rejected)
	}
	for {
		token, fresh := s.usable(time.Now())
		// During a refresh, nobody waits who has a token that works.
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
		if !f.abandoned && (f.token == nil || f.token.AccessToken != rejected) {
			return clone(f.token), f.err
		}
		s.mu.Lock()
	}
	f := &flight{done: make(chan struct{}), abandoned: true}
	s.flight = f
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.flight = nil
		s.mu.Unlock()
		close(f.done)
	}()
	f.token, f.err = s.obtain(ctx)
	f.abandoned = f.err != nil && ctx.Err() != nil
	return clone(f.token), f.err
}

// usable returns the current token if it works, and whether it need not be
// refreshed yet. The caller holds mu.
func (s *Source) usable(now time.Time) (token *oauth2.Token, fresh bool) {
	t := s.current
	if t == nil || t.AccessToken == "" || s.rejected.is(t.AccessToken) || !t.Expiry.IsZero() && !now.Before(t.Expiry) {
		return nil, false
	}
	return clone(t), s.refreshAt.IsZero() || now.Before(s.refreshAt) || now.Before(s.retryAt)
}

// usableToken returns the current token if it works.
func (s *Source) usableToken() *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := s.usable(time.Now())
	return token
}

// setCurrent makes token, which is in the store, the current one. A token that was
// just issued may have the value of one that the API rejected before.
func (s *Source) setCurrent(token *oauth2.Token, issued bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.AccessToken != token.AccessToken {
		s.retryAt, s.failures = time.Time{}, 0
	}
	if issued {
		s.rejected = hidden{}
	}
	s.current, s.refreshAt = clone(token), time.Time{}
	s.current.Expiry = token.Expiry.Round(0) // see checked
	if !token.Expiry.IsZero() && token.RefreshToken != "" {
		early := s.early
		if lives := token.ExpiresIn; lives > 0 && lives < int64(2*early/time.Second) {
			early = time.Duration(lives) * time.Second / 2
		}
		s.refreshAt = token.Expiry.Add(-early)
	}
}
