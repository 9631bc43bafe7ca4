package clarifytest

import "syscall"

// What a port says that is taken, or that nobody listens on.
const (
	errInUse   = syscall.ErrorString("address in use")
	errRefused = syscall.ErrorString("connection refused")
)
