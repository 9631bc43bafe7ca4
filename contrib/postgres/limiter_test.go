package clarifypostgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/clarify-go/clarify/internal/limitertest"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestLimiter(t *testing.T) {
	for _, c := range limitertest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			pool, schema := prepared(t)
			limiter := clarifypostgres.NewLimiter(pool, schema)
			c.Run(t, limiter)
			if err := limiter.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

var request = clarify.LimitRequest{Workspace: "https://api.example/v1/workspaces/acme", Operation: "getResources"}

// fullVariable asks for tests of full size: ten processes for two minutes at the limit
// of the API, and 200 users for five minutes.
const fullVariable = "CLARIFY_POSTGRES_FULL"

func TestProcessesUseTheLimitAndShareIt(t *testing.T) {
	server := servers.Postgres(t, "-c", "max_connections=300")
	migrate(t, connect(t, server.URL, 1))
	load := limitertest.Load{Processes: 4, Goroutines: 10, Limit: 200, Window: 2 * time.Second, Windows: 3}
	if os.Getenv(fullVariable) != "" {
		load = limitertest.Load{Processes: 10, Goroutines: 10, Limit: 3000, Window: time.Minute, Windows: 2}
	}
	load.Config = server.URL
	f := limitertest.Processes(t, load)
	t.Log(f)
	if f.Rejected > 0 || f.Failed > 0 {
		t.Errorf("%d requests were rejected with 429, and %d failed", f.Rejected, f.Failed)
	}
	if f.Share() < 0.9 || f.Used > f.Allowed {
		t.Errorf("%d of %d allowed requests were used, want at least 90 %%", f.Used, f.Allowed)
	}
	if f.Jain < 0.95 {
		t.Errorf("Jain's index is %.3f, want at least 0.95", f.Jain)
	}
}

// wantFast checks that something took at most so long, on a busy machine.
func wantFast(t *testing.T, what string, began time.Time, most time.Duration) {
	t.Helper()
	if took := time.Since(began); took > most {
		t.Errorf("%s took %v, want at most %v", what, took, most)
	}
}

// recovered waits until a limiter asks its database again.
func recovered(t *testing.T, limiter clarify.Limiter) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var slot int64
		if slot, err = limiter.Acquire(t.Context(), request); err == nil {
			limiter.Release(request, slot, nil)
			return
		}
	}
	t.Fatalf("it has not recovered: %v", err)
}

func TestADatabaseThatDoesNotRespondStopsNobody(t *testing.T) {
	server := servers.Postgres(t)
	pool := connect(t, server.URL, 4)
	migrate(t, pool)
	limiter := clarifypostgres.NewLimiter(pool, clarifypostgres.WithTimeout(300*time.Millisecond))
	recovered(t, limiter)
	other := request
	for name, outage := range map[string]struct{ begin, end func() error }{
		"paused": {server.Pause, server.Resume},
		"killed": {server.Kill, server.Restart},
	} {
		t.Run(name, func(t *testing.T) {
			other.Operation = name // of which nothing is reserved
			if err := outage.begin(); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if _, err := limiter.Acquire(t.Context(), other); err == nil {
				t.Error("there is no error")
			}
			wantFast(t, "the first request", began, 2*time.Second)
			// While a try is in the background, nobody waits.
			began = time.Now()
			for range 100 {
				if _, err := limiter.Acquire(t.Context(), other); err == nil {
					t.Error("there is no error")
				}
			}
			wantFast(t, "100 more requests", began, time.Second)
			if err := outage.end(); err != nil {
				t.Fatal(err)
			}
			recovered(t, limiter)
		})
	}
}

// Something else has locked the row, such as a process that was stopped.
func TestARowThatIsLockedStopsNobody(t *testing.T) {
	pool, schema := prepared(t)
	limiter := clarifypostgres.NewLimiter(pool, schema, clarifypostgres.WithTimeout(200*time.Millisecond))
	recovered(t, limiter)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM `+clarifypostgres.SchemaName(schema)+`.rate_limits FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	// What is reserved may be used.
	for n := 0; err == nil && n < 1000; n++ {
		_, err = limiter.Acquire(t.Context(), request)
	}
	if err == nil {
		t.Error("there is no error")
	}
	wantFast(t, "the error", began, 2*time.Second)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	recovered(t, limiter)
}

// The client goes by its limiter in memory, and logs why.
func TestAClientWorksWithoutTheDatabase(t *testing.T) {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	var log bytes.Buffer
	limiter := clarifypostgres.NewLimiter(connect(t, "postgres://nobody@127.0.0.1:1/none", 1))
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL),
		clarify.WithLimiter(limiter), clarify.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := client.Do(t.Context(), http.MethodGet, "users", nil, nil, nil); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(log.String(), "rate limit") {
		t.Errorf("the log does not say why: %s", &log)
	}
}

// Interactive requests go first, in whichever process.
func TestInteractiveRequestsOfAnotherProcessGoFirst(t *testing.T) {
	pool, schema := prepared(t)
	busy := clarifypostgres.NewLimiter(pool, schema)
	slot, err := busy.Acquire(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	full := http.Header{}
	full.Set("X-RateLimit-Limit", "3000")
	full.Set("X-RateLimit-Remaining", "0")
	full.Set("X-RateLimit-Reset", "1")
	busy.Release(request, slot, full)
	time.Sleep(100 * time.Millisecond)

	var mu sync.Mutex
	var order []clarify.Class
	var group sync.WaitGroup
	waits := func(limiter clarify.Limiter, class clarify.Class) {
		r := request
		r.Class = class
		group.Go(func() {
			slot, err := limiter.Acquire(t.Context(), r)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			order = append(order, class)
			mu.Unlock()
			left := full.Clone()
			left.Set("X-RateLimit-Remaining", "100")
			limiter.Release(r, slot, left)
		})
		time.Sleep(50 * time.Millisecond)
	}
	waits(busy, clarify.Bulk)
	waits(clarifypostgres.NewLimiter(pool, schema), clarify.Interactive)
	group.Wait()
	if want := []clarify.Class{clarify.Interactive, clarify.Bulk}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, want %v", order, want)
	}
}

// What a closed limiter had reserved is there for the others at once.
func TestAClosedLimiterHandsBackWhatItReserved(t *testing.T) {
	pool, schema := prepared(t)
	left := atomic.Int64{}
	left.Store(40)
	first := clarifypostgres.NewLimiter(pool, schema)
	for range 2 {
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				slot, err := first.Acquire(t.Context(), request)
				if err != nil {
					t.Error(err)
				}
				h := http.Header{}
				h.Set("X-RateLimit-Limit", "40")
				h.Set("X-RateLimit-Remaining", fmt.Sprint(left.Add(-1)))
				h.Set("X-RateLimit-Reset", "60")
				first.Release(request, slot, h)
			})
		}
		group.Wait()
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Acquire(t.Context(), request); err == nil {
		t.Error("a closed limiter is used")
	}
	second := clarifypostgres.NewLimiter(pool, schema)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for n := range 30 {
		if _, err := second.Acquire(ctx, request); err != nil {
			t.Fatalf("request %d: %v", n+1, err)
		}
	}
}

func TestInvalidOptionsAreErrors(t *testing.T) {
	pool := connect(t, "postgres://nobody@127.0.0.1:1/none", 1)
	for name, test := range map[string]struct {
		pool *pgxpool.Pool
		opt  clarifypostgres.Option
		want string
	}{
		"no pool":             {nil, nil, "the pool"},
		"no schema":           {pool, clarifypostgres.WithSchema(""), `schema ""`},
		"too long a schema":   {pool, clarifypostgres.WithSchema(strings.Repeat("s", 64)), "63"},
		"too short a timeout": {pool, clarifypostgres.WithTimeout(time.Millisecond), "1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clarifypostgres.NewLimiter(test.pool, test.opt).Acquire(t.Context(), request)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error of Acquire is %v", err)
			}
			err = clarifypostgres.Migrate(t.Context(), test.pool, test.opt)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error of Migrate is %v", err)
			}
		})
	}
}

func TestMigrateIsDoneOnce(t *testing.T) {
	pool, _ := prepared(t)
	schema := clarifypostgres.WithSchema(`odd "name"`)
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() { migrate(t, pool, schema) })
	}
	group.Wait()
	if _, err := pool.Exec(t.Context(), `INSERT INTO "odd ""name""".migrations (version) VALUES (1000)`); err != nil {
		t.Fatal(err)
	}
	if err := clarifypostgres.Migrate(t.Context(), pool, schema); err == nil || !strings.Contains(err.Error(), "update this program") {
		t.Errorf("tables of a newer version are migrated: %v", err)
	}
}

// What the limiter adds to a request, in processes of ten requests concurrently.
func BenchmarkLimiter(b *testing.B) {
	pool, schema := prepared(b)
	limiter := clarifypostgres.NewLimiter(pool, schema)
	h := http.Header{}
	h.Set("X-RateLimit-Limit", "1000000000")
	h.Set("X-RateLimit-Remaining", "999999999")
	h.Set("X-RateLimit-Reset", "60")
	var mu sync.Mutex
	var waits []time.Duration
	b.SetParallelism(10)
	b.RunParallel(func(pb *testing.PB) {
		var own []time.Duration
		for pb.Next() {
			began := time.Now()
			slot, err := limiter.Acquire(b.Context(), request)
			if err != nil {
				b.Error(err)
				return
			}
			own = append(own, time.Since(began))
			time.Sleep(5 * time.Millisecond)
			limiter.Release(request, slot, h)
		}
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, own...)
	})
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "median-us")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-us")
}
