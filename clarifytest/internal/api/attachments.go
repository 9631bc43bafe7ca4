package api

import (
	"math"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// attachment returns the registered file in the path.
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
func listRecordAttachments(c *Call) (Response, error) {
	_, err := c.object()
	if err != nil {
		return Response{}, err
	}
	p, paged, err := readAttachmentsPage(c)
	if err != nil {
		return Response{}, err
	}
	var response pageDocument[attachmentEntry]
	err = c.State.Read(func() error {
		r, err := c.owner(c.State)
		if err != nil {
			return err
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
	return Response{http.StatusOK, response}, err
}

// readAttachmentsPage reads page, whose limit has no maximum here. Without page all
// files are on one page; with it a limit is required.
func readAttachmentsPage(c *Call) (p page, paged bool, err error) {
	members, err := readMembers(c.Query, "page", "offset", "limit")
	if members == nil || err != nil {
		return page{limit: math.MaxInt32}, false, err
	}
	if text, ok := members["offset"]; ok {
		if p.offset, err = readInteger("page[offset]", text, 0, math.MaxInt64); err != nil {
			return p, true, err
		}
	}
	p.limit, err = readInteger("page[limit]", members["limit"], 1, math.MaxInt32)
	return p, true, err
}

// getSignedUrlForRecordAttachmentUpload: PUT /objects/{object}/records/{id}/attachments
func getSignedUrlForRecordAttachmentUpload(c *Call) (Response, error) {
	_, name, err := c.namedFile("AttachmentUploadRequest")
	if err != nil {
		return Response{}, err
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
	err = c.State.write(c.User, func(change *change) error {
		r, err := c.owner(c.State)
		if err != nil {
			return err
		}
		id := change.state.NewID()
		key := storageKey(c.Workspace, "attachments", id, keyName(name))
		change.reserve(key)
		change.attach(r, attachment{id: id, key: key, name: name})
		response.Data = place{c.signedURL(http.MethodPut, key, nil), key, id, r.Object, r.ID}
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// namedFile reads a body that must match a schema of the contract and has the name of a
// file.
func (c *Call) namedFile(schema string) (document map[string]any, name string, err error) {
	_, document, err = c.objectAndDocument()
	if err == nil {
		err = c.conform(document, schema, "")
	}
	if err != nil {
		return nil, "", err
	}
	if name, _ = document["name"].(string); name == "" {
		return nil, "", values.Invalid("/name", "The name of the file must not be empty.")
	}
	return document, name, nil
}

// addRecordAttachment: POST /objects/{object}/records/{id}/attachments
func addRecordAttachment(c *Call) (Response, error) {
	document, name, err := c.namedFile("NewAttachment")
	if err != nil {
		return Response{}, err
	}
	var response recordDocument
	err = c.State.write(c.User, func(change *change) error {
		r, err := c.owner(c.State)
		if err != nil {
			return err
		}
		all, _ := change.state.attachments.Find(ownerKey(r.Object, r.ID))
		i := slices.IndexFunc(all, func(a attachment) bool { return a.id == document["attachmentId"] })
		if i < 0 {
			return values.Invalid("/attachmentId", "No signed URL was requested for an attachment with this id of this record.")
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
	return Response{http.StatusCreated, response}, err
}

// getRecordAttachment: GET /objects/{object}/records/{id}/attachments/{attachmentId}
func getRecordAttachment(c *Call) (Response, error) {
	_, err := c.object()
	if err != nil {
		return Response{}, err
	}
	var response struct {
		Data struct {
			URL string `json:"url"`
		} `json:"data"`
	}
	err = c.State.Read(func() error {
		r, err := c.owner(c.State)
		if err != nil {
			return err
		}
		a, err := c.attachment(r)
		if err != nil {
			return err
		}
		response.Data.URL = c.signedURL(http.MethodGet, a.key, storage.DownloadAs(a.name))
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// deleteRecordAttachment: DELETE /objects/{object}/records/{id}/attachments/{attachmentId}
func deleteRecordAttachment(c *Call) (Response, error) {
	_, err := c.object()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	var response recordDocument
	err = c.State.write(c.User, func(change *change) error {
		r, err := c.owner(c.State)
		if err != nil {
			return err
		}
		a, err := c.attachment(r)
		if err != nil {
			return err
		}
		owner := ownerKey(r.Object, r.ID)
		all, _ := change.state.attachments.Find(owner)
		change.state.attachments.Put(change.Tx, owner, slices.DeleteFunc(slices.Clone(all), func(other attachment) bool { return other.id == a.id }))
		change.state.files.Remove(change.Tx, a.key)
		response.Data = change.state.resource(r)
		return nil
	})
	return Response{http.StatusOK, response}, err
}
