package oauth

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ory/fosite"
	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

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

// wantToken checks that a token is complete, and that the server accepts it.
func (s *server) wantToken(token *oauth2.Token) {
	s.t.Helper()
	if !s.accepts(token.AccessToken) {
		s.t.Error("the server does not accept the access token")
	}
	if token.RefreshToken == "" {
		s.t.Error("there is no refresh token")
	}
}
