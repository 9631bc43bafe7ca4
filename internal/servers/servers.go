package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 30 * time.Second // until a server must accept requests
	stopTimeout  = 10 * time.Second // until a server must have ended
	readyEvery   = 5 * time.Millisecond
)

// Server is a running server. Its methods are safe for concurrent use.
type Server struct {
	// URL is where it listens, as the drivers in Go want it. It stays the same after
	// a restart.
	URL string

	program
	dir string // has all its files

	mu      sync.Mutex
	process *process // nil if it does not run
}

// program is what the servers differ in.
type program struct {
	name  string
	args  []string
	as    *user
	quit  syscall.Signal // ends it in good order
	ready func() error   // reports whether it accepts requests
}

// started starts a server in a folder, which it removes if that fails.
func started(url, dir string, p program) (*Server, error) {
	s := &Server{URL: url, program: p, dir: dir}
	if err := s.start(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// start starts the process, and waits until it accepts requests.
func (s *Server) start() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p, err := startProcess(s.as, s.dir, log, s.name, s.args...)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(startTimeout); ; {
		err := s.ready()
		if err == nil {
			s.process = p
			return nil
		}
		select {
		case <-p.ended:
		case <-time.After(readyEvery):
			if time.Now().Before(deadline) {
				continue
			}
		}
		_ = p.kill()
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s does not start: %w\n%s", s.name, err, said)
	}
}

var errNotRunning = errors.New("the server does not run")

// running calls f with the process.
func (s *Server) running(f func(*process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errNotRunning
	}
	return f(s.process)
}

// Pause stops all processes of the server with SIGSTOP: connections stay, and get no
// response.
func (s *Server) Pause() error { return s.running((*process).pause) }

// Resume undoes Pause.
func (s *Server) Resume() error { return s.running((*process).resume) }

// Kill ends the server with SIGKILL, as a crash does. What it has confirmed to its
// clients survives.
func (s *Server) Kill() error {
	return s.running(func(p *process) error {
		s.process = nil
		return p.kill()
	})
}

// Restart starts the server again, with the same data and URL. If it runs, or is
// paused, it ends in good order first.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.process; p != nil {
		s.process = nil
		if err := p.end(s.quit); err != nil {
			return err
		}
	}
	return s.start()
}

// Stop ends the server, and removes its files. It must not be used after that.
func (s *Server) Stop() error {
	err := s.running(func(p *process) error {
		s.process = nil
		return p.end(s.quit)
	})
	if errors.Is(err, errNotRunning) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// forTest starts a server that ends with a test.
func forTest(t testing.TB, start func(...string) (*Server, error), args []string) *Server {
	t.Helper()
	s, err := start(args...)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		t.Skipf("on %s: %v", runtime.GOOS, err)
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newDir makes a folder that belongs to a user. Its name is short, since the path of a
// Unix socket has at most 104 characters.
func newDir(as *user) (string, error) {
	dir, err := os.MkdirTemp("", "srv")
	if err != nil {
		return "", err
	}
	if as == nil {
		return dir, nil
	}
	if err := os.Chown(dir, as.uid, as.gid); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// find returns the path of the first of several programs that is installed.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range binaries() {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("there is no %s, which internal/servers/install installs: %w", names[0], exec.ErrNotFound)
}
