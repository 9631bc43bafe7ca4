// Package limitertest checks implementations of [clarify.Limiter]: what each must do,
// wherever it keeps its count.
package limitertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// Case is one rule.
type Case struct {
	Name string
	// Run checks a limiter that knows of no request. It takes up to three seconds by
	// the clock, or none in a bubble of testing/synctest.
	Run func(t *testing.T, limiter clarify.Limiter)
}

// Cases returns the rules. To run each, give it a limiter of its own:
//
//	for _, c := range limitertest.Cases() {
//		t.Run(c.Name, func(t *testing.T) { c.Run(t, newLimiter(t)) })
//	}
func Cases() []Case {
	return []Case{
		{"an endpoint without a report is not limited", unknown},
		{"without room it waits until the reset", waits},
		{"other endpoints and workspaces do not wait", others},
		{"requests in flight are subtracted", inFlight},
		{"a deadline before the reset is an error at once", deadline},
		{"the end of the context ends the wait, and takes no room", canceled},
		{"interactive requests go before bulk requests", classes},
		{"requests of a class go in their order", order},
		{"concurrent requests do not exceed what is left", concurrent},
	}
}

// slack is how much later than expected something may happen.
const slack = 700 * time.Millisecond

// request returns a request of an operation.
func request(operation string) clarify.LimitRequest {
	return clarify.LimitRequest{Workspace: "https://api.example/v1/workspaces/limitertest", Operation: operation}
}

// reported returns the header of a response with so much room left, and a reset in a
// second.
func reported(remaining int) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", "3000")
	h.Set("X-RateLimit-Remaining", fmt.Sprint(remaining))
	h.Set("X-RateLimit-Reset", "1")
	return h
}

// acquire acquires a slot, and returns how long that took.
func acquire(t *testing.T, limiter clarify.Limiter, r clarify.LimitRequest) (int64, time.Duration) {
	t.Helper()
	began := time.Now()
	slot, err := limiter.Acquire(t.Context(), r)
	if err != nil {
		t.Error(err)
	}
	return slot, time.Since(began)
}

// use makes a request whose response has so much room left.
func use(t *testing.T, limiter clarify.Limiter, r clarify.LimitRequest, remaining int) {
	t.Helper()
	slot, _ := acquire(t, limiter, r)
	limiter.Release(r, slot, reported(remaining))
	// It may do its work in the background.
	time.Sleep(50 * time.Millisecond)
}

// wantWait checks how long something took.
func wantWait(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	// A reset is reported in whole seconds, and by the clock of somebody else.
	if got > want+slack || want > 0 && got < want/2 {
		t.Errorf("%s waited %v, want %v", what, got, want)
	}
}

func unknown(t *testing.T, limiter clarify.Limiter) {
	for range 20 {
		_, took := acquire(t, limiter, request("a"))
		wantWait(t, "a request", took, 0)
	}
}

func waits(t *testing.T, limiter clarify.Limiter) {
	r := request("a")
	use(t, limiter, r, 0)
	var mu sync.Mutex
	var told []time.Duration
	r.Waiting = func(delay time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, delay)
	}
	_, took := acquire(t, limiter, r)
	wantWait(t, "the next request", took, time.Second)
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || told[0] <= 0 || told[0] > time.Second+slack {
		t.Errorf("it was told of the delays %v, want one of up to a second", told)
	}
}

func others(t *testing.T, limiter clarify.Limiter) {
	use(t, limiter, request("a"), 0)
	elsewhere := request("a")
	elsewhere.Workspace += "-2"
	for _, r := range []clarify.LimitRequest{request("b"), elsewhere} {
		_, took := acquire(t, limiter, r)
		wantWait(t, r.Workspace+" "+r.Operation, took, 0)
	}
}

func inFlight(t *testing.T, limiter clarify.Limiter) {
	use(t, limiter, request("a"), 2)
	for range 2 {
		_, took := acquire(t, limiter, request("a"))
		wantWait(t, "a request for which there is room", took, 0)
	}
	_, took := acquire(t, limiter, request("a"))
	wantWait(t, "the request after those", took, time.Second)
}

func deadline(t *testing.T, limiter clarify.Limiter) {
	use(t, limiter, request("a"), 0)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := limiter.Acquire(ctx, request("a"))
	var throttled *clarify.ThrottledError
	if !errors.As(err, &throttled) || ctx.Err() != nil {
		t.Fatalf("the error is %v, want a ThrottledError before the deadline", err)
	}
	if throttled.Delay <= 0 || throttled.Delay > time.Second+slack {
		t.Errorf("the delay is %v, want up to a second", throttled.Delay)
	}
}

func canceled(t *testing.T, limiter clarify.Limiter) {
	use(t, limiter, request("a"), 0)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := limiter.Acquire(ctx, request("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want context.Canceled", err)
	}
	_, took := acquire(t, limiter, request("a"))
	if took > time.Second+slack {
		t.Errorf("the next request waited %v, want a second at most", took)
	}
}

// queued makes requests wait, one after the other, and returns the order in which they
// go out: each as soon as the one before it has reported room for one more.
func queued(t *testing.T, limiter clarify.Limiter, all ...clarify.LimitRequest) (order []int) {
	t.Helper()
	use(t, limiter, request("a"), 0)
	went := make(chan int, len(all))
	var group sync.WaitGroup
	for i, r := range all {
		group.Go(func() {
			slot, _ := acquire(t, limiter, r)
			went <- i
			limiter.Release(r, slot, reported(1))
		})
		time.Sleep(50 * time.Millisecond)
	}
	group.Wait()
	close(went)
	for i := range went {
		order = append(order, i)
	}
	return order
}

func classes(t *testing.T, limiter clarify.Limiter) {
	bulk := request("a")
	bulk.Class = clarify.Bulk
	if got := queued(t, limiter, bulk, request("a")); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("the order is %v, want the interactive one first", got)
	}
}

func order(t *testing.T, limiter clarify.Limiter) {
	if got := queued(t, limiter, request("a"), request("a"), request("a"), request("a")); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("the order is %v, want that in which they came", got)
	}
}

func concurrent(t *testing.T, limiter clarify.Limiter) {
	use(t, limiter, request("a"), 10)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var mu sync.Mutex
	through := 0
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			if _, err := limiter.Acquire(ctx, request("a")); err == nil {
				mu.Lock()
				through++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if through != 10 {
		t.Errorf("%d requests went through, want 10", through)
	}
}
