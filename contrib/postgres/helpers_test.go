package clarifypostgres_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/clarify-go/clarify/internal/limitertest"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/internal/tokentest"
	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is the server of the tests that leave it alone, nil if PostgreSQL is not
// installed.
var shared *servers.Server

func TestMain(m *testing.M) {
	// This test binary is also the program that several processes run.
	limitertest.Main(func(load limitertest.Load) (clarify.Limiter, error) {
		pool, err := pgxpool.New(context.Background(), load.Config)
		if err != nil {
			return nil, err
		}
		return clarifypostgres.NewLimiter(pool, clarifypostgres.WithWindow(load.Window)), nil
	})
	tokentest.Main(processStore())
	var err error
	if shared, err = servers.StartPostgres("-c", "max_connections=300"); err != nil && os.Getenv("CI") != "" {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if shared != nil {
		_ = shared.Stop()
	}
	os.Exit(code)
}

// connect returns a pool of connections to a server.
func connect(t testing.TB, url string, connections int) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = int32(connections)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

var keys = [][]byte{[]byte("0123456789abcdef0123456789abcdef")}

// processStore returns the function that opens the stores of a process.
func processStore() func(url, user string) (authn.TokenLocker, error) {
	pools := map[string]*pgxpool.Pool{}
	var mu sync.Mutex
	return func(url, user string) (authn.TokenLocker, error) {
		mu.Lock()
		defer mu.Unlock()
		if pools[url] == nil {
			made, err := pgxpool.New(context.Background(), url)
			if err != nil {
				return nil, err
			}
			pools[url] = made
		}
		return clarifypostgres.NewTokenStore(pools[url], keys, "acme", user)
	}
}

var schemas atomic.Int64

// prepared returns a pool of connections to the server that tests share, and a schema of
// its own for the test.
func prepared(t testing.TB) (*pgxpool.Pool, clarifypostgres.Option) {
	t.Helper()
	if shared == nil {
		t.Skip("PostgreSQL is not installed")
	}
	pool := connect(t, shared.URL, 8)
	schema := clarifypostgres.WithSchema(fmt.Sprintf("Test %d", schemas.Add(1)))
	migrate(t, pool, schema)
	return pool, schema
}

func migrate(t testing.TB, pool *pgxpool.Pool, opts ...clarifypostgres.Option) {
	t.Helper()
	if err := clarifypostgres.Migrate(t.Context(), pool, opts...); err != nil {
		t.Fatal(err)
	}
}
