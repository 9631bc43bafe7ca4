package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

func TestATokenIsRefreshedSomeTimeBeforeItExpires(t *testing.T) {
	for _, tt := range []struct {
		name      string
		opts      []authn.SourceOption
		left      time.Duration
		refreshes bool
	}{
		{"it has long", nil, time.Hour, false},
		{"it has more than a minute", nil, 61 * time.Second, false},
		{"it has a minute", nil, time.Minute, true},
		{"it has less than a minute", nil, 30 * time.Second, true},
		{"it has expired", nil, -time.Hour, true},
		{"it has more than was said", []authn.SourceOption{authn.WithEarlyRefresh(5 * time.Minute)}, 6 * time.Minute, false},
		{"it has less than was said", []authn.SourceOption{authn.WithEarlyRefresh(5 * time.Minute)}, 4 * time.Minute, true},
		{"not before it expires", []authn.SourceOption{authn.WithEarlyRefresh(0)}, time.Second, false},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			a := newAuthServer()
			store := authn.NewMemoryStore(expiresIn(tt.left))
			source := a.source(store, tt.opts...)
			for range 3 {
				if tt.refreshes {
					wantToken(t, source, 1)
				} else {
					wantToken(t, source, 0)
				}
			}
			refreshes := 0
			if tt.refreshes {
				refreshes = 1
			}
			if got := a.requests(); got != refreshes {
				t.Errorf("%d refreshes, want %d", got, refreshes)
			}
			if tt.refreshes && stored(t, store).RefreshToken != testRefresh+"-1" {
				t.Error("the new refresh token is not in the store")
			}
		})
	}
}

func TestARefreshIsTheDocumentedRequest(t *testing.T) {
	for _, secret := range []string{clientSecret, ""} {
		e := newEndpoint(t, nil)
		source := authn.NewTokenSource(e.config(secret), authn.NewMemoryStore(expiresIn(-time.Hour)))
		if _, err := source.Token(); err != nil {
			t.Fatal(err)
		}
		want := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {testRefresh}, "client_id": {"client-1"}}
		if secret != "" {
			want.Set("client_secret", secret)
		}
		if e.requests() != 1 {
			t.Fatalf("%d requests, want 1", e.requests())
		}
		if !reflect.DeepEqual(e.forms[0], want) {
			t.Errorf("the form has %v, want %v", e.forms[0], want)
		}
		if got := e.reqs[0].Header.Get("Authorization"); got != "" {
			t.Errorf("Authorization %q, want none", got)
		}
	}
}

func TestATokenLivesThroughItsRotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		store := authn.NewMemoryStore(expiresIn(time.Hour))
		source := a.source(store)
		for day := range 24 {
			wantToken(t, source, day)
			time.Sleep(59*time.Minute + time.Second)
		}
		if stored(t, store).RefreshToken != a.valid {
			t.Error("the store has not got the refresh token that is valid")
		}
	})
}

func TestATokenThatLivesShortIsUsedForHalfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.lives = 20 * time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
		wantToken(t, source, 1)
		time.Sleep(9 * time.Second)
		wantToken(t, source, 1)
		time.Sleep(time.Second)
		wantToken(t, source, 2)
	})
}

func TestATokenWithoutAnExpiryIsUsedUntilItIsRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken + "-0", RefreshToken: testRefresh}))
		wantToken(t, source, 0)
		time.Sleep(1000 * time.Hour)
		wantToken(t, source, 0)
		if token, err := source.Renew(t.Context(), testToken+"-0"); err != nil {
			t.Errorf("error %v", err)
		} else if token.AccessToken != testToken+"-1" {
			t.Errorf("access token %q, want %q", token.AccessToken, testToken+"-1")
		}
		wantToken(t, source, 1)
	})
}

func TestTheOldRefreshTokenIsKeptIfThereIsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.drop = true
		store := authn.NewMemoryStore(expiresIn(-time.Hour))
		source := a.source(store)
		for n := range 3 {
			wantToken(t, source, n+1)
			if stored(t, store).RefreshToken != testRefresh {
				t.Fatal("the refresh token is gone")
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestAnInvalidLifetimeIsIgnored(t *testing.T) {
	for _, tt := range []struct {
		lifetime string
		known    bool
	}{
		{`null`, false}, {`0`, false}, {`-1`, false}, {`-99999999999`, false}, {`"soon"`, false}, {`""`, false},
		{`3600.5`, false}, {`1e99`, false}, {`{}`, false}, {`[3600]`, false}, {`true`, false}, {`{"seconds":3600}`, false},
		{`99999999999999999999`, false},
		{`"3600"`, true}, {`3600`, true}, {`99999999999`, true}, {`9223372036854775807`, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(n int) *http.Response {
				return jsonResponse(200, fmt.Sprintf(`{"access_token":"%s-%d","token_type":"Bearer","expires_in":%s}`, testToken, n, tt.lifetime))
			}
			source := a.source(authn.NewMemoryStore(expiresIn(-time.Hour)))
			for range 3 {
				wantToken(t, source, 1)
			}
			token, err := source.Token()
			if err != nil {
				t.Fatalf("expires_in %s: error %v", tt.lifetime, err)
			}
			if got := !token.Expiry.IsZero(); got != tt.known {
				t.Errorf("expires_in %s: expiry %v, want one: %t", tt.lifetime, token.Expiry, tt.known)
			}
			if a.requests() != 1 {
				t.Errorf("expires_in %s: %d requests, want 1", tt.lifetime, a.requests())
			}
		})
	}
}

// The monotonic clock may stand still while the machine sleeps.
func TestATokenExpiresByTheWallClock(t *testing.T) {
	a := newAuthServer()
	for _, left := range []time.Duration{-time.Hour, time.Hour} {
		token, err := a.source(authn.NewMemoryStore(expiresIn(left))).Token()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(token.Expiry.String(), "m=") {
			t.Errorf("the expiry %v goes by the monotonic clock", token.Expiry)
		}
	}
}

func TestWithoutATokenALoginIsRequired(t *testing.T) {
	a := newAuthServer()
	for name, tt := range map[string]struct {
		store authn.TokenStore
		none  bool
	}{
		"nothing is stored":                    {new(authn.MemoryStore), true},
		"the store returns nothing":            {&storeFuncs{load: func() (*oauth2.Token, error) { return nil, nil }}, true},
		"an expired token without refreshment": {authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken, Expiry: time.Unix(1, 0)}), false},
		"an empty token":                       {authn.NewMemoryStore(new(oauth2.Token)), false},
	} {
		_, err := a.source(tt.store).Token()
		if !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("%s: error %v, want ErrLoginRequired", name, err)
		}
		if got := errors.Is(err, authn.ErrNoToken); got != tt.none {
			t.Errorf("%s: error %v: errors.Is(err, ErrNoToken) = %t, want %t", name, err, got, tt.none)
		}
	}
	if a.requests() != 0 {
		t.Errorf("%d refreshes", a.requests())
	}
}

func TestATokenWithoutARefreshTokenIsUsedUntilItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(&oauth2.Token{AccessToken: testToken + "-0", Expiry: time.Now().Add(30 * time.Second)}))
		wantToken(t, source, 0)
		time.Sleep(29 * time.Second)
		wantToken(t, source, 0)
		time.Sleep(time.Second)
		if _, err := source.Token(); !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("error %v, want ErrLoginRequired", err)
		}
		if a.requests() != 0 {
			t.Errorf("%d requests, want none", a.requests())
		}
	})
}

func TestRenewRefreshesOnlyTheRejectedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		a.latency = time.Second
		source := a.source(authn.NewMemoryStore(expiresIn(time.Hour)))
		wantToken(t, source, 0)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				token, err := source.Renew(t.Context(), testToken+"-0")
				if err != nil {
					t.Errorf("error %v", err)
				} else if token.AccessToken != testToken+"-1" {
					t.Errorf("access token %q, want %q", token.AccessToken, testToken+"-1")
				}
			})
		}
		wg.Wait()
		// Late news of the old token is no news of the new one.
		if token, err := source.Renew(t.Context(), testToken+"-0"); err != nil {
			t.Errorf("error %v", err)
		} else if token.AccessToken != testToken+"-1" {
			t.Errorf("access token %q, want %q", token.AccessToken, testToken+"-1")
		}
		if a.requests() != 1 {
			t.Errorf("%d refreshes, want 1", a.requests())
		}
	})
}

func TestASourceThatCannotWorkSaysSo(t *testing.T) {
	config := authn.NewConfig("client", clientSecret, "")
	insecure := authn.NewConfig("client", clientSecret, "")
	insecure.Endpoint.TokenURL = "http://auth1.clarify.ai/oauth2/token"
	store := authn.NewMemoryStore(expiresIn(time.Hour))
	for _, tt := range []struct {
		name   string
		source *authn.Source
		kind   error
		want   string
	}{
		{"no configuration", authn.NewTokenSource(nil, store), authn.ErrCredential, "configuration is nil"},
		{"no client id", authn.NewTokenSource(new(oauth2.Config), store), authn.ErrCredential, "ClientID"},
		{"no store", authn.NewTokenSource(config, nil), authn.ErrCredential, "nil store"},
		{"a nil pointer as a store", authn.NewTokenSource(config, (*authn.MemoryStore)(nil)), authn.ErrCredential, "nil store"},
		{"an insecure endpoint", authn.NewTokenSource(insecure, store), authn.ErrInsecureAddress, "https"},
		{"a negative time", authn.NewTokenSource(config, store, authn.WithEarlyRefresh(-1)), authn.ErrCredential, "negative"},
		{"no source", nil, authn.ErrCredential, "nil"},
		{"an empty source", new(authn.Source), authn.ErrCredential, "NewTokenSource"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.source.Token(); !errors.Is(err, tt.kind) {
				t.Errorf("error %v, want %v", err, tt.kind)
			} else if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			req := request(t, httpsURL)
			err := authn.TokenSource(tt.source)(t.Context(), req)
			wantError(t, err, tt.kind, req, clientSecret, testToken)
		})
	}
	//lint:ignore SA1012 a nil context is what is tested
	if _, err := authn.NewTokenSource(config, store).TokenContext(nil); err == nil {
		t.Error("a nil context: no error")
	}
	var none context.Context
	if _, err := store.Load(none); err == nil {
		t.Error("a nil context: the store loads")
	}
	if err := store.Save(none, expiresIn(time.Hour)); err == nil {
		t.Error("a nil context: the store saves")
	}
}

func TestTheEditorPassesTheRequestsContextToTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthServer()
		source := a.source(authn.NewMemoryStore(expiresIn(time.Hour)))
		editor := authn.TokenSource(source)
		edited := func(ctx context.Context) (string, error) {
			req := request(t, httpsURL)
			err := editor(ctx, req)
			return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "+testToken), err
		}
		if got, err := edited(t.Context()); got != "-0" || err != nil {
			t.Errorf("got %q and error %v, want -0", got, err)
		}
		if got, err := edited(authn.WithRejectedToken(t.Context(), testToken+"-0")); got != "-1" || err != nil {
			t.Errorf("got %q and error %v, want -1", got, err)
		}
		a.valid = "revoked"
		_, err := edited(authn.WithRejectedToken(t.Context(), testToken+"-1"))
		if !errors.Is(err, authn.ErrLoginRequired) {
			t.Errorf("error %v", err)
		}
		wantSafe(t, err, testToken, testRefresh, clientSecret)
		if ctx := authn.WithRejectedToken(t.Context(), testToken); containsAny(fmt.Sprintf("%v %+v %#v", ctx, ctx, ctx), []string{testToken}) {
			t.Error("the context shows the token")
		}
	})
}

func TestAStructWithASourceIsPrintedWithoutTheToken(t *testing.T) {
	a := newAuthServer()
	a.before = func(int) *http.Response { return jsonResponse(http.StatusBadRequest, `{"error":"invalid_grant"}`) }
	var app struct {
		source *authn.Source
		store  authn.MemoryStore
	}
	token := expiresIn(time.Hour)
	if err := app.store.Save(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	app.source = a.source(&app.store)
	if _, err := app.source.Renew(t.Context(), token.AccessToken); !errors.Is(err, authn.ErrLoginRequired) {
		t.Fatalf("error %v", err)
	}
	for _, verb := range verbs {
		if out := fmt.Sprintf(verb, &app); strings.Contains(out, token.AccessToken) || strings.Contains(out, token.RefreshToken) {
			t.Errorf("%s shows the token", verb)
		}
	}
}

func BenchmarkSource(b *testing.B) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	source := newAuthServer().source(authn.NewMemoryStore(expiresIn(time.Hour)))
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := source.TokenContext(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}
