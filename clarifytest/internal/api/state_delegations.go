package api

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

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
