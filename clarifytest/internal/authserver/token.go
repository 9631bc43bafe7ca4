package authserver

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// tokenError is an error of RFC 6749, section 5.2.
type tokenError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func invalidGrant(description string) *tokenError {
	return &tokenError{http.StatusBadRequest, "invalid_grant", description}
}

// token responds to a token request.
func (s *Server) token(r *http.Request) (*tokenResponse, *tokenError) {
	if err := r.ParseForm(); err != nil {
		return nil, &tokenError{http.StatusBadRequest, "invalid_request", "The form could not be read."}
	}
	form := r.PostForm
	if r.Header.Get("Authorization") != "" || form.Get("client_id") == "" {
		return nil, &tokenError{http.StatusUnauthorized, "invalid_client", "client_id and client_secret travel in the body."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form.Get("grant_type") {
	case "authorization_code":
		granted, failed := s.redeem(form)
		if failed != nil {
			return nil, failed
		}
		return s.issue(granted, offline(granted)), nil
	case "refresh_token":
		granted, failed := s.refresh(form)
		if failed != nil {
			return nil, failed
		}
		return s.issue(granted, offline(granted) && !s.KeepRefreshTokens), nil
	}
	return nil, &tokenError{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."}
}

// redeem takes an authorization code, which can be used once. Using it again ends
// the grant (RFC 6749, section 4.1.2).
func (s *Server) redeem(form url.Values) (authorization, *tokenError) {
	code := form.Get("code")
	granted, ok := s.grants.codes[code]
	if ok && granted.used {
		s.endGrant(granted.grant)
		return authorization{}, invalidGrant("The code was used before, so the grant has ended.")
	}
	delete(s.grants.codes, code)
	switch {
	case !ok || !s.Clock().Before(granted.expires):
		return authorization{}, invalidGrant("The code is not valid.")
	case granted.client != form.Get("client_id"), granted.redirectURI != form.Get("redirect_uri"):
		return authorization{}, invalidGrant("The code was issued for another client_id or redirect_uri.")
	case granted.challenge != "" && granted.challenge != challengeOf(form.Get("code_verifier")):
		return authorization{}, invalidGrant("The code_verifier does not match the code_challenge.")
	case granted.challenge == "" && form.Get("client_secret") == "":
		return authorization{}, &tokenError{http.StatusUnauthorized, "invalid_client", "client_secret is missing, and the code was requested without PKCE."}
	}
	granted.secret = form.Get("client_secret")
	used := granted
	used.used = true
	s.grants.codes[code] = used
	return granted, nil
}

// refresh takes a refresh token. Using one again that was replaced ends the grant:
// either the client or an attacker has a token that it should not have (RFC 9700,
// section 4.14.2).
func (s *Server) refresh(form url.Values) (authorization, *tokenError) {
	token := form.Get("refresh_token")
	granted, ok := s.grants.refresh[token]
	switch {
	case !ok || granted.client != form.Get("client_id"):
		return authorization{}, invalidGrant("The refresh token is not valid.")
	case granted.secret != form.Get("client_secret"):
		return authorization{}, &tokenError{http.StatusUnauthorized, "invalid_client", "client_secret is not the one that the code was redeemed with."}
	case granted.used:
		s.endGrant(granted.grant)
		return authorization{}, invalidGrant("The refresh token was used before, so the grant has ended.")
	}
	if !s.KeepRefreshTokens {
		used := granted
		used.used = true
		s.grants.refresh[token] = used
	}
	return granted, nil
}

// offline reports whether a client asked for a refresh token.
func offline(granted authorization) bool {
	return slices.Contains(strings.Fields(granted.scope), "offline_access")
}

// issue issues an access token, and a refresh token if wanted.
func (s *Server) issue(granted authorization, refresh bool) *tokenResponse {
	response := &tokenResponse{
		AccessToken: "sandbox-token-" + s.Entropy.Hex(),
		TokenType:   "Bearer",
		ExpiresIn:   int(s.TokenLifetime / time.Second),
		Scope:       granted.scope,
	}
	s.Users.IssueToken(response.AccessToken, Token{granted.user, granted.grant, s.Clock().Add(s.TokenLifetime)})
	if refresh {
		response.RefreshToken = "sandbox-refresh-" + s.Entropy.Hex()
		s.grants.refresh[response.RefreshToken] = granted
	}
	return response
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
