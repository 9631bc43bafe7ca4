package clarify

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// failureOf returns why an attempt or a request failed with err. It is empty if err is
// nil or an [Error] of a response.
func failureOf(err error) Failure {
	if err == nil {
		return ""
	}
	// What errors.As looks for is allocated, so a success does not come here.
	return failureIn(err)
}

func failureIn(err error) Failure {
	var e *Error
	if errors.As(err, &e) {
		return e.failure
	}
	var known *nonRetryable
	var response *unreadable
	var timeout net.Error
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case isRateLimited(err):
		return FailureThrottled
	case errors.Is(err, context.Canceled):
		return FailureCanceled
	case errors.As(err, &timeout) && timeout.Timeout():
		return FailureTimeout
	case errors.As(err, &known) && known.failure != "":
		return known.failure
	case errors.As(err, &response):
		return FailureResponse
	case errors.As(err, &name):
		return FailureName
	case errors.As(err, &certificate):
		return FailureTLS
	}
	return FailureConnection
}
