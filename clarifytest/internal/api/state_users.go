package api

import (
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// SystemUser is the actor of changes that no user made.
const SystemUser = "system"

// Member is a user of a workspace.
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

// AddMember adds a member. It returns an error if the id is in use.
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
