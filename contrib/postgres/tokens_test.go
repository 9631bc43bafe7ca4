package clarifypostgres_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/internal/tokentest"
)

func TestTokenStore(t *testing.T) {
	for _, c := range tokentest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			pool, schema := prepared(t)
			c.Run(t, func(t *testing.T, user string) authn.TokenLocker {
				store, err := clarifypostgres.NewTokenStore(pool, keys, "acme", user, schema)
				if err != nil {
					t.Fatal(err)
				}
				return store
			})
		})
	}
}

func TestProcessesShareTheTokensOfManyUsers(t *testing.T) {
	server := servers.Postgres(t, "-c", "max_connections=300")
	migrate(t, connect(t, server.URL, 1))
	killed := func() error { return errors.Join(server.Kill(), server.Restart()) }
	load := tokentest.Load{Processes: 3, Workers: 4, Users: 6, Lives: 2 * time.Second, Duration: 4 * time.Second, Restarts: []func() error{killed}}
	if os.Getenv(fullVariable) != "" {
		load = tokentest.Load{
			Processes: 8, Workers: 20, Users: 200, Lives: 2 * time.Second, Duration: 5 * time.Minute,
			Restarts: []func() error{killed, server.Restart},
		}
	}
	load.Config = server.URL
	open := processStore()
	f := tokentest.Processes(t, load, func(user string) (authn.TokenLocker, error) { return open(server.URL, user) })
	t.Log(f)
	if f.Lost > 0 || f.Reused > 0 || f.Rejected > 0 {
		t.Errorf("%d logins were lost, %d refresh tokens were used twice, %d requests were rejected", f.Lost, f.Reused, f.Rejected)
	}
	if f.Refreshes < load.Users {
		t.Errorf("there were %d refreshes for %d users", f.Refreshes, load.Users)
	}
}
