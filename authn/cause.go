package authn

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

// sourceError wraps the error of a caller's function or token source. Only what is
// safe to log of the cause's message becomes part of the message. secrets are the
// credentials that were returned with the error.
func sourceError(in input, cause error, secrets ...string) error {
	return &authError{
		text:  "authn: cannot get " + in.name + ": " + describe(cause, secrets),
		cause: cause,
	}
}

func describe(cause error, secrets []string) string {
	var response *oauth2.RetrieveError
	if errors.As(cause, &response) {
		return describeResponse(response, secrets)
	}
	var request *url.Error
	if errors.As(cause, &request) && request != nil {
		// A query, or the user before the host, may be secret.
		host := ""
		if u, err := url.Parse(request.URL); err == nil {
			host = u.Hostname()
		}
		text := request.Op + " " + httpx.PrintableHost(host, unknownHost)
		if request.Err != nil {
			text += ": " + describe(request.Err, secrets)
		}
		return text
	}
	text := withoutResponse(cause.Error())
	if repeats(text, secrets) {
		return "the error message is left out because it contains a credential"
	}
	return text
}

// describeResponse replaces RetrieveError's own message, which may be the whole
// body of the response, and needs a Response that not every source sets.
func describeResponse(response *oauth2.RetrieveError, secrets []string) string {
	text := "the token endpoint rejected the request"
	if response == nil {
		return text
	}
	if response.Response != nil {
		// The reason phrase on the wire is the server's to choose.
		text = "the token endpoint responded with " + statusText(response.Response.StatusCode)
		secrets = append(slices.Clone(secrets), sent(response.Response)...)
	}
	if repeats(response.ErrorCode, secrets) || repeats(response.ErrorDescription, secrets) {
		return text + "; its error is left out because it contains a credential"
	}
	if response.ErrorCode != "" {
		text += fmt.Sprintf(": error %q", clip(response.ErrorCode))
	}
	if response.ErrorDescription != "" {
		text += fmt.Sprintf(", error_description %q", clip(response.ErrorDescription))
	}
	return text
}

func clip(s string) string {
	const limit = 200
	for i := range s {
		if i >= limit {
			return s[:i] + "…"
		}
	}
	return s
}

// withoutResponse cuts the response out of a message that contains a printed
// RetrieveError, which errors.As does not find.
func withoutResponse(text string) string {
	const lead = "oauth2: cannot fetch token"
	if before, after, ok := strings.Cut(text, lead); ok && strings.Contains(after, "Response: ") {
		return before + lead
	}
	return text
}

// sent returns the credentials in the token request that led to resp, and in those
// that were redirected to it: a response may repeat them.
func sent(resp *http.Response) []string {
	var secrets []string
	for range 10 {
		if resp == nil || resp.Request == nil {
			break
		}
		if _, secret, ok := resp.Request.BasicAuth(); ok {
			plain, _ := url.QueryUnescape(secret)
			secrets = append(secrets, secret, plain)
		}
		for name, values := range form(resp.Request) {
			switch name {
			case "grant_type", "client_id", "redirect_uri", "scope":
			default:
				secrets = append(secrets, values...)
			}
		}
		resp = resp.Request.Response
	}
	return secrets
}

func form(req *http.Request) url.Values {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	data, _ := io.ReadAll(io.LimitReader(body, 1<<20))
	values, _ := url.ParseQuery(string(data))
	return values
}

// repeatsPart reports whether text contains a part of a secret that is too long to
// be there by chance.
func repeatsPart(text, secret string) bool {
	const piece = 10
	for i := 0; i+piece <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+piece]) {
			return true
		}
	}
	return false
}

// repeats reports whether text contains a secret, plain, quoted or escaped.
func repeats(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool {
		secret = strings.TrimSpace(secret)
		for _, scheme := range []string{schemeAPIKey, schemeBearer} {
			if hasScheme(secret, scheme) {
				secret = strings.TrimSpace(secret[len(scheme):])
			}
		}
		if secret == "" {
			return false
		}
		if repeatsPart(text, secret) {
			return true
		}
		quoted := strconv.Quote(secret)
		return strings.Contains(text, secret) ||
			strings.Contains(text, quoted[1:len(quoted)-1]) ||
			strings.Contains(text, url.QueryEscape(secret)) ||
			strings.Contains(text, url.PathEscape(secret))
	})
}
