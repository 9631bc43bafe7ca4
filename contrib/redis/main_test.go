package clarifyredis_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify/internal/servers"
)

// connect returns a client of a server.
func connect(t testing.TB, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// start starts a server, and returns a client of it.
func start(t testing.TB) (*servers.Server, *redis.Client) {
	t.Helper()
	s := servers.Redis(t)
	return s, connect(t, s.URL)
}
