package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

func TestWithoutAnAccountItRunsAgainstASandbox(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	b.get(s.origin+"/").has(t, 200, "You are not logged in", `href="/login"`)
	page := b.decide(s, clarifytest.LoginName, "allow")
	page.has(t, 200, "People in acme", "Ada Lovelace", "Grace Hopper", "Barbara Liskov")
	if page.url.String() != s.origin+"/" {
		t.Errorf("the address bar shows %s", page.url)
	}
	b.get(s.origin+"/").has(t, 200, "Grace Hopper")
	b.post(s.origin+"/logout", nil).has(t, 200, "You are not logged in")
	b.get(s.origin+"/").has(t, 200, "You are not logged in")
	for _, want := range []string{clarifytest.LoginName, clarifytest.LoginPassword} {
		if out := s.out.String(); !strings.Contains(out, want) {
			t.Errorf("the program does not say how to log in: %s, want %q in it", out, want)
		}
	}
}

func TestEachUserHasASession(t *testing.T) {
	s := start(t, nil)
	admin, ada, nobody := newBrowser(t), newBrowser(t), newBrowser(t)
	admin.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")
	ada.decide(s, secondUser, "allow").has(t, 200, "Grace Hopper")
	nobody.get(s.origin+"/").has(t, 200, "You are not logged in")
	admin.post(s.origin+"/logout", nil)
	admin.get(s.origin+"/").has(t, 200, "You are not logged in")
	ada.get(s.origin+"/").has(t, 200, "Grace Hopper")
	// Who logs in again stays logged in until that has succeeded.
	ada.get(s.origin + "/login")
	ada.get(s.origin+"/").has(t, 200, "Grace Hopper")
	ada.decide(s, secondUser, "deny").has(t, 200, "You did not allow")
	ada.get(s.origin+"/").has(t, 200, "Grace Hopper")
	ada.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")
}

func TestWhoDeniesIsNotLoggedIn(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	page := b.decide(s, "", "deny")
	page.has(t, 200, "You are not logged in", "You did not allow the app", `href="/login"`)
	if strings.Contains(page.body, "did not consent") {
		t.Errorf("the page repeats what came with the callback: %s", page.body)
	}
	b.get(s.origin+"/").has(t, 200, "You are not logged in")
}

func TestNothingSecretIsShownOrLogged(t *testing.T) {
	sandbox, env := account(t)
	e := &eavesdropper{}
	env["CLARIFY_TOKEN_URL"] = e.listen(t, sandbox.TokenURL)
	s := start(t, env)
	b := newBrowser(t)
	b.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")

	origin, err := url.Parse(s.origin)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(origin) {
		e.secrets = append(e.secrets, cookie.Value)
	}
	sandbox.Revoke(e.access)
	b.get(s.origin+"/").has(t, 200, "Grace Hopper")
	sandbox.RevokeGrant(e.refresh)
	b.get(s.origin+"/").has(t, 200, "Please log in again", `href="/login"`)
	b.get(s.origin+"/").has(t, 200, "You are not logged in")

	// A callback that fails after all, and one that is not this browser's.
	sandbox.Inject(clarifytest.Respond(500, nil, "s0rry"), clarifytest.Times(1),
		clarifytest.Matching(func(r *http.Request) bool { return r.URL.Path == "/oauth2/token" }))
	b.decide(s, clarifytest.LoginName, "allow").has(t, 502, "The login failed")
	b.get(s.origin+"/callback?code=c0de-s3cr3t&state=st4te-s3cr3t").has(t, 400, "This login is over")

	for _, secret := range append(e.secrets, "c0de-s3cr3t", "st4te-s3cr3t", "s0rry") {
		for name, text := range map[string]string{"printed": s.out.String(), "logged": s.errors.String(), "shown": b.seen.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is %s: %s", secret, name, text)
			}
		}
	}
	if len(e.secrets) < 8 {
		t.Errorf("only %d secrets went over the wire", len(e.secrets))
	}
	for _, want := range []string{"path=/callback", "a user has to log in again", "a login failed", "a callback was ignored"} {
		if !strings.Contains(s.errors.String(), want) {
			t.Errorf("the log has no %q: %s", want, s.errors)
		}
	}
	for _, r := range sandbox.Requests() {
		if r.Scheme == "Bearer" && r.Method != "GET" {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
}

func TestWhatTheAPIRefusesIsNotALogout(t *testing.T) {
	sandbox, env := account(t)
	s := start(t, env)
	b := newBrowser(t)
	b.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")
	sandbox.Inject(clarifytest.Respond(403, nil, "s0rry"), clarifytest.Times(1), clarifytest.Operation("getResources"))
	page := b.get(s.origin + "/")
	page.has(t, 502, "Clarify did not respond")
	if strings.Contains(page.body, "s0rry") {
		t.Errorf("the page repeats the response: %s", page.body)
	}
	b.get(s.origin+"/").has(t, 200, "Grace Hopper")
}

func TestPagesAreOfOneUserAndHoldNothingForeign(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	for path, status := range map[string]int{"/": 200, "/callback": 400, "/unknown": 404, "/callback?error=%3Cscript%3E&state=x": 400} {
		page := b.get(s.origin + path)
		page.has(t, status)
		for name, want := range map[string]string{
			"Cache-Control":           "no-store",
			"Referrer-Policy":         "same-origin",
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		} {
			if got := page.header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
		if strings.Contains(page.body, "script") {
			t.Errorf("%s: %s", path, page.body)
		}
	}
}

func TestSettings(t *testing.T) {
	all := map[string]string{"CLARIFY_CLIENT_ID": "client", "CLARIFY_CLIENT_SECRET": "secret", "CLARIFY_WORKSPACE": "acme"}
	without := func(name string) map[string]string {
		env := maps.Clone(all)
		delete(env, name)
		return env
	}
	with := func(name, value string) map[string]string {
		env := maps.Clone(all)
		env[name] = value
		return env
	}
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"no client id", without("CLARIFY_CLIENT_ID"), nil, "not set: CLARIFY_CLIENT_ID:"},
		{"no secret", without("CLARIFY_CLIENT_SECRET"), nil, "not set: CLARIFY_CLIENT_SECRET:"},
		{"no workspace", without("CLARIFY_WORKSPACE"), nil, "not set: CLARIFY_WORKSPACE:"},
		{"a workspace that cannot be", with("CLARIFY_WORKSPACE", ".."), nil, "workspace"},
		{"an authorization endpoint over plain http", with("CLARIFY_AUTHORIZE_URL", "http://auth.example/"), nil, "AuthURL"},
		{"an API over plain http", with("CLARIFY_BASE_URL", "ftp://api.example"), nil, "ftp"},
		{"a public address over plain http", nil, []string{"-url", "http://app.example"}, "RedirectURL"},
		{"a public address with a path", nil, []string{"-url", "https://app.example/x"}, "-url must be"},
		{"a public address that is none", nil, []string{"-url", "app.example"}, "-url must be"},
		{"every interface", nil, []string{"-addr", ":0"}, "-url"},
		{"every interface by address", nil, []string{"-addr", "0.0.0.0:0"}, "-url"},
		{"no port", nil, []string{"-addr", "127.0.0.1"}, "port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			args := append([]string{"-addr", "127.0.0.1:0"}, tt.args...)
			err := run(ctx, args, io.Discard, io.Discard, func(name string) string { return tt.env[name] })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
	for _, args := range [][]string{{"-unknown"}, {"something"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard, func(string) string { return "" }); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), []string{"-help"}, io.Discard, io.Discard, nil); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help: %v", err)
	}
}
