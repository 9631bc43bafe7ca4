package api

import (
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// delegatedEntities are the objects that have delegates.
var delegatedEntities = []string{meetingObject, messageObject}

// delegated returns the object in the path. It may be message, which has no records.
func (c *Call) delegated() (string, error) {
	if err := c.needUser(); err != nil {
		return "", err
	}
	entity := c.Request.PathValue("object")
	if !slices.Contains(delegatedEntities, entity) {
		return "", NotFound("Access is delegated to meetings and messages only: the object must be meeting or message.")
	}
	return entity, nil
}

// getObjectAccess: GET /objects/{object}/access
func getObjectAccess(c *Call) (Response, error) {
	entity, err := c.delegated()
	if err != nil {
		return Response{}, err
	}
	response := struct {
		Data []delegationResource `json:"data"`
	}{[]delegationResource{}}
	s := c.State
	_ = s.Read(func() error {
		for _, d := range s.delegates.Where(func(d delegation) bool { return d.owner == c.User && d.entity == entity }) {
			response.Data = append(response.Data, d.resource())
		}
		return nil
	})
	return Response{http.StatusOK, response}, nil
}

// giveObjectAccess: POST /objects/{object}/access
func giveObjectAccess(c *Call) (Response, error) {
	entity, err := c.delegated()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	document, err := c.document()
	if err == nil {
		err = c.conform(document, "CreateDelegationRequest", "")
	}
	if err != nil {
		return Response{}, err
	}
	const at values.Pointer = "/data/attributes/delegate_id"
	data, _ := document["data"].(map[string]any)
	attributes, _ := data["attributes"].(map[string]any)
	d := delegation{owner: c.User, entity: entity}
	d.delegate, _ = attributes["delegate_id"].(string)
	var response struct {
		Data delegationResource `json:"data"`
	}
	err = c.State.write(c.User, func(change *change) error {
		s := change.state
		if _, ok := s.users.Find(d.delegate); !ok || d.delegate == c.User {
			return values.Invalid(at, "The delegate must be another user of the workspace.")
		}
		same := func(other delegation) bool {
			return other.owner == d.owner && other.delegate == d.delegate && other.entity == d.entity
		}
		if len(s.delegates.Where(same)) > 0 {
			return failAt(http.StatusBadRequest, at, "The user is already a delegate.")
		}
		d.id, d.createdAt = s.NewID(), change.Now
		s.delegates.Put(change.Tx, d.id, d)
		response.Data = d.resource()
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// revokeObjectAccess: DELETE /objects/{object}/access/{id}
func revokeObjectAccess(c *Call) (Response, error) {
	entity, err := c.delegated()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		d, err := change.state.delegates.Get("delegation", c.Request.PathValue("id"))
		switch {
		case err != nil:
			return err
		case d.owner != c.User || d.entity != entity:
			return NotFound("The user has no delegation with this id.")
		}
		change.state.delegates.Remove(change.Tx, d.id)
		return nil
	})
	return Response{http.StatusAccepted, struct{}{}}, err
}
