package api

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/clarify-go/clarify/clarifytest/internal/storage"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// file is a key that is reserved in storage, and its upload, if there is one. It and its
// bytes never change.
type file struct {
	key         string
	uploaded    bool
	contentType string // empty if the upload had none
	data        []byte
	etag        string // of the bytes
	modifiedAt  time.Time
}

// reserve reserves a key for an upload, unless it is reserved already.
func (c *change) reserve(key string) {
	if _, ok := c.state.files.Find(key); !ok {
		c.state.files.Put(c.Tx, key, file{key: key})
	}
}

// Uploads returns the workspace's files in storage, in the order in which tinto keys
// were reserved.
func (s *State) Uploads() []storage.File {
	var uploads []storage.File
	_ = s.Read(func() error {
		for _, f := range s.files.Where(func(f file) bool { return f.uploaded }) {
			uploads = append(uploads, f.stored())
		}
		return nil
	})
	return uploads
}

// stored returns the file for storage.
func (f file) stored() storage.File {
	return storage.File{Key: f.key, ContentType: f.contentType, Data: f.data, ETag: f.etag, ModifiedAt: f.modifiedAt}
}

// Reserved reports whether there is a place for an upload. The file is what was uploaded
// to it, if anything was.
func (s *State) Reserved(key string) (f storage.File, uploaded, reserved bool) {
	_ = s.Read(func() error {
		held, ok := s.files.Find(key)
		f, uploaded, reserved = held.stored(), held.uploaded, ok
		return nil
	})
	return f, uploaded, reserved
}

// Upload puts a file into its place, and reports whether there is one still.
func (s *State) Upload(f storage.File) bool {
	err := s.write(SystemUser, func(c *change) error {
		if _, ok := s.files.Find(f.Key); !ok {
			return NotFound("The place is gone.")
		}
		s.files.Put(c.Tx, f.Key, file{f.Key, true, f.ContentType, f.Data, f.ETag, c.Now})
		return nil
	})
	return err == nil
}

// putFile puts an upload into its place.
func (c *change) putFile(key, contentType string, data []byte, etag string) {
	c.state.files.Put(c.Tx, key, file{key, true, contentType, data, etag, c.Now})
}

// uploaded returns what was uploaded to a place, and whether anything was.
func (s *State) uploaded(key string) (file, bool) {
	f, ok := s.files.Find(key)
	return f, ok && f.uploaded
}

// storageKey returns the key of a file. It begins with the workspace, so that storage
// finds it, escaped, so that it is one segment whatever its name.
func storageKey(workspace string, segments ...string) string {
	return url.PathEscape(workspace) + "/" + strings.Join(segments, "/")
}

// maxKeyName is the maximum length of a file's name in its key, in bytes.
const maxKeyName = 200

// keyName returns a file's name as part of a key. It keeps most characters, so that a
// program that breaks a signed URL with them fails its tests.
func keyName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '/' || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if len(clean) > maxKeyName {
		clean = strings.ToValidUTF8(clean[:maxKeyName], "")
	}
	if clean == "." || clean == ".." {
		return "_"
	}
	return clean
}

// ownerKey is the id of a record's attachments in [holdings].
func ownerKey(object, id string) string { return object + "/" + id }

// dropFiles removes the files of a record that is being deleted.
func (c *change) dropFiles(r *store.Record) {
	owner := ownerKey(r.Object, r.ID)
	attachments, _ := c.state.attachments.Find(owner)
	for _, a := range attachments {
		c.state.files.Remove(c.Tx, a.key)
	}
	c.state.attachments.Remove(c.Tx, owner)
	if r.Object != meetingObject {
		return
	}
	recorded, _ := c.state.recorded.Find(r.ID)
	for _, recording := range recorded.recordings {
		c.state.files.Remove(c.Tx, recording.mediaKey)
		c.state.files.Remove(c.Tx, recording.transcriptKey)
	}
	c.state.files.Remove(c.Tx, recorded.transcriptKey)
	c.state.recorded.Remove(c.Tx, r.ID)
}

// mergeFiles moves the files of a record to the one that it is merged into.
func (c *change) mergeFiles(source, into *store.Record) {
	from, to := ownerKey(source.Object, source.ID), ownerKey(into.Object, into.ID)
	if attachments, ok := c.state.attachments.Find(from); ok {
		before, _ := c.state.attachments.Find(to)
		c.state.attachments.Put(c.Tx, to, slices.Concat(before, attachments))
		c.state.attachments.Remove(c.Tx, from)
	}
	if source.Object != meetingObject {
		return
	}
	if recorded, ok := c.state.recorded.Find(source.ID); ok {
		merged, _ := c.state.recorded.Find(into.ID)
		merged.enabled = merged.enabled || recorded.enabled
		merged.recordings = slices.Concat(merged.recordings, recorded.recordings)
		if merged.transcriptKey == "" {
			merged.transcriptKey, recorded.transcriptKey = recorded.transcriptKey, ""
		}
		c.state.recorded.Put(c.Tx, into.ID, merged)
		c.state.recorded.Put(c.Tx, source.ID, recordedMeeting{transcriptKey: recorded.transcriptKey})
	}
}
