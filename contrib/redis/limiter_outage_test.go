package clarifyredis_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
	"github.com/clarify-go/clarify/internal/servers"
)

// slack is how much longer than expected something may take on a busy machine.
const slack = 2 * time.Second

// lockedBuffer is a buffer for a logger.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRequestsGoOnWhileRedisCannotBeReached(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]struct{ begin, end func(*servers.Server) error }{
		"killed": {(*servers.Server).Kill, (*servers.Server).Restart},
		"paused": {(*servers.Server).Pause, (*servers.Server).Resume},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, rdb := start(t)
			api := clarifytest.NewServer(clarifytest.WithTB(t))
			t.Cleanup(api.Close)
			var log lockedBuffer
			limiter := clarifyredis.NewLimiter(rdb, clarifyredis.WithLimiterTimeout(200*time.Millisecond), clarifyredis.WithLimiterLogger(slog.New(slog.NewTextHandler(&log, nil))))
			client, err := clarify.New(api.Workspace, authn.APIKey(api.APIKey), clarify.WithBaseURL(api.BaseURL), clarify.WithLimiter(limiter))
			must(t, err)
			send := func() time.Duration {
				t.Helper()
				began := time.Now()
				must(t, client.Do(t.Context(), "GET", "users", nil, nil, nil))
				return time.Since(began)
			}
			send()
			must(t, outage.begin(server))
			if took := send(); took > 200*time.Millisecond+slack {
				t.Errorf("the first request took %v", took)
			}
			began := time.Now()
			for range 20 {
				send()
			}
			if took := time.Since(began); took > slack {
				t.Errorf("the next twenty requests took %v: each waits for Redis", took)
			}
			must(t, outage.end(server))
			for began := time.Now(); !strings.Contains(log.String(), "can be reached again"); send() {
				if time.Since(began) > 10*time.Second {
					t.Fatal("the limiter does not recover")
				}
				time.Sleep(50 * time.Millisecond)
			}
			if n := strings.Count(log.String(), "cannot be reached"); n != 1 {
				t.Errorf("the outage is logged %d times:\n%s", n, log.String())
			}
			// What was given up takes no room.
			for began := time.Now(); inFlight(t, rdb) > 0; time.Sleep(20 * time.Millisecond) {
				if time.Since(began) > slack {
					t.Fatalf("%d requests are in flight that have ended", inFlight(t, rdb))
				}
			}
		})
	}
}

// inFlight returns how many requests are in flight according to Redis.
func inFlight(t *testing.T, rdb *redis.Client) int64 {
	t.Helper()
	keys, err := rdb.Keys(t.Context(), "*:flight").Result()
	must(t, err)
	var n int64
	for _, key := range keys {
		has, err := rdb.HLen(t.Context(), key).Result()
		must(t, err)
		n += has
	}
	return n
}

func TestACallThatReachesRedisTooLateTakesNoSlot(t *testing.T) {
	t.Parallel()
	server, rdb := start(t)
	limiter := clarifyredis.NewLimiter(rdb, clarifyredis.WithLimiterTimeout(500*time.Millisecond))
	acquired(t, limiter, request())
	must(t, server.Pause())
	if _, err := limiter.Acquire(t.Context(), request()); err == nil {
		t.Error("a paused server gave a slot")
	}
	time.Sleep(200 * time.Millisecond) // the call waits in a buffer, and nobody for it
	must(t, server.Resume())
	time.Sleep(200 * time.Millisecond)
	if n := inFlight(t, rdb); n != 1 {
		t.Errorf("%d requests are in flight, want the one from before", n)
	}
}

func TestAfterAnOutageOneRequestFindsOutWhatRoomThereIs(t *testing.T) {
	t.Parallel()
	server, rdb := start(t)
	limiter := clarifyredis.NewLimiter(rdb, clarifyredis.WithLimiterTimeout(500*time.Millisecond))
	used(t, limiter, request(), 30)
	must(t, server.Kill())
	if _, err := limiter.Acquire(t.Context(), request()); err == nil {
		t.Error("a server that was killed gave a slot")
	}
	must(t, server.Restart())
	time.Sleep(1100 * time.Millisecond)
	first := acquired(t, limiter, request())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := limiter.Acquire(ctx, request()); err == nil {
		t.Error("a second request was sent before the first one has found out")
	}
	limiter.Release(request(), first, reported(2, 60))
	for range 2 {
		acquired(t, limiter, request())
	}
}

func TestInvalidLimitersFail(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	for name, limiter := range map[string]clarify.Limiter{
		"no client":  clarifyredis.NewLimiter(nil),
		"no timeout": clarifyredis.NewLimiter(rdb, clarifyredis.WithLimiterTimeout(0)),
	} {
		if _, err := limiter.Acquire(t.Context(), request()); err == nil || !strings.Contains(err.Error(), "clarify: ") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
