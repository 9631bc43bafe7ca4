package clarifytest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// systemUser is the actor of what no user did.
const systemUser = "system"

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

// user is a member as the workspace holds it.
type user struct {
	User
	createdAt time.Time
}

type userResource struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Attributes userAttributes `json:"attributes"`
}

type userAttributes struct {
	ID           string     `json:"_id"`
	Name         personName `json:"name"`
	Roles        userRoles  `json:"roles"`
	Email        *string    `json:"email"`
	CreatedAt    string     `json:"_created_at"`
	UpdatedAt    string     `json:"_updated_at"`
	LastActiveAt *string    `json:"last_active_at"`
}

type personName struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	FullName  string `json:"full_name"`
}

type userRoles struct {
	Items []string `json:"items"`
}

// AddUser adds a member to a workspace. An id and credentials that are empty are
// chosen by the server; AddUser returns the user with them. It panics if there
// is no workspace of this name, or if the id or a credential is in use.
func (s *Server) AddUser(workspace string, u User) User {
	s.registry.Lock()
	defer s.registry.Unlock()
	w := s.mustFindWorkspace("AddUser", workspace)
	if u.ID == "" {
		u.ID = s.newUserID(len(w.state.everybody()))
	}
	u = s.equip(u)
	f := w.state.write(systemUser, func(c *change) error {
		if _, taken := c.state.users.Find(u.ID); taken || u.ID == systemUser {
			return badRequest("The id is taken.")
		}
		c.addUser(u)
		return nil
	})
	if f != nil {
		panic(fmt.Sprintf("clarifytest: AddUser: the user %q is there already", u.ID))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders[u.APIKey] = holder{workspace: workspace, scheme: schemeAPIKey, user: u.ID}
	s.holders[u.AccessToken] = holder{workspace: workspace, scheme: schemeBearer, user: u.ID}
	return u
}

// newUserID makes the id of a workspace's next member. It has one of the forms
// that were seen (docs/live-api.md, D5), mostly the one that a path needs escaped:
// a program that forgets to should find out here.
func (s *Server) newUserID(members int) string {
	if members%3 == 2 {
		return "user_01H" + s.credentials.Digits(23)
	}
	return "google-oauth2|" + s.credentials.Digits(21)
}

// everybody returns the users of the workspace.
func (s *state) everybody() []user {
	var all []user
	_ = s.Read(func() error {
		all = s.users.All()
		return nil
	})
	return all
}

// equip gives a user the credentials that it lacks.
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

func (c *change) addUser(u User) {
	u.APIKey, u.AccessToken = "", ""
	c.state.users.Put(c.Tx, u.ID, user{u, c.Now})
}

func (u user) resource() userResource {
	attributes := userAttributes{
		ID: u.ID,
		Name: personName{
			FirstName: u.FirstName,
			LastName:  u.LastName,
			FullName:  strings.TrimSpace(u.FirstName + " " + u.LastName),
		},
		Roles:     userRoles{[]string{"member"}},
		CreatedAt: values.FormatTime(u.createdAt),
		UpdatedAt: values.FormatTime(u.createdAt),
	}
	if u.Admin {
		attributes.Roles.Items[0] = "admin"
	}
	if u.Email != "" {
		attributes.Email = &u.Email
	}
	return userResource{"user", u.ID, attributes}
}

func (u user) column(name string) (any, bool) {
	switch name {
	case "_id", "id":
		return u.ID, true
	case "name":
		return u.resource().Attributes.Name.FullName, true
	case "email":
		return u.Email, true
	case "roles":
		return u.resource().Attributes.Roles.Items[0], true
	case "_created_at", "_updated_at":
		return values.FormatTime(u.createdAt), true
	}
	return nil, false
}

// getUsers: GET /users
func getUsers(c *call) (reply, error) {
	found, f := pageOf(c, c.workspace.state.everybody(), user.column)
	return reply{http.StatusOK, rendered(found, user.resource)}, f
}

// getUser: GET /users/{userId}
func getUser(c *call) (reply, error) {
	var response struct {
		Data userResource `json:"data"`
	}
	s := c.workspace.state
	f := s.Read(func() error {
		u, f := s.users.Get("user", c.request.PathValue("userId"))
		if f == nil {
			response.Data = u.resource()
		}
		return f
	})
	return reply{http.StatusOK, response}, f
}

// needUser refuses the keys that act as nobody, where the API wants to know whose
// access it is about.
func (c *call) needUser() error {
	if c.user == systemUser {
		return fail(http.StatusForbidden, "This operation needs a Personal key. A Workspace key was sent.")
	}
	return nil
}

// mustFindWorkspace is for methods of the server that tests call.
func (s *Server) mustFindWorkspace(method, name string) *workspace {
	w := s.findWorkspace(name)
	if w == nil {
		panic(fmt.Sprintf("clarifytest: %s: there is no workspace %q", method, name))
	}
	return w
}
