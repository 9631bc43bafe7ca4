package network

import "syscall"

// Errors of a port that is in use, or that nobody listens on.
const (
	errInUse   = syscall.ErrorString("address in use")
	errRefused = syscall.ErrorString("connection refused")
)
