package authn_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

const (
	clientSecret = "cl13nt-s3cr3t-value"
	testCode     = "c0d3-from-the-callback"
	testRefresh  = "r3fr3sh-t0k3n-value"
	redirect     = "https://partner.example/callback"
)

// endpoint is a token endpoint on loopback.
type endpoint struct {
	*httptest.Server
	mu    sync.Mutex
	forms []url.Values
	reqs  []*http.Request
}

// newEndpoint responds to each request by handle, or with a token if that is nil.
func newEndpoint(t testing.TB, handle http.HandlerFunc) *endpoint {
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		e.mu.Lock()
		e.forms, e.reqs = append(e.forms, r.PostForm), append(e.reqs, r)
		n := len(e.forms)
		e.mu.Unlock()
		if handle != nil {
			handle(w, r)
			return
		}
		giveToken(w, fmt.Sprintf("%s-%d", testToken, n), testRefresh, 3600)
	}))
	t.Cleanup(e.Close)
	return e
}

func giveToken(w http.ResponseWriter, access, refresh string, seconds int) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "token_type": "bearer", "refresh_token": refresh, "expires_in": seconds})
}

func (e *endpoint) requests() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.forms)
}

func (e *endpoint) config(secret string) *oauth2.Config {
	config := authn.NewConfig("client-1", secret, redirect)
	config.Endpoint.TokenURL = e.URL + "/oauth2/token"
	return config
}

func newFlow(t testing.TB, config *oauth2.Config, opts ...authn.FlowOption) *authn.CodeFlow {
	t.Helper()
	flow, err := authn.NewCodeFlow(config, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

func callback(login authn.Login) url.Values {
	return url.Values{"code": {testCode}, "state": {login.State}}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
