package clarifytest_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// browser shows the login page that an authorization request leads to.
type browser struct {
	a    *api
	page *response
}

var hiddenID = regexp.MustCompile(`name="login" value="([^"]+)"`)

func (a *api) openLogin(changes url.Values) *browser {
	a.t.Helper()
	parameters := url.Values{}
	for _, values := range []url.Values{authorizeParameters, changes} {
		for name, value := range values {
			parameters[name] = value
		}
	}
	return &browser{a, a.want(200, "GET", a.srv.AuthorizeURL+"?"+parameters.Encode(), nil)}
}

// submit sends the form of the page, by a browser that follows no redirect.
func (b *browser) submit(status int, name, password, decision string) *response {
	b.a.t.Helper()
	id := hiddenID.FindStringSubmatch(b.page.raw)
	if id == nil {
		b.a.t.Fatalf("the page has no form: %s", b.page.raw)
	}
	form := url.Values{"login": {id[1]}, "username": {name}, "password": {password}, "decision": {decision}}
	request := newRequest(b.a.t, "POST", b.a.srv.AuthorizeURL, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	if err != nil {
		b.a.t.Fatal(err)
	}
	got := readResponse(b.a.t, response)
	if got.status != status {
		b.a.t.Fatalf("got %d, want %d: %s", got.status, status, got.raw)
	}
	return got
}

func location(t testing.TB, got *response) url.Values {
	t.Helper()
	back, err := url.Parse(got.header.Get("Location"))
	if err != nil || back.Host != "127.0.0.1:1" || back.Path != "/back" || back.Query().Get("app") != "1" || back.Query().Get("state") != "the state" {
		t.Fatalf("the browser is sent to %s", back)
	}
	return back.Query()
}

func TestLoginPage(t *testing.T) {
	a := start(t, clarifytest.WithLoginPage())
	_, ada := a.colleague(t, clarifytest.User{FirstName: "Ada", Email: "ada@analytical.example"})
	a.srv.AddUser(a.srv.Workspace, clarifytest.User{FirstName: "Nobody", Email: ""})
	admin := a.want(200, "GET", "/users", nil).ids()[0]

	for name, want := range map[string]string{
		clarifytest.LoginName:       admin,
		"Ada@Analytical.example":    ada.ID,
		" ada@analytical.example\n": ada.ID,
	} {
		back := location(t, a.openLogin(nil).submit(303, name, clarifytest.LoginPassword, "allow"))
		if back.Has("error") {
			t.Fatalf("%q: %v", name, back)
		}
		token := a.redeem(200, back.Get("code"), "client_secret", "secret")
		b := a.as("Bearer " + token.text("access_token"))
		b.get("person", b.create("person", `{}`)).equals(asJSON(t, want), "data", "attributes", "_created_by")
		again := a.renew(200, token.text("refresh_token"), "client_secret", "secret")
		b = a.as("Bearer " + again.text("access_token"))
		b.get("person", b.create("person", `{}`)).equals(asJSON(t, want), "data", "attributes", "_created_by")
	}

	t.Run("a rejection", func(t *testing.T) {
		back := location(t, a.openLogin(nil).submit(303, "", "", "deny"))
		expect(t, `back.Get("error")`, back.Get("error"), "access_denied")
		expect(t, `back.Get("error_description") == ""`, back.Get("error_description") == "", false)
		expect(t, `back.Has("code")`, back.Has("code"), false)
	})
	t.Run("a wrong name or password shows the page again", func(t *testing.T) {
		page := a.openLogin(nil)
		for _, wrong := range [][2]string{
			{clarifytest.LoginName, "wrong"}, {clarifytest.LoginName, ""}, {"nobody@sandbox.example", clarifytest.LoginPassword}, {"", clarifytest.LoginPassword},
			{`"><script>`, clarifytest.LoginPassword},
		} {
			got := page.submit(403, wrong[0], wrong[1], "allow")
			contains(t, "the page", got.raw, `role="alert"`)
			contains(t, "the page", got.raw, `value="`+html.EscapeString(wrong[0])+`"`)
			expect(t, "the page has a script", strings.Contains(got.raw, "<script>"), false)
			if wrong[1] == "wrong" && strings.Contains(got.raw, `value="wrong"`) {
				t.Errorf("the page repeats the password: %s", got.raw)
			}
			page = &browser{a, got}
		}
		location(t, page.submit(303, clarifytest.LoginName, clarifytest.LoginPassword, "allow"))
	})
	t.Run("a login can be finished once", func(t *testing.T) {
		for _, decision := range []string{"allow", "deny"} {
			page := a.openLogin(nil)
			page.submit(303, clarifytest.LoginName, clarifytest.LoginPassword, decision)
			page.submit(400, clarifytest.LoginName, clarifytest.LoginPassword, "allow")
			page.submit(400, clarifytest.LoginName, clarifytest.LoginPassword, "deny")
		}
	})
	t.Run("what it shows", func(t *testing.T) {
		got := a.openLogin(url.Values{"client_id": {"<script>"}, "scope": {"openid <b>"}}).page
		for _, want := range []string{"&lt;script&gt;", "<li>openid</li>", "<li>&lt;b&gt;</li>", `<label for="username">`, `<label for="password">`, `value="allow"`, `value="deny"`} {
			if !strings.Contains(got.raw, want) {
				t.Errorf("the page has no %s: %s", want, got.raw)
			}
		}
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if got := got.header.Get(header); got != want {
				t.Errorf("%s: %q", header, got)
			}
		}
		expect(t, `strings.Contains(got.raw, "the state")`, strings.Contains(got.raw, "the state"), false)
		expect(t, `strings.Contains(got.raw, "<script")`, strings.Contains(got.raw, "<script"), false)
		if empty := a.openLogin(url.Values{"scope": {""}}).page; !strings.Contains(empty.raw, "nothing in particular") {
			t.Errorf("without a scope the page is %s", empty.raw)
		}
	})
	t.Run("what is rejected", func(t *testing.T) {
		page := a.openLogin(nil)
		page.submit(400, clarifytest.LoginName, clarifytest.LoginPassword, "perhaps")
		page.submit(400, clarifytest.LoginName, strings.Repeat("x", 1<<17), "allow")
		location(t, page.submit(303, clarifytest.LoginName, clarifytest.LoginPassword, "allow"))
		unknown := &browser{a, &response{raw: `name="login" value="unknown"`}}
		unknown.submit(400, clarifytest.LoginName, clarifytest.LoginPassword, "allow")
		if got := a.want(405, "PUT", a.srv.AuthorizeURL, nil); got.header.Get("Allow") != "GET, POST" {
			t.Errorf("Allow is %q", got.header.Get("Allow"))
		}
		a.want(400, "GET", a.srv.AuthorizeURL, nil)
		if back := a.authorize(url.Values{"response_type": {"token"}}); back.Query().Get("error") != "unsupported_response_type" {
			t.Errorf("the browser is sent to %s", back)
		}
	})
	t.Run("the transcript has no password", func(t *testing.T) {
		a.openLogin(nil).submit(303, clarifytest.LoginName, clarifytest.LoginPassword, "allow")
		requests := a.srv.Requests()
		last := requests[len(requests)-1]
		expect(t, "last.Method", last.Method, "POST")
		expect(t, "last.Path", last.Path, "/oauth2/authorize")
		expect(t, "last.Status", last.Status, 303)
		expect(t, "last.Body == nil", last.Body == nil, true)
		expect(t, "last.Query", last.Query, "")
	})
}

func TestALoginPageExpires(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithLoginPage())
	old := a.openLogin(nil)
	c.Add(10 * time.Minute)
	old.submit(400, clarifytest.LoginName, clarifytest.LoginPassword, "allow")
	a.openLogin(nil).submit(303, clarifytest.LoginName, clarifytest.LoginPassword, "allow")
}

func TestLoginsComeBackWithASnapshot(t *testing.T) {
	a := start(t, clarifytest.WithLoginPage())
	page := a.openLogin(nil)
	before := a.srv.Snapshot()
	var codes []string
	for range 2 {
		codes = append(codes, location(t, page.submit(303, clarifytest.LoginName, clarifytest.LoginPassword, "allow")).Get("code"))
		a.srv.Restore(before)
	}
	expect(t, `codes[0] == ""`, codes[0] == "", false)
	expect(t, "len(slices.Compact(codes))", len(slices.Compact(codes)), 1)
	a.redeem(400, codes[0], "client_secret", "secret")
}
