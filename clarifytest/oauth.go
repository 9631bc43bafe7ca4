package clarifytest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/authserver"
	"github.com/clarify-go/clarify/clarifytest/internal/faults"
)

const (
	// LoginName is the email address of the user that each workspace begins with,
	// who can log in at the page of [WithLoginPage].
	LoginName = "admin@sandbox.example"
	// LoginPassword is everybody's password there.
	LoginPassword = "sandbox"
)

// oauthOptions is what options say of the authorization server.
type oauthOptions struct {
	loginPage     bool
	tokenLifetime time.Duration
}

// WithLoginPage makes [Server.AuthorizeURL] respond with a page on which a user
// logs in and allows or denies what the client asks for. Without it the sandbox
// consents at once. The page takes the email address of any member of the first
// workspace, such as [LoginName], with [LoginPassword]; the access token then acts
// as that member.
func WithLoginPage() Option {
	return func(c *config) { c.oauth.loginPage = true }
}

// WithTokenLifetime sets how long access tokens of the OAuth 2.0 flow are valid,
// in whole seconds, at least one. The default is an hour.
func WithTokenLifetime(d time.Duration) Option {
	return func(c *config) { c.oauth.tokenLifetime = d }
}

func (o oauthOptions) check() error {
	if o.tokenLifetime < time.Second || o.tokenLifetime%time.Second != 0 {
		return fmt.Errorf("WithTokenLifetime: lifetime must be whole seconds, 1s or more, got %v", o.tokenLifetime)
	}
	return nil
}

func (s *Server) newAuthServer() *authserver.Server {
	return authserver.New(authserver.Config{
		Clock:             s.config.clock,
		Entropy:           s.credentials,
		Users:             tokenUsers{s},
		LoginPage:         s.config.oauth.loginPage,
		Password:          LoginPassword,
		TokenLifetime:     s.config.oauth.tokenLifetime,
		KeepRefreshTokens: s.config.quirks.RefreshTokenStays,
	})
}

// serveOAuth serves the authorization server's endpoints.
func (s *Server) serveOAuth(w http.ResponseWriter, r *http.Request) {
	d := &delivery{server: s, private: true}
	d.work = func() faults.Response {
		recorder := faults.NewRecorder()
		s.auth.ServeHTTP(recorder, r)
		return recorder.Response
	}
	d.run(w, r)
}

// RevokeGrant ends the grant of an access or refresh token of the OAuth 2.0 flow,
// as when a user withdraws consent. Requests with any access token of the grant
// get 401, and its refresh tokens get invalid_grant, so that the user has to log
// in again. RevokeGrant panics if the token has no grant or its grant has ended.
// [Server.Revoke] is for a single access token.
func (s *Server) RevokeGrant(token string) {
	if !s.auth.Revoke(token) {
		panic("clarifytest: RevokeGrant: the token has no grant: pass an access or refresh token that the token endpoint issued")
	}
}

// tokenUsers are the members of the first workspace, for the authorization
// server.
type tokenUsers struct{ server *Server }

// FindUser returns the id of the first workspace's member with an email address.
func (u tokenUsers) FindUser(email string) (id string, found bool) {
	return u.server.findWorkspace(u.server.Workspace).state.MemberByEmail(email)
}

// IssueToken makes an access token valid for the first workspace. A token without
// a user acts as the workspace's first user.
func (u tokenUsers) IssueToken(token string, t authserver.Token) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.holders[s.AccessToken]
	if t.User != "" {
		to.user = t.User
	}
	s.holders[token] = holder{workspace: to.workspace, scheme: to.scheme, user: to.user, grant: t.Grant, expires: t.Expires}
}

// GrantOf returns the grant of an access token, unless it has ended.
func (u tokenUsers) GrantOf(token string) string {
	u.server.mu.RLock()
	defer u.server.mu.RUnlock()
	return u.server.holders[token].grant
}

// EndGrant makes the access tokens of a grant invalid.
func (u tokenUsers) EndGrant(grant string) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for credential, h := range s.holders {
		if h.grant == grant {
			h.grant, h.revoked = "", true
			s.holders[credential] = h
		}
	}
}
