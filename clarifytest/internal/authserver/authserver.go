// Package authserver is the sandbox's OAuth 2.0 authorization server:
// Authorization Code with a client secret or with PKCE, and Refresh Token. It
// registers no clients, so any client_id works.
//
// It must not know workspaces or records: whoever runs it says who the users are
// and makes the access tokens valid.
package authserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

// The paths of the two endpoints.
const (
	AuthorizePath = "/oauth2/authorize"
	TokenPath     = "/oauth2/token"
)

const (
	codeLifetime  = 10 * time.Minute
	loginLifetime = 10 * time.Minute

	maxForm = 1 << 16
)

// Users are those who log in, and their access tokens.
type Users interface {
	// FindUser returns the id of the user with an email address.
	FindUser(email string) (id string, ok bool)
	// IssueToken makes an access token valid.
	IssueToken(token string, t Token)
	// GrantOf returns the grant of an access token, or an empty string.
	GrantOf(token string) string
	// EndGrant makes all access tokens of a grant invalid.
	EndGrant(grant string)
}

// A Token is what an access token stands for.
type Token struct {
	User    string // the id of the user who logged in, empty if nobody did
	Grant   string // what all tokens that follow from one authorization have in common
	Expires time.Time
}

// Config configures a [Server].
type Config struct {
	Clock         func() time.Time
	Entropy       *entropy.Source
	Users         Users
	LoginPage     bool   // whether users log in on a page; without it they consent at once
	Password      string // everybody's
	TokenLifetime time.Duration

	// KeepRefreshTokens makes a refresh return no new refresh token.
	KeepRefreshTokens bool
}

// A Server is the authorization server. It is safe for concurrent use.
type Server struct {
	Config

	mu     sync.Mutex // taken before the locks of Users
	grants Grants
}

// New returns a server without grants.
func New(c Config) *Server { return &Server{Config: c, grants: Grants{}.clone()} }

// Grants are what clients can exchange for an access token.
type Grants struct {
	logins  map[string]authorization // by the id on the login page
	codes   map[string]authorization
	refresh map[string]authorization
}

func (g Grants) clone() Grants {
	return Grants{clone(g.logins), clone(g.codes), clone(g.refresh)}
}

// clone copies a map, and a nil one to one that is empty.
func clone(m map[string]authorization) map[string]authorization {
	c := make(map[string]authorization, len(m))
	maps.Copy(c, m)
	return c
}

// Grants returns a copy of the server's grants.
func (s *Server) Grants() Grants {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants.clone()
}

// Restore replaces the server's grants.
func (s *Server) Restore(g Grants) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants = g.clone()
}

// Revoke ends the grant of an access or refresh token. It returns false if the
// token has no grant or its grant has ended.
func (s *Server) Revoke(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	grant := s.grants.refresh[token].grant
	if grant == "" {
		grant = s.Users.GrantOf(token)
	}
	if grant == "" {
		return false
	}
	s.endGrant(grant)
	return true
}

// endGrant makes everything that follows from a grant invalid. The caller holds
// mu.
func (s *Server) endGrant(grant string) {
	ended := func(_ string, a authorization) bool { return a.grant == grant }
	maps.DeleteFunc(s.grants.codes, ended)
	maps.DeleteFunc(s.grants.refresh, ended)
	s.Users.EndGrant(grant)
}

// authorization is what a client asks for, or was granted.
type authorization struct {
	grant       string
	client      string
	secret      string // with which the code was redeemed
	redirectURI string
	state       string
	challenge   string
	scope       string
	user        string    // the id of the user who logged in, empty if nobody did
	expires     time.Time // of the login page, then of the code
	used        bool      // the code or refresh token was used
}

// redirect returns the URL that the browser is sent to, with some parameters.
func (a authorization) redirect(parameters ...string) string {
	target, err := url.Parse(a.redirectURI)
	if err != nil {
		panic(err) // authorize has parsed it.
	}
	query := target.Query()
	if a.state != "" {
		query.Set("state", a.state)
	}
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	target.RawQuery = query.Encode()
	return target.String()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch {
	case r.URL.Path == AuthorizePath && r.Method == http.MethodGet:
		s.authorize(w, r)
	case r.URL.Path == AuthorizePath && r.Method == http.MethodPost && s.LoginPage:
		s.decide(w, r)
	case r.URL.Path == TokenPath && r.Method == http.MethodPost:
		response, failed := s.token(r)
		status := http.StatusOK
		var body any = response
		if failed != nil {
			status, body = failed.status, failed
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	default:
		methods := "POST"
		if r.URL.Path == AuthorizePath {
			methods = "GET"
			if s.LoginPage {
				methods = "GET, POST"
			}
		}
		w.Header().Set("Allow", methods)
		http.Error(w, fmt.Sprintf("The methods at this URL are %s.", methods), http.StatusMethodNotAllowed)
	}
}

// authorize responds to an authorization request with a login page, or with a
// code at once, where the vendor asks the user.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	asked := authorization{
		client:      query.Get("client_id"),
		redirectURI: query.Get("redirect_uri"),
		state:       query.Get("state"),
		challenge:   query.Get("code_challenge"),
		scope:       query.Get("scope"),
	}
	target, err := url.Parse(asked.redirectURI)
	if err != nil || target.Scheme == "" || target.Fragment != "" || asked.client == "" {
		// RFC 6749, section 4.1.2.1: there is nowhere safe to redirect to.
		http.Error(w, "client_id and an absolute redirect_uri are needed.", http.StatusBadRequest)
		return
	}
	switch {
	case query.Get("response_type") != "code":
		redirect(w, http.StatusFound, asked.redirect("error", "unsupported_response_type"))
	case asked.challenge != "" && query.Get("code_challenge_method") != "S256":
		redirect(w, http.StatusFound, asked.redirect("error", "invalid_request", "error_description", "code_challenge_method must be S256."))
	case s.LoginPage:
		asked.expires = s.Clock().Add(loginLifetime)
		id := s.Entropy.Hex()
		s.mu.Lock()
		s.grants.logins[id] = asked
		s.mu.Unlock()
		asked.page(id).write(w, http.StatusOK)
	default:
		redirect(w, http.StatusFound, asked.redirect("code", s.allow(asked)))
	}
}

// redirect sends the browser to a URL: with 302 as in RFC 6749, or after a form
// with 303, which makes it forget the form (RFC 9700, section 4.12).
func redirect(w http.ResponseWriter, status int, target string) {
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}

// allow returns a code for what was asked for.
func (s *Server) allow(asked authorization) (code string) {
	code = s.Entropy.Hex()
	asked.grant, asked.expires = code, s.Clock().Add(codeLifetime)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants.codes[code] = asked
	return code
}
