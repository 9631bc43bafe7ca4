package oauth

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// source is a new one, as that of a process which has just started.
func (s *server) source(app string, store authn.TokenStore) *authn.Source {
	source := authn.NewTokenSource(s.app(app), store, authn.WithLogger(noted))
	note(source, store)
	return source
}

// refreshForm is what a refresh sends, as the authentication page has it.
func refreshForm(app, refreshToken string) url.Values {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}, "client_id": {app}}
	if secret := secretOf[app]; secret != "" {
		form.Set("client_secret", secret)
	}
	return form
}

// watched is a store that tells of each token it is given.
type watched struct {
	authn.TokenStore
	save func(*oauth2.Token)
}

func (w *watched) Save(ctx context.Context, token *oauth2.Token) error {
	w.save(token)
	return w.TokenStore.Save(ctx, token)
}

func TestARotatedRefreshTokenIsSavedBeforeAnybodyHasTheAccessToken(t *testing.T) {
	for _, app := range []string{privateApp, publicApp} {
		t.Run(app, func(t *testing.T) {
			server := newServer(t)
			first := server.loggedIn(server.flow(app))
			server.tokenRequests()

			var given atomic.Int64
			var saved []string
			store := &watched{authn.NewMemoryStore(expired(first)), func(token *oauth2.Token) {
				if n := given.Load(); n != 0 {
					t.Errorf("%d callers had the token before it was saved", n)
				}
				saved = append(saved, token.RefreshToken)
			}}
			source := server.source(app, store)
			token := first
			var forms []url.Values
			for range 4 {
				given.Store(0)
				var wg sync.WaitGroup
				got := make([]*oauth2.Token, 20)
				for i := range got {
					wg.Go(func() {
						next, err := source.Renew(t.Context(), token.AccessToken)
						if err != nil {
							t.Error(err)
							return
						}
						given.Add(1)
						got[i] = next
					})
				}
				wg.Wait()
				if t.Failed() {
					return
				}
				for _, next := range got {
					if next.AccessToken != got[0].AccessToken {
						t.Fatal("the callers got different tokens")
					}
				}
				forms = append(forms, refreshForm(app, token.RefreshToken))
				if !server.accepts(got[0].AccessToken) {
					t.Error("the server does not accept the new access token")
				}
				if server.accepts(token.AccessToken) {
					t.Error("the server still accepts the old access token")
				}
				token = got[0]
			}
			wantTokenRequests(t, server, forms...)
			issued, _ := server.history()
			want := issued[1:]
			if len(want) != 4 {
				t.Errorf("%d refresh tokens were issued, want 4", len(want))
			}
			if !slices.Equal(saved, want) {
				t.Errorf("%d refresh tokens were saved, want the %d that were issued, in their order", len(saved), len(want))
			}
		})
	}
}

func TestTheOldRefreshTokenIsKeptIfTheServerSendsNone(t *testing.T) {
	server := newServer(t)
	server.rotate = false
	first := server.loggedIn(server.flow(privateApp))
	server.tokenRequests()
	store := authn.NewMemoryStore(expired(first))
	source := server.source(privateApp, store)

	token, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := source.Renew(t.Context(), token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	wantTokenRequests(t, server, refreshForm(privateApp, first.RefreshToken), refreshForm(privateApp, first.RefreshToken))
	if issued, _ := server.history(); len(issued) != 1 {
		t.Fatalf("the server issued %d refresh tokens, want that of the login alone", len(issued))
	}
	stored, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stored.RefreshToken != first.RefreshToken {
		t.Error("the store does not hold the old refresh token")
	}
	if stored.AccessToken != again.AccessToken {
		t.Error("the store does not hold the new access token")
	}
	if !server.accepts(again.AccessToken) {
		t.Error("the server does not accept the new access token")
	}
}

func TestARefreshTokenThatWasSpentEndsTheGrant(t *testing.T) {
	server := newServer(t)
	first := server.loggedIn(server.flow(privateApp))
	store := authn.NewMemoryStore(expired(first))
	source := server.source(privateApp, store)
	second, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.tokenRequests()

	// A backup that was put back has a refresh token that was already used.
	restored := server.source(privateApp, authn.NewMemoryStore(expired(first)))
	for range 3 {
		_, err = restored.TokenContext(t.Context())
		wantTokenError(t, err, 400, "invalid_grant", true)
	}
	wantTokenRequests(t, server, refreshForm(privateApp, first.RefreshToken))

	// The server has ended the grant of the reused token.
	if server.accepts(second.AccessToken) {
		t.Error("the server still accepts the access token of the family")
	}
	for range 3 {
		_, err = source.Renew(t.Context(), second.AccessToken)
		wantTokenError(t, err, 400, "invalid_grant", true)
	}
	wantTokenRequests(t, server, refreshForm(privateApp, second.RefreshToken))

	// A login mends it, for the sources that there are.
	third := server.loggedIn(server.flow(privateApp))
	if err := store.Save(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	token, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != third.AccessToken {
		t.Error("the source has another token than the one of the new login")
	}
}

func TestCallersThatGiveUpLoseNoToken(t *testing.T) {
	server := newServer(t)
	store := authn.NewMemoryStore(expired(server.loggedIn(server.flow(privateApp))))
	source := server.source(privateApp, store)
	var had atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			rejected := ""
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(3*time.Millisecond))
				token, err := source.Renew(ctx, rejected)
				cancel()
				note(err)
				switch {
				case err == nil:
					had.Add(1)
					rejected = token.AccessToken
				case !errors.Is(err, context.DeadlineExceeded):
					t.Errorf("the error is %v, want the context's or none", err)
				}
			}
		})
	}
	wg.Wait()
	// Whatever the server has issued was saved: it rejected nothing, and the last
	// one is in the store.
	for _, r := range server.tokenRequests() {
		if r.Status != http.StatusOK {
			t.Fatalf("a token request got %d %s", r.Status, r.Error)
		}
	}
	stored, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	issued, _ := server.history()
	if len(issued) < 2 {
		t.Fatalf("%d refresh tokens were issued, want 2 or more", len(issued))
	}
	if stored.RefreshToken != issued[len(issued)-1] {
		t.Errorf("of %d refresh tokens the last one is not in the store", len(issued))
	}
	t.Logf("%d of 400 calls had a token, %d were refreshed", had.Load(), len(issued)-1)
}

func TestARefreshIsRefused(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*server)
		change  func(*oauth2.Config)
		status  int
		code    string
		again   bool
	}{
		{"because the refresh token has expired", (*server).expireRefreshTokens, nil, 400, "invalid_grant", true},
		{"to another app", nil, func(c *oauth2.Config) { c.ClientID, c.ClientSecret = otherApp, otherSecret }, 400, "invalid_grant", true},
		{"to an app with a wrong secret", nil, func(c *oauth2.Config) { c.ClientSecret = otherSecret }, 401, "invalid_client", false},
		{"by Basic authentication, which the page does not have", nil, func(c *oauth2.Config) { c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader }, 401, "invalid_client", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(t)
			first := server.loggedIn(server.flow(privateApp))
			if tt.prepare != nil {
				tt.prepare(server)
			}
			server.tokenRequests()
			config := server.app(privateApp)
			if tt.change != nil {
				tt.change(config)
			}
			store := authn.NewMemoryStore(expired(first))
			_, err := authn.NewTokenSource(config, store, authn.WithLogger(noted)).TokenContext(t.Context())
			wantTokenError(t, err, tt.status, tt.code, tt.again)
			if n := len(server.tokenRequests()); n != 1 {
				t.Errorf("%d token requests were sent, want 1", n)
			}
			if kept, err := store.Load(t.Context()); err != nil {
				t.Error(err)
			} else if kept.RefreshToken != first.RefreshToken {
				t.Error("the store does not hold the refresh token any more")
			}
		})
	}
}

func TestATokenThatWasRevokedIsRenewedOnce(t *testing.T) {
	server := newServer(t)
	address, statuses := server.api()
	first := server.loggedIn(server.flow(privateApp))
	server.tokenRequests()
	store := authn.NewMemoryStore(first)
	client, err := clarify.New("acme", authn.TokenSource(server.source(privateApp, store)),
		clarify.WithBaseURL(address), clarify.WithLogger(noted))
	if err != nil {
		t.Fatal(err)
	}
	people := clarify.People(client)

	if _, err := people.Create(t.Context(), clarify.Person{}); err != nil {
		t.Fatal(err)
	}
	if got := statuses(); !slices.Equal(got, []int{201}) {
		t.Errorf("the API responded with %v, want 201", got)
	}
	wantTokenRequests(t, server)

	server.revokeAccess(first.AccessToken)
	if _, err := people.Create(t.Context(), clarify.Person{}); err != nil {
		t.Fatal(err)
	}
	if got := statuses(); !slices.Equal(got, []int{401, 201}) {
		t.Errorf("the API responded with %v, want 401 and 201", got)
	}
	wantTokenRequests(t, server, refreshForm(privateApp, first.RefreshToken))

	second, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.revokeGrant(privateApp, second)
	for i := range 2 {
		_, err = people.Create(t.Context(), clarify.Person{})
		note(err)
		if !errors.Is(err, clarify.ErrUnauthorized) && !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("the error is %v, want ErrUnauthorized or ErrLoginRequired", err)
		}
		if !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("the error %v does not match ErrLoginRequired", err)
		}
		want := [][]url.Values{{refreshForm(privateApp, second.RefreshToken)}, nil}[i]
		wantTokenRequests(t, server, want...)
	}
	if got := statuses(); len(got) > 1 || slices.Contains(got, 201) {
		t.Errorf("the API responded with %v after the grant was revoked, want 401 once at most", got)
	}
}
