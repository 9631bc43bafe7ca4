package clarifytest

import (
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// systemUser is the actor of what no user did.
const systemUser = "system"

// user is a member as the workspace holds it.
type user struct {
	ID        string
	FirstName string
	LastName  string
	Email     string
	Admin     bool
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

// everybody returns the users of the workspace.
func (s *state) everybody() []user {
	var all []user
	_ = s.Read(func() error {
		all = s.users.All()
		return nil
	})
	return all
}

// addUser adds a member. The id must not be in use.
func (s *state) addUser(u user) error {
	return s.write(systemUser, func(c *change) error {
		if _, taken := s.users.Find(u.ID); taken || u.ID == systemUser {
			return badRequest("The id is taken.")
		}
		u.createdAt = c.Now
		s.users.Put(c.Tx, u.ID, u)
		return nil
	})
}

// userByEmail returns the id of the member with an email address.
func (s *state) userByEmail(email string) (id string, found bool) {
	for _, u := range s.everybody() {
		if email != "" && strings.EqualFold(u.Email, email) {
			return u.ID, true
		}
	}
	return "", false
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
	found, f := pageOf(c, c.state.everybody(), user.column)
	return reply{http.StatusOK, rendered(found, user.resource)}, f
}

// getUser: GET /users/{userId}
func getUser(c *call) (reply, error) {
	var response struct {
		Data userResource `json:"data"`
	}
	s := c.state
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
