package clarifytest_test

import (
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

var loadTime = flag.Duration("load", 500*time.Millisecond, "how long TestLoad puts a load on a server")

const loadClients = 200

// heap is how much is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Many clients at once get no error, and no request leaves anything behind but
// what it wrote: updates that change nothing do not make the server grow.
func TestLoad(t *testing.T) {
	a := start(t, clarifytest.WithRateLimit(math.MaxInt32))
	a.srv.Seed(t, 2000)
	people := a.everything("person")
	transport := &http.Transport{MaxIdleConnsPerHost: loadClients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	var requests, failed atomic.Int64
	var first atomic.Pointer[string]
	run := func(d time.Duration) {
		end := time.Now().Add(d)
		var wg sync.WaitGroup
		for i := range loadClients {
			wg.Go(func() {
				for n := i; time.Now().Before(end); n++ {
					id := people[n%len(people)]["id"].(string)
					method, path, body := "GET", "", ""
					switch n % 5 {
					case 0:
						path = "/objects/person/records/" + id + "?include=company_id,deals"
					case 1:
						path = fmt.Sprintf("/objects/person/resources?page[limit]=10&page[offset]=%d", n%900)
					case 2:
						path = "/objects/deal/resources?page[limit]=5&filter[amount][Greater+than]=10000"
					case 3:
						method, path = "PATCH", "/objects/person/records/"+id
						body = fmt.Sprintf(`{"data":{"type":"person","id":%q,"attributes":{}}}`, id)
					case 4:
						path = "/users"
					}
					request, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
					if err != nil {
						panic(err)
					}
					request.Header.Set("Authorization", a.auth)
					request.Header.Set("Content-Type", "application/json")
					response, err := client.Do(request)
					what := fmt.Sprint(err)
					if err == nil {
						_, err = io.Copy(io.Discard, response.Body)
						response.Body.Close()
						what = fmt.Sprint(response.Status, err)
					}
					requests.Add(1)
					if err != nil || response.StatusCode != 200 {
						failed.Add(1)
						first.CompareAndSwap(nil, &what)
					}
				}
			})
		}
		wg.Wait()
	}
	run(*loadTime / 4)
	before, goroutines := heap(), runtime.NumGoroutine()
	run(*loadTime)
	after := heap()
	t.Logf("%d requests, %.0f a second; heap %d KiB, then %d KiB; %d goroutines, then %d",
		requests.Load(), float64(requests.Load())/(loadTime.Seconds()*1.25), before>>10, after>>10, goroutines, runtime.NumGoroutine())
	if failed.Load() > 0 {
		t.Errorf("%d of %d requests failed, the first with %s", failed.Load(), requests.Load(), *first.Load())
	}
	if grown := int64(after) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d KiB in %d requests", grown>>10, requests.Load())
	}
}
