package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// delegatedEntities are what colleagues may act on.
var delegatedEntities = []string{meetingObject, messageObject}

// delegation is a user's right to act on another one's meetings or messages.
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

// delegated returns what the path says may be acted on. Messages are no object
// that has records.
func (c *Call) delegated() (string, error) {
	if f := c.needUser(); f != nil {
		return "", f
	}
	entity := c.Request.PathValue("object")
	if !slices.Contains(delegatedEntities, entity) {
		return "", NotFound("Only access to one's own meetings and messages is given: the object is meeting or message.")
	}
	return entity, nil
}

// getObjectAccess: GET /objects/{object}/access
func getObjectAccess(c *Call) (Reply, error) {
	entity, f := c.delegated()
	if f != nil {
		return Reply{}, f
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
	return Reply{http.StatusOK, response}, nil
}

// giveObjectAccess: POST /objects/{object}/access
func giveObjectAccess(c *Call) (Reply, error) {
	entity, f := c.delegated()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	document, f := c.document()
	if f == nil {
		f = c.conform(document, "CreateDelegationRequest", "")
	}
	if f != nil {
		return Reply{}, f
	}
	const at values.Pointer = "/data/attributes/delegate_id"
	data, _ := document["data"].(map[string]any)
	attributes, _ := data["attributes"].(map[string]any)
	d := delegation{owner: c.User, entity: entity}
	d.delegate, _ = attributes["delegate_id"].(string)
	var response struct {
		Data delegationResource `json:"data"`
	}
	f = c.State.write(c.User, func(change *change) error {
		s := change.state
		if _, ok := s.users.Find(d.delegate); !ok || d.delegate == c.User {
			return values.Invalid(at, "The delegate must be another user of the workspace.")
		}
		same := func(other delegation) bool {
			return other.owner == d.owner && other.delegate == d.delegate && other.entity == d.entity
		}
		if len(s.delegates.Where(same)) > 0 {
			return failAt(http.StatusBadRequest, at, "The user is a delegate already.")
		}
		d.id, d.createdAt = s.NewID(), change.Now
		s.delegates.Put(change.Tx, d.id, d)
		response.Data = d.resource()
		return nil
	})
	return Reply{http.StatusCreated, response}, f
}

// revokeObjectAccess: DELETE /objects/{object}/access/{id}
func revokeObjectAccess(c *Call) (Reply, error) {
	entity, f := c.delegated()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	f = c.State.write(c.User, func(change *change) error {
		d, f := change.state.delegates.Get("delegation", c.Request.PathValue("id"))
		switch {
		case f != nil:
			return f
		case d.owner != c.User || d.entity != entity:
			return NotFound("There is no delegation of one's own with this id.")
		}
		change.state.delegates.Remove(change.Tx, d.id)
		return nil
	})
	return Reply{http.StatusAccepted, struct{}{}}, f
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
