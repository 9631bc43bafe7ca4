package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
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

type listDocument struct {
	Data listResource `json:"data"`
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

// getLists: GET /objects/{object}/lists
func getLists(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	return c.lists(func(l list) bool { return l.Entity == spec.Name })
}

// getWorkspaceLists: GET /lists
func getWorkspaceLists(c *Call) (Response, error) {
	return c.lists(func(list) bool { return true })
}

// lists responds with the lists that the request selects.
func (c *Call) lists(among func(list) bool) (Response, error) {
	filter, err := c.choices("filter")
	if err != nil {
		return Response{}, err
	}
	words, err := c.searchWords()
	if err != nil {
		return Response{}, err
	}
	objects, byObject := filter["entity"].([]any)
	selected := func(member, value string) bool { return filter[member] == nil || filter[member] == any(value) }
	var found []list
	s := c.State
	_ = s.Read(func() error {
		found = s.lists.Where(func(l list) bool {
			return among(l) && l.visibleTo(c.User) &&
				selected("type", l.Type) && selected("state", l.State) && selected("_created_by", l.CreatedBy) &&
				(!byObject || slices.Contains(objects, any(l.Entity))) &&
				containsWords([]string{l.Title, l.Description}, words)
		})
		return nil
	})
	page, err := pageOf(c, found, list.column)
	return Response{http.StatusOK, rendered(page, func(l list) listResource { return l.resource(c.User) })}, err
}

// searchWords reads the parameter search.
func (c *Call) searchWords() ([]string, error) {
	switch sent := c.Query["search"]; {
	case len(sent) > 1:
		return nil, BadRequest("The parameter search is sent more than once.")
	case len(sent) == 1 && sent[0] == "":
		return nil, BadRequest("search must not be empty.")
	}
	return wordsOf(c.Query.Get("search")), nil
}

func wordsOf(text string) []string { return strings.Fields(values.Fold(text)) }

// containsWords reports whether each word is in one of the strings, in either case.
func containsWords(in, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.ContainsFunc(in, func(s string) bool { return strings.Contains(values.Fold(s), word) })
	})
}

// createList: POST /objects/{object}/lists
func createList(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err == nil {
		err = c.conform(document, "NewList", "")
	}
	if err != nil {
		return Response{}, err
	}
	c.migrateQuery(document)
	var response listDocument
	err = c.State.write(c.User, func(change *change) error {
		l := change.newList(spec.Name)
		l.set(document)
		change.state.lists.Put(change.Tx, l.ID, l)
		response.Data = l.resource(c.User)
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// list returns the list in the path, if the user may see it. It needs the state's lock.
func (c *Call) list(spec *schema.Object) (list, error) {
	l, err := c.State.lists.Get("list", c.Request.PathValue("list"))
	switch {
	case err != nil:
		return list{}, err
	case l.Entity != spec.Name:
		return list{}, NotFound("There is no list of %s with this id.", spec.Name)
	case !l.visibleTo(c.User):
		return list{}, Fail(http.StatusForbidden, "The list is a draft of another user.")
	}
	return l, nil
}

// getList: GET /objects/{object}/lists/{list}
func getList(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	var response listDocument
	err = c.State.Read(func() error {
		l, err := c.list(spec)
		response.Data = l.resource(c.User)
		return err
	})
	return Response{http.StatusOK, response}, err
}

// updateList: PATCH /objects/{object}/lists/{list}
func updateList(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err == nil {
		err = c.conform(document, "ListUpdate", "")
	}
	if err != nil {
		return Response{}, err
	}
	for _, name := range []string{"type", "state"} {
		if _, sent := document[name]; sent {
			return Response{}, values.Invalid(values.Pointer("").Member(name), "The %s of a list cannot be changed by this operation.", name)
		}
	}
	if c.Quirks.ListQueryStays {
		delete(document, "query")
	}
	c.migrateQuery(document)
	return c.changeList(spec, http.StatusOK, func(l *list) error {
		l.set(document)
		return nil
	})
}

// migrateQuery changes a query without a version as the API was observed to: it sets
// the version and normalizes the white space of the SQL.
func (c *Call) migrateQuery(document map[string]any) {
	query, _ := document["query"].(map[string]any)
	if _, versioned := query["version"]; !c.Quirks.ListQueryMigrated || query == nil || versioned {
		return
	}
	sql, _ := query["sql"].(string)
	query["sql"] = strings.Join(strings.Fields(sql), " ")
	query["version"] = json.Number("6")
}

// publishList: POST /objects/{object}/lists/{list}/publish
func publishList(c *Call) (Response, error) { return c.setListState(listPublished) }

// unpublishList: POST /objects/{object}/lists/{list}/unpublish
func unpublishList(c *Call) (Response, error) { return c.setListState(listDraft) }

func (c *Call) setListState(state string) (Response, error) {
	spec, err := c.object()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	return c.changeList(spec, http.StatusCreated, func(l *list) error {
		if l.Type == listDefault && state != listPublished {
			return Fail(http.StatusForbidden, "The default list of an object cannot be made a draft.")
		}
		l.State = state
		return nil
	})
}

// changeList changes the list in the path and responds with it.
func (c *Call) changeList(spec *schema.Object, status int, apply func(*list) error) (Response, error) {
	var response listDocument
	err := c.State.write(c.User, func(change *change) error {
		l, err := c.list(spec)
		if err != nil {
			return err
		}
		l.UpdatedAt, l.UpdatedBy = values.FormatTime(change.Now), change.User
		if err := apply(&l); err != nil {
			return err
		}
		change.state.lists.Put(change.Tx, l.ID, l)
		response.Data = l.resource(c.User)
		return nil
	})
	return Response{status, response}, err
}

// deleteList: DELETE /objects/{object}/lists/{list}
func deleteList(c *Call) (Response, error) {
	spec, err := c.object()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		l, err := c.list(spec)
		if err == nil && l.Type == listDefault {
			err = Fail(http.StatusForbidden, "The default list of an object cannot be deleted.")
		}
		if err != nil {
			return err
		}
		change.state.lists.Remove(change.Tx, l.ID)
		return nil
	})
	return Response{http.StatusAccepted, struct{}{}}, err
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
