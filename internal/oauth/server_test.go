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
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/storage"
	"github.com/ory/fosite/token/jwt"
	"golang.org/x/crypto/bcrypt"

	"github.com/clarify-go/clarify/authn"
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
