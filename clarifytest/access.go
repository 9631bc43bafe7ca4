package clarifytest

import (
	"net/http"
	"time"
)

// grant is access to a record that somebody was given.
type grant struct {
	id        string
	record    string
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

// getGrants: GET /objects/{object}/records/{id}/access
func getGrants(c *call) (reply, *failure) {
	spec, f := c.shared()
	if f != nil {
		return reply{}, f
	}
	var answer grantList
	s := c.workspace.state
	f = s.read(func() *failure {
		r, f := s.get(spec, c.request.PathValue("id"))
		if f != nil {
			return f
		}
		answer = s.grantList(r, s.access.where(func(g grant) bool { return g.record == r.id }))
		return nil
	})
	return reply{http.StatusOK, answer}, f
}

// shared returns the object that the path names, if the caller may deal with
// access to it.
func (c *call) shared() (*objectSpec, *failure) {
	if f := c.needUser(); f != nil {
		return nil, f
	}
	return c.object()
}

// createGrant: POST /objects/{object}/records/{id}/access
func createGrant(c *call) (reply, *failure) {
	var answer grantDocument
	f := c.giveAccess("CreateGrantRequest", func(change *change, r *record, data any) *failure {
		g, f := change.give(r, data, "/data")
		answer.Data = g.resource()
		return f
	})
	return reply{http.StatusCreated, answer}, f
}

// createGrantsBulk: POST /objects/{object}/records/{id}/access/bulk
func createGrantsBulk(c *call) (reply, *failure) {
	var answer grantList
	f := c.giveAccess("CreateGrantsRequest", func(change *change, r *record, data any) *failure {
		var given []grant
		items, _ := data.([]any)
		for i, item := range items {
			g, f := change.give(r, item, pointer("/data").item(i))
			if f != nil {
				return f
			}
			given = append(given, g)
		}
		answer = change.state.grantList(r, given)
		return nil
	})
	return reply{http.StatusCreated, answer}, f
}

// giveAccess reads a request to give access to the record that the path names.
func (c *call) giveAccess(schema string, give func(change *change, r *record, data any) *failure) *failure {
	spec, f := c.shared()
	if f != nil {
		return f
	}
	_, document, f := c.write()
	if f == nil {
		f = c.conform(document, schema, "")
	}
	if f != nil {
		return f
	}
	return c.workspace.state.write(c.user, func(change *change) *failure {
		r, f := change.state.get(spec, c.request.PathValue("id"))
		if f != nil {
			return f
		}
		return give(change, r, document["data"])
	})
}

// give makes a grant of what was sent, which is as the contract has it.
func (c *change) give(r *record, sent any, at pointer) (grant, *failure) {
	object, _ := sent.(map[string]any)
	attributes, _ := object["attributes"].(map[string]any)
	g := grant{record: r.id, createdAt: c.now, createdBy: c.user}
	g.grantee, _ = attributes["grantee_id"].(string)
	g.level, _ = attributes["access_level"].(string)
	at = at.member("attributes").member("grantee_id")
	if attributes["grantee_type"] == "user" {
		if _, ok := c.state.users.find(g.grantee); !ok {
			return grant{}, invalid(at, "There is no user with this id.")
		}
	}
	same := func(other grant) bool { return other.record == r.id && other.grantee == g.grantee }
	if len(c.state.access.where(same)) > 0 {
		return grant{}, failAt(http.StatusBadRequest, at, "There is a grant for this grantee already.")
	}
	g.id = c.state.newID()
	c.state.access.put(c, g.id, g)
	c.noteAccess(eventGrantAccess, g)
	return g, nil
}

// updateGrant: PATCH /objects/{object}/records/{id}/access/{grantId}
func updateGrant(c *call) (reply, *failure) {
	spec, f := c.shared()
	if f != nil {
		return reply{}, f
	}
	_, document, f := c.write()
	if f == nil {
		f = c.conform(document, "UpdateGrantRequest", "")
	}
	if f != nil {
		return reply{}, f
	}
	var answer grantDocument
	f = c.workspace.state.write(c.user, func(change *change) *failure {
		g, f := c.grant(spec)
		if f != nil {
			return f
		}
		data, _ := document["data"].(map[string]any)
		attributes, _ := data["attributes"].(map[string]any)
		before := g.level
		g.level, _ = attributes["access_level"].(string)
		g.updatedAt, g.updatedBy = change.now, change.user
		change.state.access.put(change, g.id, g)
		if g.level != before {
			change.noteAccess(eventUpdateAccess, g)
		}
		answer.Data = g.resource()
		return nil
	})
	return reply{http.StatusOK, answer}, f
}

// revokeGrant: DELETE /objects/{object}/records/{id}/access/{grantId}
func revokeGrant(c *call) (reply, *failure) {
	spec, f := c.shared()
	if f == nil {
		f = readSilent(c.query)
	}
	if f != nil {
		return reply{}, f
	}
	f = c.workspace.state.write(c.user, func(change *change) *failure {
		g, f := c.grant(spec)
		if f != nil {
			return f
		}
		change.state.access.remove(change, g.id)
		change.noteAccess(eventRevokeAccess, g)
		return nil
	})
	return reply{http.StatusAccepted, struct{}{}}, f
}

// grant returns the grant that the path names. It needs the state's lock.
func (c *call) grant(spec *objectSpec) (grant, *failure) {
	s := c.workspace.state
	r, f := s.get(spec, c.request.PathValue("id"))
	if f != nil {
		return grant{}, f
	}
	g, f := s.access.get("grant", c.request.PathValue("grantId"))
	if f == nil && g.record != r.id {
		f = notFound("There is no grant with this id for the record.")
	}
	return g, f
}

func (c *change) noteAccess(kind string, g grant) {
	grantee := participant{entity: g.granteeType(), id: g.grantee, data: map[string]any{"access_level": g.level}}
	c.note(g.record, event{kind: kind, role: roleTarget, others: []participant{grantee}})
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
		ObjectID:    g.record,
		GranteeType: g.granteeType(),
		AccessLevel: g.level,
		CreatedAt:   formatMoment(g.createdAt),
		CreatedBy:   g.createdBy,
	}
	if g.grantee != "" {
		attributes.GranteeID = &g.grantee
	}
	if !g.updatedAt.IsZero() {
		at := formatMoment(g.updatedAt)
		attributes.UpdatedAt, attributes.UpdatedBy = &at, &g.updatedBy
	}
	return grantResource{"object-record-access", g.id, attributes}
}

// grantList renders grants of a record, and what access there is beside them: a
// meeting can be seen by those who act for whoever made it.
func (s *state) grantList(r *record, grants []grant) grantList {
	answer := grantList{Data: []grantResource{}, Meta: grantListMeta{[]viewerAccess{}}}
	for _, g := range grants {
		answer.Data = append(answer.Data, g.resource())
	}
	for _, d := range s.delegates.where(func(d delegation) bool { return d.owner == r.createdBy && d.entity == r.object }) {
		answer.Meta.ViewerAccess = append(answer.Meta.ViewerAccess, viewerAccess{
			Kind:      "entity-wide-delegate",
			GranteeID: &d.delegate,
			Owners:    []viewerOwner{{OwnerID: d.owner}},
		})
	}
	return answer
}
