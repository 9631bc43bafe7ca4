package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/internal/ratelimit"
)

func TestBulkRequestsLeaveRoomForOthers(t *testing.T) {
	for name, test := range map[string]struct {
		limit, remaining int
		bulk             bool
		want             time.Duration // that the request waits
	}{
		"bulk, more than the reserve":      {3000, 31, true, 0},
		"bulk, the reserve":                {3000, 30, true, 40 * time.Second},
		"another, in the reserve":          {3000, 1, false, 0},
		"another, no room":                 {3000, 0, false, 40 * time.Second},
		"bulk, a limit without reserve":    {99, 1, true, 0},
		"bulk, a limit that is not known":  {0, 1, true, 0},
		"bulk, one that is exactly a room": {100, 2, true, 0},
		"bulk, the reserve of one":         {100, 1, true, 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := ratelimit.New()
				first, _ := acquire(t, limiter, "e")
				first.Release(reported(test.limit, test.remaining, 40))
				began := time.Now()
				if _, err := limiter.Acquire(t.Context(), key("e"), test.bulk, nil); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != test.want {
					t.Errorf("it waited %v, want %v", took, test.want)
				}
			})
		})
	}
}

// At the reset one request finds out how much room there is, also if bulk requests
// alone wait and others have used the reserve.
func TestABulkRequestProbesAtTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		first, _ := acquire(t, limiter, "e")
		first.Release(reported(3000, 0, 40))
		began := time.Now()
		slot, err := limiter.Acquire(t.Context(), key("e"), true, nil)
		if took := time.Since(began); err != nil || took != 40*time.Second {
			t.Fatalf("it waited %v, want 40s: %v", took, err)
		}
		limiter.Release(key("e"), slot, reported(3000, 500, 60))
		if _, err := limiter.Acquire(t.Context(), key("e"), true, nil); err != nil || time.Since(began) != 40*time.Second {
			t.Errorf("the next one waited until %v: %v", time.Since(began), err)
		}
	})
}

func TestRequestsThatWaitGoInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		first, _ := acquire(t, limiter, "e")
		first.Release(reported(100, 0, 40))
		var mu sync.Mutex
		var order []string
		var group sync.WaitGroup
		for i, bulk := range []bool{true, true, false, true, false, false} {
			ctx := t.Context()
			if i == 4 {
				// One that gives up is not in the way of the others.
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				time.AfterFunc(time.Second, cancel)
			}
			group.Go(func() {
				slot, err := limiter.Acquire(ctx, key("e"), bulk, nil)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					order = append(order, fmt.Sprint(i, " ", errors.Is(err, context.Canceled)))
					return
				}
				order = append(order, fmt.Sprint(i))
				limiter.Release(key("e"), slot, reported(100, 2, 60))
			})
			synctest.Wait()
		}
		group.Wait()
		if want := []string{"4 true", "2", "5", "0", "1", "3"}; !slices.Equal(order, want) {
			t.Errorf("the order is %v, want %v", order, want)
		}
	})
}

// A clock that goes back, as that of a test does, stops nobody.
func TestAReportOfAnotherClockIsForgotten(t *testing.T) {
	limiter := ratelimit.New()
	slot, err := limiter.Acquire(t.Context(), key("e"), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	limiter.Release(key("e"), slot, reported(100, 0, 60))
	synctest.Test(t, func(t *testing.T) {
		if _, waited := acquire(t, limiter, "e"); waited != 0 {
			t.Errorf("it waited %v", waited)
		}
	})
}

func TestIdleEndpointsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := ratelimit.New()
		busy, _ := acquire(t, limiter, "busy")
		full, _ := acquire(t, limiter, "full")
		full.Release(reported(100, 0, 60))
		for i := range 5000 {
			slot, _ := acquire(t, limiter, fmt.Sprint("idle", i))
			slot.Release(nil)
		}
		if _, waited := acquire(t, limiter, "full"); waited != time.Minute {
			t.Errorf("the full endpoint waited %v, want 1m", waited)
		}
		busy.Release(reported(100, 0, 30))
		if _, waited := acquire(t, limiter, "busy"); waited != 30*time.Second {
			t.Errorf("the endpoint that was in use waited %v, want 30s", waited)
		}
	})
}
