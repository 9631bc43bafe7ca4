package authn

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

const (
	// firstBackoff doubles with each attempt, up to maxBackoff.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
	// refreshAttempts is how often one call tries to refresh, while no token works.
	refreshAttempts = 4
	// grace is how long a refresh continues after its context has ended: the
	// response may be the only copy of the next refresh token.
	grace = 10 * time.Second
	// reuseDelay is how long a refresh token that is probably already used is not
	// sent again.
	reuseDelay = 30 * time.Second
)

// obtain gets a token that works from the store or by a refresh. If the store
// fails, it falls back to the current token.
func (s *Source) obtain(ctx context.Context) (*oauth2.Token, error) {
	token, err := s.fromStore(ctx)
	if errors.Is(err, errStore) && ctx.Err() == nil {
		if token := s.usableToken(); token != nil {
			s.postpone(ctx, err, 0)
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
			return nil, s.storeError(ctx, "cannot lock the token store", err)
		}
		if unlock == nil {
			return nil, s.storeError(ctx, "cannot lock the token store", errors.New("its Lock returned neither a function nor an error"))
		}
		defer unlock()
	}
	stored, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	token, fresh := s.usable(time.Now())
	s.mu.Unlock()
	switch {
	case fresh:
		return token, nil
	case stored.RefreshToken == "" && token != nil:
		return token, nil
	case stored.RefreshToken == "":
		return nil, &authError{
			kind: ErrLoginRequired,
			text: "authn: the stored token has expired or was revoked, and has no refresh token (request the scope offline_access to get one): the user has to log in again",
		}
	case s.blocked.is(stored.RefreshToken) && (s.blockedUntil.IsZero() || time.Now().Before(s.blockedUntil)):
		return nil, s.blockedErr
	}
	return s.refresh(ctx, stored)
}

// block notes that a refresh token must not be sent, why, and until when.
func (s *Source) block(refreshToken string, err error, until time.Time) {
	s.blocked, s.blockedErr, s.blockedUntil = hide(refreshToken), err, until
}

// refresh exchanges the refresh token of stored for another token, and saves that.
func (s *Source) refresh(ctx context.Context, stored *oauth2.Token) (*oauth2.Token, error) {
	for attempt := 1; ; attempt++ {
		token, err := s.request(ctx, stored.RefreshToken)
		if err == nil {
			token, err = s.keep(ctx, stored.RefreshToken, token, true)
			refreshed(ctx, err)
			return token, err
		}
		var failed *tokenFailure
		if !errors.As(err, &failed) {
			return nil, err
		}
		failure := tokenError("cannot refresh the token", err)
		refreshed(ctx, failure)
		if next := failed.rotated.text(); next != "" {
			// The server has replaced the refresh token, though it issued no access token.
			rotated := clone(stored)
			rotated.RefreshToken = next
			if stored, err = s.keep(ctx, stored.RefreshToken, rotated, false); err != nil {
				return nil, err
			}
		}
		// Record what the next call has to know before looking at ctx.
		if failed.loginAgain {
			s.block(stored.RefreshToken, failure, time.Time{})
			newer, token, err := s.newer(ctx, stored.RefreshToken, failure)
			if err != nil || token != nil {
				return token, err
			}
			if attempt == refreshAttempts {
				return nil, failure
			}
			stored = newer
			continue
		}
		used := failed.unusable && failed.rotated.text() == "" // probably
		if token := s.usableToken(); token != nil {
			if used {
				// Sent again, the refresh token may end the grant, and with it this token.
				failed.retryAfter = time.Until(token.Expiry)
			}
			s.postpone(ctx, failure, failed.retryAfter)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return token, nil
		}
		if used {
			s.block(stored.RefreshToken, failure, time.Now().Add(reuseDelay))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !failed.transient {
			return nil, failure
		}
		delay := max(backoff(attempt), failed.retryAfter)
		if deadline, ok := ctx.Deadline(); attempt == refreshAttempts || delay > maxBackoff || ok && time.Until(deadline) < delay {
			if failed.retryAfter > 0 {
				s.block(stored.RefreshToken, failure, time.Now().Add(failed.retryAfter))
			}
			return nil, failure
		}
		s.logger.WarnContext(ctx, "clarify: a token refresh failed", "error", failure.Error(), "attempt", attempt, "next", delay)
		if err := httpx.Sleep(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// newer reads the store after the server has rejected a refresh token: without a
// lock, another process may have used it first. It returns what that process
// saved: token if it works, and otherwise stored, whose refresh token is new. If
// there is nothing newer, it returns failure.
func (s *Source) newer(ctx context.Context, rejected string, failure error) (stored, token *oauth2.Token, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	stored, err = s.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	if stored.RefreshToken == rejected {
		return nil, nil, failure
	}
	if token := s.usableToken(); token != nil {
		return stored, token, nil
	}
	if stored.RefreshToken == "" {
		return nil, nil, failure
	}
	return stored, nil, nil
}

// request sends a token request. Once that is sent, the end of ctx stops it only
// after a grace period.
func (s *Source) request(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if httpx.Sleep(sending, grace) == nil {
			cancel()
		}
	})()
	return s.app.refresh(sending, refreshToken)
}

// postpone notes that a refresh failed while the old token works.
func (s *Source) postpone(ctx context.Context, err error, retryAfter time.Duration) {
	s.mu.Lock()
	s.failures++
	delay := max(backoff(s.failures), retryAfter)
	s.retryAt = time.Now().Add(delay)
	expires := s.current.Expiry
	s.mu.Unlock()
	s.logger.WarnContext(ctx, "clarify: a token refresh failed; the old token is used until it expires",
		"error", err.Error(), "expires", expires, "next", delay)
}

// backoff is between half and all of a limit that doubles with each attempt.
func backoff(attempt int) time.Duration {
	limit := maxBackoff
	if attempt < 7 {
		limit = min(limit, firstBackoff<<(attempt-1))
	}
	return limit/2 + rand.N(limit/2)
}
