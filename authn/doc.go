// Package authn authenticates requests to the Clarify API.
//
// Its functions that return a [RequestEditorFn] return a function that sets the
// Authorization header of one request. Pass it to the generated client:
//
//	c, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKey(key)))
//
// # Which scheme
//
// Clarify has two schemes, and does not accept the credential of one under the
// other:
//
//   - API key, "Authorization: api-key KEY": for work on your own workspace. Make a
//     key under Settings > API Keys. It belongs to one workspace and is shown once.
//     A Workspace key is made by an admin and reaches public data only. A Personal
//     key can be made by any member and acts as that member. Use [APIKey],
//     [APIKeyFromEnv], or [APIKeyFunc] for a key that changes while the program
//     runs.
//   - OAuth 2.0, "Authorization: Bearer TOKEN": for partner apps that act in other
//     people's workspaces. Clarify's support registers the app. Use [CodeFlow] to
//     obtain tokens, [NewTokenSource] to store and refresh them, and [TokenSource]
//     to send them. Use [Bearer] for an access token that you already have.
//
// Mixing up the two is the most common mistake with this API: a key that is sent as
// Bearer gets a response of 401. Both are opaque strings, which nothing can tell
// apart. So pass the credential without a scheme to the function named after its
// kind, which adds the scheme.
//
// # OAuth 2.0
//
// The grants, according to Clarify's authentication page:
//
//   - A private app is a server that keeps a client secret. It uses Authorization
//     Code, here with PKCE unless [WithoutPKCE] switches that off.
//   - A public app, native or in a browser, cannot keep a secret. It uses
//     Authorization Code with PKCE. For a program on the user's machine, package
//     login below this one opens the browser and receives the callback.
//
// [CodeFlow] does both. A user logs in once. The token goes into a [TokenStore],
// one for each user: a file (package tokenfile below this one), a database or a
// keyring. A [Source] takes it from there, and saves it after each refresh:
//
//	source := authn.NewTokenSource(config, store)
//	client, err := clarify.New(workspace, authn.TokenSource(source))
//
// An access token lives as long as the server says. Only the scope offline_access,
// which is one of [Scopes], yields a refresh token to get the next one. The response
// to a refresh may have a new refresh token; the old one is then used up. So a
// refreshed token must be saved before it is used, and a refresh token must not be
// sent twice. Source ensures both among goroutines, and among processes by the lock
// of a [TokenLocker]. Processes on one machine can share a tokenfile. Processes on
// several machines share a database, with a lock of its own.
//
// When the grant ends, because it was revoked or not used for long, the error
// matches [ErrLoginRequired], and the user has to log in again.
//
// # What an editor does
//
// An editor removes any Authorization header of the request, in any spelling. It
// sets the new one if all of this holds:
//
//   - The context is not done. Otherwise the editor returns the context's error.
//   - The URL is https, or http to a loopback host: localhost, 127.0.0.0/8 or ::1.
//     Otherwise the error matches [ErrInsecureAddress].
//   - There is a credential that can be sent as it is. Otherwise the error matches
//     [ErrCredential].
//
// The editor calls your function or token source last, so never for a request that
// it rejects anyway. If that fails, the error wraps its error. After any error the
// request has no Authorization header: if it is sent all the same, it carries no
// old credential.
//
// A nil argument does not panic. The editor returns an error for each request. It is
// safe for concurrent use if your function or token source is.
//
// # Where credentials may still show
//
// No error of this package shows a credential that the package knows, however it is
// printed. What the package cannot prevent:
//
//   - The message of an error from your function or token source becomes part of the
//     error here, unless it contains the credential that was returned with it. Of a
//     token endpoint's response only the status, error and error_description are
//     included, and of the URL in a [url.Error] only the host.
//   - A wrapped error that you get with [errors.As] prints itself. An
//     [oauth2.RetrieveError] of a token source that is not a [Source] prints the
//     response of the token endpoint.
//   - An [oauth2.Config] that is printed with %v shows its client secret, and an
//     [oauth2.Token] its tokens.
//   - An editor does not see redirects. By default an [http.Client] follows them, and
//     keeps the Authorization header for the same host, even on another port or over
//     plain http, and for its subdomains. The clients of this module follow no
//     redirect. Neither should an HTTP client that you pass to the generated one.
//   - A proxy can read what the HTTP client sends through it over plain http. Proxies
//     from the environment are not used for localhost and loopback addresses; one
//     that is set on the transport may be.
//
// An HTTP client that follows no redirects:
//
//	&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
//		return http.ErrUseLastResponse
//	}}
package authn
