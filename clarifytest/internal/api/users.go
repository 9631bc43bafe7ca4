package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// SystemUser is the actor of what no user did.
const SystemUser = "system"

// Member is a member as the workspace holds it.
type Member struct {
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

// Members returns the users of the workspace.
func (s *State) Members() []Member {
	var all []Member
	_ = s.Read(func() error {
		all = s.users.All()
		return nil
	})
	return all
}

// AddMember adds a member. The id must not be in use.
func (s *State) AddMember(u Member) error {
	return s.write(SystemUser, func(c *change) error {
		if _, taken := s.users.Find(u.ID); taken || u.ID == SystemUser {
			return BadRequest("The id is taken.")
		}
		u.createdAt = c.Now
		s.users.Put(c.Tx, u.ID, u)
		return nil
	})
}

// MemberByEmail returns the id of the member with an email address.
func (s *State) MemberByEmail(email string) (id string, found bool) {
	for _, u := range s.Members() {
		if email != "" && strings.EqualFold(u.Email, email) {
			return u.ID, true
		}
	}
	return "", false
}

func (u Member) resource() userResource {
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

func (u Member) column(name string) (any, bool) {
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
func getUsers(c *Call) (Reply, error) {
	found, f := pageOf(c, c.State.Members(), Member.column)
	return Reply{http.StatusOK, rendered(found, Member.resource)}, f
}

// getUser: GET /users/{userId}
func getUser(c *Call) (Reply, error) {
	var response struct {
		Data userResource `json:"data"`
	}
	s := c.State
	f := s.Read(func() error {
		u, f := s.users.Get("user", c.Request.PathValue("userId"))
		if f == nil {
			response.Data = u.resource()
		}
		return f
	})
	return Reply{http.StatusOK, response}, f
}

// needUser refuses the keys that act as nobody, where the API wants to know whose
// access it is about.
func (c *Call) needUser() error {
	if c.User == SystemUser {
		return Fail(http.StatusForbidden, "This operation needs a Personal key. A Workspace key was sent.")
	}
	return nil
}
