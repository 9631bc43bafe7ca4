package authn

import "golang.org/x/oauth2"

// Endpoint is Clarify's OAuth 2.0 authorization server, according to its
// authentication page. Tokens are refreshed at the token endpoint, too. The client
// authenticates in the body of a token request, not by Basic authentication (RFC
// 6749, section 2.3.1). Do not modify it.
var Endpoint = oauth2.Endpoint{
	AuthURL:   "https://auth1.clarify.ai/oauth2/authorize",
	TokenURL:  "https://auth1.clarify.ai/oauth2/token",
	AuthStyle: oauth2.AuthStyleInParams,
}

// Scopes returns the scopes that Clarify's authentication page lists for every
// app: openid, profile, email and offline_access. Only offline_access yields a
// refresh token. Each call returns a new slice.
func Scopes() []string {
	return []string{"openid", "profile", "email", "offline_access"}
}

// NewConfig returns the OAuth 2.0 configuration of an app that Clarify's
// support has registered, with [Endpoint] and [Scopes]. A private app, a server
// that can keep a secret, passes its client secret. A public app, native or in
// a browser, has none: it passes "" and must use PKCE (RFC 7636), which
// [CodeFlow] does. The redirect URL is one that is registered for the app.
//
// Nothing is checked or sent here: wrong values are reported when they are used.
// Each call returns a new Config, which is safe for concurrent use as long
// as it is not modified.
//
// The type is that of x/oauth2: printed with %v or logged, it shows the
// ClientSecret. Do not log a Config.
func NewConfig(clientID, clientSecret, redirectURL string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Endpoint:     Endpoint,
		RedirectURL:  redirectURL,
		Scopes:       Scopes(),
	}
}
