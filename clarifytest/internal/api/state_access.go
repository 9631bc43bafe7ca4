package api

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// grant is the access of a user or of the workspace to a record or a list.
type grant struct {
	id        string
	object    string
	to        string // the id of the record or list
	grantee   string // a user; empty for the whole workspace
	level     string
	createdAt time.Time
	createdBy string
	updatedAt time.Time // zero if it was not changed
	updatedBy string
}

type grantResource struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Attributes grantAttributes `json:"attributes"`
}

type grantAttributes struct {
	ID          string  `json:"_id"`
	ObjectID    string  `json:"object_id"`
	GranteeType string  `json:"grantee_type"`
	GranteeID   *string `json:"grantee_id"`
	AccessLevel string  `json:"access_level"`
	CreatedAt   string  `json:"_created_at"`
	CreatedBy   string  `json:"_created_by"`
	UpdatedAt   *string `json:"_updated_at"`
	UpdatedBy   *string `json:"_updated_by"`
}

type grantList struct {
	Data []grantResource `json:"data"`
	Meta grantListMeta   `json:"meta"`
}

type grantListMeta struct {
	ViewerAccess []viewerAccess `json:"viewerAccess"`
}

type viewerAccess struct {
	Kind        string        `json:"kind"`
	GranteeID   *string       `json:"grantee_id"`
	AccessLevel *string       `json:"access_level"`
	Owners      []viewerOwner `json:"owners"`
}

type viewerOwner struct {
	OwnerID     string  `json:"owner_id"`
	AccessLevel *string `json:"access_level"`
}

// shared is a record or list that has grants.
type shared struct{ object, id, createdBy string }

// Besides the objects that have records, these have grants: docs/live-api.md, O1. The
// sandbox has no messages.
const (
	listObject    = "list"
	messageObject = "message"
)

// noteAccess adds a change of a grant to the activities of its record. Lists have no
// activities.
func (c *change) noteAccess(kind string, g grant) {
	if g.object == listObject {
		return
	}
	grantee := store.Participant{Entity: g.granteeType(), ID: g.grantee, Data: map[string]any{"access_level": g.level}}
	c.Note(g.to, store.Event{Kind: kind, Role: store.RoleTarget, Others: []store.Participant{grantee}})
}

func (g grant) granteeType() string {
	if g.grantee == "" {
		return "workspace"
	}
	return "user"
}

func (g grant) resource() grantResource {
	attributes := grantAttributes{
		ID:          g.id,
		ObjectID:    g.to,
		GranteeType: g.granteeType(),
		AccessLevel: g.level,
		CreatedAt:   values.FormatTime(g.createdAt),
		CreatedBy:   g.createdBy,
	}
	if g.grantee != "" {
		attributes.GranteeID = &g.grantee
	}
	if !g.updatedAt.IsZero() {
		at := values.FormatTime(g.updatedAt)
		attributes.UpdatedAt, attributes.UpdatedBy = &at, &g.updatedBy
	}
	return grantResource{"object-record-access", g.id, attributes}
}

// grantList renders grants of a record or list, and the access that does not need a
// grant: delegates of the user who created a meeting see it.
func (s *State) grantList(to shared, grants []grant) grantList {
	response := grantList{Data: []grantResource{}, Meta: grantListMeta{[]viewerAccess{}}}
	for _, g := range grants {
		response.Data = append(response.Data, g.resource())
	}
	for _, d := range s.delegates.Where(func(d delegation) bool { return d.owner == to.createdBy && d.entity == to.object }) {
		response.Meta.ViewerAccess = append(response.Meta.ViewerAccess, viewerAccess{
			Kind:      "entity-wide-delegate",
			GranteeID: &d.delegate,
			Owners:    []viewerOwner{{OwnerID: d.owner}},
		})
	}
	return response
}
