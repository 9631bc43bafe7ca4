package api

import (
	"net/http"
)

// getUsers: GET /users
func getUsers(c *Call) (Response, error) {
	found, err := pageOf(c, c.State.Members(), Member.column)
	return Response{http.StatusOK, rendered(found, Member.resource)}, err
}

// getUser: GET /users/{userId}
func getUser(c *Call) (Response, error) {
	var response struct {
		Data userResource `json:"data"`
	}
	s := c.State
	err := s.Read(func() error {
		u, err := s.users.Get("user", c.Request.PathValue("userId"))
		if err == nil {
			response.Data = u.resource()
		}
		return err
	})
	return Response{http.StatusOK, response}, err
}

// needUser rejects keys that act as nobody: access belongs to a user.
func (c *Call) needUser() error {
	if c.User == SystemUser {
		return Fail(http.StatusForbidden, "This operation needs a Personal key. A Workspace key was sent.")
	}
	return nil
}
