package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// comment is a comment on a record.
type comment struct {
	id        string
	object    string
	record    string
	message   []any
	createdAt time.Time
	createdBy string
	updatedAt time.Time // zero if it was not changed
	updatedBy string
}

type commentDocument struct {
	ID        string  `json:"_id"`
	Message   []any   `json:"message"`
	OwnerID   string  `json:"owner_id"`
	Entity    string  `json:"entity"`
	CreatedAt string  `json:"_created_at"`
	CreatedBy string  `json:"_created_by"`
	UpdatedAt *string `json:"_updated_at"`
	UpdatedBy *string `json:"_updated_by"`
}

// comment returns a comment and its record, which may have been merged into another.
// The comments of a deleted record are not found.
func (s *State) comment(id string) (comment, *store.Record, error) {
	found, err := s.comments.Get("comment", strings.ToLower(id))
	if err != nil {
		return comment{}, nil, err
	}
	if spec := s.Schemas.Find(found.object); spec != nil {
		if r := s.Follow(spec, found.record); r != nil {
			return found, r, nil
		}
	}
	return comment{}, nil, NotFound("There is no comment with this id: its record is deleted.")
}

// ownComment returns a comment if the user wrote it, and its record.
func (c *change) ownComment(id string) (comment, *store.Record, error) {
	found, r, err := c.state.comment(id)
	if err == nil && found.createdBy != c.User {
		err = Fail(http.StatusForbidden, "The comment is another user's.")
	}
	return found, r, err
}

func (c *change) noteComment(r *store.Record, kind string, about comment, changes ...store.Update) {
	c.Note(r.ID, store.Event{
		Kind:    kind,
		Subject: &store.Participant{Entity: "comment", ID: about.id},
		Changes: changes,
		Role:    store.RoleTarget,
		Others:  []store.Participant{r.Participant()},
	})
}

func (c comment) document(about *store.Record) commentDocument {
	document := commentDocument{
		ID:        c.id,
		Message:   c.message,
		OwnerID:   about.ID,
		Entity:    about.Object,
		CreatedAt: values.FormatTime(c.createdAt),
		CreatedBy: c.createdBy,
	}
	if !c.updatedAt.IsZero() {
		at := values.FormatTime(c.updatedAt)
		document.UpdatedAt, document.UpdatedBy = &at, &c.updatedBy
	}
	return document
}
