package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// delegatedEntities are the objects that have delegates.
var delegatedEntities = []string{meetingObject, messageObject}

// delegation is the right of a user, the delegate, to act on the owner's meetings or
// messages.
type delegation struct {
	id        string
	owner     string
	delegate  string
	entity    string
	createdAt time.Time
}

type delegationResource struct {
	Type       string               `json:"type"`
	ID         string               `json:"id"`
	Attributes delegationAttributes `json:"attributes"`
}

type delegationAttributes struct {
	ID         string  `json:"_id"`
	OwnerID    string  `json:"owner_id"`
	DelegateID string  `json:"delegate_id"`
	Entity     string  `json:"entity"`
	CreatedAt  string  `json:"_created_at"`
	CreatedBy  string  `json:"_created_by"`
	UpdatedAt  *string `json:"_updated_at"`
	UpdatedBy  *string `json:"_updated_by"`
}

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

func (d delegation) resource() delegationResource {
	return delegationResource{"object-access", d.id, delegationAttributes{
		ID:         d.id,
		OwnerID:    d.owner,
		DelegateID: d.delegate,
		Entity:     d.entity,
		CreatedAt:  values.FormatTime(d.createdAt),
		CreatedBy:  d.owner,
	}}
}
