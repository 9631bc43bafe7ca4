package clarify_test

import (
	"context"
	"fmt"
	"net/http"
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

func TestARevokedTokenIsRefreshedAndTheRequestRetriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, http.StatusCreated, `{"data":{"type":"person","id":"p1","attributes":{}}}`)
		})
		people := clarify.People(p.connectWith(t, authn.TokenSource(p.source())))
		for range 2 {
			// A create, because the API responds with 401 before it does anything.
			if _, err := people.Create(t.Context(), clarify.Person{}); err != nil {
				t.Fatal(err)
			}
		}
		sent := p.sent()
		wantEqual(t, "refreshes", p.refreshes.Load(), 1)
		if len(sent) != 3 {
			t.Fatalf("%d requests, want 3", len(sent))
		}
		if sent[0].Body == "" {
			t.Error("the request has no body")
		}
		wantEqual(t, "body of the repetition", sent[1].Body, sent[0].Body)
		wantEqual(t, "URI of the repetition", sent[1].URI, sent[0].URI)
		if got := sent[1].Header.Get("Authorization"); got != "Bearer renewed-access-1" {
			t.Error("the repetition does not have the new token")
		}
	})
}

func TestARequestIsNotRetriedForA401MoreThanOnce(t *testing.T) {
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
		{"a token that is rejected again", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusOK, `{"access_token":"useless-access","token_type":"Bearer","expires_in":3600}`), 2, 1, false},
		{"a refresh token that is rejected", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusBadRequest, `{"error":"invalid_grant"}`), 1, 1, true},
		{"a client that is rejected", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusUnauthorized, `{"error":"invalid_client"}`), 1, 1, false},
		{"a token endpoint that is down", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusServiceUnavailable, ``), 1, 4, false},
		{"the same token again", func(p *partner) authn.RequestEditorFn { return authn.TokenSource(p.source()) },
			fails(http.StatusOK, `{"access_token":"revoked-access","token_type":"Bearer","expires_in":3600}`), 1, 1, false},
		{"a fixed token", func(*partner) authn.RequestEditorFn { return authn.Bearer(plain) }, nil, 1, 0, false},
		{"a source that cannot refresh", func(*partner) authn.RequestEditorFn {
			return authn.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: plain}))
		}, nil, 1, 0, false},
		{"an API key", func(*partner) authn.RequestEditorFn { return authn.APIKey(testKey) }, nil, 1, 0, false},
		{"an API key that changes", func(*partner) authn.RequestEditorFn {
			n := 0
			return authn.APIKeyFunc(func(context.Context) (string, error) { n++; return fmt.Sprintf("%s-%d", testKey, n), nil })
		}, nil, 1, 0, false},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the API accepted a token that is not valid") })
			p.refuse.Store(tt.endpoint)
			client := p.connectWith(t, tt.auth(p))
			_, err := client.GetSchemasWithResponse(t.Context())
			wantEqual(t, "attempts", asError(t, err).Attempts, tt.requests)
			wantIs(t, err, clarify.ErrUnauthorized, true)
			wantIs(t, err, authn.ErrLoginRequired, tt.login)
			if tt.login {
				mentions(t, err, "invalid_grant")
			}
			wantEqual(t, "requests", len(p.sent()), tt.requests)
			wantEqual(t, "refreshes", int(p.refreshes.Load()), tt.refreshes)
		})
	}
}

func TestManyRequestsWithARevokedTokenRefreshItOnce(t *testing.T) {
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

func TestATokenIsRefreshedOnceForACallThatIsRetriedForOtherReasons(t *testing.T) {
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
		// 401, refreshed, 503, and after a delay 401 again.
		wantIs(t, err, clarify.ErrUnauthorized, true)
		wantEqual(t, "requests", len(p.sent()), 3)
		wantEqual(t, "refreshes", p.refreshes.Load(), 1)
	})
}

func TestRefreshingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPartner(t, nil)
		p.refuse.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { respond(w, http.StatusBadGateway, "") }))
		client := p.connectWith(t, authn.TokenSource(p.source()))
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := client.GetSchemasWithResponse(ctx)
		wantIs(t, err, clarify.ErrUnauthorized, true)
		if took := time.Since(began); took > 400*time.Millisecond {
			t.Errorf("it took %v, want 400ms at most", took)
		}
	})
}
