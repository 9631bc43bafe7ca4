package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
	"github.com/clarify-go/clarify/internal/ratelimit"
)

// reported returns the header of a response that reports a limit.
func reported(limit, remaining, reset int) http.Header {
	header := http.Header{}
	header.Set("X-RateLimit-Limit", fmt.Sprint(limit))
	header.Set("X-RateLimit-Remaining", fmt.Sprint(remaining))
	header.Set("X-RateLimit-Reset", fmt.Sprint(reset))
	return header
}

// with returns header with one more field.
func with(header http.Header, name, value string) http.Header {
	header.Set(name, value)
	return header
}

// slot is the room of a request in flight.
type slot struct {
	limiter *ratelimit.Limiter
	key     ratelimit.Key
	number  int64
}

func (s slot) Release(header http.Header) { s.limiter.Release(s.key, s.number, header) }

// key returns the key of an endpoint.
func key(endpoint string) ratelimit.Key { return ratelimit.Key{Workspace: "w", Endpoint: endpoint} }

// acquire acquires a slot of an endpoint, and returns how long that took.
func acquire(t *testing.T, limiter *ratelimit.Limiter, endpoint string) (slot, time.Duration) {
	t.Helper()
	began := time.Now()
	number, err := limiter.Acquire(t.Context(), key(endpoint), false, func(time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	return slot{limiter, key(endpoint), number}, time.Since(began)
}

func TestNextRequestWaitsAsReported(t *testing.T) {
	for name, test := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"nothing":                     {nil, 0},
		"room":                        {reported(100, 1, 40), 0},
		"no room":                     {reported(100, 0, 40), 40 * time.Second},
		"less than no room":           {reported(100, -1, 40), time.Minute},
		"a fraction of a second":      {with(reported(100, 0, 0), "X-RateLimit-Reset", "0.25"), 250 * time.Millisecond},
		"no limit":                    {with(reported(0, 0, 40), "X-RateLimit-Limit", ""), 40 * time.Second},
		"no remaining":                {with(reported(100, 0, 40), "X-RateLimit-Remaining", ""), 0},
		"no reset":                    {with(reported(100, 0, 40), "X-RateLimit-Reset", ""), 0},
		"a reset now":                 {reported(100, 0, 0), 0},
		"a reset in the past":         {reported(100, 0, -5), 0},
		"a reset that is no number":   {with(reported(100, 0, 0), "X-RateLimit-Reset", "NaN"), 0},
		"a reset that is far away":    {reported(100, 0, 86400), 90 * time.Second},
		"an infinite reset":           {with(reported(100, 0, 0), "X-RateLimit-Reset", "Inf"), 90 * time.Second},
		"an earlier Retry-After":      {with(reported(100, 0, 40), "Retry-After", "7"), 7 * time.Second},
		"a later Retry-After":         {with(reported(100, 0, 40), "Retry-After", "50"), 40 * time.Second},
		"Retry-After 0":               {with(reported(100, 0, 40), "Retry-After", "0"), 40 * time.Second},
		"a Retry-After that is wrong": {with(reported(100, 0, 40), "Retry-After", "1m"), 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := ratelimit.New()
				slot, waited := acquire(t, limiter, "e")
				if waited != 0 {
					t.Errorf("the first request waited %v", waited)
				}
				slot.Release(test.header)
				if _, waited = acquire(t, limiter, "e"); waited != test.want {
					t.Errorf("the next request waited %v, want %v", waited, test.want)
				}
				if _, waited = acquire(t, limiter, "another"); waited != 0 {
					t.Errorf("a request to another endpoint waited %v", waited)
				}
			})
		})
	}
}

func TestRequestsInFlightAreSubtracted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 2, 40))
		for i := range 2 {
			if _, waited := acquire(t, limiter, "e"); waited != 0 {
				t.Errorf("request %d waited %v", i+1, waited)
			}
		}
		if _, waited := acquire(t, limiter, "e"); waited != 40*time.Second {
			t.Errorf("request 3 waited %v, want 40s", waited)
		}
	})
}

func TestARequestInFlightMakesRoomForOneThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 1, 40))
		slot, _ = acquire(t, limiter, "e")
		time.AfterFunc(time.Second, func() { slot.Release(reported(100, 5, 30)) })
		if _, waited := acquire(t, limiter, "e"); waited != time.Second {
			t.Errorf("the request waited %v, want 1s", waited)
		}
	})
}

func TestARequestWithoutAReportCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 2, 40))
		for i := range 2 {
			slot, waited := acquire(t, limiter, "e")
			if waited != 0 {
				t.Errorf("request %d waited %v", i+1, waited)
			}
			slot.Release(nil)
		}
		if _, waited := acquire(t, limiter, "e"); waited != 40*time.Second {
			t.Errorf("request 3 waited %v, want 40s", waited)
		}
	})
}

func TestOneRequestGoesOutAtTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 0, 40))
		if _, waited := acquire(t, limiter, "e"); waited != 40*time.Second {
			t.Errorf("the first request waited %v, want 40s", waited)
		}
		// Its response does not come, so the next has to wait for an empty window.
		if _, waited := acquire(t, limiter, "e"); waited != 20*time.Second {
			t.Errorf("the second request waited %v, want 20s", waited)
		}
	})
}

func TestTheLimitIsFreeInAnEmptyWindow(t *testing.T) {
	for name, test := range map[string]struct {
		limit int
		free  int // how many requests do not wait
	}{
		"of a known limit":    {3, 3},
		"of an unknown limit": {0, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := ratelimit.New()
				slot, _ := acquire(t, limiter, "e")
				slot.Release(reported(test.limit, 0, 5))
				time.Sleep(time.Minute)
				for i := range test.free {
					slot, waited := acquire(t, limiter, "e")
					if waited != 0 {
						t.Fatalf("request %d waited %v", i+1, waited)
					}
					slot.Release(nil)
				}
				if test.limit == 0 {
					return
				}
				if _, waited := acquire(t, limiter, "e"); waited != time.Minute {
					t.Errorf("the request beyond the limit waited %v, want 1m", waited)
				}
			})
		})
	}
}

func TestTheLowestReportSinceARequestWasSentCounts(t *testing.T) {
	for name, test := range map[string]struct {
		reports []http.Header // of requests that were in flight together, in the order in which they ended
		want    time.Duration // that the next request waits
	}{
		"the last report has more room":          {[]http.Header{reported(9, 0, 40), reported(9, 3, 40)}, 40 * time.Second},
		"the last report has less room":          {[]http.Header{reported(9, 3, 40), reported(9, 0, 30)}, 30 * time.Second},
		"the last report has the same, earlier":  {[]http.Header{reported(9, 0, 40), reported(9, 0, 30)}, 40 * time.Second},
		"the last report has the same, later":    {[]http.Header{reported(9, 0, 30), reported(9, 0, 40)}, 40 * time.Second},
		"one in the middle has the least":        {[]http.Header{reported(9, 2, 40), reported(9, 0, 35), reported(9, 1, 40)}, 35 * time.Second},
		"all have room":                          {[]http.Header{reported(9, 2, 40), reported(9, 1, 40), reported(9, 3, 40)}, 0},
		"the one with the least ended the first": {[]http.Header{reported(9, 0, 20), reported(9, 2, 40), reported(9, 1, 40)}, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := ratelimit.New()
				var slots []slot
				for range test.reports {
					slot, _ := acquire(t, limiter, "e")
					slots = append(slots, slot)
				}
				for i, slot := range slots {
					slot.Release(test.reports[i])
				}
				if _, waited := acquire(t, limiter, "e"); waited != test.want {
					t.Errorf("the next request waited %v, want %v", waited, test.want)
				}
			})
		})
	}
}

func TestAReportFromBeforeARequestWasSentDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		// One request stays in flight, so that the reports are kept.
		early, _ := acquire(t, limiter, "e")
		low, _ := acquire(t, limiter, "e")
		low.Release(reported(9, 2, 40))
		latest, _ := acquire(t, limiter, "e")
		latest.Release(reported(9, 8, 60))
		// With the report of 2 there would be room for one only.
		for i := range 2 {
			if _, waited := acquire(t, limiter, "e"); waited != 0 {
				t.Errorf("request %d waited %v", i+1, waited)
			}
		}
		early.Release(reported(9, 9, 60)) // it was sent before the report of 2
		if _, waited := acquire(t, limiter, "e"); waited != 40*time.Second {
			t.Errorf("after the report of the early request, the next one waited %v, want 40s", waited)
		}
	})
}

func TestAReportThatALaterOneUndercutsDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		// One request stays in flight, so that the reports are kept.
		acquire(t, limiter, "e")
		low, _ := acquire(t, limiter, "e")
		low.Release(reported(9, 3, 40))
		first, _ := acquire(t, limiter, "e")
		second, _ := acquire(t, limiter, "e")
		first.Release(reported(9, 6, 60))
		second.Release(reported(9, 5, 50))
		for i := range 4 {
			if _, waited := acquire(t, limiter, "e"); waited != 0 {
				t.Errorf("request %d waited %v", i+1, waited)
			}
		}
		if _, waited := acquire(t, limiter, "e"); waited != 50*time.Second {
			t.Errorf("request 5 waited %v, want 50s", waited)
		}
	})
}

func TestResetIsNeverNegative(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"":      0,
		"x":     0,
		"0":     0,
		"-5":    0,
		"-Inf":  0,
		"NaN":   0,
		"0.25":  250 * time.Millisecond,
		"40":    40 * time.Second,
		"Inf":   httpx.MaxRetryAfter,
		"1e300": httpx.MaxRetryAfter,
	} {
		header := http.Header{}
		header.Set("X-RateLimit-Reset", value)
		if got := ratelimit.Reset(header); got != want {
			t.Errorf("the reset of %q is %v, want %v", value, got, want)
		}
	}
}

func TestManyReportsOfDifferentRoomAreKept(t *testing.T) {
	limiter := ratelimit.New()
	first, err := limiter.Acquire(t.Context(), key("e"), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	const many = 40_000
	for i := range many {
		slot, err := limiter.Acquire(t.Context(), key("e"), false, nil)
		if err != nil {
			t.Fatal(err)
		}
		limiter.Release(key("e"), slot, reported(2*many, many+i, 60))
	}
	limiter.Release(key("e"), first, reported(2*many, 2*many, 60))
	if _, err := limiter.Acquire(t.Context(), key("e"), false, nil); err != nil {
		t.Error(err)
	}
}

func TestARequestThatWouldMissItsDeadlineFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 0, 40))
		ctx, cancel := context.WithTimeout(t.Context(), 39*time.Second)
		defer cancel()
		began := time.Now()
		_, err := limiter.Acquire(ctx, key("e"), false, func(time.Duration) { t.Error("it waits") })
		var missed *ratelimit.DeadlineError
		if !errors.As(err, &missed) {
			t.Fatalf("the error is %v, want a DeadlineError", err)
		}
		if missed.Delay != 40*time.Second {
			t.Errorf("the delay is %v, want 40s", missed.Delay)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is no context.DeadlineExceeded", err)
		}
		if want := "the rate limit allows no request for 40s: context deadline exceeded"; err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestARequestWithADeadlineWaitsForThoseInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 1, 40))
		slot, _ = acquire(t, limiter, "e")
		time.AfterFunc(time.Second, func() { slot.Release(reported(100, 0, 38)) })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		_, err := limiter.Acquire(ctx, key("e"), false, func(time.Duration) {})
		var missed *ratelimit.DeadlineError
		if !errors.As(err, &missed) {
			t.Errorf("the error is %v, want a DeadlineError", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v, want 1s", took)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 0, 40))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		if _, err := limiter.Acquire(ctx, key("e"), false, func(time.Duration) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, want context.Canceled", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v, want 1s", took)
		}
		// It takes up no room.
		if _, waited := acquire(t, limiter, "e"); waited != 39*time.Second {
			t.Errorf("the next request waited %v, want 39s", waited)
		}
	})
}

func TestWaitingIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		slot, _ := acquire(t, limiter, "e")
		slot.Release(reported(100, 1, 40))
		slot, _ = acquire(t, limiter, "e")
		time.AfterFunc(time.Second, func() { slot.Release(reported(100, 0, 20)) })
		var delays []time.Duration
		if _, err := limiter.Acquire(t.Context(), key("e"), false, func(d time.Duration) { delays = append(delays, d) }); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{40 * time.Second}; !slices.Equal(delays, want) {
			t.Errorf("the delays are %v, want %v", delays, want)
		}
	})
}

// TestASimulatedServerRejectsNothing sends requests from many goroutines to a
// server that counts as the API does, and whose requests and responses overtake
// each other.
func TestASimulatedServerRejectsNothing(t *testing.T) {
	const limit, callers, requests = 20, 40, 100
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var counted []time.Time
				random := rand.New(rand.NewPCG(seed, 0))
				travel := func() {
					mu.Lock()
					d := time.Duration(random.Int64N(int64(3 * time.Second)))
					mu.Unlock()
					time.Sleep(d)
				}
				serve := func() http.Header {
					mu.Lock()
					defer mu.Unlock()
					now := time.Now()
					for len(counted) > 0 && now.Sub(counted[0]) >= time.Minute {
						counted = counted[1:]
					}
					if len(counted) == limit {
						t.Error("a request was sent that the server has to reject")
						return nil
					}
					counted = append(counted, now)
					reset := (time.Minute - now.Sub(counted[0]) + time.Second - 1) / time.Second
					return reported(limit, limit-len(counted), int(reset))
				}

				limiter := ratelimit.New()
				send := func() {
					slot, err := limiter.Acquire(t.Context(), key("e"), false, func(time.Duration) {})
					if err != nil {
						t.Error(err)
						return
					}
					travel()
					header := serve()
					travel()
					limiter.Release(key("e"), slot, header)
				}
				send() // the first response tells the limit
				began := time.Now()
				var group sync.WaitGroup
				for caller := range callers {
					group.Go(func() {
						for range requests / callers {
							send()
						}
						if caller < requests%callers {
							send()
						}
					})
				}
				group.Wait()
				took := time.Since(began)
				if least := (requests/limit - 1) * time.Minute; took < least || took > 2*least {
					t.Errorf("it took %v, want %v to %v", took, least, 2*least)
				}
			})
		})
	}
}
