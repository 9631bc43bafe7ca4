package api

import (
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// attachment is a file of a record, or the key that is reserved for one.
type attachment struct {
	id         string
	key        string
	name       string
	registered bool
	createdAt  string
	createdBy  string
	mimeType   string
	size       int
}

// attachmentEntry is an attachment in a list, which is flat.
type attachmentEntry struct {
	ID        string  `json:"_id"`
	Name      string  `json:"name"`
	CreatedAt string  `json:"_created_at"`
	CreatedBy string  `json:"_created_by"`
	Source    string  `json:"source"`
	MimeType  *string `json:"mime_type"`
	Size      int     `json:"size_bytes"`
}

func (a attachment) entry() attachmentEntry {
	e := attachmentEntry{
		ID:        a.id,
		Name:      a.name,
		CreatedAt: a.createdAt,
		CreatedBy: a.createdBy,
		Source:    "user",
		Size:      a.size,
	}
	if a.mimeType != "" {
		e.MimeType = &a.mimeType
	}
	return e
}

// attachmentsOf returns the registered files of a record.
func (s *State) attachmentsOf(r *store.Record) []attachment {
	all, _ := s.attachments.Find(ownerKey(r.Object, r.ID))
	return slices.DeleteFunc(slices.Clone(all), func(a attachment) bool { return !a.registered })
}

// attach adds an attachment to a record, or replaces the one with its id.
func (c *change) attach(r *store.Record, a attachment) {
	owner := ownerKey(r.Object, r.ID)
	all, _ := c.state.attachments.Find(owner)
	all = slices.Clone(all)
	if i := slices.IndexFunc(all, func(other attachment) bool { return other.id == a.id }); i >= 0 {
		all[i] = a
	} else {
		all = append(all, a)
	}
	c.state.attachments.Put(c.Tx, owner, all)
}
