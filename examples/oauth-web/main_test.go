package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// output is what the program prints, for several goroutines.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	grew chan struct{}
}

func newOutput() *output { return &output{grew: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// started is the program, running.
type started struct {
	origin      string
	out, errors *output
}

func start(t *testing.T, env map[string]string, args ...string) *started {
	t.Helper()
	s := &started{out: newOutput(), errors: newOutput()}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), s.out, s.errors, func(name string) string { return env[name] })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	address := regexp.MustCompile(`The app is at (\S+)/ until`)
	for {
		if found := address.FindStringSubmatch(s.out.String()); found != nil {
			s.origin = found[1]
			return s
		}
		select {
		case <-s.out.grew:
		case err := <-ended:
			ended <- nil
			t.Fatalf("the program ended with %v: %s%s", err, s.out, s.errors)
		case <-time.After(10 * time.Second):
			t.Fatalf("the program does not start: %s%s", s.out, s.errors)
		}
	}
}

// browser has cookies and follows redirects.
type browser struct {
	t      *testing.T
	client *http.Client
	seen   strings.Builder // all pages
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, client: &http.Client{Jar: jar, Transport: transport}}
}

type shown struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (b *browser) do(req *http.Request) shown {
	b.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.seen.Write(body)
	return shown{res.StatusCode, res.Request.URL, res.Header, string(body)}
}

func (b *browser) get(address string) shown {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

func (b *browser) post(address string, form url.Values, header ...string) shown {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.do(req)
}

var hiddenID = regexp.MustCompile(`name="login" value="([^"]+)"`)

// decide fills in the login page that the app leads to.
func (b *browser) decide(s *started, name, decision string) shown {
	b.t.Helper()
	page := b.get(s.origin + "/login")
	id := hiddenID.FindStringSubmatch(page.body)
	if id == nil {
		b.t.Fatalf("/login leads to %s: %s", page.url, page.body)
	}
	form, _, _ := strings.Cut(page.url.String(), "?")
	return b.post(form, url.Values{
		"login": {id[1]}, "username": {name}, "password": {clarifytest.LoginPassword}, "decision": {decision},
	})
}

func (p shown) has(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: got %d, want %d", p.url.Path, p.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("%s: the page has no %q: %s", p.url.Path, text, p.body)
		}
	}
}

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
	if out := s.out.String(); !strings.Contains(out, clarifytest.LoginName) || !strings.Contains(out, clarifytest.LoginPassword) {
		t.Errorf("the program does not say how to log in: %s", out)
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

// account is an authorization server and workspace that stand for the real ones.
func account(t *testing.T, opts ...clarifytest.Option) (*clarifytest.Server, map[string]string) {
	t.Helper()
	sandbox := clarifytest.NewServer(append([]clarifytest.Option{clarifytest.WithTB(t), clarifytest.WithLoginPage()}, opts...)...)
	if err := addPeople(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	return sandbox, map[string]string{
		"CLARIFY_CLIENT_ID": "client", "CLARIFY_CLIENT_SECRET": "cs-s3cr3t", "CLARIFY_WORKSPACE": sandbox.Workspace,
		"CLARIFY_AUTHORIZE_URL": sandbox.AuthorizeURL, "CLARIFY_TOKEN_URL": sandbox.TokenURL, "CLARIFY_BASE_URL": sandbox.BaseURL,
	}
}

// eavesdropper hands on requests to the token endpoint, and keeps what is secret
// in them and in their responses.
type eavesdropper struct {
	mu      sync.Mutex
	secrets []string
	access  string // the token given last
	refresh string
}

var members = regexp.MustCompile(`"(access_token|refresh_token)":"([^"]+)"`)

func (e *eavesdropper) listen(t *testing.T, tokenURL string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		res, err := http.PostForm(tokenURL, r.PostForm)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, name := range []string{"code", "code_verifier", "client_secret", "refresh_token"} {
			if value := r.PostForm.Get(name); value != "" {
				e.secrets = append(e.secrets, value)
			}
		}
		for _, member := range members.FindAllStringSubmatch(string(body), -1) {
			e.secrets = append(e.secrets, member[2])
			if member[1] == "access_token" {
				e.access = member[2]
			} else {
				e.refresh = member[2]
			}
		}
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL
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

func TestACallbackNeedsTheSessionThatBeganIt(t *testing.T) {
	s := start(t, nil)
	mallory, victim := newBrowser(t), newBrowser(t)
	var callback string
	stop := errors.New("stop")
	mallory.client.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if req.URL.Path == "/callback" {
			callback = req.URL.String()
			return stop
		}
		return nil
	}
	page := mallory.get(s.origin + "/login")
	form, _, _ := strings.Cut(page.url.String(), "?")
	_, err := mallory.client.PostForm(form, url.Values{
		"login": {hiddenID.FindStringSubmatch(page.body)[1]}, "username": {secondUser}, "password": {clarifytest.LoginPassword}, "decision": {"allow"},
	})
	if !errors.Is(err, stop) || callback == "" {
		t.Fatalf("%v, and the callback is %q", err, callback)
	}
	// The address is Mallory's, and the browser that opens it somebody else's.
	victim.get(callback).has(t, 400, "This login is over")
	victim.get(s.origin+"/").has(t, 200, "You are not logged in")
	victim.get(s.origin + "/login")
	victim.get(callback).has(t, 400, "This login is over")
	victim.get(s.origin+"/callback?state=made-up&error=access_denied").has(t, 400, "This login is over")
	mallory.get(callback).has(t, 200, "Grace Hopper")
	mallory.get(callback).has(t, 400, "This login is over")
	mallory.get(s.origin+"/").has(t, 200, "Grace Hopper")
}

func TestEachTabCanEndItsLogin(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	// loginPage is one tab, up to the login page; its result goes on from there.
	loginPage := func() func(decision string) shown {
		page := b.get(s.origin + "/login")
		form, _, _ := strings.Cut(page.url.String(), "?")
		id := hiddenID.FindStringSubmatch(page.body)[1]
		return func(decision string) shown {
			return b.post(form, url.Values{
				"login": {id}, "username": {clarifytest.LoginName}, "password": {clarifytest.LoginPassword}, "decision": {decision},
			})
		}
	}
	first, second, third := loginPage(), loginPage(), loginPage()
	// What belongs to none of them ends none of them.
	b.get(s.origin+"/callback?code=x&state=made-up").has(t, 400, "This login is over")
	second("deny").has(t, 200, "You did not allow")
	first("allow").has(t, 200, "Grace Hopper")
	third("allow").has(t, 400, "This login is over")
	b.get(s.origin+"/").has(t, 200, "Grace Hopper")

	// As many as are remembered, and the oldest is forgotten first.
	var tabs []func(string) shown
	for range maxLogins + 1 {
		tabs = append(tabs, loginPage())
	}
	tabs[0]("allow").has(t, 400, "This login is over")
	tabs[1]("allow").has(t, 200, "Grace Hopper")
}

func TestCookies(t *testing.T) {
	for _, test := range []struct {
		name, url, cookie string
		secure            bool
	}{
		{"http", "", "session", false},
		{"https behind a proxy", "https://app.example/", "__Host-session", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, nil, "-url", test.url)
			origin := s.origin
			if test.secure {
				origin = "http://" + regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(s.errors.String())[1]
			}
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			seen := map[string]bool{}
			for range 3 {
				res, err := client.Get(origin + "/login")
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				cookies := res.Cookies()
				if len(cookies) != 1 {
					t.Fatalf("%d cookies", len(cookies))
				}
				c := cookies[0]
				if c.Name != test.cookie || c.Secure != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 || c.MaxAge > 900 {
					t.Errorf("the cookie is %s", strings.ReplaceAll(c.String(), c.Value, "…"))
				}
				if len(c.Value) < 26 || seen[c.Value] {
					t.Error("the id is short, or comes twice")
				}
				seen[c.Value] = true
				location, err := res.Location()
				if err != nil {
					t.Fatal(err)
				}
				query := location.Query()
				if want := s.origin + "/callback"; query.Get("redirect_uri") != want || query.Get("code_challenge_method") != "S256" || strings.Contains(location.String(), c.Value) {
					t.Errorf("the browser is sent to %s", location)
				}
			}
		})
	}
}

func TestTheSessionGetsANewIDAtTheLogin(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	origin, err := url.Parse(s.origin)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	id := func() string { return b.client.Jar.Cookies(origin)[0].Value }
	b.get(s.origin + "/login")
	ids[id()] = true
	b.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")
	before := id()
	ids[before] = true
	if len(ids) != 2 {
		t.Error("the session kept its id")
	}
	// An id from before, or that the browser made up, is nobody's.
	for old := range maps.Keys(map[string]bool{"": true, "made up": true}) {
		b.client.Jar.SetCookies(origin, []*http.Cookie{{Name: "session", Value: old, Path: "/"}})
		b.get(s.origin+"/").has(t, 200, "You are not logged in")
		b.get(s.origin + "/login")
		if id() == old {
			t.Errorf("the app takes the id %q from the browser", old)
		}
	}
	b.client.Jar.SetCookies(origin, []*http.Cookie{{Name: "session", Value: before, Path: "/"}})
	b.get(s.origin+"/").has(t, 200, "Grace Hopper")
	b.post(s.origin+"/logout", nil)
	b.client.Jar.SetCookies(origin, []*http.Cookie{{Name: "session", Value: before, Path: "/"}})
	b.get(s.origin+"/").has(t, 200, "You are not logged in")
}

func TestOtherSitesCannotLogAUserOut(t *testing.T) {
	s := start(t, nil)
	b := newBrowser(t)
	b.decide(s, clarifytest.LoginName, "allow").has(t, 200, "Grace Hopper")
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"}, {"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
	} {
		b.post(s.origin+"/logout", nil, header...).has(t, 403)
		b.get(s.origin+"/").has(t, 200, "Grace Hopper")
	}
	b.get(s.origin+"/logout").has(t, 405)
	b.post(s.origin+"/logout", nil, "Sec-Fetch-Site", "same-origin", "Origin", s.origin).has(t, 200, "You are not logged in")
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

func TestSessionsExpire(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	var ended []string
	s := newSessions(func() time.Time { return now }, false, func(user string) { ended = append(ended, user) })
	visit := func(begun session) *http.Request {
		t.Helper()
		w := httptest.NewRecorder()
		if !s.begin(w, httptest.NewRequest("GET", "/", nil), begun) {
			t.Fatal("there is no room")
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(w.Result().Cookies()[0])
		return r
	}
	short := visit(session{logins: []authn.Login{{State: "x"}}, expires: now.Add(time.Minute)})
	long := visit(session{user: "ada", expires: now.Add(time.Hour)})
	check := func(r *http.Request, want bool) {
		t.Helper()
		if _, _, ok := s.get(r); ok != want {
			t.Errorf("the session is there: %t, want %t", ok, want)
		}
	}
	now = now.Add(time.Minute - 1)
	check(short, true)
	now = now.Add(1)
	check(short, false)
	check(long, true)
	now = now.Add(time.Hour)
	check(long, false)
	visit(session{expires: now.Add(time.Minute)})
	if len(s.byID) != 1 || len(ended) != 1 || ended[0] != "ada" {
		t.Errorf("%d sessions are left, and %q ended", len(s.byID), ended)
	}

	for len(s.byID) < maxSessions {
		s.byID[fmt.Sprint(len(s.byID))] = session{expires: now.Add(time.Minute)}
	}
	w := httptest.NewRecorder()
	if s.begin(w, httptest.NewRequest("GET", "/", nil), session{expires: now.Add(time.Minute)}) || len(w.Result().Cookies()) > 0 {
		t.Error("there is always room for one more")
	}
}

func TestALoginIsTakenFromItsSessionOnce(t *testing.T) {
	s := newSessions(time.Now, false, func(string) {})
	w := httptest.NewRecorder()
	logins := []authn.Login{{State: "first"}, {State: "second"}}
	if !s.begin(w, httptest.NewRequest("GET", "/", nil), session{logins: logins, expires: time.Now().Add(time.Minute)}) {
		t.Fatal("there is no room")
	}
	id := w.Result().Cookies()[0].Value
	for _, step := range []struct{ id, state, want string }{
		{id, "foreign", ""}, {id, "", ""}, {"another session", "first", ""}, {"", "first", ""},
		{id, "first", "first"}, {id, "first", ""}, {id, "second", "second"}, {id, "second", ""},
	} {
		if got := s.takeLogin(step.id, step.state); got.State != step.want {
			t.Errorf("session %q, state %q: login %q, want %q", step.id, step.state, got.State, step.want)
		}
	}
	if len(s.byID) != 1 || logins[0].State != "first" || logins[1].State != "second" {
		t.Error("another session was made, or the logins were changed in place")
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
