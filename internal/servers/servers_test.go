package servers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/internal/servers"
)

// redisClient is a connection to Redis.
type redisClient struct {
	net.Conn
	lines *bufio.Reader
}

func dialRedis(t *testing.T, s *servers.Server) *redisClient {
	t.Helper()
	conn, err := net.Dial("unix", strings.TrimPrefix(s.URL, "unix://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &redisClient{conn, bufio.NewReader(conn)}
}

// do sends a command, and returns the first line of its response.
func (c *redisClient) do(timeout time.Duration, command string) (string, error) {
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := c.lines.ReadString('\n')
	return strings.TrimSpace(line), err
}

func want(t *testing.T, c *redisClient, command, response string) {
	t.Helper()
	if got, err := c.do(10*time.Second, command); err != nil || got != response {
		t.Fatalf("the response to %q is %q, %v, want %q", command, got, err, response)
	}
}

func TestAPausedServerRespondsOnceItResumes(t *testing.T) {
	s := servers.Redis(t)
	c := dialRedis(t, s)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	if got, err := c.do(50*time.Millisecond, "PING"); err == nil {
		t.Errorf("a paused server responds with %q", got)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	want(t, c, "PING", "+PONG")
}

func TestAServerKeepsWhatItHasConfirmed(t *testing.T) {
	s := servers.Redis(t)
	for name, end := range map[string]func() error{
		"killed":             s.Kill,
		"ended by a restart": func() error { return nil },
		"paused":             s.Pause,
	} {
		want(t, dialRedis(t, s), "SET key "+strings.ReplaceAll(name, " ", "-"), "+OK")
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		c := dialRedis(t, s)
		want(t, c, "GET key", fmt.Sprint("$", len(name)))
	}
}

func TestAKilledServerIsGone(t *testing.T) {
	s := servers.Redis(t)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("unix", strings.TrimPrefix(s.URL, "unix://")); err == nil {
		_ = conn.Close()
		t.Error("it accepts connections")
	}
	if err := s.Kill(); err == nil {
		t.Error("it is killed twice")
	}
}

func TestAStoppedServerLeavesNoFiles(t *testing.T) {
	var dir string
	t.Run("server", func(t *testing.T) {
		dir = filepath.Dir(strings.TrimPrefix(servers.Redis(t).URL, "unix://"))
		if _, err := os.Stat(dir); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	servers.Redis(t) // skips the test where there is no Redis
	_, err := servers.StartRedis("--maxmemory", "much")
	if err == nil || !strings.Contains(err.Error(), "maxmemory") {
		t.Errorf("the error is %v, want one with the reason", err)
	}
}

func TestPostgresStartsPausesAndRestarts(t *testing.T) {
	s := servers.Postgres(t)
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(address.Query().Get("host"), ".s.PGSQL.5432")
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, step := range []func() error{s.Pause, s.Resume, s.Kill, s.Restart, s.Restart, s.Pause, s.Restart} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	again, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
