package api

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// getLayoutById: GET /layouts/{id}
func getLayoutById(c *Call) (Response, error) {
	var response layoutDocument
	s := c.State
	err := s.Read(func() error {
		var err error
		response, err = s.layout(c.Request.PathValue("id"))
		return err
	})
	return Response{http.StatusOK, response}, err
}

// updateLayout: PATCH /layouts/{id}
func updateLayout(c *Call) (Response, error) {
	document, err := c.input()
	if err != nil {
		return Response{}, err
	}
	id := c.Request.PathValue("id")
	var response layoutDocument
	err = c.State.write(c.User, func(change *change) error {
		s := change.state
		if _, err := s.layout(id); err != nil {
			return err
		}
		tree, err := c.readLayout(id, document)
		if err != nil {
			return err
		}
		s.layouts.Put(change.Tx, id, layout{tree, change.User, values.FormatTime(change.Now)})
		response, err = s.layout(id)
		return err
	})
	return Response{http.StatusOK, response}, err
}

// readLayout reads the tree of a layout, of the form that it has to have.
func (c *Call) readLayout(id string, document map[string]any) (map[string]any, error) {
	data, _ := document["data"].(map[string]any)
	attributes, _ := data["attributes"].(map[string]any)
	tree, isObject := attributes["tree"].(map[string]any)
	form := "RecordPageTree"
	if id == navigationID {
		form = "NavigationTree"
	}
	var found values.Problems
	if isObject {
		found.Add(c.conform(tree, form, "/data/attributes/tree"))
	}
	if found.Err() == nil {
		found.Add(c.conform(document, "UpdateLayoutRequest", ""))
	}
	if found.Err() == nil && data["id"] != id {
		found.Add(values.Invalid("/data/id", "The id must be the one in the path."))
	}
	return tree, found.Err()
}

// resetLayout: POST /layouts/{id}/reset
func resetLayout(c *Call) (Response, error) {
	if err := readSilent(c.Query); err != nil {
		return Response{}, err
	}
	id := c.Request.PathValue("id")
	var response layoutDocument
	err := c.State.write(c.User, func(change *change) error {
		change.state.layouts.Remove(change.Tx, id)
		var err error
		response, err = change.state.layout(id)
		return err
	})
	return Response{http.StatusOK, response}, err
}
