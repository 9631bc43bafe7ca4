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
// The package comment lists the errors of an editor, and what it changes in the
// request.
type RequestEditorFn = func(ctx context.Context, req *http.Request) error

// APIKey sends "Authorization: api-key KEY", as on Clarify's authentication page.
// Pass the key alone, as it is shown under Settings > API Keys. An API key is never
// sent as Bearer.
//
// If the key cannot be sent, each request fails with an error that matches
// [ErrCredential]. The editor is safe for concurrent use.
func APIKey(key string) RequestEditorFn {
	return static(keyInput, key)
}

// APIKeyFunc is [APIKey] for a key that may change. It calls key for every request,
// with the request's context, and uses the result for that request only, so a
// rotated key is used immediately. A function that is slow should cache the key.
//
// An error from key is wrapped, and a key returned with it is not used. If key is
// nil, each request fails with an error that matches [ErrCredential]. The editor is
// safe for concurrent use if key is.
func APIKeyFunc(key func(context.Context) (string, error)) RequestEditorFn {
	return edit(func(ctx context.Context) (string, error) {
		if key == nil {
			return "", credentialError("APIKeyFunc was given a nil function: pass one that returns the API key")
		}
		k, err := key(ctx)
		if err != nil {
			return "", sourceError(keyInput, err, k)
		}
		return keyInput.header(k)
	})
}

// APIKeyFromEnv is [APIKey] with the key in the environment variable
// CLARIFY_API_KEY, which Clarify's authentication page names. It reads the variable
// for every request. If the variable is not set, or holds no usable key, the error
// matches [ErrCredential]. The editor is safe for concurrent use.
func APIKeyFromEnv() RequestEditorFn {
	return edit(func(context.Context) (string, error) {
		key, ok := os.LookupEnv(envAPIKey)
		if !ok {
			return "", credentialError("%s is not set: %s", envInput.name, envInput.want)
		}
		return envInput.header(key)
	})
}

// Bearer sends "Authorization: Bearer TOKEN" (RFC 6750), where token is an
// OAuth 2.0 access token and never an API key. An access token expires; use
// [TokenSource] for one that is refreshed.
//
// If the token cannot be sent, each request fails with an error that matches
// [ErrCredential]. The editor is safe for concurrent use.
func Bearer(token string) RequestEditorFn {
	return static(tokenInput, token)
}

// TokenSource is [Bearer] with the access token that source returns for each
// request. Wrap a source that was not made by an [oauth2.Config] in an
// [oauth2.ReuseTokenSource], so that a token is used until it expires.
//
// An error from source is wrapped. [errors.As] finds an [oauth2.RetrieveError] in
// it, but the message has only the status, error and error_description of the token
// endpoint's response (RFC 6749, section 5.2). The error matches [ErrCredential] if
// source or its token is nil, or the token's type is not Bearer.
//
// A [Source] gets the context of each request, and is told which of its tokens the
// API has rejected. So is any source with the methods TokenContext and Renew. The
// Token method of other sources takes no context: bound their requests by the
// context or HTTP client that they were made with. The editor is safe for
// concurrent use, as every [oauth2.TokenSource] must be.
func TokenSource(source oauth2.TokenSource) RequestEditorFn {
	missing := httpx.IsNil(source)
	return edit(func(ctx context.Context) (string, error) {
		if missing {
			return "", credentialError("TokenSource was given a nil source: pass one, such as the TokenSource of an oauth2.Config")
		}
		token, err := ask(ctx, source)
		var own *authError
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
			return "", credentialError("the token source returned neither a token nor an error")
		}
		if token.Type() != schemeBearer {
			return "", credentialError("the token source returned a token whose type is not Bearer: Clarify accepts no other")
		}
		return tokenInput.header(token.AccessToken)
	})
}

type rejectedKey struct{}

// WithRejectedToken returns a context that tells the editor of [TokenSource] that
// the API has responded with 401 to token. The source then gets another token, if
// it can. Other editors and sources ignore it. A client should use it once for a
// request, and retry the request only if the Authorization header has changed.
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

// edit returns an editor: the life of a request in every editor of this package.
// It calls header for the new value after all other checks.
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

// prepare removes the old header before anything can fail, so that a caller who
// ignores the error sends no credential rather than the wrong one.
func prepare(ctx context.Context, req *http.Request) error {
	if req == nil {
		return addressError("the request is nil")
	}
	for name := range req.Header {
		// Del removes only the canonical spelling, but net/http sends all.
		if equalFoldASCII(name, "Authorization") {
			delete(req.Header, name)
		}
	}
	if ctx == nil {
		return errNilContext
	}
	return ctx.Err()
}
