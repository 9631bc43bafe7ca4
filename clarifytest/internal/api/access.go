package api

import (
	"net/http"
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

// shared is a record or list that has grants.
type shared struct{ object, id, createdBy string }

// Besides the objects that have records, these have grants: docs/live-api.md, O1. The
// sandbox has no messages.
const (
	listObject    = "list"
	messageObject = "message"
)

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
