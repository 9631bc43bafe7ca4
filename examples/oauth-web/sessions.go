package main

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/clarify-go/clarify/authn"
)

const (
	// userLife is how long a user stays logged in.
	userLife = 12 * time.Hour
	// maxSessions bounds what visitors who never log in can make this remember.
	maxSessions = 10_000
	// maxLogins is how many logins of one browser are remembered.
	maxLogins = 5
)

// session is what the app knows of one browser. The browser has its id and
// nothing else.
type session struct {
	logins  []authn.Login // those in progress, one for each tab; never changed in place
	user    string        // the id of the user, empty if nobody is logged in
	expires time.Time     // that of the last login, until somebody is logged in
}

// sessions keeps the sessions in memory, where an app with several processes has
// a database. It is safe for concurrent use.
type sessions struct {
	now    func() time.Time
	secure bool         // whether browsers reach the app by https
	ended  func(string) // called with the id of a user whose session has ended

	mu   sync.Mutex
	byID map[string]session
}

func newSessions(now func() time.Time, secure bool, ended func(user string)) *sessions {
	return &sessions{now: now, secure: secure, ended: ended, byID: map[string]session{}}
}

// cookieName has the prefix with which browsers take the cookie from this very
// host and by https only.
func (s *sessions) cookieName() string {
	if s.secure {
		return "__Host-session"
	}
	return "session"
}

// get returns the session of the browser that sent a request, and its id.
func (s *sessions) get(r *http.Request) (id string, found session, ok bool) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return "", session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok = s.byID[cookie.Value]
	if !ok || !s.now().Before(found.expires) {
		return "", session{}, false
	}
	return cookie.Value, found, true
}

// begin gives a browser a session, in place of the one it has. Its id is always a
// new one, so that nobody knows it who gave the browser an id before. It reports
// false if there are too many sessions.
func (s *sessions) begin(w http.ResponseWriter, r *http.Request, begun session) bool {
	old, _, _ := s.get(r)
	id := rand.Text()
	gone, ok := s.replace(old, id, begun)
	for _, user := range gone {
		s.ended(user)
	}
	if !ok {
		return false
	}
	s.setCookie(w, id, int(begun.expires.Sub(s.now())/time.Second))
	return true
}

// replace returns the users of sessions that are no more.
func (s *sessions) replace(old, id string, begun session) (gone []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for id, session := range s.byID {
		if id == old || !now.Before(session.expires) {
			delete(s.byID, id)
			if session.user != "" && session.user != begun.user {
				gone = append(gone, session.user)
			}
		}
	}
	if len(s.byID) >= maxSessions {
		return gone, false
	}
	s.byID[id] = begun
	return gone, true
}

// takeLogin returns the login in progress that a callback with that state is for,
// and removes it from the session: a login is finished once. A callback for none
// of them gets an empty one, and leaves those of the other tabs alone.
func (s *sessions) takeLogin(id, state string) authn.Login {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byID[id]
	at := slices.IndexFunc(found.logins, func(login authn.Login) bool { return login.State == state })
	if at < 0 {
		return authn.Login{}
	}
	login := found.logins[at]
	found.logins = slices.Delete(slices.Clone(found.logins), at, at+1)
	s.byID[id] = found
	return login
}

// end ends the session of the browser that sent a request.
func (s *sessions) end(w http.ResponseWriter, r *http.Request) {
	id, found, ok := s.get(r)
	if ok {
		s.mu.Lock()
		delete(s.byID, id)
		s.mu.Unlock()
		if found.user != "" {
			s.ended(found.user)
		}
	}
	s.setCookie(w, "", -1)
}

func (s *sessions) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name:     s.cookieName(),
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		HttpOnly: true,
		Secure:   s.secure,
		// The user comes back from the authorization server by a link of its site,
		// with which Strict would send no cookie.
		SameSite: http.SameSiteLaxMode,
	})
}
