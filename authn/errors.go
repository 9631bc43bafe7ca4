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

// ErrCallback is matched, by [errors.Is], when a callback of the authorization
// server cannot end the login: the server refused ([AuthorizationError]), the
// login is not the callback's ([ErrState]), or there is no code in it. The user
// has to start another login.
var ErrCallback = errors.New("authn: unusable callback")

// ErrState is matched, by [errors.Is], when a callback does not belong to the
// login it came with: its state is missing or another one, or the login is
// finished already or took too long. Most often a session was lost; it may also
// be that somebody tries to log the user in as somebody else (RFC 6749, section
// 10.12). It matches [ErrCallback], too.
var ErrState = fmt.Errorf("%w: not of this login", ErrCallback)

// ErrNoToken is returned by a [TokenStore] that holds no token.
var ErrNoToken = errors.New("authn: no token is stored")

// ErrLoginRequired is matched, by [errors.Is], when no token can be had without
// the user: none is stored ([ErrNoToken]), the stored one has expired and came
// without a refresh token, or the authorization server responded invalid_grant
// (RFC 6749, section 5.2), because the grant was revoked, has expired, or its
// refresh token was spent elsewhere. Trying again does not help; log the user in
// again, and save the token to the store.
var ErrLoginRequired = errors.New("authn: the user has to log in again")

// ErrTokenResponse is matched, by [errors.Is], when the token endpoint responded
// 2xx and there is no token in the response that can be used: it is not what RFC
// 6749, section 5.1, says, it broke off, or the token is not a Bearer token. The
// code or refresh token that was sent is probably spent then, so a token request
// that ended like this is not repeated. If there is a new refresh token in the
// response, a [Source] saves it and sends that one next.
var ErrTokenResponse = errors.New("authn: unusable response of the token endpoint")

// refusal is the error type of this package for whatever it refuses. Nothing a caller passed in may
// become part of text unless it has been checked for credentials.
type refusal struct {
	text  string
	kind  error // the sentinel it matches, or nil
	cause error // what the caller's function or token source returned, or nil
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Is(target error) bool { return r.kind != nil && errors.Is(r.kind, target) }

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

func refuseCallback(kind error, format string, args ...any) error {
	return &refusal{kind: kind, text: "authn: " + fmt.Sprintf(format, args...)}
}

// tokenRefusal is a token request's failure as callers see it.
func tokenRefusal(what string, err error) error {
	r := &refusal{text: "authn: " + what + ": " + err.Error(), cause: err}
	var failed *tokenFailure
	if errors.As(err, &failed) {
		switch {
		case failed.loginAgain:
			r.kind = ErrLoginRequired
		case failed.unusable:
			r.kind = ErrTokenResponse
		}
	}
	return r
}
