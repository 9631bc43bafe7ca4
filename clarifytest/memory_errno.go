//go:build !plan9

package clarifytest

import "syscall"

// What a port says that is taken, or that nobody listens on.
const (
	errInUse   = syscall.EADDRINUSE
	errRefused = syscall.ECONNREFUSED
)
