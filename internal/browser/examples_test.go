// Package browser drives the examples that need a browser, and docs/reference.html,
// with a real browser: what a browser does with cookies, redirects, forms and
// policies, no other client does. It is a module of its own, so that nobody who
// uses the client downloads what drives the browser.
package browser

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/clarify-go/clarify/clarifytest"
)

const (
	printedAddress = `\s(http://127\.0\.0\.1:\d+/oauth2/authorize\?\S+)\n`
	printedOrigin  = `The app is at (http://127\.0\.0\.1:\d+/)`
)

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestOAuthLoginIsAllowed(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	a := newAccount(t)
	a.sandbox.Seed(t, 3)
	file := filepath.Join(t.TempDir(), "token.json")

	p := start(t, ctx, "oauth-login", a.env, "-no-browser", "-token-file", file)
	printed := p.prints(p.stderr, printedAddress)
	login, err := url.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	public := []string{"client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"}
	if names := slices.Sorted(maps.Keys(login.Query())); !slices.Equal(names, public) {
		t.Errorf("the address has the parameters %q, want %q", names, public)
	}
	b.do(chromedp.Navigate(printed))
	b.logIn(clarifytest.LoginName)
	text, back := b.shows("You are logged in")
	if !strings.Contains(text, "You can close this window") {
		t.Errorf("the page says %q", text)
	}
	if code := p.wait(); code != 0 || !strings.Contains(p.stdout.String(), "The first people in the workspace acme:\n   ") {
		t.Errorf("the program ended with %d:\n%s%s", code, p.stdout, p.stderr)
	}
	if back.Hostname() != "127.0.0.1" || back.Path != "/callback" {
		t.Errorf("the browser is at %s", back.Redacted())
	}
	if _, err := http.Get("http://" + back.Host); err == nil {
		t.Error("the port for the callback is still open")
	}

	again := start(t, ctx, "oauth-login", a.env, "-no-browser", "-token-file", file)
	if code := again.wait(); code != 0 || again.stderr.String() != "" {
		t.Errorf("with a token it ended with %d:\n%s%s", code, again.stdout, again.stderr)
	}
	// The code, the verifier, the client secret, and two tokens.
	a.showsNothing(5, p.stdout, p.stderr, again.stdout, again.stderr, b.seen)
}

func TestOAuthLoginIsDenied(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	p := start(t, ctx, "oauth-login", nil, "-no-browser")
	b.do(chromedp.Navigate(p.prints(p.stderr, printedAddress)))
	b.deny()
	if text, _ := b.shows("You are not logged in"); !strings.Contains(text, "was not allowed to act for you") || strings.Contains(text, "consent") {
		t.Errorf("the page says %q", text)
	}
	if code := p.wait(); code != 1 || !strings.Contains(p.stderr.String(), "access_denied") {
		t.Errorf("the program ended with %d:\n%s%s", code, p.stdout, p.stderr)
	}
}

func TestOAuthWebIsAllowed(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	a := newAccount(t)
	a.sandbox.Seed(t, 3)

	p := start(t, ctx, "oauth-web", a.env, "-addr", "127.0.0.1:0")
	origin := p.prints(p.stdout, printedOrigin)
	b.do(chromedp.Navigate(origin))
	b.shows("You are not logged in")
	b.do(chromedp.Click(chromedp.CSS("#login")))
	b.logIn(clarifytest.LoginName)
	text, address := b.shows("People in acme")
	if address.String() != origin {
		t.Errorf("the browser is at %s", address.Redacted())
	}
	if strings.Contains(text, "nobody yet") {
		t.Errorf("the page says %q", text)
	}
	if cookies := read(b, chromedp.Evaluate[string]("document.cookie")); cookies != "" {
		t.Error("scripts can read the session's cookie")
	}
	b.do(chromedp.Reload())
	b.shows("People in acme")

	// The browser's own headers are what the app tells its own pages by.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>x</title><h1>Elsewhere</h1><main><form method="post" action="%slogout"><button id="attack">x</button></form></main>`, origin)
	}))
	defer elsewhere.Close()
	b.do(chromedp.Navigate(elsewhere.URL))
	b.shows("Elsewhere")
	b.do(
		chromedp.Click(chromedp.CSS("#attack")),
		chromedp.WaitReady("//*[contains(text(),'cross-origin')]"),
		chromedp.Navigate(origin),
	)
	b.shows("People in acme")

	b.do(chromedp.Click(chromedp.CSS("#logout")))
	b.shows("You are not logged in")
	b.do(chromedp.Reload())
	b.shows("You are not logged in")
	a.showsNothing(5, p.stdout, p.stderr, b.seen)
}

func TestOAuthWebIsDenied(t *testing.T) {
	ctx := limited(t)
	b := openTab(t, ctx)
	p := start(t, ctx, "oauth-web", nil, "-addr", "127.0.0.1:0")
	b.do(chromedp.Navigate(p.prints(p.stdout, printedOrigin)))
	b.shows("You are not logged in")
	b.do(chromedp.Click(chromedp.CSS("#login")))
	b.deny()
	if text, _ := b.shows("You are not logged in"); !strings.Contains(text, "You did not allow the app to act for you") {
		t.Errorf("the page says %q", text)
	}
}
