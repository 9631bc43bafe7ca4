package authn

import "strings"

// RFC 9110, section 11.1: a scheme is case-insensitive, so a credential that
// already carries one may spell it in any case.
const (
	schemeAPIKey = "api-key"
	schemeBearer = "Bearer"
)

// input is a way a credential comes in: how messages call it, and the scheme it
// is sent under.
type input struct {
	name   string
	scheme string
	want   string // what to pass when there is nothing
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

// check looks for the likeliest mistake first, so that its message is the one
// people see. No message may depend on the credential beyond the kind of
// mistake: part of a credential is a credential too.
func (in input) check(credential string) error {
	switch {
	case credential == "":
		return refuseCredential("%s is empty: %s", in.name, in.want)
	case hasScheme(credential, in.scheme):
		return refuseCredential("%s starts with %q: leave that out, the scheme is added here", in.name, in.scheme+" ")
	case hasScheme(credential, schemeBearer):
		return refuseCredential(`%s starts with "Bearer ": leave that out, and if it is an OAuth 2.0 access token and no API key, pass it to authn.Bearer`, in.name)
	case hasScheme(credential, schemeAPIKey):
		return refuseCredential(`%s starts with "api-key ": leave that out, and if it is an API key and no OAuth 2.0 access token, pass it to authn.APIKey`, in.name)
	case strings.ContainsAny(credential, "\r\n"):
		return refuseCredential("%s contains a line break: pass it alone, without the end of the line it was read from", in.name)
	case strings.Trim(credential, " \t") != credential:
		return refuseCredential("%s has spaces around it: pass it without them", in.name)
	case strings.ContainsAny(credential, " \t"):
		return refuseCredential("%s contains a space or a tab: pass it alone, with nothing before or after it", in.name)
	case strings.ContainsFunc(credential, func(r rune) bool { return r < 0x21 || r > 0x7e }):
		return refuseCredential("%s contains a byte that a header cannot carry: only printable ASCII can be sent, so look for a stray character from copying", in.name)
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
