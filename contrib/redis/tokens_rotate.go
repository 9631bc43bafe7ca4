package clarifyredis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// scriptReplace replaces a sealed token that has not changed.
var scriptReplace = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
	return {0}
end
redis.call('HSET', KEYS[1], 'token', ARGV[2])
return {1}`)

// Rotate encrypts the stored token with the first key, unless it is already.
func (s *TokenStore) Rotate(ctx context.Context) error {
	_, err := s.rotate(ctx)
	return err
}

func (s *TokenStore) rotate(ctx context.Context) (changed bool, err error) {
	if err := s.check(ctx); err != nil {
		return false, err
	}
	for {
		r, err := s.run(ctx, scriptLoad)
		if err != nil {
			return false, err
		}
		kept := []byte(text(r, 0))
		if len(kept) == 0 || s.box.Current(kept) {
			return false, nil
		}
		plain, err := s.box.Open(kept, s.user)
		if err != nil {
			return false, fmt.Errorf("%w: that of %q in Redis: %w", ErrKey, s.user, err)
		}
		if r, err = s.run(ctx, scriptReplace, kept, s.box.Seal(plain, s.user)); err != nil {
			return false, err
		}
		if number(r, 0) == 1 {
			return true, nil
		}
	}
}

// RotateTokens encrypts the tokens of all users with the first key, while they are in
// use, and returns how many had another one. To rotate keys: give all processes the new
// key after the old one, then the new key before the old one, then call RotateTokens,
// and then remove the old one. It goes on after an error, and returns all of them.
func RotateTokens(ctx context.Context, client redis.UniversalClient, keys [][]byte, opts ...TokenOption) (rotated int, err error) {
	c, err := newTokenConfig(client, opts)
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	var errs []error
	scan := func(ctx context.Context, node redis.Cmdable) error {
		all := node.Scan(ctx, 0, globEscaper.Replace(c.tokenKey(""))+"*", 1000).Iterator()
		for all.Next(ctx) {
			s, err := NewTokenStore(client, strings.TrimPrefix(all.Val(), c.tokenKey("")), keys, opts...)
			if err != nil {
				return err
			}
			changed, err := s.rotate(ctx)
			mu.Lock()
			if err != nil {
				errs = append(errs, err)
			}
			if changed {
				rotated++
			}
			mu.Unlock()
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return all.Err()
	}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return scan(ctx, node) })
	} else {
		err = scan(ctx, client)
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("clarify: the tokens in Redis: %w", err))
	}
	return rotated, errors.Join(errs...)
}

// globEscaper escapes what has a meaning in a pattern of Redis.
var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)
