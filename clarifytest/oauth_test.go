package clarifytest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

var authorizeParameters = url.Values{
	"response_type": {"code"},
	"client_id":     {"client"},
	"scope":         {"openid profile email offline_access"},
	"redirect_uri":  {"http://127.0.0.1:1/back?app=1"},
	"state":         {"the state"},
}

// authorize begins the flow and returns where the browser is sent.
func (a *api) authorize(changes url.Values) *url.URL {
	a.t.Helper()
	parameters := url.Values{}
	for _, values := range []url.Values{authorizeParameters, changes} {
		for name, value := range values {
			parameters[name] = value
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(a.srv.AuthorizeURL + "?" + parameters.Encode())
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusFound {
		a.t.Fatalf("got %d", response.StatusCode)
	}
	location, err := response.Location()
	if err != nil {
		a.t.Fatal(err)
	}
	return location
}

// token asks for a token. The fields are pairs of names and values.
func (a *api) token(status int, fields ...string) *response {
	a.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request := newRequest(a.t, "POST", a.srv.TokenURL, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := a.do(request)
	if got.status != status {
		a.t.Fatalf("got %d, want %d: %s", got.status, status, got.raw)
	}
	return got
}

func (a *api) redeem(status int, code string, more ...string) *response {
	a.t.Helper()
	return a.token(status, append([]string{
		"grant_type", "authorization_code", "code", code,
		"redirect_uri", authorizeParameters.Get("redirect_uri"), "client_id", "client",
	}, more...)...)
}

func TestAuthorizationCode(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	back := a.authorize(nil)
	expect(t, "back.Host", back.Host, "127.0.0.1:1")
	expect(t, "back.Path", back.Path, "/back")
	expect(t, `back.Query().Get("app")`, back.Query().Get("app"), "1")
	expect(t, `back.Query().Get("state")`, back.Query().Get("state"), "the state")
	code := back.Query().Get("code")
	got := a.redeem(200, code, "client_secret", "secret")
	if got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the token may be kept in caches: %v", got.header)
	}
	got.equals(`"Bearer"`, "token_type")
	got.equals(`3600`, "expires_in")
	token := got.text("access_token")

	b := *a
	b.auth = "Bearer " + token
	b.list("person")
	b.auth = "api-key " + token
	b.rejected(401, "", "GET", "/objects/person/resources", nil)

	t.Run("a token is good for an hour", func(t *testing.T) {
		b.auth = "Bearer " + token
		c.Add(time.Hour - time.Millisecond)
		b.list("person")
		c.Add(time.Millisecond)
		b.rejected(401, "", "GET", "/objects/person/resources", nil)
	})
	t.Run("a refresh replaces the refresh token", func(t *testing.T) {
		first := got.text("refresh_token")
		again := a.renew(200, first, "client_secret", "secret")
		b.auth = "Bearer " + again.text("access_token")
		b.list("person")
		if again.text("refresh_token") == first {
			t.Error("the refresh token is the same")
		}
	})
}

// renew asks for a refresh. More are pairs of names and values.
func (a *api) renew(status int, refreshToken string, more ...string) *response {
	a.t.Helper()
	return a.token(status, append([]string{"grant_type", "refresh_token", "refresh_token", refreshToken, "client_id", "client"}, more...)...)
}

// grant is what a client has after a login.
func (a *api) grant() (code, access, refresh string) {
	a.t.Helper()
	code = a.authorize(nil).Query().Get("code")
	got := a.redeem(200, code, "client_secret", "secret")
	return code, got.text("access_token"), got.text("refresh_token")
}

// wantEnded checks that a grant has ended, and that another one goes on.
func (a *api) wantEnded(refresh string, access ...string) {
	a.t.Helper()
	for _, token := range access {
		a.as("Bearer "+token).rejected(401, "", "GET", "/users", nil)
	}
	a.renew(400, refresh, "client_secret", "secret").equals(`"invalid_grant"`, "error")
}

func (a *api) wantGoingOn(access, refresh string) {
	a.t.Helper()
	a.as("Bearer "+access).want(200, "GET", "/users", nil)
	a.renew(200, refresh, "client_secret", "secret")
}

func TestReuseEndsTheGrant(t *testing.T) {
	const secret = "client_secret"
	t.Run("of a code", func(t *testing.T) {
		a := start(t)
		_, otherAccess, otherRefresh := a.grant()
		code, access, refresh := a.grant()
		second := a.renew(200, refresh, secret, "secret")
		a.redeem(400, code, secret, "secret").equals(`"invalid_grant"`, "error")
		a.wantEnded(second.text("refresh_token"), access, second.text("access_token"))
		a.wantGoingOn(otherAccess, otherRefresh)
	})
	t.Run("of a refresh token", func(t *testing.T) {
		a := start(t)
		_, otherAccess, otherRefresh := a.grant()
		_, access, first := a.grant()
		second := a.renew(200, first, secret, "secret")
		third := a.renew(200, second.text("refresh_token"), secret, "secret")
		a.renew(400, first, secret, "secret").equals(`"invalid_grant"`, "error")
		a.wantEnded(third.text("refresh_token"), access, second.text("access_token"), third.text("access_token"))
		a.wantGoingOn(otherAccess, otherRefresh)
	})
	t.Run("but not a refresh token in the wrong hands", func(t *testing.T) {
		a := start(t)
		_, access, refresh := a.grant()
		a.renew(400, refresh, "client_id", "another", secret, "secret").equals(`"invalid_grant"`, "error")
		a.renew(401, refresh).equals(`"invalid_client"`, "error")
		a.renew(401, refresh, secret, "another").equals(`"invalid_client"`, "error")
		a.wantGoingOn(access, refresh)
	})
	t.Run("nor a refresh token that stays", func(t *testing.T) {
		a := start(t, clarifytest.WithQuirkRefreshTokenStays(true))
		_, access, refresh := a.grant()
		for range 3 {
			a.renew(200, refresh, secret, "secret").lacks("refresh_token")
		}
		a.wantGoingOn(access, refresh)
	})
}

func TestRevokeGrant(t *testing.T) {
	c := newClock()
	for name, token := range map[string]func(a *api, access, refresh string) string{
		"by its access token":  func(_ *api, access, _ string) string { return access },
		"by its refresh token": func(_ *api, _, refresh string) string { return refresh },
		"by an access token that has expired": func(_ *api, access, _ string) string {
			c.Add(2 * time.Hour)
			return access
		},
		"by an access token that was revoked": func(a *api, access, _ string) string {
			a.srv.Revoke(access)
			return access
		},
		"by a refresh token that was replaced": func(a *api, _, refresh string) string {
			a.renew(200, refresh, "client_secret", "secret")
			return refresh
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, clarifytest.WithClock(c.Now))
			_, access, refresh := a.grant()
			one := token(a, access, refresh)
			_, otherAccess, otherRefresh := a.grant()
			a.srv.RevokeGrant(one)
			a.wantEnded(refresh, access)
			a.wantGoingOn(otherAccess, otherRefresh)
			for _, none := range []string{one, "unknown", "", a.srv.AccessToken, a.srv.APIKey} {
				func() {
					defer func() {
						if p, _ := recover().(string); !strings.Contains(p, "has no grant") {
							t.Errorf("it panicked with %q", p)
						}
					}()
					a.srv.RevokeGrant(none)
				}()
			}
		})
	}
	t.Run("a snapshot brings it back", func(t *testing.T) {
		a := start(t)
		_, access, refresh := a.grant()
		before := a.srv.Snapshot()
		a.srv.RevokeGrant(access)
		a.srv.Restore(before)
		a.wantGoingOn(access, refresh)
	})
}

func TestTokenLifetime(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithTokenLifetime(90*time.Second))
	got := a.redeem(200, a.authorize(nil).Query().Get("code"), "client_secret", "secret")
	got.equals(`90`, "expires_in")
	b := a.as("Bearer " + got.text("access_token"))
	c.Add(90*time.Second - time.Millisecond)
	b.want(200, "GET", "/users", nil)
	c.Add(time.Millisecond)
	b.rejected(401, "", "GET", "/users", nil)
}

func TestPKCE(t *testing.T) {
	a := start(t)
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	challenge := url.Values{"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	code := func() string { return a.authorize(challenge).Query().Get("code") }
	a.redeem(200, code(), "code_verifier", verifier)
	a.redeem(400, code(), "code_verifier", verifier+"x").equals(`"invalid_grant"`, "error")
	a.redeem(400, code(), "client_secret", "secret").equals(`"invalid_grant"`, "error")

	public := a.redeem(200, code(), "code_verifier", verifier)
	a.renew(200, public.text("refresh_token"))
	private := a.redeem(200, code(), "code_verifier", verifier, "client_secret", "secret")
	a.renew(401, private.text("refresh_token")).equals(`"invalid_client"`, "error")
	a.renew(200, private.text("refresh_token"), "client_secret", "secret")
}

func TestOAuthRejects(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	code := func() string { return a.authorize(nil).Query().Get("code") }
	t.Run("no secret and no verifier", func(t *testing.T) {
		a.redeem(401, code()).equals(`"invalid_client"`, "error")
	})
	t.Run("an unknown code", func(t *testing.T) {
		a.redeem(400, "x", "client_secret", "secret").equals(`"invalid_grant"`, "error")
	})
	t.Run("another redirect_uri", func(t *testing.T) {
		a.redeem(400, code(), "client_secret", "secret", "redirect_uri", "http://127.0.0.1:2/").equals(`"invalid_grant"`, "error")
	})
	t.Run("another client's code, which is spent by that", func(t *testing.T) {
		stolen := code()
		a.redeem(400, stolen, "client_secret", "secret", "client_id", "another").equals(`"invalid_grant"`, "error")
		a.redeem(400, stolen, "client_secret", "secret").equals(`"invalid_grant"`, "error")
	})
	t.Run("another client's refresh token", func(t *testing.T) {
		refresh := a.redeem(200, code(), "client_secret", "secret").text("refresh_token")
		a.token(400, "grant_type", "refresh_token", "refresh_token", refresh, "client_id", "another", "client_secret", "secret").equals(`"invalid_grant"`, "error")
	})
	t.Run("an old code", func(t *testing.T) {
		old := code()
		c.Add(10 * time.Minute)
		a.redeem(400, old, "client_secret", "secret").equals(`"invalid_grant"`, "error")
	})
	t.Run("Basic authentication", func(t *testing.T) {
		request := newRequest(t, "POST", a.srv.TokenURL, "grant_type=authorization_code&client_id=client&code="+code())
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth("client", "secret")
		if got := a.do(request); got.status != 401 {
			t.Errorf("got %d: %s", got.status, got.raw)
		}
	})
	t.Run("no client_id", func(t *testing.T) {
		a.token(401, "grant_type", "refresh_token").equals(`"invalid_client"`, "error")
	})
	t.Run("another grant type", func(t *testing.T) {
		a.token(400, "grant_type", "password", "client_id", "client").equals(`"unsupported_grant_type"`, "error")
	})
	t.Run("a form that is too large", func(t *testing.T) {
		a.token(400, "grant_type", strings.Repeat("x", 1<<17)).equals(`"invalid_request"`, "error")
	})
	t.Run("errors go back to the client", func(t *testing.T) {
		back := a.authorize(url.Values{"response_type": {"token"}})
		expect(t, `back.Query().Get("error")`, back.Query().Get("error"), "unsupported_response_type")
		expect(t, `back.Query().Get("state") == ""`, back.Query().Get("state") == "", false)
		if back := a.authorize(url.Values{"code_challenge": {"x"}, "code_challenge_method": {"plain"}}); back.Query().Get("error") != "invalid_request" {
			t.Errorf("the browser is sent to %s", back)
		}
	})
	t.Run("unless it is not known where that is", func(t *testing.T) {
		for _, query := range []string{"", "?client_id=client", "?redirect_uri=http://127.0.0.1:1/", "?client_id=client&redirect_uri=/back", "?client_id=client&redirect_uri=http://127.0.0.1:1/%23x"} {
			if got := a.send("GET", a.srv.AuthorizeURL+query, nil); got.status != 400 {
				t.Errorf("%q: got %d", query, got.status)
			}
		}
	})
	t.Run("other methods", func(t *testing.T) {
		a.want(405, "POST", a.srv.AuthorizeURL, "")
		a.want(405, "GET", a.srv.TokenURL, nil)
	})
	t.Run("no offline_access, no refresh token", func(t *testing.T) {
		online := a.authorize(url.Values{"scope": {"openid"}}).Query().Get("code")
		a.redeem(200, online, "client_secret", "secret").lacks("refresh_token")
	})
}
