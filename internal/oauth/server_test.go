// Package oauth runs the flows of package authn against an authorization server
// that is not ours: Ory's fosite, which implements RFC 6749, 7009 and 7636 with
// rotation of refresh tokens and detection of their reuse. It is a module of its
// own, so that nobody who uses the client downloads that library.
package oauth

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/storage"
	"github.com/ory/fosite/token/jwt"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// The apps that the server knows. The other one may do what the private one may.
const (
	privateApp = "private-app"
	otherApp   = "other-app"
	publicApp  = "public-app"

	privateSecret = "s3cr3t/of+the=private&app"
	otherSecret   = "s3cr3t/of+the=other&app"

	redirectURL      = "https://partner.example/callback?tenant=a%20b"
	otherRedirectURL = "https://partner.example/other"
	nativeURL        = "http://127.0.0.1/callback"
)

var secretOf = map[string]string{privateApp: privateSecret, otherApp: otherSecret, publicApp: ""}

// server is fosite behind HTTP, with a page on which a user decides.
type server struct {
	*httptest.Server
	t      *testing.T
	fosite *fosite.Config
	store  *store
	// rotate is whether the response to a refresh has a new refresh token. grace is
	// whether a used one is still accepted: usually for a while, here forever.
	rotate, grace bool

	// provider is used by one request at a time: fosite's store in memory reads
	// some of its maps under the lock of another.
	mu       sync.Mutex
	provider fosite.OAuth2Provider
	requests []request
	// issued are the refresh tokens in the order in which they were made, and
	// confirmed those that a process has reported to have got.
	issued, confirmed []string

	// connections are those that are open.
	connections gauge
}

// request is what came in, as it came in.
type request struct {
	Method, URI string
	Header      http.Header
	Body        string
	// Status is that of the response, Error the error in it.
	Status int
	Error  string
}

// store is fosite's, and takes a refresh token back only if the server rotates.
type store struct {
	*storage.MemoryStore
	server *server
}

func (s *store) RotateRefreshToken(ctx context.Context, requestID, signature string) error {
	if !s.server.rotate {
		return s.RevokeAccessToken(ctx, requestID)
	}
	return s.MemoryStore.RotateRefreshToken(ctx, requestID, signature)
}

func (s *store) GetRefreshTokenSession(ctx context.Context, signature string, session fosite.Session) (fosite.Requester, error) {
	found, err := s.MemoryStore.GetRefreshTokenSession(ctx, signature, session)
	if s.server.grace && errors.Is(err, fosite.ErrInactiveToken) {
		return found, nil
	}
	return found, err
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{
		t:      t,
		rotate: true,
		fosite: &fosite.Config{
			GlobalSecret:                []byte("a secret of 32 bytes for testing"),
			IDTokenIssuer:               "https://auth.example",
			EnforcePKCEForPublicClients: true,
			ScopeStrategy:               fosite.ExactScopeStrategy,
		},
	}
	s.store = &store{storage.NewMemoryStore(), s}
	for app, secret := range secretOf {
		client := &fosite.DefaultOpenIDConnectClient{
			DefaultClient: &fosite.DefaultClient{
				ID:            app,
				RedirectURIs:  []string{redirectURL, otherRedirectURL},
				ResponseTypes: []string{"code"},
				GrantTypes:    []string{"authorization_code", "refresh_token"},
				Scopes:        authn.Scopes(),
			},
			// Basic authentication is rejected.
			TokenEndpointAuthMethod: "client_secret_post",
		}
		if secret == "" {
			client.Public, client.RedirectURIs, client.TokenEndpointAuthMethod = true, []string{nativeURL}, "none"
		} else {
			hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
			if err != nil {
				t.Fatal(err)
			}
			client.Secret = hash
			secrets.add(secret)
		}
		s.store.Clients[app] = client
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := func(context.Context) (any, error) { return key, nil }
	s.provider = compose.Compose(s.fosite, s.store,
		&compose.CommonStrategy{
			CoreStrategy:               compose.NewOAuth2HMACStrategy(s.fosite),
			OpenIDConnectTokenStrategy: compose.NewOpenIDConnectStrategy(signer, s.fosite),
			Signer:                     &jwt.DefaultSigner{GetPrivateKey: signer},
		},
		compose.OAuth2AuthorizeExplicitFactory,
		compose.OAuth2RefreshTokenGrantFactory,
		compose.OpenIDConnectExplicitFactory,
		compose.OpenIDConnectRefreshFactory,
		compose.OAuth2TokenIntrospectionFactory,
		compose.OAuth2TokenRevocationFactory,
		compose.OAuth2PKCEFactory,
	)
	// The paths are those of Clarify's authentication page.
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth2/authorize", s.authorize)
	mux.HandleFunc("POST /oauth2/authorize", s.authorize)
	mux.HandleFunc("POST /oauth2/token", s.token)
	mux.HandleFunc("POST /oauth2/revoke", s.revoke)
	mux.HandleFunc("POST /confirmed", s.confirm)
	s.Server = httptest.NewUnstartedServer(s.record(mux))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.connections.add(1)
		case http.StateClosed:
			s.connections.add(-1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// record notes each request and response, and what is secret in them.
func (s *server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))

		s.mu.Lock()
		defer s.mu.Unlock()
		// A client that is gone before its turn gets nothing, and loses nothing.
		if r.Context().Err() != nil {
			return
		}
		response := httptest.NewRecorder()
		next.ServeHTTP(response, r)

		noted := request{Method: r.Method, URI: r.RequestURI, Header: r.Header.Clone(), Body: string(body), Status: response.Code}
		secrets.addForm(r.URL.Query())
		form, _ := url.ParseQuery(string(body))
		secrets.addForm(form)
		if location, err := url.Parse(response.Header().Get("Location")); err == nil {
			secrets.addForm(location.Query())
		}
		if r.URL.Path == "/oauth2/token" {
			var tokens map[string]any
			if err := json.Unmarshal(response.Body.Bytes(), &tokens); err != nil {
				s.t.Errorf("the token endpoint's response is no JSON: %v", err)
			}
			noted.Error, _ = tokens["error"].(string)
			for _, name := range []string{"access_token", "refresh_token", "id_token"} {
				if token, ok := tokens[name].(string); ok {
					secrets.add(token)
				}
			}
			if token, ok := tokens["refresh_token"].(string); ok {
				s.issued = append(s.issued, token)
			}
		}
		s.requests = append(s.requests, noted)
		for name, values := range response.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(response.Code)
		w.Write(response.Body.Bytes())
	})
}

const consentPage = `<form method="post"><button name="decision" value="allow">Allow</button><button name="decision" value="refuse">Refuse</button></form>`

func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	asked, err := s.provider.NewAuthorizeRequest(ctx, r)
	switch {
	case err != nil:
		s.provider.WriteAuthorizeError(ctx, w, asked, err)
		return
	case r.Method == http.MethodGet:
		io.WriteString(w, consentPage)
		return
	case r.PostFormValue("decision") != "allow":
		s.provider.WriteAuthorizeError(ctx, w, asked, fosite.ErrAccessDenied.WithHint("The user did not allow it."))
		return
	}
	for _, scope := range asked.GetRequestedScopes() {
		asked.GrantScope(scope)
	}
	response, err := s.provider.NewAuthorizeResponse(ctx, asked, session("user-1"))
	if err != nil {
		s.provider.WriteAuthorizeError(ctx, w, asked, err)
		return
	}
	s.provider.WriteAuthorizeResponse(ctx, w, asked, response)
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	asked, err := s.provider.NewAccessRequest(ctx, r, session(""))
	if err != nil {
		s.provider.WriteAccessError(ctx, w, asked, err)
		return
	}
	response, err := s.provider.NewAccessResponse(ctx, asked)
	if err != nil {
		s.provider.WriteAccessError(ctx, w, asked, err)
		return
	}
	if !s.rotate && asked.GetGrantTypes().ExactOne("refresh_token") {
		delete(response.(*fosite.AccessResponse).Extra, "refresh_token")
	}
	s.provider.WriteAccessResponse(ctx, w, asked, response)
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	s.provider.WriteRevocationResponse(ctx, w, s.provider.NewRevocationRequest(ctx, r))
}

// confirm takes note of the refresh token that came with an access token.
func (s *server) confirm(w http.ResponseWriter, r *http.Request) {
	s.confirmed = append(s.confirmed, r.PostFormValue("refresh_token"))
}

// history returns the refresh tokens that were issued, in their order, and those
// that were confirmed.
func (s *server) history() (issued, confirmed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issued), slices.Clone(s.confirmed)
}

// settle waits until the server is done with what processes that are gone have
// asked for.
func (s *server) settle() {
	s.t.Helper()
	http.DefaultClient.CloseIdleConnections()
	// Connections are accepted in their order, so none of those is still to come.
	last := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := last.Get(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if !s.connections.waitForZero(time.Minute) {
		s.t.Fatal("connections of processes that are gone are still open")
	}
}

// gauge is a number to wait for.
type gauge struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed once n is 0, if anybody waits
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n += n
	if g.n == 0 && g.zero != nil {
		close(g.zero)
		g.zero = nil
	}
}

func (g *gauge) waitForZero(most time.Duration) bool {
	g.mu.Lock()
	if g.n == 0 {
		g.mu.Unlock()
		return true
	}
	if g.zero == nil {
		g.zero = make(chan struct{})
	}
	zero := g.zero
	g.mu.Unlock()
	select {
	case <-zero:
		return true
	case <-time.After(most):
		return false
	}
}

func session(subject string) *openid.DefaultSession {
	return &openid.DefaultSession{
		Claims:  &jwt.IDTokenClaims{Subject: subject},
		Headers: &jwt.Headers{},
		Subject: subject,
	}
}

// app is the configuration that authn makes for an app, for this server.
func (s *server) app(id string) *oauth2.Config {
	redirect := redirectURL
	if id == publicApp {
		redirect = "http://127.0.0.1:1/callback"
	}
	config := authn.NewConfig(id, secretOf[id], redirect)
	for _, address := range []*string{&config.Endpoint.AuthURL, &config.Endpoint.TokenURL} {
		*address = s.URL + strings.TrimPrefix(*address, "https://auth1.clarify.ai")
	}
	return config
}

// flow is the app's, and holds its client to note what it is.
func (s *server) flow(id string, opts ...authn.FlowOption) *authn.CodeFlow {
	s.t.Helper()
	return s.flowOf(s.app(id), opts...)
}

func (s *server) flowOf(config *oauth2.Config, opts ...authn.FlowOption) *authn.CodeFlow {
	s.t.Helper()
	flow, err := authn.NewCodeFlow(config, opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	note(flow)
	return flow
}

// visit is a user who goes to address and decides there. It returns where the
// server then sends them, or nil if it keeps them.
func (s *server) visit(address, decision string) *url.URL {
	s.t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(page.Body)
	page.Body.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	if string(text) == consentPage {
		if page, err = browser.PostForm(address, url.Values{"decision": {decision}}); err != nil {
			s.t.Fatal(err)
		}
		page.Body.Close()
	}
	location, err := page.Location()
	if err != nil {
		if page.StatusCode < 400 {
			s.t.Fatalf("the authorization endpoint responded with %d and without a redirect", page.StatusCode)
		}
		return nil
	}
	return location
}

// login lets a user log in, up to the callback.
func (s *server) login(flow *authn.CodeFlow, decision string) (authn.Login, url.Values) {
	s.t.Helper()
	address, login := flow.Start()
	secrets.add(login.State, login.Verifier)
	note(login, &login)
	callback := s.visit(address, decision)
	if callback == nil {
		s.t.Fatal("the server does not send the user back")
	}
	return login, callback.Query()
}

// loggedIn returns what the login of a user leads to.
func (s *server) loggedIn(flow *authn.CodeFlow) *oauth2.Token {
	s.t.Helper()
	login, callback := s.login(flow, "allow")
	token, err := flow.Finish(context.Background(), login, callback)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// tokenRequests returns the requests to the token endpoint since the last call.
func (s *server) tokenRequests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return slices.DeleteFunc(requests, func(r request) bool { return !strings.HasPrefix(r.URI, "/oauth2/token") })
}

// accepts reports whether the access token is good at the server.
func (s *server) accepts(accessToken string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _, err := s.provider.IntrospectToken(context.Background(), accessToken, fosite.AccessToken, session(""))
	return err == nil
}

// revokeAccess takes an access token back, and leaves its refresh token alone.
func (s *server) revokeAccess(accessToken string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, signature, _ := strings.Cut(accessToken, ".")
	if err := s.store.DeleteAccessTokenSession(context.Background(), signature); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) expireRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.store.RefreshTokens {
		token.GetSession().SetExpiresAt(fosite.RefreshToken, time.Now().Add(-time.Minute))
	}
}

// revokeGrant is the user who takes back what the app was granted (RFC 7009).
func (s *server) revokeGrant(app string, token *oauth2.Token) {
	s.t.Helper()
	response, err := http.PostForm(s.URL+"/oauth2/revoke", url.Values{
		"token": {token.RefreshToken}, "token_type_hint": {"refresh_token"}, "client_id": {app}, "client_secret": {secretOf[app]},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("the revocation endpoint responded with %d, want 200", response.StatusCode)
	}
}

// api is a Clarify that takes the server's access tokens. It returns the address
// and a function that returns the status of each response since its last call.
func (s *server) api() (address string, responses func() []int) {
	s.t.Helper()
	clarify := clarifytest.NewServer()
	s.t.Cleanup(clarify.Close)
	target, err := url.Parse(clarify.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	var mu sync.Mutex
	var statuses []int
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			token := strings.TrimPrefix(r.In.Header.Get("Authorization"), "Bearer ")
			if s.accepts(token) {
				token = clarify.AccessToken
			} else {
				token = "no token of that Clarify"
			}
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
		ModifyResponse: func(response *http.Response) error {
			mu.Lock()
			defer mu.Unlock()
			statuses = append(statuses, response.StatusCode)
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	s.t.Cleanup(front.Close)
	return strings.Replace(clarify.BaseURL, target.Scheme+"://"+target.Host, front.URL, 1), func() []int {
		mu.Lock()
		defer mu.Unlock()
		got := statuses
		statuses = nil
		return got
	}
}

// expired is token at a time when its access token has run out.
func expired(token *oauth2.Token) *oauth2.Token {
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	return &old
}
