package clarifypostgres

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

// Grants has what the users of an app have granted it: for each user of a workspace a
// token, encrypted. Any number of processes share them, and refresh each token once. See
// [TokenStore] for what is not lost. It is safe for concurrent use. Make one for each
// process.
type Grants struct {
	table  *tokenTable
	config *oauth2.Config
	opts   []authn.SourceOption

	mu      sync.Mutex
	sources map[user]*Source
	sweepAt int
}

// A Grant is what is known of one, without its token. Times are of the database's clock.
type Grant struct {
	Workspace string
	User      string

	CreatedAt   time.Time // when the user logged in last
	RefreshedAt time.Time // when the token was saved last
	// UsedAt is when a process read or refreshed the token. It keeps the token in memory
	// until that expires, so this is as exact as tokens live long.
	UsedAt    time.Time
	ExpiresAt time.Time // when the access token expires, zero if that is not known
	// LoginRequired is whether the user has to log in again, and Reason says why, if the
	// authorization server said so.
	LoginRequired bool
	Reason        string
}

// NewGrants returns the grants of an app in a database that [Migrate] has prepared. The
// keys encrypt the tokens, as those of [NewTokenStore] do. config is the app's.
func NewGrants(pool *pgxpool.Pool, config *oauth2.Config, keys [][]byte, opts ...Option) (*Grants, error) {
	table, err := newTokenTable(pool, keys, opts)
	if err != nil {
		return nil, err
	}
	if config == nil {
		return nil, errors.New("clarify: the OAuth 2.0 configuration is nil: pass one from authn.NewConfig")
	}
	own := *config
	return &Grants{table: table, config: &own, opts: table.o.source, sources: map[user]*Source{}, sweepAt: minSweep}, nil
}

// Save keeps the token that a user's login has yielded, instead of the one that there may
// be. It returns once that is committed.
func (g *Grants) Save(ctx context.Context, workspace, userID string, token *oauth2.Token) error {
	s, err := g.TokenSource(workspace, userID)
	if err != nil {
		return err
	}
	login := newID()
	err = retry(ctx, patience, func(ctx context.Context) error { return s.store.table.login(ctx, s.store.user, token, login) })
	return err
}

// TokenSource returns the source of a user's token, for [authn.TokenSource]. It is the
// same for all callers in this process, so that they share one refresh; those in other
// processes share the token. Nothing is read before it is used. If there is no grant, the
// error of that use matches [authn.ErrLoginRequired].
func (g *Grants) TokenSource(workspace, userID string) (*Source, error) {
	u := user{workspace, userID}
	if err := u.check(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources[u]
	if s == nil {
		g.sweep()
		store := newTokenStore(g.table, u)
		s = &Source{store: store, source: authn.NewTokenSource(g.config, store, g.opts...)}
		g.sources[u] = s
	}
	s.used = time.Now()
	return s, nil
}

const (
	// minSweep is how many sources there are before those are forgotten that nobody
	// asked for in a while.
	minSweep = 1024
	idle     = 30 * time.Minute
)

// sweep forgets sources that are not in use. The caller holds mu.
func (g *Grants) sweep() {
	if len(g.sources) < g.sweepAt {
		return
	}
	for u, s := range g.sources {
		if time.Since(s.used) > idle && s.store.isIdle() {
			delete(g.sources, u)
		}
	}
	g.sweepAt = max(minSweep, 2*len(g.sources))
}

// isIdle reports whether nothing is lost if the store is forgotten.
func (s *TokenStore) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.held && s.unsaid == nil
}

const (
	columns = `workspace, user_id, created_at, refreshed_at, used_at, expires_at,
		lost_at IS NOT NULL OR NOT refreshable AND expires_at <= now(), coalesce(lost_reason, '')`
	selectGrant = `SELECT ` + columns + ` FROM {schema}.grants WHERE workspace = $1 AND user_id = $2`
	selectUsers = `SELECT ` + columns + ` FROM {schema}.grants WHERE workspace = $1 AND user_id > $2 ORDER BY user_id LIMIT $3`
	selectLost  = `SELECT ` + columns + ` FROM {schema}.grants WHERE (workspace, user_id) > ($1, $2)
		AND (lost_at IS NOT NULL OR NOT refreshable) AND (lost_at IS NOT NULL OR expires_at <= now())
		ORDER BY workspace, user_id LIMIT $3`
)

// page is how many rows one query returns.
const page = 500

// Get returns a grant. The error matches [authn.ErrNoToken] if there is none.
func (g *Grants) Get(ctx context.Context, workspace, userID string) (Grant, error) {
	found, err := g.query(ctx, selectGrant, workspace, userID)
	if err != nil {
		return Grant{}, err
	}
	if len(found) == 0 {
		return Grant{}, authn.ErrNoToken
	}
	return found[0], nil
}

// Users returns the grants of a workspace, ordered by user.
func (g *Grants) Users(ctx context.Context, workspace string) iter.Seq2[Grant, error] {
	return g.pages(func(last Grant) ([]Grant, error) {
		return g.query(ctx, selectUsers, workspace, last.User, page)
	})
}

// LoginRequired returns the grants of all workspaces whose users have to log in again:
// the authorization server has rejected the refresh token, or there is none and the
// access token has expired. They are ordered by workspace and user.
func (g *Grants) LoginRequired(ctx context.Context) iter.Seq2[Grant, error] {
	return g.pages(func(last Grant) ([]Grant, error) {
		return g.query(ctx, selectLost, last.Workspace, last.User, page)
	})
}

// pages yields the grants of pages, each of which begins after a grant.
func (g *Grants) pages(next func(last Grant) ([]Grant, error)) iter.Seq2[Grant, error] {
	return func(yield func(Grant, error) bool) {
		for last := (Grant{}); ; {
			found, err := next(last)
			if err != nil {
				yield(Grant{}, err)
				return
			}
			for _, last = range found {
				if !yield(last, nil) {
					return
				}
			}
			if len(found) < page {
				return
			}
		}
	}
}

func (g *Grants) query(ctx context.Context, statement string, args ...any) ([]Grant, error) {
	rows, err := g.table.pool.Query(ctx, expand(statement, g.table.o), args...)
	if err != nil {
		return nil, databaseError(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Grant, error) {
		var got Grant
		var expires *time.Time
		var lost *bool // unknown if expires is
		err := row.Scan(&got.Workspace, &got.User, &got.CreatedAt, &got.RefreshedAt, &got.UsedAt, &expires, &lost, &got.Reason)
		if expires != nil {
			got.ExpiresAt = *expires
		}
		got.LoginRequired = lost != nil && *lost
		return got, err
	})
	return found, databaseError(err)
}

// Delete removes a grant, so that no process refreshes its token any more; what is in
// memory lasts as long as the access token. Deleting what is not there is no error. The
// API has no documented way to revoke a token: the user removes the app in Clarify.
func (g *Grants) Delete(ctx context.Context, workspace, userID string) error {
	return retry(ctx, patience, func(ctx context.Context) error {
		_, err := g.table.pool.Exec(ctx, expand(deleteToken, g.table.o), workspace, userID)
		return databaseError(err)
	})
}
