package clarifyredis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"
)

// scriptSave saves a token. ARGV: it, and the number of the one that it replaces. A stored
// one with a lower number is older than that: Redis has lost some. A save that is
// repeated changes nothing.
var scriptSave = redis.NewScript(luaNumber + `
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then
	return {1, old}
end
if old > tonumber(ARGV[2]) then
	return {0, old}
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'number', new)
redis.call('HDEL', KEYS[1], 'deleted')
redis.call('PERSIST', KEYS[1])
return {1, new}`)

// Save encrypts the token, and replaces the stored one. While this process holds the
// lock, Save returns an error that matches [ErrChanged] if another one has saved a token
// since: the lock was lost then.
func (s *TokenStore) Save(ctx context.Context, token *oauth2.Token) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	if token == nil || token.AccessToken == "" && token.RefreshToken == "" {
		return errors.New("clarify: the token to save is empty")
	}
	for _, value := range []string{token.AccessToken, token.TokenType, token.RefreshToken} {
		if !utf8.ValidString(value) {
			// JSON would replace the invalid bytes.
			return errors.New("clarify: the token to save is not valid UTF-8")
		}
	}
	plain, err := json.Marshal(&oauth2.Token{
		AccessToken: token.AccessToken, TokenType: token.TokenType, RefreshToken: token.RefreshToken,
		Expiry: token.Expiry, ExpiresIn: token.ExpiresIn,
	})
	if err != nil {
		// A time out of range is the only reason.
		return errors.New("clarify: the expiry of the token to save is out of range")
	}
	s.mu.Lock()
	if !bytes.Equal(plain, s.plain) {
		s.plain, s.sealed = plain, s.box.Seal(plain, s.user)
	}
	saving, held := s.sealed, s.held
	base := int64(0)
	if held != nil {
		base = held.base
	}
	s.mu.Unlock()
	if held == nil {
		return s.replace(ctx, saving)
	}
	err = s.save(ctx, saving, base)
	s.mu.Lock()
	defer s.mu.Unlock()
	held.unsaved = nil
	if err != nil && !errors.Is(err, ErrChanged) {
		held.unsaved = saving
	}
	return err
}

// replace saves a sealed token, whatever is stored. It says what it replaces, because a
// call that was given up may reach Redis later.
func (s *TokenStore) replace(ctx context.Context, kept []byte) error {
	for {
		r, err := s.run(ctx, scriptLoad)
		if err != nil {
			return err
		}
		if err := s.save(ctx, kept, number(r, 1)); !errors.Is(err, ErrChanged) {
			return err
		}
	}
}

// save saves a sealed token, unless the stored one has a higher number than base.
func (s *TokenStore) save(ctx context.Context, kept []byte, base int64) error {
	var r []any
	var err error
	if s.replicas > 0 {
		r, err = s.saveReplicated(ctx, kept, base)
	} else {
		r, err = s.run(ctx, scriptSave, kept, base)
	}
	if err != nil {
		return err
	}
	if number(r, 0) == 0 {
		return fmt.Errorf("%w: that of %q in Redis", ErrChanged, s.user)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := number(r, 1); n >= s.seen.number {
		s.seen = version{n, kept}
	}
	return nil
}

// saveReplicated saves, and waits for the replicas.
func (s *TokenStore) saveReplicated(ctx context.Context, kept []byte, base int64) ([]any, error) {
	return bounded(ctx, s.timeout, func(ctx context.Context) ([]any, error) {
		var saved *redis.Cmd
		var replicas *redis.Cmd
		// WAIT is for the writes of its connection.
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			saved = scriptSave.Eval(ctx, p, []string{s.key}, kept, base)
			replicas = p.Do(ctx, "WAIT", s.replicas, (s.timeout / 2).Milliseconds())
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("clarify: the token of %q in Redis: %w", s.user, err)
		}
		if n, err := replicas.Int64(); err != nil || n < int64(s.replicas) {
			return nil, fmt.Errorf("clarify: the token of %q is on %d replicas of Redis, want %d", s.user, n, s.replicas)
		}
		return saved.Slice()
	})
}
