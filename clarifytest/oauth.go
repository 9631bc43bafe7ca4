package clarifytest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The vendor's authorization server has a host of its own; here it is under the
// same address as the API.
const (
	authorizePath = "/oauth2/authorize"
	tokenPath     = "/oauth2/token"

	codeLife  = 10 * time.Minute
	tokenLife = time.Hour

	maxForm = 1 << 16
)

// authServer is the OAuth 2.0 server: Authorization Code with a client secret
// or with PKCE, and Refresh Token. It knows no clients, so any will do.
type authServer struct {
	clock   func() time.Time
	entropy *entropy
	issue   func(token string, expires time.Time)

	refreshStays bool // a refresh does not replace the refresh token

	mu sync.Mutex
	grants
}

// grants are what clients can trade for an access token.
type grants struct {
	codes   map[string]authorization
	refresh map[string]authorization
}

func (g grants) clone() grants {
	return grants{maps.Clone(g.codes), maps.Clone(g.refresh)}
}

func (a *authServer) copyGrants() grants {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.grants.clone()
}

func (a *authServer) restoreGrants(g grants) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.grants = g.clone()
}

// authorization is what a client was allowed.
type authorization struct {
	client      string
	redirectURI string
	challenge   string
	scope       string
	expires     time.Time // of the code
}

type tokenAnswer struct {
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

func newAuthServer(clock func() time.Time, e *entropy, issue func(string, time.Time)) *authServer {
	return &authServer{
		clock:   clock,
		entropy: e,
		issue:   issue,
		grants:  grants{map[string]authorization{}, map[string]authorization{}},
	}
}

func (a *authServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == authorizePath && r.Method == http.MethodGet:
		a.authorize(w, r)
	case r.URL.Path == tokenPath && r.Method == http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		answer, failed := a.token(r)
		status := http.StatusOK
		var body any = answer
		if failed != nil {
			status, body = failed.status, failed
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	case r.URL.Path == authorizePath:
		w.Header().Set("Allow", "GET")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
	default:
		w.Header().Set("Allow", "POST")
		http.Error(w, "Use POST.", http.StatusMethodNotAllowed)
	}
}

// authorize consents to everything at once, where the vendor asks the user.
func (a *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || redirect.Scheme == "" || redirect.Fragment != "" || query.Get("client_id") == "" {
		// RFC 6749, section 4.1.2.1: there is nowhere safe to redirect to.
		http.Error(w, "client_id and an absolute redirect_uri are needed.", http.StatusBadRequest)
		return
	}
	answer := redirect.Query()
	if state := query.Get("state"); state != "" {
		answer.Set("state", state)
	}
	challenge, method := query.Get("code_challenge"), query.Get("code_challenge_method")
	switch {
	case query.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case challenge != "" && method != "S256":
		answer.Set("error", "invalid_request")
		answer.Set("error_description", "code_challenge_method must be S256.")
	default:
		code := a.entropy.hex()
		a.mu.Lock()
		a.codes[code] = authorization{
			client:      query.Get("client_id"),
			redirectURI: query.Get("redirect_uri"),
			challenge:   challenge,
			scope:       query.Get("scope"),
			expires:     a.clock().Add(codeLife),
		}
		a.mu.Unlock()
		answer.Set("code", code)
	}
	redirect.RawQuery = answer.Encode()
	w.Header().Set("Location", redirect.String())
	w.WriteHeader(http.StatusFound)
}

func (a *authServer) token(r *http.Request) (*tokenAnswer, *tokenError) {
	if err := r.ParseForm(); err != nil {
		return nil, &tokenError{http.StatusBadRequest, "invalid_request", "The form could not be read."}
	}
	form := r.PostForm
	if r.Header.Get("Authorization") != "" || form.Get("client_id") == "" {
		return nil, &tokenError{http.StatusUnauthorized, "invalid_client", "client_id and client_secret travel in the body."}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch form.Get("grant_type") {
	case "authorization_code":
		granted, failed := a.redeem(form)
		if failed != nil {
			return nil, failed
		}
		return a.grant(granted), nil
	case "refresh_token":
		granted, ok := a.refresh[form.Get("refresh_token")]
		if !ok || granted.client != form.Get("client_id") {
			return nil, invalidGrant("The refresh token is not valid.")
		}
		if a.refreshStays {
			return a.access(granted), nil
		}
		delete(a.refresh, form.Get("refresh_token"))
		return a.grant(granted), nil
	}
	return nil, &tokenError{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."}
}

// redeem takes an authorization code, which is good once.
func (a *authServer) redeem(form url.Values) (authorization, *tokenError) {
	granted, ok := a.codes[form.Get("code")]
	delete(a.codes, form.Get("code"))
	switch {
	case !ok || !a.clock().Before(granted.expires):
		return authorization{}, invalidGrant("The code is not valid.")
	case granted.client != form.Get("client_id"), granted.redirectURI != form.Get("redirect_uri"):
		return authorization{}, invalidGrant("The code was given for another client_id or redirect_uri.")
	case granted.challenge != "" && granted.challenge != challengeOf(form.Get("code_verifier")):
		return authorization{}, invalidGrant("The code_verifier does not match the code_challenge.")
	case granted.challenge == "" && form.Get("client_secret") == "":
		return authorization{}, &tokenError{http.StatusUnauthorized, "invalid_client", "client_secret is missing, and the code was asked for without PKCE."}
	}
	return granted, nil
}

// grant gives a client an access token and, if it was allowed one, a refresh
// token.
func (a *authServer) grant(granted authorization) *tokenAnswer {
	answer := a.access(granted)
	if slices.Contains(strings.Fields(granted.scope), "offline_access") {
		answer.RefreshToken = "sandbox-refresh-" + a.entropy.hex()
		a.refresh[answer.RefreshToken] = granted
	}
	return answer
}

// access gives a client an access token.
func (a *authServer) access(granted authorization) *tokenAnswer {
	answer := &tokenAnswer{
		AccessToken: "sandbox-token-" + a.entropy.hex(),
		TokenType:   "Bearer",
		ExpiresIn:   int(tokenLife / time.Second),
		Scope:       granted.scope,
	}
	a.issue(answer.AccessToken, a.clock().Add(tokenLife))
	return answer
}

func invalidGrant(format string, args ...any) *tokenError {
	return &tokenError{http.StatusBadRequest, "invalid_grant", fmt.Sprintf(format, args...)}
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
