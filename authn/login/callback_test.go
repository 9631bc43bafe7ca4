package login_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/login"
)

func TestOnlyTheCallbackEndsTheLogin(t *testing.T) {
	type request struct {
		name   string
		method string
		path   string // instead of the callback's
		query  func(state string) string
		host   string
		status int
	}
	const get, head, post = http.MethodGet, http.MethodHead, http.MethodPost
	right := func(state string) string { return url.Values{"code": {testCode}, "state": {state}}.Encode() }
	text := func(query string) func(string) string { return func(string) string { return query } }
	requests := []request{
		{"a favicon", get, "/favicon.ico", text(""), "", 404},
		{"the root", get, "/", right, "", 404},
		{"a path below", get, "/callback/x", right, "", 404},
		{"another method", post, "", right, "", 405},
		{"the head alone", head, "", right, "", 405},
		{"a name of somebody else's", get, "", right, "evil.example", 421},
		{"such a name with the port", get, "", right, "evil.example:PORT", 421},
		{"another port", get, "", right, "127.0.0.1:1", 421},
		{"no state", get, "", text("code=" + testCode), "", 400},
		{"another state", get, "", text("code=" + testCode + "&state=foreign"), "", 400},
		{"an empty state", get, "", text("code=" + testCode + "&state="), "", 400},
		{"an error without a state", get, "", text("error=access_denied"), "", 400},
		{"an error with another state", get, "", text("error=access_denied&state=foreign"), "", 400},
		{"two states", get, "", func(state string) string { return right(state) + "&state=" + state }, "", 400},
		{"a malformed query", get, "", func(state string) string { return right(state) + "&x=%zz" }, "", 400},
		{"nothing at all", get, "", text(""), "", 400},
	}
	a := newAuthServer(t)
	token, err := a.run(t.Context(), a.config(""), func(address string) {
		state, back := parameters(t, address).Get("state"), parameters(t, address).Get("redirect_uri")
		for _, r := range requests {
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			if r.path != "" {
				u.Path = r.path
			}
			u.RawQuery = r.query(state)
			req, err := http.NewRequest(r.method, u.String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = strings.ReplaceAll(r.host, "PORT", u.Port())
			p := a.do(req)
			if p.status != r.status {
				t.Errorf("%s: got %d, want %d", r.name, p.status, r.status)
			}
			if r.status == 405 && p.header.Get("Allow") != "GET" {
				t.Errorf("%s: Allow is %q", r.name, p.header.Get("Allow"))
			}
		}
		if _, exchange := a.sent(); exchange != nil {
			t.Error("a code was traded")
		}
		a.get(address)
	})
	if err != nil {
		t.Errorf("error %v", err)
	} else if token.AccessToken != testToken {
		t.Errorf("access token %q, want %q", token.AccessToken, testToken)
	}
}

func TestTheHostHeaderMayBeInAnyCase(t *testing.T) {
	a := newAuthServer(t)
	_, err := a.run(t.Context(), a.config("http://localhost/back"), func(address string) {
		back := parameters(t, address).Get("redirect_uri")
		req, err := http.NewRequest(http.MethodGet, withQuery(t, back, a.callback(parameters(t, address).Get("state"))), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = strings.ToUpper(req.URL.Host)
		if p := a.do(req); p.status != http.StatusOK {
			t.Errorf("got %d", p.status)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestARequestThatIsTooLargeDoesNotEndTheLogin(t *testing.T) {
	a := newAuthServer(t)
	if _, err := a.run(t.Context(), a.config(""), func(address string) {
		back := parameters(t, address).Get("redirect_uri")
		res, err := a.client.Get(back + "?code=" + strings.Repeat("x", 1<<17))
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("got %d", res.StatusCode)
			}
		}
		a.get(address)
	}); err != nil {
		t.Error(err)
	}
}

// FuzzRequest holds whatever comes to the port to: it ends the login if it is a
// GET of the callback with the login's state, and else not; and no page repeats
// anything of it.
func FuzzRequest(f *testing.F) {
	const host, path, state = "127.0.0.1:1234", "/callback", "st4te-7Hq-s3cr3t"
	for _, query := range []string{
		"", "state=" + state, "code=c0de&state=" + state, "code=c0de&state=" + state + "&state=" + state, "error=%3Cscript%3E&state=" + state,
		"state=%73t4te-7Hq-s3cr3t", "state=" + state + ";code=x", "code=%zz&state=" + state, "State=" + state,
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			f.Add(method, host, path, query)
		}
	}
	f.Add("GET", "[127.0.0.1]:1234", path, "code=c0de&state="+state)
	f.Add("GET", "LOCALHOST:1234", path, "state="+state)
	f.Add("GET", "127.0.0.1", "/favicon.ico", "")
	f.Add("GET", "[::1]:1234", "//callback", "")
	f.Fuzz(func(t *testing.T, method, hostHeader, target, query string) {
		config := authn.NewConfig("client", "", "http://"+host+path)
		flow, err := authn.NewCodeFlow(config, authn.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }),
		}))
		if err != nil {
			t.Fatal(err)
		}
		handler, ended := login.Handler(flow, authn.Login{State: state, Verifier: "v3rifier", Expires: time.Now().Add(time.Hour)}, host, path)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{Method: method, Host: hostHeader, URL: &url.URL{Path: target, RawQuery: query}, Header: http.Header{}})

		values, err := url.ParseQuery(query)
		here := hostHeader == host || hostHeader == "[127.0.0.1]:1234"
		right := method == "GET" && here && target == path && err == nil && slices.Equal(values["state"], []string{state})
		if ended() != right {
			t.Errorf("%q %q %q %q: the login has ended: %t, want %t", method, hostHeader, target, query, ended(), right)
		}
		body := w.Body.String()
		page{w.Code, w.Header(), body}.check(t)
		for _, text := range append([]string{state, "v3rifier"}, values["code"]...) {
			if len(text) > 20 && strings.Contains(body, text) {
				t.Errorf("the page repeats %q: %s", text, body)
			}
		}
	})
}
