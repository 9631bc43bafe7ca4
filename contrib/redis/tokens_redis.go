package clarifyredis

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// bounded calls Redis, and returns after the timeout or when ctx ends, whatever the
// client does then.
func bounded[T any](ctx context.Context, timeout time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("there is no response: %w", ctx.Err())
	}
}

// run runs a script on the key of the user.
func (s *TokenStore) run(ctx context.Context, script *redis.Script, args ...any) ([]any, error) {
	r, err := bounded(ctx, s.timeout, func(ctx context.Context) ([]any, error) {
		return script.Run(ctx, s.client, []string{s.key}, args...).Slice()
	})
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	return r, nil
}

// failed returns the error of ctx if that has ended, and otherwise that of Redis with what
// it is about.
func (s *TokenStore) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("clarify: the token of %q in Redis: %w", s.user, err)
}

// Each user has one hash: the sealed token and its number, and who holds the lock with a
// number that changes while it does. A token that was deleted leaves its number. Numbers
// are times, so that a token has a higher one than all before it, even if Redis has lost
// those.
const luaNumber = `
local clock = redis.call('TIME')
local old = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
local new = math.max(old + 1, clock[1] * 1000 + math.floor(clock[2] / 1000))
`

// number and text return a value that a script returned.
func number(r []any, i int) int64 {
	if i < len(r) {
		if n, ok := r[i].(int64); ok {
			return n
		}
	}
	return 0
}

func text(r []any, i int) string {
	if i < len(r) {
		if s, ok := r[i].(string); ok {
			return s
		}
	}
	return ""
}
