package authn

import "strings"

// RFC 9110, section 11.1: a scheme is case-insensitive, so a credential that
// already carries one may spell it in any case.
const (
	schemeAPIKey = "api-key"
	schemeBearer = "Bearer"
)

const envAPIKey = "CLARIFY_API_KEY"

// input is a way in which a credential is passed: its name in messages, and the
// scheme under which it is sent.
type input struct {
	name   string
	scheme string
	want   string // what to do if there is none
}

const wantKey = "a key from Settings > API Keys in Clarify"

var (
	keyInput   = input{"the API key", schemeAPIKey, "pass " + wantKey}
	envInput   = input{"the environment variable " + envAPIKey, schemeAPIKey, "set it to " + wantKey}
	tokenInput = input{"the access token", schemeBearer, "pass the access_token that the token endpoint returned"}
)

// header returns the value of the Authorization header for credential, or an
// error that matches ErrCredential.
func (in input) header(credential string) (string, error) {
	if err := in.check(credential); err != nil {
		return "", err
	}
	return in.scheme + " " + credential, nil
}

// check looks for the likeliest mistake first, so that users see that message. A
// message depends on the kind of mistake only: a part of a credential is a
// credential, too.
func (in input) check(credential string) error {
	switch {
	case credential == "":
		return credentialError("%s is empty: %s", in.name, in.want)
	case hasScheme(credential, in.scheme):
		return credentialError("%s starts with %q: leave that out, since the scheme is added here", in.name, in.scheme+" ")
	case hasScheme(credential, schemeBearer):
		return credentialError(`%s starts with "Bearer ": leave that out, and if it is an OAuth 2.0 access token and no API key, pass it to authn.Bearer`, in.name)
	case hasScheme(credential, schemeAPIKey):
		return credentialError(`%s starts with "api-key ": leave that out, and if it is an API key and no OAuth 2.0 access token, pass it to authn.APIKey`, in.name)
	case strings.ContainsAny(credential, "\r\n"):
		return credentialError("%s contains a line break: pass it alone, without the end of the line it was read from", in.name)
	case strings.Trim(credential, " \t") != credential:
		return credentialError("%s has spaces around it: pass it without them", in.name)
	case strings.ContainsAny(credential, " \t"):
		return credentialError("%s contains a space or a tab: pass it alone, with nothing before or after it", in.name)
	case strings.ContainsFunc(credential, func(r rune) bool { return r < 0x21 || r > 0x7e }):
		return credentialError("%s contains a byte that a header cannot carry: only printable ASCII can be sent, so look for a stray character from copying", in.name)
	}
	return nil
}

func hasScheme(credential, scheme string) bool {
	n := len(scheme)
	return len(credential) > n && credential[n] == ' ' && equalFoldASCII(credential[:n], scheme)
}

// equalFoldASCII is strings.EqualFold without Unicode folding, under which the
// Kelvin sign equals k and the long s equals s.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// hidden is a credential behind a pointer, which fmt does not follow. If a struct
// has a Source in an unexported field, fmt prints the fields of the Source without
// calling its Format method.
type hidden struct{ credential *string }

func hide(credential string) hidden { return hidden{&credential} }

func (h hidden) is(credential string) bool { return h.credential != nil && *h.credential == credential }

func (h hidden) text() string {
	if h.credential == nil {
		return ""
	}
	return *h.credential
}
