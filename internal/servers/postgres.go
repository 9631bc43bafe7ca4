package servers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Postgres starts a PostgreSQL server with an empty database for a test. The
// arguments are those of the program, such as "-c", "max_connections=300". It
// listens only on a Unix socket, and the URL is such as
// postgres://postgres@/postgres?host=/tmp/srv1.
func Postgres(t testing.TB, args ...string) *Server {
	t.Helper()
	return forTest(t, StartPostgres, args)
}

// StartPostgres does what [Postgres] does, for a TestMain. The caller calls Stop. The
// error matches [exec.ErrNotFound] if PostgreSQL is not installed.
func StartPostgres(args ...string) (*Server, error) {
	name, err := find("postgres")
	if err != nil {
		return nil, err
	}
	as, err := unprivileged("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	template, err := emptyCluster()
	if err != nil {
		return nil, err
	}
	dir, err := newDir(as)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := run(as, dir, "cp", "-Rp", template, data); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	address := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + dir}
	return started(address.String(), dir, program{
		name: name,
		as:   as,
		// A commit is written before it is confirmed, but not to the disk: it survives
		// the end of the processes, not that of the machine.
		args: append([]string{
			"-D", data, "-k", dir, "-c", "listen_addresses=",
			"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB",
		}, args...),
		quit:  syscall.SIGINT,
		ready: func() error { return greetPostgres(filepath.Join(dir, ".s.PGSQL.5432")) },
	})
}

// emptyCluster returns the folder of a cluster that is copied for each server, because
// initdb takes seconds. It is there until the process ends.
var emptyCluster = sync.OnceValues(func() (string, error) {
	name, err := find("initdb")
	if err != nil {
		return "", err
	}
	as, err := unprivileged("postgres", "nobody")
	if err != nil {
		return "", err
	}
	dir, err := newDir(as)
	if err != nil {
		return "", err
	}
	if _, err := removeAtEnd(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	return data, run(as, dir, name, "-D", data, "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync", "--no-instructions")
})

// greetPostgres begins a session. The server accepts connections before it can serve
// them, and then responds with an error.
func greetPostgres(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	const version = 3 << 16
	hello := binary.BigEndian.AppendUint32(nil, version)
	hello = append(hello, "user\x00postgres\x00database\x00postgres\x00\x00"...)
	hello = append(binary.BigEndian.AppendUint32(nil, uint32(len(hello)+4)), hello...)
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	var kind [1]byte
	if _, err := io.ReadFull(conn, kind[:]); err != nil {
		return err
	}
	if kind[0] != 'R' {
		said := make([]byte, 500)
		n, _ := conn.Read(said)
		return fmt.Errorf("it rejects a session: %q", said[:n])
	}
	_, err = conn.Write([]byte{'X', 0, 0, 0, 4})
	return err
}

// binaries returns folders beside those of PATH where Debian and others keep programs,
// the latest version first.
func binaries() []string {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(all, func(a, b string) int { return version(b) - version(a) })
	return append(all, "/usr/local/bin")
}
