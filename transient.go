package clarify

import (
	"crypto/tls"
	"errors"
	"net"
)

// nonRetryable is an error that another attempt would not avoid. It occurred before
// the request was sent or after it was carried out.
type nonRetryable struct {
	err     error
	failure Failure // empty if err says it
}

func (n *nonRetryable) Error() string { return n.err.Error() }
func (n *nonRetryable) Unwrap() error { return n.err }

// isTransient reports whether the next attempt may not have the error.
func isTransient(err error) bool {
	var final *nonRetryable
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &final), errors.As(err, &certificate):
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	}
	return true
}
