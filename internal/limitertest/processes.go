package limitertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/processes"
)

// minute is the window of the rate limit by the clock of the API.
const minute = time.Minute

// Load is what several processes with a limiter in common do: each sends requests to
// one endpoint of a sandbox as fast as it may.
type Load struct {
	Processes  int
	Goroutines int           // of each process
	Limit      int           // requests in a window
	Window     time.Duration // how long a window takes; the clock of the sandbox is as fast as that needs
	Windows    int           // how long they do that
	// Config is what the function given to [Main] makes a limiter of.
	Config string
}

// Figures are what came of it.
type Figures struct {
	Allowed  int // how many requests the API allows in that time
	Used     int // how many it accepted
	Rejected int // how many it rejected with 429
	Failed   int // how many failed otherwise
	// PerProcess has how many of each process it accepted, and Jain is Jain's index of
	// that: 1 if all had the same share, and 1/n if one of n had all.
	PerProcess []int
	Jain       float64
}

// Share is how much of what the API allows was used.
func (f Figures) Share() float64 { return float64(f.Used) / float64(f.Allowed) }

func (f Figures) String() string {
	return fmt.Sprintf("%d of %d allowed requests used (%.2f %%), %d rejected, %d failed, Jain's index %.4f, per process %v",
		f.Used, f.Allowed, 100*f.Share(), f.Rejected, f.Failed, f.Jain, f.PerProcess)
}

// job is what a process gets to know.
type job struct {
	Load
	BaseURL, Workspace, APIKey string
}

// tally is what a process says in the end.
type tally struct {
	Used, Rejected, Failed int
	Error                  string // the first one
}

// kind is the kind of the jobs.
const kind = "LIMITERTEST"

// Main is called first in the TestMain of a test that calls [Processes].
func Main(limiter func(Load) (clarify.Limiter, error)) {
	processes.Main(kind, func(j job) (tally, error) { return work(j, limiter) })
}

// Processes runs a load, and returns its figures.
func Processes(t *testing.T, load Load) Figures {
	t.Helper()
	began := time.Now()
	faster := float64(minute) / float64(load.Window)
	server := clarifytest.NewServer(clarifytest.WithRateLimit(load.Limit), clarifytest.WithClock(func() time.Time {
		return began.Add(time.Duration(faster * float64(time.Since(began))))
	}))
	defer server.Close()
	all := processes.Start(t, load.Processes, kind, job{load, server.BaseURL, server.Workspace, server.APIKey})
	processes.Run(t, all)
	f := Figures{Allowed: load.Limit * load.Windows}
	var sum, squares float64
	for _, got := range processes.Results[tally](t, all) {
		if got.Error != "" {
			t.Logf("the first error of a process is %s", got.Error)
		}
		f.Used += got.Used
		f.Rejected += got.Rejected
		f.Failed += got.Failed
		f.PerProcess = append(f.PerProcess, got.Used)
		sum += float64(got.Used)
		squares += float64(got.Used) * float64(got.Used)
	}
	if squares > 0 {
		f.Jain = sum * sum / (float64(load.Processes) * squares)
	}
	return f
}

// work is what a process does.
func work(j job, newLimiter func(Load) (clarify.Limiter, error)) (result tally, err error) {
	limiter, err := newLimiter(j.Load)
	if err != nil {
		return tally{}, err
	}
	counting := &transport{faster: float64(minute) / float64(j.Window)}
	client, err := clarify.New(j.Workspace, authn.APIKey(j.APIKey), clarify.WithBaseURL(j.BaseURL),
		clarify.WithHTTPClient(&http.Client{Transport: counting}), clarify.WithLimiter(limiter), clarify.WithRetries(0))
	if err != nil {
		return tally{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(j.Windows)*j.Window)
	defer cancel()
	var group sync.WaitGroup
	var mu sync.Mutex
	for range j.Goroutines {
		group.Go(func() {
			for ctx.Err() == nil {
				err := client.Do(ctx, http.MethodGet, "users", nil, nil, nil)
				if err == nil || errors.Is(err, clarify.ErrRateLimited) || ctx.Err() != nil {
					continue
				}
				var throttled *clarify.ThrottledError
				if errors.As(err, &throttled) {
					return // there is no more room before the end
				}
				mu.Lock()
				if result.Failed++; result.Failed == 1 {
					result.Error = err.Error()
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	result.Used, result.Rejected = int(counting.used.Load()), int(counting.rejected.Load())
	return result, nil
}

// transport counts responses, and converts the times in their headers, which are by a
// faster clock.
type transport struct {
	faster         float64
	used, rejected atomic.Int64
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if rsp.StatusCode == http.StatusTooManyRequests {
		t.rejected.Add(1)
	} else {
		t.used.Add(1)
	}
	const header = "X-RateLimit-Reset"
	if seconds, err := strconv.ParseFloat(rsp.Header.Get(header), 64); err == nil && t.faster != 1 {
		rsp.Header.Set(header, strconv.FormatFloat(seconds/t.faster, 'f', 3, 64))
	}
	return rsp, nil
}
