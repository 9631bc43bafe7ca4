package clarifypostgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// A Source is the source of one user's token: an [authn.Source] that notes in the
// database when the user has to log in again. It is an [oauth2.TokenSource], and safe for
// concurrent use. A Source that is printed shows nothing of its token.
type Source struct {
	store  *TokenStore
	source *authn.Source
	used   time.Time // guarded by the mutex of the grants
}

// Format prints the type only, so that the token cannot leak.
func (s *Source) Format(f fmt.State, verb rune) { fmt.Fprint(f, "clarifypostgres.Source") }

// Format prints the type only, so that the token cannot leak.
func (s *TokenStore) Format(f fmt.State, verb rune) { fmt.Fprint(f, "clarifypostgres.TokenStore") }

// Token is [Source.TokenContext] without a context.
func (s *Source) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// TokenContext does what [authn.Source.TokenContext] does.
func (s *Source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	token, err := s.source.TokenContext(ctx)
	s.note(ctx, err)
	return token, err
}

// Renew does what [authn.Source.Renew] does.
func (s *Source) Renew(ctx context.Context, rejected string) (*oauth2.Token, error) {
	token, err := s.source.Renew(ctx, rejected)
	s.note(ctx, err)
	return token, err
}

// note records that the user has to log in again, once for a token. If that fails, a
// later use does it: the source returns the same error until there is another token.
func (s *Source) note(ctx context.Context, err error) {
	if err == nil || !errors.Is(err, authn.ErrLoginRequired) || errors.Is(err, authn.ErrNoToken) {
		return
	}
	s.store.mu.Lock()
	row := s.store.newest
	s.store.newest.lost = true
	s.store.mu.Unlock()
	if row.lost || row.login == "" {
		return
	}
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	t, u := s.store.table, s.store.user
	if _, failed := t.pool.Exec(noting, expand(loseToken, t.o), u.workspace, u.id, row.login, row.version, err.Error()); failed != nil {
		s.store.mu.Lock()
		defer s.store.mu.Unlock()
		if s.store.newest.login == row.login && s.store.newest.version == row.version {
			s.store.newest.lost = false
		}
	}
}
