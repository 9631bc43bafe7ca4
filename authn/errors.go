package authn

import (
	"errors"
	"fmt"
)

// ErrCredential is matched, by [errors.Is], when there is no credential to send
// or it cannot be sent as it is. The message says which credential is meant, what
// is wrong with it and what to pass instead, and contains no part of it. A retry
// does not help; the caller has to pass another credential.
//
// A credential is one or more printable ASCII characters (0x21 to 0x7E) without
// spaces, so it cannot include its scheme. A nil function, token source or editor,
// a nil token, and a token whose type is not Bearer are invalid, too.
//
// If a function or token source fails, the error wraps its error and does not
// match ErrCredential.
var ErrCredential = errors.New("authn: unusable credential")

// ErrInsecureAddress is matched, by [errors.Is], when the URL of a request is
// neither https nor http to a loopback host, and when there is no URL. For test
// networks, see [InsecureAllowPlaintextHTTP].
var ErrInsecureAddress = errors.New("authn: insecure URL")

// ErrCallback is matched, by [errors.Is], when a callback of the authorization
// server cannot complete the login: the server rejected the login
// ([AuthorizationError]), the callback belongs to another login ([ErrState]), or it
// has no code. The user has to start another login.
var ErrCallback = errors.New("authn: unusable callback")

// ErrState is matched, by [errors.Is], when a callback does not belong to the
// login it was passed with: its state is missing or differs, or the login is
// already finished or has expired. Usually a session was lost. It may also be an
// attempt to log the user in as somebody else (RFC 6749, section 10.12). It also
// matches [ErrCallback].
var ErrState = fmt.Errorf("%w: not from this login", ErrCallback)

// ErrNoToken is returned by a [TokenStore] that holds no token.
var ErrNoToken = errors.New("authn: no token is stored")

// ErrLoginRequired is matched, by [errors.Is], when there is no way to a token
// without the user:
//
//   - No token is stored ([ErrNoToken]).
//   - The stored token has expired and has no refresh token.
//   - The authorization server responded with invalid_grant (RFC 6749, section
//     5.2), because the grant was revoked or has expired, or its refresh token was
//     already used elsewhere.
//
// A retry does not help. Log the user in again, and save the token to the store.
var ErrLoginRequired = errors.New("authn: the user has to log in again")

// ErrTokenResponse is matched, by [errors.Is], when the token endpoint responded
// with 2xx but without a usable token: the response is not as RFC 6749, section
// 5.1, requires, was cut off, or has a token that is not a Bearer token. The code
// or refresh token that was sent is probably already used, so the request is not
// retried. If the response has a new refresh token, a [Source] saves that, and
// sends it next.
var ErrTokenResponse = errors.New("authn: unusable response from the token endpoint")

// authError is the error type of this package. Nothing that a caller passed in may
// become part of text unless it has been checked for credentials.
type authError struct {
	text  string
	kind  error // the sentinel it matches, or nil
	cause error // the error of the caller's function, token source or store, or nil
}

func (e *authError) Error() string { return e.text }

func (e *authError) Is(target error) bool { return e.kind != nil && errors.Is(e.kind, target) }

func (e *authError) Unwrap() error { return e.cause }

// Format keeps %+v and %#v from printing the cause, whose fields may hold
// credentials.
func (e *authError) Format(s fmt.State, verb rune) {
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.text)
}

// errNilContext is returned for a nil context.
var errNilContext = &authError{text: "authn: the context is nil"}

func credentialError(format string, args ...any) error {
	return &authError{kind: ErrCredential, text: "authn: " + fmt.Sprintf(format, args...)}
}

func addressError(format string, args ...any) error {
	return &authError{kind: ErrInsecureAddress, text: "authn: " + fmt.Sprintf(format, args...)}
}

func callbackError(kind error, format string, args ...any) error {
	return &authError{kind: kind, text: "authn: " + fmt.Sprintf(format, args...)}
}
