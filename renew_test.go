package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// partner is an API whose access tokens can be revoked, with its token endpoint.
type partner struct {
	*memServer
	valid     atomic.Value // the access token that the API takes, a string
	refreshes atomic.Int64
	refuse    atomic.Value // what the token endpoint does instead, a http.HandlerFunc
}

// partnerSecrets are beginnings of what nobody may get to see.
var partnerSecrets = []string{"revoked-access", "first-refresh", "renewed-access", "renewed-refresh", "useless-access", "plain-access", "cl13nt-s3cret"}

const tokenEndpoint = "http://127.0.0.1:1/oauth2/token"

func newPartner(t *testing.T, api http.HandlerFunc) *partner {
	p := &partner{}
	p.valid.Store("")
	p.refuse.Store(http.HandlerFunc(nil))
	p.memServer = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth2/token" {
			n := p.refreshes.Add(1)
			if refuse := p.refuse.Load().(http.HandlerFunc); refuse != nil {
				refuse(w, r)
				return
			}
			token := fmt.Sprintf("renewed-access-%d", n)
			p.valid.Store(token)
			respond(w, http.StatusOK, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","refresh_token":"renewed-refresh-%d","expires_in":3600}`, token, n))
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+p.valid.Load().(string) {
			respond(w, http.StatusUnauthorized, `{"errors":[{"status":"401","detail":"The token was revoked."}]}`)
			return
		}
		api(w, r)
	})
	return p
}

// source has a token that has not expired, and that the API does not take.
func (p *partner) source() *authn.Source {
	config := authn.NewConfig("client", "cl13nt-s3cret-value", "")
	config.Endpoint.TokenURL = tokenEndpoint
	token := &oauth2.Token{AccessToken: "revoked-access", RefreshToken: "first-refresh", Expiry: time.Now().Add(time.Hour)}
	return authn.NewTokenSource(config, authn.NewMemoryStore(token), authn.WithHTTPClient(p.client), authn.WithLogger(noted))
}

func (p *partner) connectWith(t *testing.T, auth authn.RequestEditorFn) *clarify.Client {
	t.Helper()
	client, err := clarify.New("acme", auth, clarify.WithBaseURL("http://127.0.0.1:1/v1"), clarify.WithHTTPClient(p.client), clarify.WithLogger(noted))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// sent returns the requests to the API.
func (p *partner) sent() []arrival {
	var sent []arrival
	for _, r := range p.requests() {
		if r.URI != "/oauth2/token" {
			sent = append(sent, r)
		}
	}
	return sent
}

func TestARevokedTokenIsRenewedAndTheRequestRepeatedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, http.StatusCreated, `{"data":{"type":"person","id":"p1","attributes":{}}}`)
		})
		people := clarify.People(p.connectWith(t, authn.TokenSource(p.source())))
		for range 2 {
			// A create, because a 401 is answered before anything is done.
			if _, err := people.Create(t.Context(), clarify.Person{}); err != nil {
				t.Fatal(err)
			}
		}
		sent := p.sent()
		if len(sent) != 3 || p.refreshes.Load() != 1 {
			t.Fatalf("%d requests and %d refreshes, want 3 and 1", len(sent), p.refreshes.Load())
		}
		if sent[0].Body == "" || sent[0].Body != sent[1].Body || sent[0].URI != sent[1].URI {
			t.Error("the repetition differs from the request")
		}
		if got := sent[1].Header.Get("Authorization"); got != "Bearer renewed-access-1" {
			t.Error("the repetition has not the new token")
		}
	})
}

func TestARequestIsNotRepeatedForA401MoreThanOnce(t *testing.T) {
	const plain = "plain-access-token"
	fails := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { respond(w, status, body) }
	}
	for _, tt := range []struct {
		name                string
		auth                func(*partner) authn.RequestEditorFn
		endpoint            http.HandlerFunc
		requests, refreshes int
		login               bool
	}{
		{"a token that is refused again", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusOK, `{"access_token":"useless-access","token_type":"Bearer","expires_in":3600}`), 2, 1, false},
		{"a refresh token that is refused", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusBadRequest, `{"error":"invalid_grant"}`), 1, 1, true},
		{"a client that is refused", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusUnauthorized, `{"error":"invalid_client"}`), 1, 1, false},
		{"a token endpoint that is down", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusServiceUnavailable, ``), 1, 4, false},
		{"the same token again", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusOK, `{"access_token":"revoked-access","token_type":"Bearer","expires_in":3600}`), 1, 1, false},
		{"a fixed token", func(*partner) authn.RequestEditorFn { return authn.Bearer(plain) }, nil, 1, 0, false},
		{"a source that cannot renew", func(*partner) authn.RequestEditorFn {
			return authn.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: plain}))
		}, nil, 1, 0, false},
		{"an API key", func(*partner) authn.RequestEditorFn { return authn.APIKey(testKey) }, nil, 1, 0, false},
		{"an API key that changes", func(*partner) authn.RequestEditorFn {
			n := 0
			return authn.APIKeyFunc(func(context.Context) (string, error) { n++; return fmt.Sprintf("%s-%d", testKey, n), nil })
		}, nil, 1, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPartner(t, func(w http.ResponseWriter, r *http.Request) { t.Error("a token was taken that should not be") })
				p.refuse.Store(tt.endpoint)
				client := p.connectWith(t, tt.auth(p))
				_, err := client.GetSchemasWithResponse(t.Context())
				note(err)
				var e *clarify.Error
				if !errors.As(err, &e) || !errors.Is(err, clarify.ErrUnauthorized) || e.Attempts != tt.requests {
					t.Errorf("error %v", err)
				}
				if got := errors.Is(err, authn.ErrLoginRequired); got != tt.login {
					t.Errorf("errors.Is(err, ErrLoginRequired) = %t", got)
				}
				if tt.login && !strings.Contains(err.Error(), "invalid_grant") {
					t.Errorf("error %q does not say why", err)
				}
				if got := len(p.sent()); got != tt.requests || int(p.refreshes.Load()) != tt.refreshes {
					t.Errorf("%d requests and %d refreshes, want %d and %d", got, p.refreshes.Load(), tt.requests, tt.refreshes)
				}
			})
		})
	}
}

func TestManyRequestsWithARevokedTokenRenewItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, http.StatusOK, `{"data":{"type":"person","id":"p1","attributes":{}}}`)
		})
		people := clarify.People(p.connectWith(t, authn.TokenSource(p.source())))
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if _, err := people.Get(t.Context(), "p1"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := p.refreshes.Load(); got != 1 {
			t.Errorf("%d refreshes, want 1", got)
		}
	})
}

func TestRenewingIsOnceForACallThatIsRepeatedForOtherReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var p *partner
		p = newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			p.valid.Store("revoked once more")
			respond(w, http.StatusServiceUnavailable, "")
		})
		client := p.connectWith(t, authn.TokenSource(p.source()))
		_, err := client.GetSchemasWithResponse(t.Context())
		note(err)
		// 401, renewed, 503, and after a wait 401 again.
		if !errors.Is(err, clarify.ErrUnauthorized) || len(p.sent()) != 3 || p.refreshes.Load() != 1 {
			t.Errorf("%d requests, %d refreshes, error %v", len(p.sent()), p.refreshes.Load(), err)
		}
	})
}

func TestRenewingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner(t, nil)
		p.refuse.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { respond(w, http.StatusBadGateway, "") }))
		client := p.connectWith(t, authn.TokenSource(p.source()))
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := client.GetSchemasWithResponse(ctx)
		note(err)
		if !errors.Is(err, clarify.ErrUnauthorized) || time.Since(began) > 400*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}
