package clarify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// rolling is the rate limit of the API: limit requests in any 60 seconds.
type rolling struct {
	limit int

	mu    sync.Mutex
	times []time.Time
}

// take counts a request if there is room, and returns the headers.
func (r *rolling) take() (headers []string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for len(r.times) > 0 && now.Sub(r.times[0]) >= time.Minute {
		r.times = r.times[1:]
	}
	if ok = len(r.times) < r.limit; ok {
		r.times = append(r.times, now)
	}
	reset := (time.Minute - now.Sub(r.times[0]) + time.Second - 1) / time.Second
	headers = []string{
		"X-RateLimit-Limit", fmt.Sprint(r.limit),
		"X-RateLimit-Remaining", fmt.Sprint(r.limit - len(r.times)),
		"X-RateLimit-Reset", fmt.Sprint(int(reset)),
	}
	if !ok {
		headers = append(headers, "Retry-After", fmt.Sprint(int(reset)))
	}
	return headers, ok
}

func TestConcurrentRequestsDoNotExceedTheRateLimit(t *testing.T) {
	for _, test := range []struct {
		limit, callers, requests int
		minutes                  int // that they take because of the limit
		slowest                  time.Duration
	}{
		{limit: 50, callers: 16, requests: 500, minutes: 9, slowest: 100 * time.Millisecond},
		{limit: 50, callers: 200, requests: 500, minutes: 9, slowest: 3 * time.Second},
		{limit: 3, callers: 16, requests: 12, minutes: 3, slowest: 500 * time.Millisecond},
		{limit: 200, callers: 64, requests: 600, minutes: 2, slowest: 2 * time.Second},
	} {
		runSynctest(t, fmt.Sprintf("%d callers, %d a minute", test.callers, test.limit), func(t *testing.T) {
			limit := &rolling{limit: test.limit}
			random := rand.New(rand.NewPCG(1, uint64(test.callers)))
			var mu sync.Mutex
			rejected := 0
			delay := func() {
				mu.Lock()
				d := time.Duration(random.Int64N(int64(test.slowest)))
				if random.IntN(20) == 0 {
					d *= 10
				}
				mu.Unlock()
				time.Sleep(d)
			}
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				// Requests and responses may overtake each other.
				delay()
				headers, ok := limit.take()
				delay()
				if !ok {
					mu.Lock()
					rejected++
					mu.Unlock()
					respond(w, 429, "", headers...)
					return
				}
				respond(w, 200, emptyPage, headers...)
			})
			client := server.connect(t)
			began := time.Now()
			if err := calls["read"](t.Context(), client); err != nil {
				t.Fatal(err)
			}
			work := make(chan struct{}, test.requests)
			for range test.requests - 1 {
				work <- struct{}{}
			}
			close(work)
			var group sync.WaitGroup
			for range test.callers {
				group.Go(func() {
					for range work {
						if err := calls["read"](t.Context(), client); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			wantEqual(t, "requests that the API rejected", rejected, 0)
			// At each reset, one request must come back before the others go out.
			minTime := time.Duration(test.minutes) * time.Minute
			maxTime := minTime + minTime/2 + time.Minute
			took := time.Since(began)
			if took < minTime {
				t.Errorf("it took %v, want %v to %v", took, minTime, maxTime)
			}
			if took > maxTime {
				t.Errorf("it took %v, want %v to %v", took, minTime, maxTime)
			}
		})
	}
}

func TestALateResponseDoesNotRaiseTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := make(chan struct{})
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			headers := []string{"X-RateLimit-Limit", "10", "X-RateLimit-Reset", "60", "X-RateLimit-Remaining"}
			if r.URL.Query().Has("page[offset]") {
				// The API counts it first and responds to it last.
				<-late
				respond(w, 200, emptyPage, append(headers, "9")...)
				return
			}
			respond(w, 200, emptyPage, append(headers, "0")...)
		})
		client := server.connect(t)
		done := make(chan error)
		go func() {
			for _, err := range clarify.People(client).All(t.Context(), clarify.Offset(1)) {
				done <- err
				return
			}
			done <- nil
		}()
		synctest.Wait()
		if err := calls["read"](t.Context(), client); err != nil {
			t.Error(err)
		}
		close(late)
		if err := <-done; err != nil {
			t.Error(err)
		}
		began := time.Now()
		if err := calls["read"](t.Context(), client); err != nil {
			t.Error(err)
		}
		wantEqual(t, "time that the next request waits", time.Since(began), time.Minute)
	})
}

func TestOneRequestProbesAFullEndpointAtItsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var arrived []time.Duration
		began := time.Now()
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			arrived = append(arrived, time.Since(began))
			n := len(arrived)
			mu.Unlock()
			remaining := "100"
			if n == 1 {
				remaining = "0"
			}
			time.Sleep(100 * time.Millisecond)
			respond(w, 200, emptyPage, "X-RateLimit-Remaining", remaining, "X-RateLimit-Reset", "30")
		})
		client := server.connect(t)
		if err := calls["read"](t.Context(), client); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if err := calls["read"](t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		const reset = 30*time.Second + 100*time.Millisecond
		for i, at := range arrived[1:] {
			want := reset
			if i > 0 {
				want += 100 * time.Millisecond
			}
			if at != want {
				t.Errorf("request %d arrived after %v, want %v", i+2, at, want)
			}
		}
	})
}

func TestARequestThatPanicsDoesNotStayInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &rolling{limit: 5}
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			headers, _ := limit.take()
			respond(w, 200, emptyPage, headers...)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		panics := false
		client, err := clarify.New("acme", authn.APIKeyFunc(func(context.Context) (string, error) {
			if panics {
				panic("the source of keys is broken")
			}
			return testKey, nil
		}), clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client))
		if err != nil {
			t.Fatal(err)
		}
		if err := calls["read"](ctx, client); err != nil {
			t.Fatal(err)
		}
		panics = true
		for range 10 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the call does not panic")
					}
				}()
				_ = calls["read"](ctx, client)
			}()
			time.Sleep(2 * time.Minute) // until the window is empty
		}
		panics = false
		began := time.Now()
		for range 5 {
			if err := calls["read"](ctx, client); err != nil {
				t.Fatal(err)
			}
		}
		wantEqual(t, "time of 5 requests in an empty window", time.Since(began), 0)
	})
}
