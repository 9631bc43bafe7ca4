package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type listDocument struct {
	Data listResource `json:"data"`
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
