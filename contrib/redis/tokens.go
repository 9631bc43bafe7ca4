package clarifyredis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/sealed"
)

const (
	// DefaultTokenTimeout is how long a token store waits for each response of Redis,
	// unless [WithTokenTimeout] says otherwise.
	DefaultTokenTimeout = 2 * time.Second
	// DefaultLease is how long the lock of a process lasts that says nothing any more,
	// unless [WithLease] says otherwise.
	DefaultLease = 10 * time.Second
)

var (
	// ErrKey is matched, by [errors.Is], when a stored token was encrypted with none of
	// the keys, for another user, or was changed.
	ErrKey = errors.New("clarify: the stored token cannot be decrypted")
	// ErrChanged is matched, by [errors.Is], when Save finds that somebody else has
	// saved a token since the lock was acquired and the token was loaded. The stored
	// one is newer, and stays.
	ErrChanged = errors.New("clarify: another process has saved a token meanwhile")
)

// A TokenOption configures [NewTokenStore].
type TokenOption interface{ applyToTokens(*tokenConfig) }

type tokenConfig struct {
	prefix   string
	timeout  time.Duration
	lease    time.Duration
	replicas int
}

type tokenOption func(*tokenConfig)

func (o tokenOption) applyToTokens(c *tokenConfig) { o(c) }

// WithTokenTimeout sets how long a token store waits for each response of Redis. It must
// be positive. The default is [DefaultTokenTimeout].
func WithTokenTimeout(d time.Duration) TokenOption {
	return tokenOption(func(c *tokenConfig) { c.timeout = d })
}

// WithLease sets how long the lock of a process lasts that says nothing any more,
// because it was killed or is paused. A process that is paused for longer in the middle
// of a refresh may cost the user's login, since another one then uses the same refresh
// token. It must be at least a second. The default is [DefaultLease].
func WithLease(d time.Duration) TokenOption {
	return tokenOption(func(c *tokenConfig) { c.lease = d })
}

// WithReplicas makes Save fail unless n replicas have the token, too, so that a
// failover does not lose it. It does not work with a cluster.
func WithReplicas(n int) TokenOption {
	return tokenOption(func(c *tokenConfig) { c.replicas = n })
}

func newTokenConfig(client redis.UniversalClient, opts []TokenOption) (tokenConfig, error) {
	c := tokenConfig{prefix: DefaultPrefix, timeout: DefaultTokenTimeout, lease: DefaultLease}
	for _, opt := range opts {
		if opt != nil {
			opt.applyToTokens(&c)
		}
	}
	_, cluster := client.(*redis.ClusterClient)
	switch {
	case client == nil:
		return c, errors.New("clarify: the client is nil: pass one such as redis.NewClient returns")
	case c.timeout <= 0:
		return c, fmt.Errorf("clarify: WithTokenTimeout was given %v: the time must be positive", c.timeout)
	case c.lease < time.Second:
		return c, fmt.Errorf("clarify: WithLease was given %v: the time must be at least a second", c.lease)
	case c.replicas < 0:
		return c, fmt.Errorf("clarify: WithReplicas was given %d: the number must not be negative", c.replicas)
	case c.replicas > 0 && cluster:
		return c, errors.New("clarify: WithReplicas does not work with a cluster")
	}
	return c, nil
}

// tokenKey returns the key of a user's token.
func (c tokenConfig) tokenKey(user string) string { return c.prefix + "token:" + user }

// A TokenStore keeps the token of one user in Redis, encrypted. It is an
// [authn.TokenStore] and an [authn.TokenLocker], and safe for concurrent use. Make one
// for each user and process, and keep it as long as the [authn.Source] that uses it.
//
// A token that was refreshed is not lost while Redis is down: the store keeps the lock,
// and saves the token as soon as it can. If Redis comes back without the last token,
// because it lost data or failed over to a replica that lags behind, a store that has
// seen the token puts it back.
type TokenStore struct {
	client redis.UniversalClient
	tokenConfig
	user string
	key  string
	box  *sealed.Box

	turn chan struct{} // has room if nobody in this process holds the lock

	mu   sync.Mutex
	held *lock   // nil if this process does not hold it
	seen version // the latest one that this process has loaded or saved
	// The token that was to be saved last, before and after it was sealed: saved again,
	// it is the same.
	plain, sealed []byte
}

// version is a state of the token.
type version struct {
	number int64  // higher than that of all before
	sealed []byte // empty if there is none
}

// NewTokenStore returns the store of a user's token. The user is any name that the
// program has for the user. The first key encrypts, with AES-GCM, and all of them
// decrypt: see [RotateTokens]. A key has 16, 24 or 32 random bytes, and is kept
// somewhere else than the tokens.
func NewTokenStore(client redis.UniversalClient, user string, keys [][]byte, opts ...TokenOption) (*TokenStore, error) {
	c, err := newTokenConfig(client, opts)
	if err != nil {
		return nil, err
	}
	if user == "" {
		return nil, errors.New("clarify: the user of a token store is empty: pass the name or id of one")
	}
	box, err := sealed.New(keys...)
	if err != nil {
		return nil, fmt.Errorf("clarify: the keys of a token store are invalid: %w", err)
	}
	return &TokenStore{
		client: client, tokenConfig: c, user: user, key: c.tokenKey(user), box: box,
		turn: make(chan struct{}, 1),
	}, nil
}

// Format prints the type only, so that keys and tokens cannot leak.
func (s *TokenStore) Format(f fmt.State, verb rune) { fmt.Fprint(f, "clarifyredis.TokenStore") }

// check returns an error if s or ctx is unusable.
func (s *TokenStore) check(ctx context.Context) error {
	switch {
	case s == nil || s.client == nil:
		return errors.New("clarify: the token store is empty: make it with NewTokenStore")
	case ctx == nil:
		return errors.New("clarify: the context is nil")
	}
	return ctx.Err()
}

var scriptLoad = redis.NewScript(`
local r = redis.call('HMGET', KEYS[1], 'token', 'number', 'deleted')
return {r[1] or '', tonumber(r[2] or 0), tonumber(r[3] or 0)}`)

// scriptRestore puts back a version that Redis has lost.
var scriptRestore = redis.NewScript(`
if tonumber(redis.call('HGET', KEYS[1], 'number') or 0) == tonumber(ARGV[1]) then
	redis.call('HSET', KEYS[1], 'token', ARGV[3], 'number', ARGV[2])
	redis.call('HDEL', KEYS[1], 'deleted')
	redis.call('PERSIST', KEYS[1])
end
return {}`)

// Load returns the token. The error matches [authn.ErrNoToken] if there is none, and
// [ErrKey] if it cannot be decrypted.
func (s *TokenStore) Load(ctx context.Context) (*oauth2.Token, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	for {
		r, err := s.run(ctx, scriptLoad)
		if err != nil {
			return nil, err
		}
		stored := version{number: number(r, 1), sealed: []byte(text(r, 0))}
		if restore := s.loaded(stored, number(r, 2) == 1); len(restore.sealed) > 0 {
			if _, err := s.run(ctx, scriptRestore, stored.number, restore.number, restore.sealed); err != nil {
				return nil, err
			}
			continue
		}
		if len(stored.sealed) == 0 {
			return nil, fmt.Errorf("clarify: the token of %q in Redis: %w", s.user, authn.ErrNoToken)
		}
		return s.open(stored.sealed)
	}
}

// loaded notes what is stored. It returns what was stored before, if that is newer.
func (s *TokenStore) loaded(stored version, deleted bool) (restore version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored.number < s.seen.number && !deleted && len(s.seen.sealed) > 0 {
		return s.seen
	}
	s.seen = stored
	if s.held != nil {
		s.held.base = stored.number
	}
	return version{}
}

// open decrypts a stored token.
func (s *TokenStore) open(kept []byte) (*oauth2.Token, error) {
	plain, err := s.box.Open(kept, s.user)
	if err != nil {
		return nil, fmt.Errorf("%w: that of %q in Redis: %w", ErrKey, s.user, err)
	}
	token := new(oauth2.Token)
	if err := json.Unmarshal(plain, token); err != nil {
		// The error may show a part of the token.
		return nil, fmt.Errorf("%w: that of %q in Redis is not one", ErrKey, s.user)
	}
	return token, nil
}

var scriptDelete = redis.NewScript(luaNumber + `
redis.call('HDEL', KEYS[1], 'token')
redis.call('HSET', KEYS[1], 'number', new, 'deleted', 1)
redis.call('PEXPIRE', KEYS[1], 30 * 24 * 3600 * 1000)
return {}`)

// Delete deletes the token, for example when the user logs out. Use it instead of
// deleting the key, which looks like a loss of data.
func (s *TokenStore) Delete(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	_, err := s.run(ctx, scriptDelete)
	return err
}
