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
	EffectiveAccessLevel    string         `json:"effective_access_level"` // that of whom it is answered to
}

// newList is a list as createList makes it if it is sent nothing.
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

// set takes over what was sent, which is as the contract has it.
func (l *list) set(sent map[string]any) {
	texts := map[string]*string{
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
			if text := texts[name]; text != nil {
				*text, _ = value.(string)
			}
		}
	}
	if l.Type == listDynamic {
		evaluated := l.UpdatedAt
		l.LastListEvaluationAt = &evaluated
	}
}

// accessOf is what a user may do with the list.
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

// keepLists has each object have its default list, and no lists be left of
// objects that are no more.
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
func getLists(c *Call) (Reply, error) {
	spec, f := c.object()
	if f != nil {
		return Reply{}, f
	}
	return c.lists(func(l list) bool { return l.Entity == spec.Name })
}

// getWorkspaceLists: GET /lists
func getWorkspaceLists(c *Call) (Reply, error) {
	return c.lists(func(list) bool { return true })
}

// lists responds those of the lists that the request chooses.
func (c *Call) lists(among func(list) bool) (Reply, error) {
	filter, f := c.choices("filter")
	if f != nil {
		return Reply{}, f
	}
	words, f := c.searchWords()
	if f != nil {
		return Reply{}, f
	}
	objects, byObject := filter["entity"].([]any)
	chosen := func(member, value string) bool { return filter[member] == nil || filter[member] == any(value) }
	var found []list
	s := c.State
	_ = s.Read(func() error {
		found = s.lists.Where(func(l list) bool {
			return among(l) && l.visibleTo(c.User) &&
				chosen("type", l.Type) && chosen("state", l.State) && chosen("_created_by", l.CreatedBy) &&
				(!byObject || slices.Contains(objects, any(l.Entity))) &&
				containsWords([]string{l.Title, l.Description}, words)
		})
		return nil
	})
	page, f := pageOf(c, found, list.column)
	return Reply{http.StatusOK, rendered(page, func(l list) listResource { return l.resource(c.User) })}, f
}

// searchWords reads the parameter search.
func (c *Call) searchWords() ([]string, error) {
	switch texts := c.Query["search"]; {
	case len(texts) > 1:
		return nil, BadRequest("The parameter search is sent more than once.")
	case len(texts) == 1 && texts[0] == "":
		return nil, BadRequest("search must not be empty.")
	}
	return wordsOf(c.Query.Get("search")), nil
}

func wordsOf(text string) []string { return strings.Fields(values.Fold(text)) }

// containsWords tells whether each word is in one of the texts, in either case.
func containsWords(texts, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(values.Fold(text), word) })
	})
}

// createList: POST /objects/{object}/lists
func createList(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f == nil {
		f = c.conform(document, "NewList", "")
	}
	if f != nil {
		return Reply{}, f
	}
	c.migrateQuery(document)
	var response listDocument
	f = c.State.write(c.User, func(change *change) error {
		l := change.newList(spec.Name)
		l.set(document)
		change.state.lists.Put(change.Tx, l.ID, l)
		response.Data = l.resource(c.User)
		return nil
	})
	return Reply{http.StatusCreated, response}, f
}

// list returns the list that the path names, if the user may see it. It needs
// the state's lock.
func (c *Call) list(spec *schema.Object) (list, error) {
	l, f := c.State.lists.Get("list", c.Request.PathValue("list"))
	switch {
	case f != nil:
		return list{}, f
	case l.Entity != spec.Name:
		return list{}, NotFound("There is no list of %s with this id.", spec.Name)
	case !l.visibleTo(c.User):
		return list{}, Fail(http.StatusForbidden, "The list is a draft of somebody else.")
	}
	return l, nil
}

// getList: GET /objects/{object}/lists/{list}
func getList(c *Call) (Reply, error) {
	spec, f := c.object()
	if f != nil {
		return Reply{}, f
	}
	var response listDocument
	f = c.State.Read(func() error {
		l, f := c.list(spec)
		response.Data = l.resource(c.User)
		return f
	})
	return Reply{http.StatusOK, response}, f
}

// updateList: PATCH /objects/{object}/lists/{list}
func updateList(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f == nil {
		f = c.conform(document, "ListUpdate", "")
	}
	if f != nil {
		return Reply{}, f
	}
	for _, name := range []string{"type", "state"} {
		if _, sent := document[name]; sent {
			return Reply{}, values.Invalid(values.Pointer("").Member(name), "The %s of a list is not changed here.", name)
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

// migrateQuery gives the query that is sent what the API was seen to give one
// without a version: the version, and SQL that is written in another way.
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
func publishList(c *Call) (Reply, error) { return c.setListState(listPublished) }

// unpublishList: POST /objects/{object}/lists/{list}/unpublish
func unpublishList(c *Call) (Reply, error) { return c.setListState(listDraft) }

func (c *Call) setListState(state string) (Reply, error) {
	spec, f := c.object()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	return c.changeList(spec, http.StatusCreated, func(l *list) error {
		if l.Type == listDefault && state != listPublished {
			return Fail(http.StatusForbidden, "The default list of an object stays published.")
		}
		l.State = state
		return nil
	})
}

// changeList changes the list that the path names, and responds it.
func (c *Call) changeList(spec *schema.Object, status int, apply func(*list) error) (Reply, error) {
	var response listDocument
	f := c.State.write(c.User, func(change *change) error {
		l, f := c.list(spec)
		if f != nil {
			return f
		}
		l.UpdatedAt, l.UpdatedBy = values.FormatTime(change.Now), change.User
		if f := apply(&l); f != nil {
			return f
		}
		change.state.lists.Put(change.Tx, l.ID, l)
		response.Data = l.resource(c.User)
		return nil
	})
	return Reply{status, response}, f
}

// deleteList: DELETE /objects/{object}/lists/{list}
func deleteList(c *Call) (Reply, error) {
	spec, f := c.object()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	f = c.State.write(c.User, func(change *change) error {
		l, f := c.list(spec)
		if f == nil && l.Type == listDefault {
			f = Fail(http.StatusForbidden, "The default list of an object stays.")
		}
		if f != nil {
			return f
		}
		change.state.lists.Remove(change.Tx, l.ID)
		return nil
	})
	return Reply{http.StatusAccepted, struct{}{}}, f
}

// query is the list's query as the matcher of [WithListMatcher] takes it, and
// whether it has one.
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
