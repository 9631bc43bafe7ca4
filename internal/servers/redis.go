package servers

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Redis starts a Redis server for a test. The arguments are settings, such as
// "--port", "6379". Without them it listens only on the Unix socket of the URL,
// such as unix:///tmp/srv1/redis.
func Redis(t testing.TB, args ...string) *Server {
	t.Helper()
	return forTest(t, StartRedis, args)
}

// StartRedis does what [Redis] does, for a TestMain. The caller calls Stop. The error
// matches [exec.ErrNotFound] if Redis is not installed.
func StartRedis(args ...string) (*Server, error) {
	name, err := find("redis-server", "valkey-server")
	if err != nil {
		return nil, err
	}
	dir, err := newDir(nil)
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "redis")
	return started("unix://"+socket, dir, program{
		name: name,
		// It writes each change to its file before it responds, but does not wait for
		// the disk: a change survives the end of the process, not that of the machine.
		args: append([]string{
			"--port", "0", "--unixsocket", socket, "--dir", dir,
			"--save", "", "--appendonly", "yes", "--appendfsync", "no",
		}, args...),
		quit:  syscall.SIGTERM,
		ready: func() error { return pingRedis(socket) },
	})
}

func pingRedis(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	said := make([]byte, 200)
	n, err := conn.Read(said)
	if err != nil {
		return err
	}
	if response := string(said[:n]); !strings.HasPrefix(response, "+PONG") {
		return fmt.Errorf("its response to PING is %q", response)
	}
	return nil
}
