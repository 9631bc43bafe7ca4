package clarifyredis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/ratelimit"
	"github.com/clarify-go/clarify/internal/sharedlimit"
)

const (
	// DefaultPrefix is what all keys in Redis begin with, unless [WithPrefix] says
	// otherwise.
	DefaultPrefix = "clarify:"
	// DefaultLimiterTimeout is how long a limiter waits for Redis, unless
	// [WithLimiterTimeout] says otherwise.
	DefaultLimiterTimeout = 100 * time.Millisecond

	// flightLease is how long a request is in flight before its process may have died.
	flightLease = 30 * time.Second
	// waitingLease is how long Redis remembers what waits in a process that does not
	// ask again.
	waitingLease = 2 * time.Second
	// retryEvery is how often Redis is tried while it cannot be reached.
	retryEvery = time.Second
)

// A LimiterOption configures [NewLimiter].
type LimiterOption interface{ applyToLimiter(*limiterConfig) }

type limiterConfig struct {
	prefix  string
	timeout time.Duration
	logger  *slog.Logger
	window  time.Duration
	lease   time.Duration
}

type limiterOption func(*limiterConfig)

func (o limiterOption) applyToLimiter(c *limiterConfig) { o(c) }

// WithLimiterTimeout sets how long a limiter waits for Redis before the limiter in
// memory decides. It must be positive. The default is [DefaultLimiterTimeout].
func WithLimiterTimeout(d time.Duration) LimiterOption {
	return limiterOption(func(c *limiterConfig) { c.timeout = d })
}

// WithLimiterLogger logs when Redis cannot be reached, with the reason, and when it can
// be again.
func WithLimiterLogger(logger *slog.Logger) LimiterOption {
	return limiterOption(func(c *limiterConfig) { c.logger = logger })
}

// NewLimiter returns a limiter for [clarify.WithLimiter] that all processes share which
// have the same Redis and prefix. Each of them needs only one, for all workspaces.
//
// It knows from the headers of responses what room the API has left, subtracts what
// is in flight in all processes, and knows when their requests leave the window of the
// rate limit. While requests wait, no process gets ahead of the others, interactive
// requests of any process go before bulk requests of all, and those of a process go
// in their order. What a killed process had in flight counts for half a minute.
//
// A request costs one round trip to Redis before it is sent; requests that come at the
// same time share it. If Redis does not respond in time, Acquire fails, so that the
// limiter in memory decides. From then on one call in a second tries Redis, and the
// others fail at once, until it responds again.
//
// An invalid option makes every Acquire fail.
func NewLimiter(client redis.UniversalClient, opts ...LimiterOption) clarify.Limiter {
	c := limiterConfig{prefix: DefaultPrefix, timeout: DefaultLimiterTimeout, window: ratelimit.Window, lease: flightLease}
	for _, opt := range opts {
		if opt != nil {
			opt.applyToLimiter(&c)
		}
	}
	backend := &limiterBackend{
		client: client, prefix: c.prefix, window: c.window, lease: c.lease,
		process: rand.Text()[:12], started: time.Now(),
	}
	switch {
	case client == nil:
		backend.misuse = errors.New("clarify: NewLimiter was given a nil client: pass one such as redis.NewClient returns")
	case c.timeout <= 0:
		backend.misuse = fmt.Errorf("clarify: WithLimiterTimeout was given %v: the time must be positive", c.timeout)
		c.timeout = DefaultLimiterTimeout
	}
	return sharedlimit.New(backend, sharedlimit.Config{
		Database: "Redis", Timeout: c.timeout, RetryEvery: retryEvery, Logger: c.logger,
	})
}

// limiterBackend keeps the count in Redis.
type limiterBackend struct {
	client  redis.UniversalClient
	prefix  string
	window  time.Duration
	lease   time.Duration
	process string
	misuse  error

	// ahead is how many milliseconds the clock of Redis is ahead of the time since
	// started, at least, and 0 if that is unknown.
	started time.Time
	ahead   atomic.Int64
}

// running returns for how many milliseconds the backend has been there.
func (b *limiterBackend) running() int64 { return time.Since(b.started).Milliseconds() }

//go:embed limiter.lua
var luaLimiter string

//go:embed limiter_acquire.lua
var luaAcquire string

//go:embed limiter_release.lua
var luaRelease string

var (
	scriptAcquire = redis.NewScript(luaLimiter + luaAcquire)
	scriptRelease = redis.NewScript(luaLimiter + luaRelease)
)

// keys returns the keys of an endpoint. They have a hash tag, so that they are on one
// node of a cluster.
func (b *limiterBackend) keys(key sharedlimit.Key) []string {
	sum := sha256.Sum256([]byte(key.Workspace))
	name := b.prefix + "limit:{" + hex.EncodeToString(sum[:8]) + ":" + key.Operation + "}:"
	return []string{name + "state", name + "flight", name + "log", name + "occupancy", name + "waiting", name + "reports"}
}

// errLate is the response to a call that reached Redis when it had been given up.
var errLate = errors.New("the call reached Redis too late")

// Acquire runs the script. A call that is given up may wait in a buffer of a server that
// is paused, so it says until when it is wanted.
func (b *limiterBackend) Acquire(ctx context.Context, key sharedlimit.Key, ask sharedlimit.Ask) (sharedlimit.Grant, error) {
	if b.misuse != nil {
		return sharedlimit.Grant{}, b.misuse
	}
	g, err := b.acquire(ctx, key, ask)
	if errors.Is(err, errLate) {
		// Or the clock of Redis was set forward, or the last response was slow. The clock is
		// known again now.
		g, err = b.acquire(ctx, key, ask)
	}
	return g, err
}

func (b *limiterBackend) acquire(ctx context.Context, key sharedlimit.Key, ask sharedlimit.Ask) (sharedlimit.Grant, error) {
	ahead := b.ahead.Load()
	if ahead == 0 {
		now, err := b.client.Time(ctx).Result()
		if err != nil {
			return sharedlimit.Grant{}, err
		}
		ahead = now.UnixMilli() - b.running()
		b.ahead.Store(ahead)
	}
	var wanted time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		wanted = time.Until(deadline)
	}
	stale := 0
	if ask.Stale {
		stale = 1
	}
	r, err := scriptAcquire.Run(ctx, b.client, b.keys(key), b.window.Milliseconds(), b.lease.Milliseconds(),
		b.running()+ahead+wanted.Milliseconds(), b.process, ask.Interactive, ask.Bulk, stale, waitingLease.Milliseconds()).Int64Slice()
	if err != nil {
		return sharedlimit.Grant{}, err
	}
	if len(r) != 6 {
		return sharedlimit.Grant{}, fmt.Errorf("the script returned %d values, want 6", len(r))
	}
	b.ahead.Store(r[0] - b.running())
	if r[1] < 0 {
		return sharedlimit.Grant{}, errLate
	}
	return sharedlimit.Grant{
		Interactive: int(r[1]), Bulk: int(r[2]), First: r[3],
		Delay: time.Duration(r[4]) * time.Millisecond, Sooner: r[5] == 1,
	}, nil
}

// Release runs the script.
func (b *limiterBackend) Release(ctx context.Context, key sharedlimit.Key, ended []sharedlimit.Ended) error {
	if b.misuse != nil {
		return b.misuse
	}
	args := make([]any, 0, 2+6*len(ended))
	args = append(args, b.window.Milliseconds(), b.lease.Milliseconds())
	for _, e := range ended {
		what, counted := "none", 0
		switch {
		case e.Unsent:
			what = "unsent"
		case e.Reported:
			what = "report"
		case e.Responded:
			what = "response"
		}
		if e.Counted {
			counted = 1
		}
		args = append(args, e.Slot, what, counted, e.Limit, e.Remaining, max(e.Reset.Milliseconds(), 1))
	}
	return scriptRelease.Run(ctx, b.client, b.keys(key), args...).Err()
}
