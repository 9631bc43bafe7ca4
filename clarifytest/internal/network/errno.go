//go:build !plan9

package network

import "syscall"

// Errors of a port that is in use, or that nobody listens on.
const (
	errInUse   = syscall.EADDRINUSE
	errRefused = syscall.ECONNREFUSED
)
