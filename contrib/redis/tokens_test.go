package clarifyredis_test

import (
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify/authn"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
	"github.com/clarify-go/clarify/internal/tokentest"
)

// openStore returns a store of its own.
func openStore(t testing.TB, client redis.UniversalClient, user string, opts ...clarifyredis.TokenOption) *clarifyredis.TokenStore {
	t.Helper()
	store, err := clarifyredis.NewTokenStore(client, user, [][]byte{key("a")}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestTheTokenStoreDoesWhatEveryStoreDoes(t *testing.T) {
	_, client := start(t)
	for _, c := range tokentest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Run(t, func(t *testing.T, user string) authn.TokenLocker {
				return openStore(t, client, user, clarifyredis.WithPrefix(t.Name()+":"))
			})
		})
	}
}

func TestProcessesRefreshEachTokenOnceWhileRedisRestarts(t *testing.T) {
	server, client := start(t)
	load := tokentest.Load{Processes: 4, Workers: 4, Users: 20, Lives: 2 * time.Second, Duration: 6 * time.Second}
	if full := os.Getenv(fullVariable); full != "" {
		load.Processes, load.Workers, load.Users = 8, 4, 200
		var err error
		load.Duration, err = time.ParseDuration(full)
		must(t, err)
	}
	load.Config = server.URL
	load.Restarts = []func() error{server.Restart, func() error {
		if err := server.Kill(); err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		return server.Restart()
	}}
	f := tokentest.Processes(t, load, func(user string) (authn.TokenLocker, error) {
		return clarifyredis.NewTokenStore(client, user, [][]byte{key("a")})
	})
	t.Log(f)
	if f.Lost > 0 || f.Reused > 0 || f.Rejected > 0 {
		t.Errorf("%d logins were lost, %d refresh tokens used twice, %d requests rejected", f.Lost, f.Reused, f.Rejected)
	}
	if f.Refreshes < load.Users {
		t.Errorf("there were %d refreshes, want at least one for each user", f.Refreshes)
	}
}
