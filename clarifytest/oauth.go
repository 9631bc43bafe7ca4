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

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

// The vendor's authorization server has a host of its own; here it is under the
// same address as the API.
const (
	authorizePath = "/oauth2/authorize"
	tokenPath     = "/oauth2/token"

	codeLife  = 10 * time.Minute
	loginLife = 10 * time.Minute

	maxForm = 1 << 16
)

// authServer is the OAuth 2.0 server: Authorization Code with a client secret
// or with PKCE, and Refresh Token. It knows no clients, so any will do.
type authServer struct {
	clock   func() time.Time
	entropy *entropy.Source
	options oauthOptions

	refreshStays bool // a refresh does not replace the refresh token

	// findUser returns the id of the member who has an email address.
	findUser func(email string) (id string, ok bool)
	// issue makes an access token valid, and end all those of a grant invalid.
	issue func(token string, to holder)
	end   func(grant string)

	mu sync.Mutex
	grants
}

// oauthOptions is what options say of the server.
type oauthOptions struct {
	loginPage bool
	tokenLife time.Duration
}

// WithLoginPage has [Server.AuthorizeURL] response with a page on which a user logs
// in and allows or denies what the client asks for, and not consent at once. It
// takes the email address of any member of the first workspace, such as
// [LoginName], with [LoginPassword]; the access token then acts as that member.
func WithLoginPage() Option {
	return func(c *config) { c.oauth.loginPage = true }
}

// WithTokenLifetime sets how long access tokens of the OAuth 2.0 flow are good
// for: whole seconds, at least one. The default is an hour.
func WithTokenLifetime(d time.Duration) Option {
	return func(c *config) { c.oauth.tokenLife = d }
}

func (o oauthOptions) check() error {
	if o.tokenLife < time.Second || o.tokenLife%time.Second != 0 {
		return fmt.Errorf("WithTokenLifetime: %v: whole seconds are needed, and at least one", o.tokenLife)
	}
	return nil
}

// grants are what clients can trade for an access token.
type grants struct {
	logins  map[string]authorization // by the id in the login page
	codes   map[string]authorization
	refresh map[string]authorization
}

func newGrants() grants {
	return grants{map[string]authorization{}, map[string]authorization{}, map[string]authorization{}}
}

func (g grants) clone() grants {
	return grants{maps.Clone(g.logins), maps.Clone(g.codes), maps.Clone(g.refresh)}
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

// authorization is what a client asks for, or was allowed.
type authorization struct {
	grant       string // what all that comes of it has in common
	client      string
	secret      string // with which the code was redeemed
	redirectURI string
	state       string
	challenge   string
	scope       string
	user        string    // the id of who logged in, empty if nobody did
	expires     time.Time // of the login page, then of the code
	spent       bool      // the code or refresh token was used
}

// back is where the browser is sent, with some parameters.
func (z authorization) back(parameters ...string) string {
	redirect, err := url.Parse(z.redirectURI)
	if err != nil {
		panic(err) // it was parsed before
	}
	query := redirect.Query()
	if z.state != "" {
		query.Set("state", z.state)
	}
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	redirect.RawQuery = query.Encode()
	return redirect.String()
}

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

func (a *authServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch {
	case r.URL.Path == authorizePath && r.Method == http.MethodGet:
		a.authorize(w, r)
	case r.URL.Path == authorizePath && r.Method == http.MethodPost && a.options.loginPage:
		a.decide(w, r)
	case r.URL.Path == tokenPath && r.Method == http.MethodPost:
		response, failed := a.token(r)
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
		if r.URL.Path == authorizePath {
			methods = "GET"
			if a.options.loginPage {
				methods = "GET, POST"
			}
		}
		w.Header().Set("Allow", methods)
		http.Error(w, "The methods at this address are "+methods+".", http.StatusMethodNotAllowed)
	}
}

// authorize responds an authorization request: with a login page, or with a code
// at once, where the vendor asks the user.
func (a *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	asked := authorization{
		client:      query.Get("client_id"),
		redirectURI: query.Get("redirect_uri"),
		state:       query.Get("state"),
		challenge:   query.Get("code_challenge"),
		scope:       query.Get("scope"),
	}
	redirect, err := url.Parse(asked.redirectURI)
	if err != nil || redirect.Scheme == "" || redirect.Fragment != "" || asked.client == "" {
		// RFC 6749, section 4.1.2.1: there is nowhere safe to redirect to.
		http.Error(w, "client_id and an absolute redirect_uri are needed.", http.StatusBadRequest)
		return
	}
	switch {
	case query.Get("response_type") != "code":
		sendBack(w, http.StatusFound, asked.back("error", "unsupported_response_type"))
	case asked.challenge != "" && query.Get("code_challenge_method") != "S256":
		sendBack(w, http.StatusFound, asked.back("error", "invalid_request", "error_description", "code_challenge_method must be S256."))
	case a.options.loginPage:
		asked.expires = a.clock().Add(loginLife)
		id := a.entropy.Hex()
		a.mu.Lock()
		a.logins[id] = asked
		a.mu.Unlock()
		asked.page(id).write(w, http.StatusOK)
	default:
		sendBack(w, http.StatusFound, asked.back("code", a.allow(asked)))
	}
}

// sendBack sends the browser to an address: with 302 as in RFC 6749, or after a
// form with 303, with which it forgets the form (RFC 9700, section 4.12).
func sendBack(w http.ResponseWriter, status int, address string) {
	w.Header().Set("Location", address)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}

// allow returns a code for what was asked for.
func (a *authServer) allow(asked authorization) (code string) {
	code = a.entropy.Hex()
	asked.grant, asked.expires = code, a.clock().Add(codeLife)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.codes[code] = asked
	return code
}

func (a *authServer) token(r *http.Request) (*tokenResponse, *tokenError) {
	if err := r.ParseForm(); err != nil {
		return nil, &tokenError{http.StatusBadRequest, "invalid_request", "The form could not be read."}
	}
	form := r.PostForm
	if r.Header.Get("Authorization") != "" || form.Get("client_id") == "" {
		return nil, &tokenError{http.StatusUnauthorized, "invalid_client", "client_id and client_secret travel in the body."}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var granted authorization
	var failed *tokenError
	switch form.Get("grant_type") {
	case "authorization_code":
		granted, failed = a.redeem(form)
	case "refresh_token":
		granted, failed = a.renew(form)
	default:
		failed = &tokenError{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."}
	}
	if failed != nil {
		return nil, failed
	}
	return a.give(granted, form.Get("grant_type") == "refresh_token"), nil
}

// redeem takes an authorization code, which is good once. Used again it ends the
// grant (RFC 6749, section 4.1.2).
func (a *authServer) redeem(form url.Values) (authorization, *tokenError) {
	code := form.Get("code")
	granted, ok := a.codes[code]
	if ok && granted.spent {
		a.endGrant(granted.grant)
		return authorization{}, invalidGrant("The code was used before, so the grant has ended.")
	}
	delete(a.codes, code)
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
	granted.secret = form.Get("client_secret")
	used := granted
	used.spent = true
	a.codes[code] = used
	return granted, nil
}

// renew takes a refresh token. One that was replaced, used again, ends the grant:
// either the client or somebody else has it who should not (RFC 9700, section
// 4.14.2).
func (a *authServer) renew(form url.Values) (authorization, *tokenError) {
	token := form.Get("refresh_token")
	granted, ok := a.refresh[token]
	switch {
	case !ok || granted.client != form.Get("client_id"):
		return authorization{}, invalidGrant("The refresh token is not valid.")
	case granted.secret != form.Get("client_secret"):
		return authorization{}, &tokenError{http.StatusUnauthorized, "invalid_client", "client_secret is not the one that the code was redeemed with."}
	case granted.spent:
		a.endGrant(granted.grant)
		return authorization{}, invalidGrant("The refresh token was used before, so the grant has ended.")
	}
	if !a.refreshStays {
		used := granted
		used.spent = true
		a.refresh[token] = used
	}
	return granted, nil
}

// give makes the response with the tokens, to a refresh or to a code.
func (a *authServer) give(granted authorization, refresh bool) *tokenResponse {
	response := &tokenResponse{
		AccessToken: "sandbox-token-" + a.entropy.Hex(),
		TokenType:   "Bearer",
		ExpiresIn:   int(a.options.tokenLife / time.Second),
		Scope:       granted.scope,
	}
	a.issue(response.AccessToken, holder{user: granted.user, grant: granted.grant, expires: a.clock().Add(a.options.tokenLife)})
	if slices.Contains(strings.Fields(granted.scope), "offline_access") && !(refresh && a.refreshStays) {
		response.RefreshToken = "sandbox-refresh-" + a.entropy.Hex()
		a.refresh[response.RefreshToken] = granted
	}
	return response
}

// endGrant has nothing that came of a grant be valid any more. The caller holds
// mu.
func (a *authServer) endGrant(grant string) {
	ended := func(_ string, granted authorization) bool { return granted.grant == grant }
	maps.DeleteFunc(a.codes, ended)
	maps.DeleteFunc(a.refresh, ended)
	a.end(grant)
}

// RevokeGrant ends the grant that an access or refresh token of the OAuth 2.0
// flow came of, as when a user withdraws consent: requests with any of its access
// tokens respond with 401, and its refresh tokens invalid_grant, so that the user has
// to log in again. It panics if token is of no grant, or if the grant has ended.
// [Server.Revoke] is for an access token alone.
func (s *Server) RevokeGrant(token string) {
	s.auth.mu.Lock()
	defer s.auth.mu.Unlock()
	grant := s.auth.refresh[token].grant
	if grant == "" {
		grant = s.grantOf(token)
	}
	if grant == "" {
		panic("clarifytest: RevokeGrant: the token is not of a grant: pass an access or refresh token that the token endpoint gave")
	}
	s.auth.endGrant(grant)
}

func invalidGrant(format string, args ...any) *tokenError {
	return &tokenError{http.StatusBadRequest, "invalid_grant", fmt.Sprintf(format, args...)}
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
