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

// file is a place in storage, and what is there once something was uploaded. It
// and its bytes never change.
type file struct {
	key         string
	uploaded    bool
	contentType string // empty if the upload did not say
	data        []byte
	etag        string // what HTTP calls the bytes
	modifiedAt  time.Time
}

// reserve makes a place for an upload, unless there is one of this key.
func (c *change) reserve(key string) {
	if _, ok := c.state.files.Find(key); !ok {
		c.state.files.Put(c.Tx, key, file{key: key})
	}
}

// Uploads returns what storage holds for the workspace, in the order in which the
// places were reserved.
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

// stored returns the file as storage knows it.
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

// storageKey is what storage calls a file. The workspace comes first, so that
// storage finds it: escaped, so that it is one segment whatever its name.
func storageKey(workspace string, segments ...string) string {
	return url.PathEscape(workspace) + "/" + strings.Join(segments, "/")
}

// maxKeyName is how much of a file's name its key has, in bytes.
const maxKeyName = 200

// keyName is what a key has of a file's name. Most characters stay, because a
// signed address that does not survive them is a mistake to be found here.
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

// ownerKey is the id on the shelves of what belongs to a record.
func ownerKey(object, id string) string { return object + "/" + id }

// dropFiles removes what a record that is deleted has in storage.
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

// inheritFiles gives what a record that is merged has in storage to its heir.
func (c *change) inheritFiles(source, heir *store.Record) {
	from, to := ownerKey(source.Object, source.ID), ownerKey(heir.Object, heir.ID)
	if attachments, ok := c.state.attachments.Find(from); ok {
		before, _ := c.state.attachments.Find(to)
		c.state.attachments.Put(c.Tx, to, slices.Concat(before, attachments))
		c.state.attachments.Remove(c.Tx, from)
	}
	if source.Object != meetingObject {
		return
	}
	if recorded, ok := c.state.recorded.Find(source.ID); ok {
		merged, _ := c.state.recorded.Find(heir.ID)
		merged.enabled = merged.enabled || recorded.enabled
		merged.recordings = slices.Concat(merged.recordings, recorded.recordings)
		if merged.transcriptKey == "" {
			merged.transcriptKey, recorded.transcriptKey = recorded.transcriptKey, ""
		}
		c.state.recorded.Put(c.Tx, heir.ID, merged)
		c.state.recorded.Put(c.Tx, source.ID, recordedMeeting{transcriptKey: recorded.transcriptKey})
	}
}
