package authn

import (
	"context"
	"errors"
	"net/http"
	"os"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/internal/httpx"
)

// RequestEditorFn authenticates one request, before it is sent, by setting its
// Authorization header. The generated client's type of the same name accepts
// it.
//
// The package comment says which errors an editor returns, and what it leaves
// in the request.
type RequestEditorFn = func(ctx context.Context, req *http.Request) error

const envAPIKey = "CLARIFY_API_KEY"

// APIKey sends "Authorization: api-key KEY". The key is passed alone, as it
// stands under Settings > API Keys; it is never to be sent as Bearer. The
// scheme is the one on Clarify's authentication page.
//
// A key that cannot be sent is reported at each request, by an error that
// matches [ErrCredential]. The editor is safe for concurrent use.
func APIKey(key string) RequestEditorFn {
	return static(keyInput, key)
}

// APIKeyFunc is [APIKey] for a key that may change: key is called for every
// request, with the request's context, and what it returns is used for that
// request only. A rotated key is in use at once. A function that goes far for
// the key should remember it.
//
// An error from key is wrapped, and a key returned along with it is not used.
// A nil function is reported at each request as [ErrCredential]. The editor is
// safe for concurrent use if key is.
func APIKeyFunc(key func(context.Context) (string, error)) RequestEditorFn {
	return edit(func(ctx context.Context) (string, error) {
		if key == nil {
			return "", refuseCredential("APIKeyFunc was given a nil function: pass one that returns the API key")
		}
		k, err := key(ctx)
		if err != nil {
			return "", sourceError(keyInput, err, k)
		}
		return keyInput.header(k)
	})
}

// APIKeyFromEnv is [APIKey] with the key in the environment variable
// CLARIFY_API_KEY, the name on Clarify's authentication page. The variable is
// read for every request. If it is not set, or holds no usable key, the error
// matches [ErrCredential]. The editor is safe for concurrent use.
func APIKeyFromEnv() RequestEditorFn {
	return edit(func(context.Context) (string, error) {
		key, ok := os.LookupEnv(envAPIKey)
		if !ok {
			return "", refuseCredential("%s is not set: %s", envInput.name, envInput.want)
		}
		return envInput.header(key)
	})
}

// Bearer sends "Authorization: Bearer TOKEN" (RFC 6750), where token is an
// OAuth 2.0 access token and never an API key. An access token expires; use
// [TokenSource] for one that is refreshed.
//
// A token that cannot be sent is reported at each request, by an error that
// matches [ErrCredential]. The editor is safe for concurrent use.
func Bearer(token string) RequestEditorFn {
	return static(tokenInput, token)
}

// TokenSource is [Bearer] with the access token that source returns for each
// request. Any source will do. One that is not built by [oauth2.Config] should
// be put in [oauth2.ReuseTokenSource], so that a token is used until it expires.
//
// An error from source is wrapped: [errors.As] finds an [oauth2.RetrieveError]
// in it, while the text repeats only the status, error and error_description
// of the token endpoint's response (RFC 6749, section 5.2). A nil source, a nil
// token, and a token whose type is not Bearer are reported as [ErrCredential].
//
// A [Source] is told the context of each request, and which of its tokens the
// API has refused; so is any source with its methods TokenContext and Renew. To
// another source the context does not get, because its Token method takes none:
// bound its requests by the context or HTTP client it was built with. The editor
// is safe for concurrent use, as every [oauth2.TokenSource] must be.
func TokenSource(source oauth2.TokenSource) RequestEditorFn {
	missing := httpx.IsNil(source)
	return edit(func(ctx context.Context) (string, error) {
		if missing {
			return "", refuseCredential("TokenSource was given a nil source: pass one, such as the TokenSource of an oauth2.Config")
		}
		token, err := ask(ctx, source)
		var own *refusal
		if errors.As(err, &own) && err == error(own) {
			return "", err
		}
		if err != nil {
			if token == nil {
				token = new(oauth2.Token)
			}
			return "", sourceError(tokenInput, err, token.AccessToken, token.RefreshToken)
		}
		if token == nil {
			return "", refuseCredential("the token source returned neither a token nor an error")
		}
		if token.Type() != schemeBearer {
			return "", refuseCredential("the token source returned a token whose type is not Bearer: Clarify accepts no other")
		}
		return tokenInput.header(token.AccessToken)
	})
}

type rejectedKey struct{}

// WithRejectedToken returns a context for the editor that [TokenSource] returns:
// the API has responded with 401 to token, so a source that can is to get another
// one. Other editors and sources do as ever. A client that uses it should do so
// once for a request, and repeat the request only if the Authorization header
// has changed.
func WithRejectedToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, rejectedKey{}, &token)
}

func ask(ctx context.Context, source oauth2.TokenSource) (*oauth2.Token, error) {
	if rejected, ok := ctx.Value(rejectedKey{}).(*string); ok {
		if s, ok := source.(interface {
			Renew(context.Context, string) (*oauth2.Token, error)
		}); ok {
			return s.Renew(ctx, *rejected)
		}
	}
	if s, ok := source.(interface {
		TokenContext(context.Context) (*oauth2.Token, error)
	}); ok {
		return s.TokenContext(ctx)
	}
	return source.Token()
}

func static(in input, credential string) RequestEditorFn {
	value, err := in.header(credential)
	return edit(func(context.Context) (string, error) { return value, err })
}

// edit is the life of a request in every editor of this package; header is
// asked for the new value once nothing else stands against it.
func edit(header func(context.Context) (string, error)) RequestEditorFn {
	return func(ctx context.Context, req *http.Request) error {
		if err := prepare(ctx, req); err != nil {
			return err
		}
		if err := checkAddress(ctx, req.URL); err != nil {
			return err
		}
		value, err := header(withoutAllowance(ctx))
		if err != nil {
			return err
		}
		if req.Header == nil {
			req.Header = make(http.Header)
		}
		req.Header.Set("Authorization", value)
		return nil
	}
}

// prepare removes the old header before anything can fail, so that a caller
// who ignores the error sends no credential rather than the wrong one.
func prepare(ctx context.Context, req *http.Request) error {
	if req == nil {
		return refuseAddress("there is no request: it is nil")
	}
	for name := range req.Header {
		// Del knows only the canonical spelling, but net/http sends all.
		if equalFoldASCII(name, "Authorization") {
			delete(req.Header, name)
		}
	}
	if ctx == nil {
		return &refusal{text: "authn: there is no context: it is nil"}
	}
	return ctx.Err()
}
