package authn_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// authServer is a token endpoint that rotates refresh tokens. It needs no
// network, so that it can be used where time is fake.
type authServer struct {
	mu      sync.Mutex
	valid   string // the refresh token that is not used yet
	given   int    // tokens
	forms   []url.Values
	lives   time.Duration
	latency time.Duration
	before  func(n int) *http.Response // the response to the nth request instead, from 1; or nil
	drop    bool                       // refresh tokens are not in the responses
}

func newAuthServer() *authServer {
	return &authServer{valid: testRefresh, lives: time.Hour}
}

func (a *authServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.forms = append(a.forms, r.PostForm)
	n, latency := len(a.forms), a.latency
	a.mu.Unlock()
	select {
	case <-time.After(latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.before != nil {
		if rsp := a.before(n); rsp != nil {
			rsp.Request = r
			return rsp, nil
		}
	}
	if r.PostForm.Get("refresh_token") != a.valid {
		return jsonResponse(http.StatusBadRequest, `{"error":"invalid_grant","error_description":"The refresh token was already used."}`), nil
	}
	a.given++
	refresh := ""
	if !a.drop {
		a.valid = fmt.Sprintf("%s-%d", testRefresh, a.given)
		refresh = a.valid
	}
	return jsonResponse(http.StatusOK, fmt.Sprintf(`{"access_token":"%s-%d","token_type":"Bearer","refresh_token":%q,"expires_in":%d}`,
		testToken, a.given, refresh, int(a.lives/time.Second))), nil
}

func jsonResponse(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func (a *authServer) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.forms)
}

func (a *authServer) source(store authn.TokenStore, opts ...authn.SourceOption) *authn.Source {
	opts = append([]authn.SourceOption{authn.WithHTTPClient(&http.Client{Transport: a})}, opts...)
	return authn.NewTokenSource(authn.NewConfig("client-1", clientSecret, redirect), store, opts...)
}

// storeFuncs is a store made of functions; one that is nil is the memory's.
type storeFuncs struct {
	authn.MemoryStore
	load func() (*oauth2.Token, error)
	save func(*oauth2.Token) error
}

func (s *storeFuncs) Load(ctx context.Context) (*oauth2.Token, error) {
	if s.load != nil {
		return s.load()
	}
	return s.MemoryStore.Load(ctx)
}

func (s *storeFuncs) Save(ctx context.Context, token *oauth2.Token) error {
	if s.save != nil {
		if err := s.save(token); err != nil {
			return err
		}
	}
	return s.MemoryStore.Save(ctx, token)
}

func stored(t testing.TB, store authn.TokenStore) *oauth2.Token {
	t.Helper()
	token, err := store.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func expiresIn(d time.Duration) *oauth2.Token {
	return &oauth2.Token{AccessToken: testToken + "-0", RefreshToken: testRefresh, Expiry: time.Now().Add(d)}
}

// wantToken checks the number of the access token that source returns.
func wantToken(t testing.TB, source *authn.Source, number int) {
	t.Helper()
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%s-%d", testToken, number); token.AccessToken != want {
		t.Errorf("token %s, want %d", strings.TrimPrefix(token.AccessToken, testToken), number)
	}
}
