package api

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/gen"
)

// The types and states of lists.
const (
	listDynamic = "dynamic"
	listStatic  = "static"
	listDefault = "default"

	listDraft     = "draft"
	listPublished = "published"
)

// list is a list of records of one object.
type list struct {
	listAttributes
	members []string // ids of the records in a static list
}

type listResource struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Attributes listAttributes `json:"attributes"`
}

type listAttributes struct {
	ID                      string         `json:"_id"`
	UserID                  string         `json:"user_id"`
	Entity                  string         `json:"entity"`
	Title                   string         `json:"title"`
	Emoji                   any            `json:"emoji"`
	Description             string         `json:"description"`
	Type                    string         `json:"type"`
	State                   string         `json:"state"`
	Layout                  string         `json:"layout"`
	Options                 map[string]any `json:"options"`
	Query                   map[string]any `json:"query"`
	OwnerID                 *string        `json:"owner_id"`
	Rank                    json.Number    `json:"rank"`
	AppliedVersionID        *string        `json:"applied_version_id"`
	ListEvaluationStatus    string         `json:"list_evaluation_status"`
	ListEvaluationStartedAt *string        `json:"list_evaluation_started_at"`
	LastListEvaluationAt    *string        `json:"last_list_evaluation_at"`
	CreatedAt               string         `json:"_created_at"`
	CreatedBy               string         `json:"_created_by"`
	UpdatedAt               string         `json:"_updated_at"`
	UpdatedBy               string         `json:"_updated_by"`
	EffectiveAccessLevel    string         `json:"effective_access_level"` // that of the caller
}

// newList returns a list with the defaults of createList.
func (c *change) newList(object string) list {
	now := values.FormatTime(c.Now)
	l := list{listAttributes: listAttributes{
		ID:                   c.state.NewID(),
		UserID:               c.User,
		Entity:               object,
		State:                listPublished,
		Options:              map[string]any{},
		Rank:                 "-1",
		ListEvaluationStatus: "idle",
		CreatedAt:            now,
		CreatedBy:            c.User,
		UpdatedAt:            now,
		UpdatedBy:            c.User,
	}}
	if c.User != SystemUser {
		l.OwnerID = &c.User
	}
	return l
}

// set sets the members of a body that is valid according to the contract.
func (l *list) set(sent map[string]any) {
	strs := map[string]*string{
		"title": &l.Title, "description": &l.Description, "layout": &l.Layout, "type": &l.Type, "state": &l.State,
	}
	for name, value := range sent {
		switch name {
		case "emoji":
			l.Emoji = value
		case "options":
			l.Options, _ = value.(map[string]any)
		case "query":
			l.Query, _ = value.(map[string]any)
		case "rank":
			l.Rank, _ = value.(json.Number)
		default:
			if s := strs[name]; s != nil {
				*s, _ = value.(string)
			}
		}
	}
	if l.Type == listDynamic {
		evaluated := l.UpdatedAt
		l.LastListEvaluationAt = &evaluated
	}
}

// accessOf returns the access level of a user.
func (l list) accessOf(user string) string {
	switch {
	case l.CreatedBy == user:
		return "owner"
	case l.State == listPublished:
		return "edit"
	}
	return "none"
}

func (l list) visibleTo(user string) bool { return l.accessOf(user) != "none" }

func (l list) resource(user string) listResource {
	attributes := l.listAttributes
	attributes.EffectiveAccessLevel = l.accessOf(user)
	return listResource{"list", l.ID, attributes}
}

func (l list) column(name string) (any, bool) {
	switch name {
	case "_id", "id":
		return l.ID, true
	case "user_id", "_created_by", "owner_id":
		return l.CreatedBy, true
	case "entity":
		return l.Entity, true
	case "title":
		return l.Title, true
	case "emoji":
		return l.Emoji, true
	case "description":
		return l.Description, true
	case "type":
		return l.Type, true
	case "state":
		return l.State, true
	case "layout":
		return l.Layout, true
	case "rank":
		return l.Rank, true
	case "_created_at":
		return l.CreatedAt, true
	case "_updated_at":
		return l.UpdatedAt, true
	case "_updated_by":
		return l.UpdatedBy, true
	}
	return nil, false
}

// keepLists adds the default lists of new objects and removes the lists of deleted
// ones.
func (c *change) keepLists(before, after *schema.Set) {
	for _, spec := range after.Objects {
		if before == nil || before.Find(spec.Name) == nil {
			c.addDefaultList(spec)
		}
	}
	for _, l := range c.state.lists.Where(func(l list) bool { return after.Find(l.Entity) == nil }) {
		c.state.lists.Remove(c.Tx, l.ID)
	}
}

func (c *change) addDefaultList(spec *schema.Object) {
	plural := spec.Label("plural")
	if plural == "" {
		plural = spec.Name
	}
	l := c.newList(spec.Name)
	l.Title, l.Type, l.Layout = "All "+plural, listDefault, "table"
	l.UserID, l.OwnerID, l.CreatedBy, l.UpdatedBy = SystemUser, nil, SystemUser, SystemUser
	c.state.lists.Put(c.Tx, l.ID, l)
}

func wordsOf(text string) []string { return strings.Fields(values.Fold(text)) }

// containsWords reports whether each word is in one of the strings, in either case.
func containsWords(in, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.ContainsFunc(in, func(s string) bool { return strings.Contains(values.Fold(s), word) })
	})
}

// query returns the list's query for the ListMatcher of [Environment], and whether it
// has one.
func (l list) query() (gen.ListQuery, bool) {
	if l.Query == nil {
		return gen.ListQuery{}, false
	}
	encoded, err := json.Marshal(l.Query)
	if err != nil {
		panic(err)
	}
	var query gen.ListQuery
	if err := json.Unmarshal(encoded, &query); err != nil {
		panic(err)
	}
	return query, true
}

// members returns the records in a static list that are not deleted, in the
// order of _created_at and _id.
func (s *State) members(spec *schema.Object, l list) []*store.Record {
	return s.FollowAll(spec, l.members)
}

// ChangeMembers puts records into a static list, or takes them out of it.
func (s *State) ChangeMembers(list string, records []string, add bool) error {
	return s.write(SystemUser, func(c *change) error { return c.changeMembers(list, records, add) })
}

func (c *change) changeMembers(id string, records []string, add bool) error {
	l, err := c.state.lists.Get("list", id)
	if err != nil {
		return err
	}
	if l.Type != listStatic {
		return BadRequest("The list %q is %s, not static.", l.Title, l.Type)
	}
	spec := c.state.Schemas.Find(l.Entity)
	members := c.state.members(spec, l)
	in := make(map[string]bool, len(members))
	l.members = nil
	for _, r := range members {
		in[r.ID] = true
		l.members = append(l.members, r.ID)
	}
	kind := store.EventRemoveFromList
	if add {
		kind = store.EventAddToList
	}
	for _, id := range records {
		if _, err := c.state.Get(spec, id); err != nil {
			return BadRequest("There is no %s %q.", spec.Name, id)
		}
		if in[id] == add {
			continue
		}
		in[id] = add
		if add {
			l.members = append(l.members, id)
		}
		c.Note(id, store.Event{Kind: kind, Role: store.RoleTarget, Others: []store.Participant{{Entity: "list", ID: l.ID}}})
	}
	l.members = slices.DeleteFunc(l.members, func(id string) bool { return !in[id] })
	c.state.lists.Put(c.Tx, l.ID, l)
	return nil
}
