package clarifyredis_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
)

// newLimiter returns a limiter that a busy machine does not keep from Redis.
func newLimiter(rdb redis.UniversalClient, opts ...clarifyredis.LimiterOption) clarify.Limiter {
	return clarifyredis.NewLimiter(rdb, append(opts, clarifyredis.WithLimiterTimeout(2*time.Second))...)
}

func request() clarify.LimitRequest {
	return clarify.LimitRequest{Workspace: "https://api.example/v1/workspaces/acme", Operation: "getResources"}
}

func bulk() clarify.LimitRequest {
	r := request()
	r.Class = clarify.Bulk
	return r
}

// limit is that of the API in these tests. Bulk requests leave no room of so few.
const limit = 40

// reported returns the header of a response with so much room left of the limit.
func reported(remaining int, reset float64) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", fmt.Sprint(limit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(remaining))
	h.Set("X-RateLimit-Reset", fmt.Sprint(reset))
	return h
}

func acquired(t *testing.T, limiter clarify.Limiter, r clarify.LimitRequest) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	slot, err := limiter.Acquire(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return slot
}

// used makes a request whose response has so much room left, and waits until Redis
// knows.
func used(t *testing.T, limiter clarify.Limiter, r clarify.LimitRequest, remaining int) {
	t.Helper()
	limiter.Release(r, acquired(t, limiter, r), reported(remaining, 30))
	time.Sleep(100 * time.Millisecond)
}

func TestProcessesSubtractWhatIsInFlightInOthers(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	one, other := newLimiter(rdb), newLimiter(rdb)
	used(t, one, request(), 2)
	acquired(t, one, request())
	acquired(t, other, request())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	for _, limiter := range []clarify.Limiter{one, other} {
		if _, err := limiter.Acquire(ctx, request()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a third request was sent: %v", err)
		}
	}
}

func TestAnInteractiveRequestGoesBeforeBulkRequestsOfOtherProcesses(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	one, other := newLimiter(rdb), newLimiter(rdb)
	used(t, one, request(), 1)
	last := acquired(t, one, request())
	var order []string
	var mu sync.Mutex
	var group sync.WaitGroup
	wait := func(name string, limiter clarify.Limiter, r clarify.LimitRequest) {
		group.Go(func() {
			slot := acquired(t, limiter, r)
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
			limiter.Release(r, slot, reported(30, 30))
		})
		time.Sleep(100 * time.Millisecond)
	}
	wait("bulk", one, bulk())
	wait("interactive", other, request())
	one.Release(request(), last, reported(1, 60))
	group.Wait()
	if len(order) != 2 || order[0] != "interactive" {
		t.Errorf("the order is %v, want the interactive one first", order)
	}
}

func TestAProcessWithFewRequestsGetsItsShare(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	busy, idle := newLimiter(rdb, clarifyredis.WithWindow(time.Second)), newLimiter(rdb, clarifyredis.WithWindow(time.Second))
	// The API accepts 40 requests in a second.
	api := struct {
		mu   sync.Mutex
		seen []time.Time
	}{}
	serve := func() http.Header {
		api.mu.Lock()
		defer api.mu.Unlock()
		now := time.Now()
		for len(api.seen) > 0 && now.Sub(api.seen[0]) >= time.Second {
			api.seen = api.seen[1:]
		}
		if len(api.seen) == limit {
			t.Error("a request was sent that the API has to reject")
		}
		api.seen = append(api.seen, now)
		return reported(limit-len(api.seen), (time.Second - now.Sub(api.seen[0])).Seconds())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	work := func(limiter clarify.Limiter, goroutines int, sent *atomic.Int64, group *sync.WaitGroup) {
		for range goroutines {
			group.Go(func() {
				for {
					slot, err := limiter.Acquire(ctx, request())
					if err != nil {
						return
					}
					time.Sleep(2 * time.Millisecond)
					header := serve()
					sent.Add(1)
					limiter.Release(request(), slot, header)
				}
			})
		}
	}
	var group sync.WaitGroup
	var ofBusy, ofIdle atomic.Int64
	work(busy, 40, &ofBusy, &group)
	time.Sleep(500 * time.Millisecond) // the busy one has taken all
	work(idle, 4, &ofIdle, &group)
	group.Wait()
	t.Logf("%d requests of the busy process, %d of the other", ofBusy.Load(), ofIdle.Load())
	if ofIdle.Load() < limit {
		t.Errorf("the process with few requests sent %d, want at least %d", ofIdle.Load(), limit)
	}
	if all := ofBusy.Load() + ofIdle.Load(); all < 3*limit {
		t.Errorf("both sent %d requests, want at least %d", all, 3*limit)
	}
}

func TestWhatAKilledProcessHadInFlightIsForgotten(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	options := []clarifyredis.LimiterOption{clarifyredis.WithWindow(time.Second), clarifyredis.WithFlightLease(time.Second)}
	killed, other := newLimiter(rdb, options...), newLimiter(rdb, options...)
	used(t, killed, request(), 3)
	for range 3 {
		acquired(t, killed, request())
	}
	// In a second the requests may have ended, and in another they leave the window.
	began := time.Now()
	acquired(t, other, request())
	if took := time.Since(began); took < 500*time.Millisecond || took > 2*time.Second+slack {
		t.Errorf("the next request waited %v, want about two seconds", took)
	}
}

func TestRoomIsThereWhenOwnRequestsLeaveTheWindow(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	limiter := newLimiter(rdb, clarifyredis.WithWindow(time.Second))
	slot := acquired(t, limiter, request())
	began := time.Now()
	// The reset is rounded up: the request leaves the window before.
	limiter.Release(request(), slot, reported(0, 30))
	time.Sleep(100 * time.Millisecond)
	acquired(t, limiter, request())
	if took := time.Since(began); took < 900*time.Millisecond || took > time.Second+slack {
		t.Errorf("the next request waited %v, want about a second", took)
	}
}

func TestNothingIsKeptOfAnEndpointThatIsNotUsed(t *testing.T) {
	t.Parallel()
	_, rdb := start(t)
	limiter := newLimiter(rdb)
	check := func(when string) {
		t.Helper()
		keys, err := rdb.Keys(t.Context(), "*").Result()
		must(t, err)
		if len(keys) == 0 {
			t.Errorf("%s: there are no keys", when)
		}
		for _, key := range keys {
			if ttl := rdb.TTL(t.Context(), key).Val(); ttl == -1 || ttl > 10*time.Minute {
				t.Errorf("%s: %s ends in %v", when, key, ttl)
			}
		}
	}
	slot := acquired(t, limiter, request())
	check("a request is in flight")
	limiter.Release(request(), slot, reported(0, 30))
	time.Sleep(100 * time.Millisecond)
	check("a request has ended")
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := limiter.Acquire(ctx, request()); err == nil {
		t.Error("there is room")
	}
	check("a request has waited")
}
