package authn

import (
	"errors"
	"fmt"
)

// ErrCredential is matched, by [errors.Is], when there is no credential to send
// or it cannot be sent as it is. The text says which credential is meant, what
// is wrong with it and what to pass instead, and repeats nothing of it. Sending
// the request again does not help; another credential has to be given.
//
// A credential is one or more printable ASCII characters (0x21 to 0x7E) and has
// no spaces, so it cannot bring its scheme along. Refused for the same reason
// are a nil function, token source or editor, a nil token, and a token whose
// type is not Bearer.
//
// It is not matched when a function or token source fails: that error wraps
// theirs.
var ErrCredential = errors.New("authn: unusable credential")

// ErrInsecureAddress is matched, by [errors.Is], when the address of a request
// is neither https nor http to a loopback host, and when there is no address.
// [InsecureAllowPlaintextHTTP] is the way round for test networks.
var ErrInsecureAddress = errors.New("authn: insecure address")

// refusal is the one error type of this package. Nothing a caller passed in may
// become part of text unless it has been checked for credentials.
type refusal struct {
	text  string
	kind  error // the sentinel it matches, or nil
	cause error // what the caller's function or token source returned, or nil
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Is(target error) bool { return r.kind != nil && target == r.kind }

func (r *refusal) Unwrap() error { return r.cause }

// Format keeps %+v and %#v from walking into the cause, whose fields are not
// ours to vouch for.
func (r *refusal) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), r.text)
}

func refuseCredential(format string, args ...any) error {
	return &refusal{kind: ErrCredential, text: "authn: " + fmt.Sprintf(format, args...)}
}

func refuseAddress(format string, args ...any) error {
	return &refusal{kind: ErrInsecureAddress, text: "authn: " + fmt.Sprintf(format, args...)}
}
