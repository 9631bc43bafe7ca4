// Package authn authenticates requests to the Clarify API.
//
// Each of its functions that returns a [RequestEditorFn] returns a function
// that sets the Authorization header of one request. The generated client takes
// it as it is:
//
//	c, err := gen.NewClientWithResponses(server, gen.WithRequestEditorFn(authn.APIKey(key)))
//
// # Which scheme
//
// Clarify has two schemes and takes neither for the other:
//
//   - API key, "Authorization: api-key KEY": for work on your own workspace. A
//     key is made under Settings > API Keys, belongs to one workspace and is
//     shown once. A Workspace key is made by an admin and reaches public data
//     only; a Personal key can be made by any member and acts as that member.
//     Use [APIKey], [APIKeyFromEnv], or [APIKeyFunc] for a key that changes
//     while the program runs.
//   - OAuth 2.0, "Authorization: Bearer TOKEN": for partner apps that act in
//     other people's workspaces. Clarify's support registers the app. Use
//     [CodeFlow] to obtain tokens, [NewTokenSource] to keep them and
//     [TokenSource] to send them, or [Bearer] for an access token that is
//     already there.
//
// Mixing up the two is the commonest mistake with this API: a key sent as
// Bearer is responded with 401. Both are opaque strings, which nobody can tell
// apart by looking. So pass the bare credential to the function named after its
// kind, and let the function add the scheme.
//
// # OAuth 2.0
//
// Which grant for whom, as on Clarify's authentication page:
//
//   - A private app is a server that keeps a client secret. It uses
//     Authorization Code, here with PKCE unless [WithoutPKCE] switches that off.
//   - A public app, native or in a browser, cannot keep a secret. It uses
//     Authorization Code with PKCE. A program on the user's machine finds the
//     whole of it, browser and callback, in the package login below this one.
//
// [CodeFlow] is both. A user logs in once; the token goes into a [TokenStore],
// one for each user: a file (package tokenfile below this one), a database, a
// keyring. From there a [Source] takes it, and puts it back each time it was
// refreshed:
//
//	source := authn.NewTokenSource(config, store)
//	client, err := clarify.New(workspace, authn.TokenSource(source))
//
// An access token lives for about as long as the server says; only the scope
// offline_access, which is one of [Scopes], yields a refresh token to get the
// next. A refresh may respond with a new refresh token, and the old one is spent
// then. So a token that was refreshed must be saved before it is used, and must
// not be refreshed twice: that is what Source sees to, among goroutines by
// itself, and among processes by the lock of a [TokenLocker]. Processes on one
// machine share a tokenfile; processes on several share a database, with a
// lock of its own.
//
// When the grant ends, by revocation or by disuse, the error matches
// [ErrLoginRequired], and the user has to log in again.
//
// # What an editor does
//
// An editor removes any Authorization header that the request has, however it
// is spelled, and sets the new one if all of this holds:
//
//   - The context is not done. If it is, its error is returned.
//   - The address is https, or http to a loopback host: localhost, 127.0.0.0/8
//     or ::1. If not, the error matches [ErrInsecureAddress].
//   - There is a credential that can be sent as it is. If not, the error
//     matches [ErrCredential], which says what that takes.
//
// A function or token source of yours is asked last, so never for a request
// that is refused anyway. If it fails, the error wraps its error. Whatever the
// error, the request is left without an Authorization header: should it be
// sent all the same, it carries no old credential either.
//
// An editor reports a nil argument at the request, as an error, and does not
// panic. It is safe for concurrent use, provided that the function or token
// source it was given is.
//
// # Where credentials may still show
//
// No error of this package shows a credential that the package can know of,
// whichever way it is printed. What lies outside its reach:
//
//   - The text of an error from a function or token source of yours becomes part
//     of the error here, unless it repeats what was returned along with it. Of
//     a token endpoint's response only the status, error and error_description
//     are taken, and of an address in a [url.Error] only the host.
//   - A wrapped error, once taken out with [errors.As], prints itself. For the
//     [oauth2.RetrieveError] of a token source that is not a [Source], that is
//     the response of the token endpoint.
//   - An [oauth2.Config] printed with %v shows its client secret, and an
//     [oauth2.Token] its tokens.
//   - An editor does not see where a request is redirected to. An [http.Client]
//     follows redirects unless told otherwise, and keeps the Authorization
//     header on the way to the same host, even on another port or over plain
//     http, and to its subdomains. The clients of this module follow none; an
//     HTTP client that the generated one is given should not either, as below.
//   - A proxy can read what the HTTP client sends through it over plain http.
//     Proxies from the environment are not used for localhost and loopback
//     addresses; one that is set on the transport may be.
//
// An HTTP client that follows no redirects:
//
//	&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
//		return http.ErrUseLastResponse
//	}}
package authn
