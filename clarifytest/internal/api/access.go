package api

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type grantDocument struct {
	Data grantResource `json:"data"`
}

// sharing checks that the caller may manage access, and that the object in the path has
// grants.
func (c *Call) sharing() error {
	if err := c.needUser(); err != nil {
		return err
	}
	switch c.Request.PathValue("object") {
	case listObject, messageObject:
		return nil
	}
	_, err := c.object()
	return err
}

// shared returns the record or list in the path. It needs the state's lock.
func (c *Call) shared() (shared, error) {
	s, object, id := c.State, c.Request.PathValue("object"), c.Request.PathValue("id")
	switch object {
	case messageObject:
		return shared{}, NotFound("There is no message with this id: the sandbox has no messages.")
	case listObject:
		l, err := s.lists.Get("list", id)
		if err == nil && !l.visibleTo(c.User) {
			err = Fail(http.StatusForbidden, "The list is a draft of another user.")
		}
		return shared{object, l.ID, l.CreatedBy}, err
	}
	r, err := s.Get(c.schemas.Find(object), id)
	if err != nil {
		return shared{}, err
	}
	return shared{object, r.ID, r.CreatedBy}, nil
}

// getGrants: GET /objects/{object}/records/{id}/access
func getGrants(c *Call) (Response, error) {
	if err := c.sharing(); err != nil {
		return Response{}, err
	}
	var response grantList
	s := c.State
	err := s.Read(func() error {
		to, err := c.shared()
		if err != nil {
			return err
		}
		response = s.grantList(to, s.access.Where(func(g grant) bool { return g.to == to.id }))
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// createGrant: POST /objects/{object}/records/{id}/access
func createGrant(c *Call) (Response, error) {
	var response grantDocument
	err := c.giveAccess("CreateGrantRequest", func(change *change, to shared, data any) error {
		g, err := change.give(to, data, "/data")
		response.Data = g.resource()
		return err
	})
	return Response{http.StatusCreated, response}, err
}

// createGrantsBulk: POST /objects/{object}/records/{id}/access/bulk
func createGrantsBulk(c *Call) (Response, error) {
	var response grantList
	err := c.giveAccess("CreateGrantsRequest", func(change *change, to shared, data any) error {
		var given []grant
		items, _ := data.([]any)
		for i, item := range items {
			g, err := change.give(to, item, values.Pointer("/data").Item(i))
			if err != nil {
				return err
			}
			given = append(given, g)
		}
		response = change.state.grantList(to, given)
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// giveAccess reads a request to give access to the record or list in the path.
func (c *Call) giveAccess(schema string, give func(change *change, to shared, data any) error) error {
	if err := c.sharing(); err != nil {
		return err
	}
	document, err := c.input()
	if err == nil {
		err = c.conform(document, schema, "")
	}
	if err != nil {
		return err
	}
	return c.State.write(c.User, func(change *change) error {
		to, err := c.shared()
		if err != nil {
			return err
		}
		return give(change, to, document["data"])
	})
}

// give makes a grant from a member of the body that is valid according to the contract.
func (c *change) give(to shared, sent any, at values.Pointer) (grant, error) {
	object, _ := sent.(map[string]any)
	attributes, _ := object["attributes"].(map[string]any)
	g := grant{object: to.object, to: to.id, createdAt: c.Now, createdBy: c.User}
	g.grantee, _ = attributes["grantee_id"].(string)
	g.level, _ = attributes["access_level"].(string)
	at = at.Member("attributes").Member("grantee_id")
	if attributes["grantee_type"] == "user" {
		if _, ok := c.state.users.Find(g.grantee); !ok {
			return grant{}, values.Invalid(at, "There is no user with this id.")
		}
	}
	same := func(other grant) bool { return other.to == to.id && other.grantee == g.grantee }
	if len(c.state.access.Where(same)) > 0 {
		return grant{}, failAt(http.StatusBadRequest, at, "This grantee already has a grant.")
	}
	g.id = c.state.NewID()
	c.state.access.Put(c.Tx, g.id, g)
	c.noteAccess(store.EventGrantAccess, g)
	return g, nil
}

// updateGrant: PATCH /objects/{object}/records/{id}/access/{grantId}
func updateGrant(c *Call) (Response, error) {
	if err := c.sharing(); err != nil {
		return Response{}, err
	}
	document, err := c.input()
	if err == nil {
		err = c.conform(document, "UpdateGrantRequest", "")
	}
	if err != nil {
		return Response{}, err
	}
	var response grantDocument
	err = c.State.write(c.User, func(change *change) error {
		g, err := c.grant()
		if err != nil {
			return err
		}
		data, _ := document["data"].(map[string]any)
		attributes, _ := data["attributes"].(map[string]any)
		before := g.level
		g.level, _ = attributes["access_level"].(string)
		g.updatedAt, g.updatedBy = change.Now, change.User
		change.state.access.Put(change.Tx, g.id, g)
		if g.level != before {
			change.noteAccess(store.EventUpdateAccess, g)
		}
		response.Data = g.resource()
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// revokeGrant: DELETE /objects/{object}/records/{id}/access/{grantId}
func revokeGrant(c *Call) (Response, error) {
	err := c.sharing()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		g, err := c.grant()
		if err != nil {
			return err
		}
		change.state.access.Remove(change.Tx, g.id)
		change.noteAccess(store.EventRevokeAccess, g)
		return nil
	})
	return Response{http.StatusAccepted, struct{}{}}, err
}

// grant returns the grant in the path. It needs the state's lock.
func (c *Call) grant() (grant, error) {
	to, err := c.shared()
	if err != nil {
		return grant{}, err
	}
	g, err := c.State.access.Get("grant", c.Request.PathValue("grantId"))
	if err == nil && g.to != to.id {
		err = NotFound("There is no grant with this id for the %s.", to.object)
	}
	return g, err
}
