package clarifyredis_test

import (
	"os"
	"testing"
	"time"

	"github.com/clarify-go/clarify/internal/limitertest"
)

// fullVariable asks for tests of full size: ten processes for two minutes at the limit
// of the API, and 200 users for the time that the variable has, such as 5m.
const fullVariable = "CLARIFY_REDIS_FULL"

func TestProcessesUseTheWholeLimitAndShareIt(t *testing.T) {
	server, _ := start(t)
	load := limitertest.Load{Processes: 4, Goroutines: 10, Limit: 200, Window: 2 * time.Second, Windows: 3}
	// In windows of two seconds a busy machine loses more than the limiter does.
	want := 0.9
	if os.Getenv(fullVariable) != "" {
		load = limitertest.Load{Processes: 10, Goroutines: 10, Limit: 3000, Window: time.Minute, Windows: 2}
		want = 0.97
	}
	load.Config = server.URL
	f := limitertest.Processes(t, load)
	t.Log(f)
	if f.Rejected > 0 || f.Failed > 0 {
		t.Errorf("%d requests were rejected with 429, and %d failed", f.Rejected, f.Failed)
	}
	if f.Share() < want || f.Used > f.Allowed {
		t.Errorf("%d of %d allowed requests were used, want at least %.0f %%", f.Used, f.Allowed, 100*want)
	}
	if f.Jain < 0.95 {
		t.Errorf("Jain's index is %.3f, want at least 0.95", f.Jain)
	}
}
