package clarifytest

import (
	"fmt"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
)

// A User is a member of a workspace, with credentials that act as that member.
type User struct {
	ID        string // opaque, such as google-oauth2|…, which a path needs escaped
	FirstName string
	LastName  string
	Email     string
	Admin     bool

	APIKey      string // of the kind Personal
	AccessToken string // does not expire
}

// AddUser adds a member to a workspace. An id and credentials that are empty are
// chosen by the server; AddUser returns the user with them. It panics if there
// is no workspace of this name, or if the id or a credential is in use.
func (s *Server) AddUser(workspace string, u User) User {
	s.registry.Lock()
	defer s.registry.Unlock()
	w := s.mustFindWorkspace("AddUser", workspace)
	if u.ID == "" {
		u.ID = s.newUserID(len(w.state.Members()))
	}
	u = s.equip(u)
	member := api.Member{ID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Admin: u.Admin}
	if err := w.state.AddMember(member); err != nil {
		panic(fmt.Sprintf("clarifytest: AddUser: the user %q is there already", u.ID))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders[u.APIKey] = holder{workspace: workspace, scheme: schemeAPIKey, user: u.ID}
	s.holders[u.AccessToken] = holder{workspace: workspace, scheme: schemeBearer, user: u.ID}
	return u
}

// newUserID returns an id for a workspace's next member, in one of the observed forms
// (docs/live-api.md, D5). It is mostly the form that needs escaping in a path, so that
// a program that forgets to escape fails its tests.
func (s *Server) newUserID(members int) string {
	if members%3 == 2 {
		return "user_01H" + s.credentials.Digits(23)
	}
	return "google-oauth2|" + s.credentials.Digits(21)
}

// equip adds the credentials that a user lacks.
func (s *Server) equip(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.APIKey == "" {
		u.APIKey = "sandbox-key-" + s.credentials.Hex()
	}
	if u.AccessToken == "" {
		u.AccessToken = "sandbox-token-" + s.credentials.Hex()
	}
	for _, credential := range []string{u.APIKey, u.AccessToken} {
		if _, taken := s.holders[credential]; taken || !sendable(credential) || u.APIKey == u.AccessToken {
			panic("clarifytest: AddUser: a credential must be in use nowhere else, and of printable ASCII characters without spaces")
		}
	}
	return u
}
