package clarifyredis_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
	"github.com/clarify-go/clarify/internal/limitertest"
	"github.com/clarify-go/clarify/internal/servers"
)

func TestTheLimiterDoesWhatEveryLimiterDoes(t *testing.T) {
	_, client := start(t)
	for _, c := range limitertest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Run(t, newLimiter(client, clarifyredis.WithPrefix(t.Name()+":")))
		})
	}
}

// BenchmarkAcquire reports what a request waits for the limiter, over loopback.
func BenchmarkAcquire(b *testing.B) {
	port := freePort(b)
	servers.Redis(b, "--port", port)
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	b.Cleanup(func() { _ = client.Close() })
	limiter := clarifyredis.NewLimiter(client)
	r := clarify.LimitRequest{Workspace: "https://api.example/v1/workspaces/acme", Operation: "getResources"}
	header := http.Header{"X-Ratelimit-Limit": {"1000000000"}, "X-Ratelimit-Remaining": {"999999999"}, "X-Ratelimit-Reset": {"60"}}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		slot, err := limiter.Acquire(context.Background(), r)
		if err != nil {
			b.Fatal(err)
		}
		limiter.Release(r, slot, header)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median/op")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99/op")
}
