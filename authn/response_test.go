package authn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// A response that has both tokens is used, however odd the rest of it is.
func TestWhatIsOddInATokenResponseDoesNotLoseTheTokens(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	const both = `"access_token":"new-access","refresh_token":"new-refresh"`
	for name, tt := range map[string]struct {
		body, contentType string
		lives             time.Duration
		refresh           string
	}{
		"a lifetime in words":           {`{` + both + `,"expires_in":"soon"}`, "", 0, ""},
		"a fraction as lifetime":        {`{` + both + `,"expires_in":3600.5}`, "", 0, ""},
		"an object as lifetime":         {`{` + both + `,"expires_in":{}}`, "", 0, ""},
		"a list as lifetime":            {`{"expires_in":[1],` + both + `}`, "", 0, ""},
		"a negative lifetime":           {`{` + both + `,"expires_in":-1}`, "", 0, ""},
		"a huge lifetime":               {`{` + both + `,"expires_in":1e99}`, "", 0, ""},
		"digits as lifetime":            {`{` + both + `,"expires_in":"3600"}`, "", time.Hour, ""},
		"null as lifetime":              {`{` + both + `,"expires_in":null}`, "", 0, ""},
		"a lifetime in another case":    {`{` + both + `,"Expires_In":"soon"}`, "", 0, ""},
		"two lifetimes":                 {`{` + both + `,"expires_in":3600,"expires_in":"soon"}`, "", time.Hour, ""},
		"a type in another case":        {`{` + both + `,"token_type":"BEARER"}`, "", 0, ""},
		"spaces around the type":        {`{` + both + `,"token_type":" bearer "}`, "", 0, ""},
		"a number as type":              {`{` + both + `,"token_type":7}`, "", 0, ""},
		"null as type":                  {`{` + both + `,"token_type":null}`, "", 0, ""},
		"an object as type":             {`{` + both + `,"token_type":{"name":"Bearer"}}`, "", 0, ""},
		"a list as scope":               {`{` + both + `,"scope":["openid","email"]}`, "", 0, ""},
		"an object as ID token":         {`{` + both + `,"id_token":{"sub":1}}`, "", 0, ""},
		"an error that is not a string": {`{` + both + `,"error":{"code":0},"error_description":[]}`, "", 0, ""},
		"an error beside the tokens":    {`{` + both + `,"error":"server_error"}`, "", 0, ""},
		"more members":                  {`{` + both + `,"expires_in":3600,"x":{"y":[1,null]},"":""}`, "", time.Hour, ""},
		"the tokens twice":              {`{"access_token":null,"refresh_token":"old",` + both + `,"refresh_token":null,"access_token":""}`, "", 0, ""},
		"a byte order mark":             {"\ufeff{" + both + `,"expires_in":3600}`, "", time.Hour, ""},
		"something after it":            {`{` + both + "}\n;", "", 0, ""},
		"JSON as text/plain":            {`{` + both + `,"expires_in":3600}`, "text/plain", time.Hour, ""},
		"JSON that is called a form":    {`{` + both + `}`, form, 0, ""},
		"JSON without a type":           {`{` + both + `}`, "-", 0, ""},
		"a form":                        {`access_token=new-access&refresh_token=new-refresh&expires_in=3600&token_type=bearer`, form, time.Hour, ""},
		"a form with an odd lifetime":   {`access_token=new-access&refresh_token=new-refresh&expires_in=soon`, form, 0, ""},
		"a form that is called JSON":    {`access_token=new-access&refresh_token=new-refresh`, "", 0, ""},
		"null as refresh token":         {`{"access_token":"new-access","refresh_token":null}`, "", 0, testRefresh},
		"an empty refresh token":        {`{"access_token":"new-access","refresh_token":""}`, "", 0, testRefresh},
		"an object as refresh token":    {`{"access_token":"new-access","refresh_token":{}}`, "", 0, testRefresh},
		"a boolean as refresh token":    {`{"access_token":"new-access","refresh_token":false}`, "", 0, testRefresh},
		"a number as refresh token":     {`{"access_token":"new-access","refresh_token":12345678901234567890}`, "", 0, "12345678901234567890"},
		"a new one, in another case":    {`{"Access_Token":"new-access","REFRESH_TOKEN":"new-refresh"}`, "", 0, ""},
		"a status of another success":   {`{` + both + `}`, "201", 0, ""},
		"a lifetime under a long s":     {`{` + both + `,"expireſ_in":{}}`, "", 0, ""},
		"a type and lifetime of lists":  {`{"token_type":["Bearer"],"expires_in":["3600"],` + both + `}`, "", 0, ""},
	} {
		runSynctest(t, name, func(t *testing.T) {
			want := tt.refresh
			if want == "" {
				want = "new-refresh"
			}
			rsp := func() *http.Response {
				rsp := jsonResponse(http.StatusOK, tt.body)
				switch tt.contentType {
				case "":
				case "-":
					rsp.Header = nil
				case "201":
					rsp.StatusCode = http.StatusCreated
				default:
					rsp.Header.Set("Content-Type", tt.contentType)
				}
				return rsp
			}
			a := newAuthServer()
			a.before = func(int) *http.Response { return rsp() }
			store := authn.NewMemoryStore(expiresIn(-time.Hour))
			source := a.source(store)
			token, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			var expiry time.Time
			if tt.lives > 0 {
				expiry = time.Now().Add(tt.lives)
			}
			if token.AccessToken != "new-access" {
				t.Errorf("access token %q, want new-access", token.AccessToken)
			}
			if token.RefreshToken != want {
				t.Errorf("refresh token %q, want %q", token.RefreshToken, want)
			}
			if !token.Expiry.Equal(expiry) {
				t.Errorf("expiry %v, want %v", token.Expiry, expiry)
			}
			kept := stored(t, store)
			if kept.AccessToken != "new-access" {
				t.Errorf("stored: access token %q, want new-access", kept.AccessToken)
			}
			if kept.RefreshToken != want {
				t.Errorf("stored: refresh token %q, want %q", kept.RefreshToken, want)
			}
			if tt.lives == 0 {
				// It is used until it is rejected, and then refreshed.
				time.Sleep(1000 * time.Hour)
				if _, err := source.Token(); err != nil {
					t.Errorf("error %v", err)
				}
				if a.requests() != 1 {
					t.Errorf("%d requests, want 1", a.requests())
				}
				a.before = func(int) *http.Response { return nil }
				a.valid = want
				if token, err := source.Renew(t.Context(), "new-access"); err != nil {
					t.Errorf("after the rejection: error %v", err)
				} else if token.AccessToken != testToken+"-1" {
					t.Errorf("after the rejection: access token %q, want %q", token.AccessToken, testToken+"-1")
				}
			}

			// A login reads its response in the same way.
			client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				rsp := rsp()
				rsp.Request = r
				return rsp, nil
			})}
			flow := newFlow(t, authn.NewConfig("client-1", "", redirect), authn.WithHTTPClient(client))
			_, login := flow.Start()
			if want == testRefresh {
				want = ""
			}
			token, err = flow.Finish(t.Context(), login, callback(login))
			if err != nil {
				t.Fatalf("the login: error %v", err)
			}
			if token.AccessToken != "new-access" {
				t.Errorf("the login: access token %q, want new-access", token.AccessToken)
			}
			if token.RefreshToken != want {
				t.Errorf("the login: refresh token %q, want %q", token.RefreshToken, want)
			}
			if token.Expiry.IsZero() != (tt.lives == 0) {
				t.Errorf("the login: expiry %v, want none: %t", token.Expiry, tt.lives == 0)
			}
		})
	}
}

// Whatever else is wrong with a response, its refresh token replaces the one that
// was sent: the server has very likely done so.
func TestANewRefreshTokenIsKeptThoughNothingElseCanBeUsed(t *testing.T) {
	const refresh = `"refresh_token":"new-refresh"`
	for name, rsp := range map[string]func() *http.Response{
		"no access token":            func() *http.Response { return jsonResponse(200, `{`+refresh+`,"token_type":"Bearer"}`) },
		"null as access token":       func() *http.Response { return jsonResponse(200, `{"access_token":null,`+refresh+`}`) },
		"another type":               func() *http.Response { return jsonResponse(200, `{"access_token":"x","token_type":"mac",`+refresh+`}`) },
		"a token no header takes":    func() *http.Response { return jsonResponse(200, `{"access_token":"x\ny",`+refresh+`}`) },
		"an error in a success":      func() *http.Response { return jsonResponse(200, `{"error":"server_error",`+refresh+`}`) },
		"a grant that is gone":       func() *http.Response { return jsonResponse(200, `{"error":"invalid_grant",`+refresh+`}`) },
		"what is no JSON":            func() *http.Response { return jsonResponse(200, `{"access_token":"x","expires_in":NaN,`+refresh+`}`) },
		"a form without an access":   func() *http.Response { return jsonResponse(200, `refresh_token=new-refresh`) },
		"cut off after it":           func() *http.Response { return jsonResponse(200, `{"access_token":"x",`+refresh+`,"exp`) },
		"broken off after it":        func() *http.Response { return brokenOff(`{"access_token":"x",` + refresh + `,"exp`) },
		"an escape in it":            func() *http.Response { return jsonResponse(200, `{"refresh_token":"new\u002drefresh"`) },
		"more than a mebibyte of it": func() *http.Response { return jsonResponse(200, `{`+refresh+`,"x":"`+strings.Repeat("a", 1<<20)+`"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, left := range []time.Duration{-time.Hour, 30 * time.Second} {
				synctest.Test(t, func(t *testing.T) {
					a := newAuthServer()
					a.before = func(n int) *http.Response {
						if n > 1 {
							return nil
						}
						a.valid = "new-refresh"
						return rsp()
					}
					before := expiresIn(left)
					store := authn.NewMemoryStore(before)
					source := a.source(store)
					switch token, err := source.Token(); {
					case left > 0:
						// The old one still works.
						if err != nil {
							t.Errorf("error %v", err)
						} else if token.AccessToken != before.AccessToken {
							t.Errorf("access token %q, want %q", token.AccessToken, before.AccessToken)
						}
					case err != nil:
						if errors.Is(err, authn.ErrLoginRequired) {
							t.Errorf("the user has to log in: %v", err)
						}
						for e := err; e != nil; e = errors.Unwrap(e) {
							wantSafe(t, e, testRefresh, clientSecret, "new-refresh")
						}
					default:
						// It was sent once more, which helped.
						if a.requests() != 2 {
							t.Errorf("%d requests", a.requests())
						}
						return
					}
					kept := stored(t, store)
					if kept.RefreshToken != "new-refresh" {
						t.Errorf("stored: refresh token %q, want new-refresh", kept.RefreshToken)
					}
					if kept.AccessToken != before.AccessToken {
						t.Errorf("stored: access token %q, want %q", kept.AccessToken, before.AccessToken)
					}
					if !kept.Expiry.Equal(before.Expiry) {
						t.Errorf("stored: expiry %v, want %v", kept.Expiry, before.Expiry)
					}
					time.Sleep(time.Second)
					wantToken(t, source, 1)
				})
			}
		})
	}
}

// A token that the API has rejected stays rejected though it is saved again with the
// refresh token that came.
func TestARejectedTokenIsNotUsedAgainWithANewRefreshToken(t *testing.T) {
	a := newAuthServer()
	a.before = func(n int) *http.Response {
		if n > 1 {
			return nil
		}
		a.valid = "new-refresh"
		return jsonResponse(200, `{"refresh_token":"new-refresh"}`)
	}
	source := a.source(authn.NewMemoryStore(expiresIn(time.Hour)))
	wantToken(t, source, 0)
	if _, err := source.Renew(t.Context(), testToken+"-0"); !errors.Is(err, authn.ErrTokenResponse) {
		t.Errorf("error %v", err)
	}
	wantToken(t, source, 1)
}

// What an error says is found, however odd the rest of it is.
func TestAnOddErrorOfTheTokenEndpointIsStillTyped(t *testing.T) {
	for name, body := range map[string]string{
		"a description that is not a string": `{"error":"invalid_grant","error_description":{"text":"gone"}}`,
		"a byte order mark":                  "\ufeff" + `{"error":"invalid_grant"}`,
		"a form":                             `error=invalid_grant&error_description=gone`,
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthServer()
			a.before = func(int) *http.Response { return jsonResponse(400, body) }
			_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
			if !errors.Is(err, authn.ErrLoginRequired) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAResponseWithoutAnAccessTokenIsAnErrorThatSaysSo(t *testing.T) {
	for _, body := range []string{`{}`, `{"access_token":null}`, `{"access_token":""}`, `{"access_token":{}}`, `{"access_token":17,"expires_in":"soon"}`} {
		a := newAuthServer()
		a.before = func(int) *http.Response { return jsonResponse(200, body) }
		_, err := a.source(authn.NewMemoryStore(expiresIn(-time.Hour))).Token()
		if !errors.Is(err, authn.ErrTokenResponse) {
			t.Errorf("%s: error %v, want ErrTokenResponse", body, err)
		} else if !strings.Contains(err.Error(), "access_token") {
			t.Errorf("%s: error %v, want access_token in it", body, err)
		}
	}
}

// brokenOff is a success whose body ends in an error.
func brokenOff(body string) *http.Response {
	rsp := jsonResponse(200, "")
	rsp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), iotest.ErrReader(io.ErrUnexpectedEOF)))
	return rsp
}

// FuzzTokenResponse puts any JSON beside two good tokens.
func FuzzTokenResponse(f *testing.F) {
	for _, seed := range []string{`"soon"`, `3600.5`, `{}`, `-1`, `null`, `[[]]`, `1e99`, `"3600"`} {
		f.Add("expires_in", seed)
		f.Add("token_type", seed)
		f.Add("error", seed)
		f.Add("scope", seed)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		quoted, err := json.Marshal(name)
		if err != nil || !json.Valid([]byte(value)) || strings.EqualFold(name, "access_token") || strings.EqualFold(name, "refresh_token") {
			t.Skip()
		}
		if strings.EqualFold(name, "token_type") && strings.HasPrefix(strings.TrimSpace(value), `"`) {
			t.Skip() // another type is no token for this API
		}
		a := newAuthServer()
		a.before = func(int) *http.Response {
			return jsonResponse(200, fmt.Sprintf(`{%s:%s,"access_token":"new-access","refresh_token":"new-refresh",%[1]s:%[2]s}`, quoted, value))
		}
		store := authn.NewMemoryStore(&oauth2.Token{AccessToken: "old", RefreshToken: testRefresh, Expiry: time.Unix(1, 0)})
		token, err := a.source(store).Token()
		if err != nil {
			t.Fatalf("%s %s: %v", quoted, value, err)
		}
		if token.AccessToken != "new-access" {
			t.Errorf("%s %s: access token %q, want new-access", quoted, value, token.AccessToken)
		}
		if got := stored(t, store).RefreshToken; got != "new-refresh" {
			t.Errorf("%s %s: stored refresh token %q, want new-refresh", quoted, value, got)
		}
	})
}
