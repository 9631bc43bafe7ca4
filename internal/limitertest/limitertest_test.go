package limitertest_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/limitertest"
)

func TestTheLimiterInMemory(t *testing.T) {
	for _, c := range limitertest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.Run(t, clarify.NewLimiter()) })
		})
	}
}

// A limiter in memory adds little to a request.
func BenchmarkLimiter(b *testing.B) {
	limiter := clarify.NewLimiter()
	r := clarify.LimitRequest{Workspace: "https://api.clarify.ai/v1/workspaces/acme", Operation: "getResources"}
	header := http.Header{"X-Ratelimit-Limit": {"3000"}, "X-Ratelimit-Remaining": {"2999"}, "X-Ratelimit-Reset": {"60"}}
	b.ReportAllocs()
	for b.Loop() {
		slot, err := limiter.Acquire(context.Background(), r)
		if err != nil {
			b.Fatal(err)
		}
		limiter.Release(r, slot, header)
	}
}
