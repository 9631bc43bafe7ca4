package clarifyredis_test

import (
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	clarifyredis "github.com/clarify-go/clarify/contrib/redis"
	"github.com/clarify-go/clarify/internal/limitertest"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/internal/tokentest"
)

// This test binary is also the program that several processes run.
func TestMain(m *testing.M) {
	limitertest.Main(func(load limitertest.Load) (clarify.Limiter, error) {
		options, err := redis.ParseURL(load.Config)
		if err != nil {
			return nil, err
		}
		return newLimiter(redis.NewClient(options), clarifyredis.WithWindow(load.Window)), nil
	})
	tokentest.Main(func(url, user string) (authn.TokenLocker, error) {
		options, err := redis.ParseURL(url)
		if err != nil {
			return nil, err
		}
		shared.Do(func() { sharedClient = redis.NewClient(options) })
		return clarifyredis.NewTokenStore(sharedClient, user, [][]byte{key("a")})
	})
	os.Exit(m.Run())
}

// sharedClient is that of all stores of a process.
var (
	shared       sync.Once
	sharedClient *redis.Client
)

// key returns a key.
func key(letter string) []byte { return []byte(strings.Repeat(letter, 32)) }

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

// freePort returns a port of the loopback interface that nobody uses.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
