package authserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/authserver"
	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

// users remembers the access tokens that the server issues.
type users map[string]authserver.Token

func (u users) FindUser(email string) (string, bool)        { return "id of " + email, email != "" }
func (u users) IssueToken(token string, t authserver.Token) { u[token] = t }
func (u users) GrantOf(token string) string                 { return u[token].Grant }
func (u users) EndGrant(grant string) {
	for token, t := range u {
		if t.Grant == grant {
			delete(u, token)
		}
	}
}

func newServer(c authserver.Config) (*authserver.Server, users) {
	u := users{}
	c.Clock, c.Entropy, c.Users, c.TokenLifetime = time.Now, entropy.New(nil, 'c'), u, time.Hour
	return authserver.New(c), u
}

// code gets an authorization code.
func code(t *testing.T, s *authserver.Server) string {
	t.Helper()
	query := url.Values{
		"response_type": {"code"},
		"client_id":     {"client"},
		"redirect_uri":  {"http://127.0.0.1:1/"},
		"scope":         {"offline_access"},
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", authserver.AuthorizePath+"?"+query.Encode(), nil))
	location, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return location.Query().Get("code")
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
}

// requestTokens sends a token request. The fields are pairs of names and values.
func requestTokens(t *testing.T, s *authserver.Server, fields ...string) tokens {
	t.Helper()
	form := url.Values{"client_id": {"client"}, "client_secret": {"secret"}, "redirect_uri": {"http://127.0.0.1:1/"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest("POST", authserver.TokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var got tokens
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if ok := w.Code == http.StatusOK; ok != (got.Error == "") {
		t.Errorf("got status %d with %+v", w.Code, got)
	}
	return got
}

func TestUsingATokenAgainEndsItsGrant(t *testing.T) {
	for _, test := range []struct {
		name  string
		again func(code, refresh string) []string
	}{
		{"a code", func(code, _ string) []string { return []string{"grant_type", "authorization_code", "code", code} }},
		{"a refresh token", func(_, refresh string) []string {
			return []string{"grant_type", "refresh_token", "refresh_token", refresh}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, issued := newServer(authserver.Config{})
			code := code(t, s)
			first := requestTokens(t, s, "grant_type", "authorization_code", "code", code)
			second := requestTokens(t, s, "grant_type", "refresh_token", "refresh_token", first.Refresh)
			if len(issued) != 2 {
				t.Fatalf("got %d access tokens, want 2", len(issued))
			}
			if got := requestTokens(t, s, test.again(code, first.Refresh)...); got.Error != "invalid_grant" {
				t.Errorf("got the error %q, want invalid_grant", got.Error)
			}
			if len(issued) != 0 {
				t.Errorf("got %d valid access tokens, want none", len(issued))
			}
			if got := requestTokens(t, s, "grant_type", "refresh_token", "refresh_token", second.Refresh); got.Error != "invalid_grant" {
				t.Errorf("the newest refresh token: got the error %q, want invalid_grant", got.Error)
			}
		})
	}
}

func TestRestorePutsGrantsBack(t *testing.T) {
	s, _ := newServer(authserver.Config{})
	code := code(t, s)
	before := s.Grants()
	if got := requestTokens(t, s, "grant_type", "authorization_code", "code", code); got.Error != "" {
		t.Fatalf("got the error %q", got.Error)
	}
	s.Restore(before)
	if got := requestTokens(t, s, "grant_type", "authorization_code", "code", code); got.Error != "" {
		t.Errorf("the code after Restore: got the error %q", got.Error)
	}
}

func TestRevokeTakesAccessAndRefreshTokens(t *testing.T) {
	s, issued := newServer(authserver.Config{})
	for name, choose := range map[string]func(tokens) string{
		"access":  func(t tokens) string { return t.Access },
		"refresh": func(t tokens) string { return t.Refresh },
	} {
		got := requestTokens(t, s, "grant_type", "authorization_code", "code", code(t, s))
		if !s.Revoke(choose(got)) {
			t.Errorf("%s token: got false, want true", name)
		}
		if len(issued) != 0 {
			t.Errorf("%s token: got %d valid access tokens, want none", name, len(issued))
		}
		if s.Revoke(choose(got)) {
			t.Errorf("%s token again: got true, want false", name)
		}
	}
}
