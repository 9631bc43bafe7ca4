package api

import (
	"net/http"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// grant is access to a record or a list that somebody was given.
type grant struct {
	id        string
	object    string
	to        string // the id of what it is access to
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

type grantDocument struct {
	Data grantResource `json:"data"`
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

// shared is what access can be given to: a record, or a list.
type shared struct{ object, id, createdBy string }

// Beside those that have records, these objects have grants: docs/live-api.md,
// O1. The sandbox has no messages.
const (
	listObject    = "list"
	messageObject = "message"
)

// sharing checks that the caller may deal with access, and that the object which
// the path names has any.
func (c *Call) sharing() error {
	if f := c.needUser(); f != nil {
		return f
	}
	switch c.Request.PathValue("object") {
	case listObject, messageObject:
		return nil
	}
	_, f := c.object()
	return f
}

// shared returns what the path names. It needs the state's lock.
func (c *Call) shared() (shared, error) {
	s, object, id := c.State, c.Request.PathValue("object"), c.Request.PathValue("id")
	switch object {
	case messageObject:
		return shared{}, NotFound("There is no message with this id: the sandbox has no messages.")
	case listObject:
		l, f := s.lists.Get("list", id)
		if f == nil && !l.visibleTo(c.User) {
			f = Fail(http.StatusForbidden, "The list is a draft of somebody else.")
		}
		return shared{object, l.ID, l.CreatedBy}, f
	}
	r, f := s.Get(c.schemas.Find(object), id)
	if f != nil {
		return shared{}, f
	}
	return shared{object, r.ID, r.CreatedBy}, nil
}

// getGrants: GET /objects/{object}/records/{id}/access
func getGrants(c *Call) (Reply, error) {
	if f := c.sharing(); f != nil {
		return Reply{}, f
	}
	var response grantList
	s := c.State
	f := s.Read(func() error {
		to, f := c.shared()
		if f != nil {
			return f
		}
		response = s.grantList(to, s.access.Where(func(g grant) bool { return g.to == to.id }))
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// createGrant: POST /objects/{object}/records/{id}/access
func createGrant(c *Call) (Reply, error) {
	var response grantDocument
	f := c.giveAccess("CreateGrantRequest", func(change *change, to shared, data any) error {
		g, f := change.give(to, data, "/data")
		response.Data = g.resource()
		return f
	})
	return Reply{http.StatusCreated, response}, f
}

// createGrantsBulk: POST /objects/{object}/records/{id}/access/bulk
func createGrantsBulk(c *Call) (Reply, error) {
	var response grantList
	f := c.giveAccess("CreateGrantsRequest", func(change *change, to shared, data any) error {
		var given []grant
		items, _ := data.([]any)
		for i, item := range items {
			g, f := change.give(to, item, values.Pointer("/data").Item(i))
			if f != nil {
				return f
			}
			given = append(given, g)
		}
		response = change.state.grantList(to, given)
		return nil
	})
	return Reply{http.StatusCreated, response}, f
}

// giveAccess reads a request to give access to what the path names.
func (c *Call) giveAccess(schema string, give func(change *change, to shared, data any) error) error {
	if f := c.sharing(); f != nil {
		return f
	}
	document, f := c.input()
	if f == nil {
		f = c.conform(document, schema, "")
	}
	if f != nil {
		return f
	}
	return c.State.write(c.User, func(change *change) error {
		to, f := c.shared()
		if f != nil {
			return f
		}
		return give(change, to, document["data"])
	})
}

// give makes a grant of what was sent, which is as the contract has it.
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
		return grant{}, failAt(http.StatusBadRequest, at, "There is a grant for this grantee already.")
	}
	g.id = c.state.NewID()
	c.state.access.Put(c.Tx, g.id, g)
	c.noteAccess(store.EventGrantAccess, g)
	return g, nil
}

// updateGrant: PATCH /objects/{object}/records/{id}/access/{grantId}
func updateGrant(c *Call) (Reply, error) {
	if f := c.sharing(); f != nil {
		return Reply{}, f
	}
	document, f := c.input()
	if f == nil {
		f = c.conform(document, "UpdateGrantRequest", "")
	}
	if f != nil {
		return Reply{}, f
	}
	var response grantDocument
	f = c.State.write(c.User, func(change *change) error {
		g, f := c.grant()
		if f != nil {
			return f
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
	return Reply{http.StatusOK, response}, f
}

// revokeGrant: DELETE /objects/{object}/records/{id}/access/{grantId}
func revokeGrant(c *Call) (Reply, error) {
	f := c.sharing()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	f = c.State.write(c.User, func(change *change) error {
		g, f := c.grant()
		if f != nil {
			return f
		}
		change.state.access.Remove(change.Tx, g.id)
		change.noteAccess(store.EventRevokeAccess, g)
		return nil
	})
	return Reply{http.StatusAccepted, struct{}{}}, f
}

// grant returns the grant that the path names. It needs the state's lock.
func (c *Call) grant() (grant, error) {
	to, f := c.shared()
	if f != nil {
		return grant{}, f
	}
	g, f := c.State.access.Get("grant", c.Request.PathValue("grantId"))
	if f == nil && g.to != to.id {
		f = NotFound("There is no grant with this id for the %s.", to.object)
	}
	return g, f
}

// noteAccess enters what became of a grant in the activities of its record. Lists
// have none.
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

// grantList renders grants of a record or a list, and what access there is beside them: a
// meeting can be seen by those who act for whoever made it.
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
