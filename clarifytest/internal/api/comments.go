package api

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// uuid is the form of ids that clients choose.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// createComment: POST /comments
func createComment(c *Call) (Response, error) {
	if c.User == SystemUser {
		return Response{}, Fail(http.StatusForbidden, "A comment needs a user. A Workspace key acts as nobody.")
	}
	made, err := c.newComment()
	if err != nil {
		return Response{}, err
	}
	var response commentDocument
	err = c.State.write(c.User, func(change *change) error {
		s := change.state
		r := s.Find(s.Schemas.Find(made.object), made.record)
		if r == nil {
			return values.Invalid("/owner_id", "There is no %s with this id.", made.object)
		}
		if made.id == "" {
			made.id = s.NewID()
		}
		if _, taken := s.comments.Find(made.id); taken {
			return failAt(http.StatusBadRequest, "/_id", "Another comment has this id.")
		}
		made.createdAt, made.createdBy = change.Now, change.User
		s.comments.Put(change.Tx, made.id, made)
		change.noteComment(r, store.EventCreate, made, store.Update{Field: "message", Old: store.Absent{}, New: made.message})
		response = made.document(r)
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// newComment reads a new comment from the request.
func (c *Call) newComment() (comment, error) {
	document, err := c.message("NewComment")
	if err != nil {
		return comment{}, err
	}
	// Both are optional in the contract.
	id, _ := document["_id"].(string)
	event, _ := document["_event_id"].(string)
	made := comment{id: strings.ToLower(id)}
	made.message, _ = document["message"].([]any)
	made.object, _ = document["entity"].(string)
	made.record, _ = document["owner_id"].(string)
	var found values.Problems
	if document["_id"] != nil && !uuid.MatchString(id) {
		found.Add(values.Invalid("/_id", "The id must be a UUID."))
	}
	if document["_event_id"] != nil && !uuid.MatchString(event) {
		found.Add(values.Invalid("/_event_id", "The id must be a UUID."))
	}
	if c.schemas.Find(made.object) == nil {
		found.Add(values.Invalid("/entity", "There is no object of this name."))
	}
	return made, found.Err()
}

// message reads a request whose body has a message.
func (c *Call) message(schema string) (map[string]any, error) {
	if err := readSilent(c.Query); err != nil {
		return nil, err
	}
	document, err := c.document()
	if err != nil {
		return nil, err
	}
	if err := c.conform(document, schema, ""); err != nil {
		return nil, err
	}
	return document, values.CheckBlocks(document["message"], "/message")
}

// getComment: GET /comments/{id}
func getComment(c *Call) (Response, error) {
	var response commentDocument
	s := c.State
	err := s.Read(func() error {
		found, r, err := s.comment(c.Request.PathValue("id"))
		if err == nil {
			response = found.document(r)
		}
		return err
	})
	return Response{http.StatusOK, response}, err
}

// updateComment: PATCH /comments/{id}
func updateComment(c *Call) (Response, error) {
	document, err := c.message("CommentUpdate")
	if err != nil {
		return Response{}, err
	}
	var response commentDocument
	err = c.State.write(c.User, func(change *change) error {
		old, r, err := change.ownComment(c.Request.PathValue("id"))
		if err != nil {
			return err
		}
		changed := old
		changed.message, _ = document["message"].([]any)
		changed.updatedAt, changed.updatedBy = change.Now, change.User
		change.state.comments.Put(change.Tx, changed.id, changed)
		if changes := store.UpdatesBetween(map[string]any{"message": old.message}, map[string]any{"message": changed.message}); len(changes) > 0 {
			change.noteComment(r, store.EventUpdate, changed, changes...)
		}
		response = changed.document(r)
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// deleteComment: DELETE /comments/{id}
func deleteComment(c *Call) (Response, error) {
	if err := readSilent(c.Query); err != nil {
		return Response{}, err
	}
	var response commentDocument
	err := c.State.write(c.User, func(change *change) error {
		old, r, err := change.ownComment(c.Request.PathValue("id"))
		if err != nil {
			return err
		}
		change.state.comments.Remove(change.Tx, old.id)
		change.noteComment(r, store.EventDelete, old)
		response = old.document(r)
		return nil
	})
	return Response{http.StatusOK, response}, err
}
