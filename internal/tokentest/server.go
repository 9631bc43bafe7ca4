package tokentest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// server is an authorization server whose refresh tokens work once. One that is used
// again is rejected, and the user has to log in again.
type server struct {
	*httptest.Server
	lives time.Duration

	mu        sync.Mutex
	users     map[string]*grant
	refreshes int
	reused    int // how often a refresh token came that had been used
	rejected  int // how many requests came with an access token that does not work
}

// grant is what the server knows of a user.
type grant struct {
	number  int                  // of the last token
	expires map[string]time.Time // access tokens, some of which have expired
}

func newServer(lives time.Duration) *server {
	s := &server{lives: lives, users: map[string]*grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /use", s.use)
	s.Server = httptest.NewServer(mux)
	return s
}

// login returns the first token of a user.
func (s *server) login(user string) *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user] = &grant{expires: map[string]time.Time{}}
	return s.issue(user)
}

// issue issues a token. The caller holds mu.
func (s *server) issue(user string) *oauth2.Token {
	g := s.users[user]
	g.number++
	now := time.Now()
	for access, expires := range g.expires {
		if now.After(expires) {
			delete(g.expires, access)
		}
	}
	access := fmt.Sprintf("access.%s.%d", user, g.number)
	g.expires[access] = now.Add(s.lives)
	return &oauth2.Token{
		AccessToken: access, TokenType: "Bearer", RefreshToken: fmt.Sprintf("refresh.%s.%d", user, g.number),
		Expiry: now.Add(s.lives), ExpiresIn: int64(s.lives / time.Second),
	}
}

// maxDelay is how long a response with a token is on its way at most, while the token
// that was used does not work any more.
const maxDelay = 60 * time.Millisecond

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	defer time.Sleep(rand.N(maxDelay))
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	parts := strings.Split(r.PostFormValue("refresh_token"), ".")
	if len(parts) != 3 || s.users[parts[1]] == nil || parts[2] != fmt.Sprint(s.users[parts[1]].number) {
		s.reused++
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	s.refreshes++
	issued := s.issue(parts[1])
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": issued.AccessToken, "token_type": "Bearer",
		"refresh_token": issued.RefreshToken, "expires_in": issued.ExpiresIn,
	})
}

// use is a request with an access token. One that has expired on its way is none that
// the client should not have sent.
func (s *server) use(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	access := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(access, ".")
	if len(parts) == 3 && s.users[parts[1]] != nil {
		if _, ok := s.users[parts[1]].expires[access]; ok {
			return
		}
		if parts[2] != fmt.Sprint(s.users[parts[1]].number) {
			w.WriteHeader(http.StatusUnauthorized) // it was replaced after it had expired
			return
		}
	}
	s.rejected++
	w.WriteHeader(http.StatusUnauthorized)
}

// current returns the refresh token of a user that works.
func (s *server) current(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("refresh.%s.%d", user, s.users[user].number)
}
