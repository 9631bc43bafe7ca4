package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

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
				got := *c
				got.Value, got.MaxAge, got.Expires = "", 0, time.Time{}
				want := http.Cookie{Name: test.cookie, Secure: test.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode, Path: "/"}
				if got.String() != want.String() {
					t.Errorf("the cookie is %s, want %s", &got, &want)
				}
				if c.MaxAge <= 0 || c.MaxAge > 900 {
					t.Errorf("the cookie lives for %d s, want 1 to 900", c.MaxAge)
				}
				if len(c.Value) < 26 {
					t.Errorf("the id has %d characters, want 26 or more", len(c.Value))
				}
				if seen[c.Value] {
					t.Error("the id comes twice")
				}
				seen[c.Value] = true
				location, err := res.Location()
				if err != nil {
					t.Fatal(err)
				}
				query := location.Query()
				if got, want := query.Get("redirect_uri"), s.origin+"/callback"; got != want {
					t.Errorf("redirect_uri is %q, want %q", got, want)
				}
				if got := query.Get("code_challenge_method"); got != "S256" {
					t.Errorf("code_challenge_method is %q, want S256", got)
				}
				if strings.Contains(location.String(), c.Value) {
					t.Errorf("the URL of the login has the session's id: %s", location)
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
	if len(s.byID) != 1 {
		t.Errorf("%d sessions are left, want 1", len(s.byID))
	}
	if len(ended) != 1 || ended[0] != "ada" {
		t.Errorf("%q ended, want ada alone", ended)
	}

	for len(s.byID) < maxSessions {
		s.byID[fmt.Sprint(len(s.byID))] = session{expires: now.Add(time.Minute)}
	}
	w := httptest.NewRecorder()
	if s.begin(w, httptest.NewRequest("GET", "/", nil), session{expires: now.Add(time.Minute)}) {
		t.Error("there is always room for one more")
	}
	if cookies := w.Result().Cookies(); len(cookies) > 0 {
		t.Errorf("%d cookies are set, want none", len(cookies))
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
	if len(s.byID) != 1 {
		t.Errorf("there are %d sessions, want 1", len(s.byID))
	}
	if logins[0].State != "first" || logins[1].State != "second" {
		t.Errorf("the logins were changed in place: %q and %q", logins[0].State, logins[1].State)
	}
}
