package clarifytest

import (
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
)

const (
	schemeAPIKey = "api-key"
	schemeBearer = "Bearer"
	schemeOther  = "other"
)

// authenticate returns the holder of the request's credential. A response repeats
// nothing of the header but the names of the two schemes: a client may have sent the
// credential in place of the scheme.
func (s *Server) authenticate(r *http.Request) (holder, error) {
	const expected = `send "Authorization: api-key KEY" or "Authorization: Bearer ACCESS_TOKEN"`
	scheme, credential, several := readAuthorization(r)
	switch {
	case several:
		return holder{}, unauthorized("There is more than one Authorization header: %s.", expected)
	case scheme == "":
		return holder{}, unauthorized("The Authorization header is missing: %s.", expected)
	case scheme == schemeOther || credential == "":
		return holder{}, unauthorized("The Authorization header has another form than the API expects: %s.", expected)
	}
	h, known := s.findHolder(credential)
	switch {
	case known && h.scheme == scheme:
		return h, nil
	case known && scheme == schemeBearer:
		return holder{}, unauthorized(`An API key was sent as Bearer. Keys are sent with the scheme api-key: "Authorization: api-key KEY".`)
	case known:
		return holder{}, unauthorized(`An access token was sent as api-key. Tokens are sent with the scheme Bearer: "Authorization: Bearer ACCESS_TOKEN".`)
	case scheme == schemeBearer:
		return holder{}, unauthorized("The access token is not valid.")
	}
	return holder{}, unauthorized("The API key is not valid.")
}

func unauthorized(format string, args ...any) error {
	return api.Fail(http.StatusUnauthorized, format, args...)
}

// readAuthorization parses the request's Authorization header. The scheme is one of
// the constants above, or empty if there is no header. several reports whether there
// is more than one header.
func readAuthorization(r *http.Request) (scheme, credential string, several bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", "", false
	}
	name, credential, _ := strings.Cut(headers[0], " ")
	switch {
	case strings.EqualFold(name, schemeAPIKey):
		scheme = schemeAPIKey
	case strings.EqualFold(name, schemeBearer):
		scheme = schemeBearer
	default:
		scheme = schemeOther
	}
	return scheme, strings.Trim(credential, " "), len(headers) > 1
}
