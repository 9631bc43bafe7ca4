package api

import (
	"math"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// attachment is a file of a record, or a place given out for one.
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

// attachment returns the registered file that the path names.
func (c *Call) attachment(r *store.Record) (attachment, error) {
	id := c.Request.PathValue("attachmentId")
	for _, a := range c.State.attachmentsOf(r) {
		if a.id == id {
			return a, nil
		}
	}
	return attachment{}, NotFound("The record has no attachment with this id.")
}

// listRecordAttachments: GET /objects/{object}/records/{id}/attachments
func listRecordAttachments(c *Call) (Reply, error) {
	_, f := c.object()
	if f != nil {
		return Reply{}, f
	}
	p, paged, f := readAttachmentsPage(c)
	if f != nil {
		return Reply{}, f
	}
	var response pageDocument[attachmentEntry]
	f = c.State.Read(func() error {
		r, f := c.owner(c.State)
		if f != nil {
			return f
		}
		all := c.State.attachmentsOf(r)
		response.Data = []attachmentEntry{}
		for _, a := range part(p, all) {
			response.Data = append(response.Data, a.entry())
		}
		response.Meta = pageMeta{TotalRecords: len(all), TotalPages: min(1, len(all))}
		if paged {
			response.Meta = p.meta(len(all))
			response.Links = c.pageLinks(p, len(all))
		}
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// readAttachmentsPage reads page, which has no largest limit here. Without it
// all files come at once; with it a limit is required.
func readAttachmentsPage(c *Call) (p page, paged bool, f error) {
	members, f := readMembers(c.Query, "page", "offset", "limit")
	if members == nil || f != nil {
		return page{limit: math.MaxInt32}, false, f
	}
	if text, ok := members["offset"]; ok {
		if p.offset, f = readInteger("page[offset]", text, 0, math.MaxInt64); f != nil {
			return p, true, f
		}
	}
	p.limit, f = readInteger("page[limit]", members["limit"], 1, math.MaxInt32)
	return p, true, f
}

// getSignedUrlForRecordAttachmentUpload: PUT /objects/{object}/records/{id}/attachments
func getSignedUrlForRecordAttachmentUpload(c *Call) (Reply, error) {
	_, name, f := c.namedFile("AttachmentUploadRequest")
	if f != nil {
		return Reply{}, f
	}
	type place struct {
		SignedURL    string `json:"signedUrl"`
		Key          string `json:"key"`
		AttachmentID string `json:"attachmentId"`
		Entity       string `json:"entity"`
		ID           string `json:"_id"`
	}
	var response struct {
		Data place `json:"data"`
	}
	f = c.State.write(c.User, func(change *change) error {
		r, f := c.owner(c.State)
		if f != nil {
			return f
		}
		id := change.state.NewID()
		key := storageKey(c.Workspace, "attachments", id, keyName(name))
		change.reserve(key)
		change.attach(r, attachment{id: id, key: key, name: name})
		response.Data = place{c.signedURL(http.MethodPut, key, nil), key, id, r.Object, r.ID}
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// namedFile reads a body that the contract describes by a schema, and the name
// of a file that it has.
func (c *Call) namedFile(schema string) (document map[string]any, name string, f error) {
	_, document, f = c.write()
	if f == nil {
		f = c.conform(document, schema, "")
	}
	if f != nil {
		return nil, "", f
	}
	if name, _ = document["name"].(string); name == "" {
		return nil, "", values.Invalid("/name", "The name of the file must not be empty.")
	}
	return document, name, nil
}

// attach adds an attachment to those of a record, or puts it in the place of the
// one that has its id.
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

// addRecordAttachment: POST /objects/{object}/records/{id}/attachments
func addRecordAttachment(c *Call) (Reply, error) {
	document, name, f := c.namedFile("NewAttachment")
	if f != nil {
		return Reply{}, f
	}
	var response recordDocument
	f = c.State.write(c.User, func(change *change) error {
		r, f := c.owner(c.State)
		if f != nil {
			return f
		}
		all, _ := change.state.attachments.Find(ownerKey(r.Object, r.ID))
		i := slices.IndexFunc(all, func(a attachment) bool { return a.id == document["attachmentId"] })
		if i < 0 {
			return values.Invalid("/attachmentId", "No address to upload an attachment of this id to this record was asked for.")
		}
		a := all[i]
		if a.key != document["key"] {
			return values.Invalid("/key", "The attachment has another key.")
		}
		stored, ok := change.state.uploaded(a.key)
		if !ok {
			return values.Invalid("/key", "Nothing was uploaded to storage under this key.")
		}
		a.name, a.mimeType, a.size = name, stored.contentType, len(stored.data)
		if !a.registered {
			a.registered, a.createdAt, a.createdBy = true, values.FormatTime(change.Now), c.User
		}
		change.attach(r, a)
		response.Data = change.state.resource(r)
		return nil
	})
	return Reply{http.StatusCreated, response}, f
}

// getRecordAttachment: GET /objects/{object}/records/{id}/attachments/{attachmentId}
func getRecordAttachment(c *Call) (Reply, error) {
	_, f := c.object()
	if f != nil {
		return Reply{}, f
	}
	var response struct {
		Data struct {
			URL string `json:"url"`
		} `json:"data"`
	}
	f = c.State.Read(func() error {
		r, f := c.owner(c.State)
		if f != nil {
			return f
		}
		a, f := c.attachment(r)
		if f != nil {
			return f
		}
		response.Data.URL = c.signedURL(http.MethodGet, a.key, storage.DownloadAs(a.name))
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// deleteRecordAttachment: DELETE /objects/{object}/records/{id}/attachments/{attachmentId}
func deleteRecordAttachment(c *Call) (Reply, error) {
	_, f := c.object()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	var response recordDocument
	f = c.State.write(c.User, func(change *change) error {
		r, f := c.owner(c.State)
		if f != nil {
			return f
		}
		a, f := c.attachment(r)
		if f != nil {
			return f
		}
		owner := ownerKey(r.Object, r.ID)
		all, _ := change.state.attachments.Find(owner)
		change.state.attachments.Put(change.Tx, owner, slices.DeleteFunc(slices.Clone(all), func(other attachment) bool { return other.id == a.id }))
		change.state.files.Remove(change.Tx, a.key)
		response.Data = change.state.resource(r)
		return nil
	})
	return Reply{http.StatusOK, response}, f
}
