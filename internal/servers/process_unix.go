//go:build unix

package servers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// user is whom a process runs as. Nil is whom this one runs as.
type user struct{ uid, gid int }

// unprivileged returns the first of several users that exists, or nil if this process
// is not one of root. PostgreSQL does not run as root.
func unprivileged(names ...string) (*user, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	var errs []error
	for _, name := range names {
		found, err := osuser.Lookup(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		uid, err := strconv.Atoi(found.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(found.Gid)
		if err != nil {
			return nil, err
		}
		return &user{uid, gid}, nil
	}
	return nil, errors.Join(errs...)
}

// attributes makes a process run as a user, and in a group of its own, so that an
// interrupt from the terminal reaches only this one, whose end ends the others.
func (u *user) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if u != nil {
		a.Credential = &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.gid)}
	}
	return a
}

// command returns a command that does not depend on the user's settings.
func command(as *user, dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + dir}
	c.SysProcAttr = as.attributes()
	return c
}

// run runs a command to its end.
func run(as *user, dir, name string, args ...string) error {
	if said, err := command(as, dir, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, said)
	}
	return nil
}

// process is a running server.
type process struct {
	*exec.Cmd
	ended chan struct{} // closed when it has ended
	guard func()        // lets it live on without this process
}

// startProcess starts a server, which ends with this process at the latest.
func startProcess(as *user, dir string, log io.Writer, name string, args ...string) (*process, error) {
	p := &process{Cmd: command(as, dir, name, args...), ended: make(chan struct{})}
	p.Stdout, p.Stderr = log, log
	if err := p.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.Wait()
		close(p.ended)
	}()
	guard, err := atEnd(`kill -KILL "$1"; rm -rf "$2"`, strconv.Itoa(p.Process.Pid), dir)
	if err != nil {
		p.guard = func() {}
		return nil, errors.Join(err, p.kill())
	}
	p.guard = guard
	return p, nil
}

// removeAtEnd removes a folder when this process ends, unless undone.
func removeAtEnd(dir string) (undo func(), err error) { return atEnd(`rm -rf "$1"`, dir) }

// atEnd runs a script of the shell when this process ends, however it ends, unless
// undone: the shell waits for the end of a pipe that only this process holds open.
func atEnd(script string, args ...string) (undo func(), err error) {
	c := command(nil, "/", "sh", append([]string{"-c", "read _; " + script, "sh"}, args...)...)
	pipe, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	// A file that nothing refers to is closed.
	pipes.Store(pipe, true)
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = pipe.Close()
		pipes.Delete(pipe)
	}, nil
}

// pipes has the pipes whose end the shells wait for.
var pipes sync.Map

// pause stops the server and then its children, so that it has no new ones.
func (p *process) pause() error {
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return signalAll(p.children(), syscall.SIGSTOP)
}

func (p *process) resume() error {
	return errors.Join(signalAll(p.children(), syscall.SIGCONT), p.Process.Signal(syscall.SIGCONT))
}

// kill ends the server and its children. They would end by themselves, but would
// confirm what they are doing before.
func (p *process) kill() error {
	p.guard()
	_ = p.Process.Signal(syscall.SIGSTOP)
	children := p.children()
	err := p.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	err = errors.Join(err, signalAll(children, syscall.SIGKILL))
	<-p.ended
	// PostgreSQL does not start while one of them is there.
	for deadline := time.Now().Add(stopTimeout); slices.ContainsFunc(children, alive); {
		if time.Now().After(deadline) {
			return errors.Join(err, fmt.Errorf("of %s there are still the processes %v", p.Path, children))
		}
		time.Sleep(time.Millisecond)
	}
	return err
}

// alive reports whether a process is there, and is not one that has ended and that
// nobody has waited for.
func alive(pid int) bool {
	if runtime.GOOS != "linux" {
		return syscall.Kill(pid, 0) == nil
	}
	stat := readStat(pid)
	return len(stat) > 0 && stat[0] != "Z" && stat[0] != "X"
}

// readStat returns what Linux says of a process: its state, its parent, and more.
func readStat(pid int) []string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	// The name of the program, in parentheses, may have any character.
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

// end ends the server with a signal, and kills it if that takes too long.
func (p *process) end(with syscall.Signal) error {
	if err := p.resume(); err != nil {
		return err
	}
	if err := p.Process.Signal(with); err != nil {
		return err
	}
	select {
	case <-p.ended:
		p.guard()
		return nil
	case <-time.After(stopTimeout):
		return p.kill()
	}
}

// signalAll signals processes, of which some may have ended.
func signalAll(all []int, signal syscall.Signal) error {
	var errs []error
	for _, pid := range all {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// children returns the processes that the server has started.
func (p *process) children() (all []int) {
	parent := strconv.Itoa(p.Process.Pid)
	if runtime.GOOS != "linux" {
		said, _ := exec.Command("pgrep", "-P", parent).Output()
		for _, field := range strings.Fields(string(said)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all = append(all, pid)
			}
		}
		return all
	}
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if stat := readStat(pid); len(stat) > 1 && stat[1] == parent {
			all = append(all, pid)
		}
	}
	return all
}
