//go:build !unix

package servers

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

var errSystem = fmt.Errorf("servers for tests need a Unix system: %w", errors.ErrUnsupported)

type user struct{ uid, gid int }

func unprivileged(...string) (*user, error) { return nil, errSystem }

func run(*user, string, string, ...string) error { return errSystem }

func removeAtEnd(string) (func(), error) { return nil, errSystem }

type process struct{ ended chan struct{} }

func startProcess(*user, string, io.Writer, string, ...string) (*process, error) {
	return nil, errSystem
}

func (p *process) pause() error             { return errSystem }
func (p *process) resume() error            { return errSystem }
func (p *process) kill() error              { return errSystem }
func (p *process) end(syscall.Signal) error { return errSystem }
