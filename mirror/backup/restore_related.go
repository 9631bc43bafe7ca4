package backup

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// lost is why something that belongs to a record is not restored.
const lost = "it belongs to a record that could not be restored"

// links restores the links that no attribute has. Each is at both ends of a relationship,
// and is restored at one.
func (r *restore) links(ctx context.Context) error {
	for _, object := range r.objects {
		source, _ := r.source.Object(object)
		wanted := map[string]bool{}
		for _, f := range linkFields(r.source, source) {
			back := otherEnd(r.source, f)
			has := r.hasField(object, f.Name)
			wanted[f.Name] = has && (back == nil || back.Kind != clarify.KindToMany || !r.hasField(f.Relationship.Object, back.Name) ||
				object+"/"+f.Name <= f.Relationship.Object+"/"+back.Name)
			if !has {
				r.problems.add("links", object, f.Name, "", "the workspace does not have the relationship")
			}
		}
		err := each(ctx, r, fileOf(kindLinks, object), "links", func(l *linkLine) string { return l.ID }, func(ctx context.Context, l *linkLine) error {
			if !wanted[l.Field] {
				return nil
			}
			return r.link(ctx, object, l)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) link(ctx context.Context, object string, l *linkLine) error {
	what, id := "links/"+object+"/"+l.Field, r.ids[object][l.ID]
	if id == "" {
		r.problems.addN("links", object, l.Field, l.ID, lost, len(l.To))
		return nil
	}
	var refs []clarify.Ref
	for _, ref := range l.To {
		if now := r.ids[ref.Type][ref.ID]; now != "" {
			refs = append(refs, clarify.Ref{Type: ref.Type, ID: now})
		} else {
			r.problems.add("links", object, l.Field, l.ID, "it leads to a record that could not be restored or is not in the backup")
		}
	}
	if len(refs) == 0 || r.journal.has(what, l.ID) {
		return nil
	}
	records := clarify.NewRecords[json.RawMessage](r.client, object).Silent()
	// It replaces all links of the record, so it may be repeated.
	err := r.repeat(ctx, func() error { return records.Link(ctx, id, l.Field, refs...) })
	if err != nil && isAbout(err) {
		r.problems.addN("links", object, l.Field, l.ID, reasonOf(err), len(refs))
		return nil
	}
	if err != nil {
		return err
	}
	return r.journal.put(what, l.ID, "")
}

// repeat calls a function that may be called again, a few times as long as the outcome is
// not known.
func (r *restore) repeat(ctx context.Context, do func() error) (err error) {
	for range 3 {
		if err = r.whenIdle(ctx, do); !errors.Is(err, clarify.ErrOutcomeUnknown) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// comments restores comments, whose ids follow from the old ones.
func (r *restore) comments(ctx context.Context) error {
	for _, object := range r.manifest.Objects {
		about := func(c *clarify.Comment) string { return c.Record }
		if err := each(ctx, r, fileOf(kindComments, object), "comments", about, r.comment); err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) comment(ctx context.Context, c *clarify.Comment) error {
	record := r.ids[c.Object][c.Record]
	if record == "" {
		r.problems.add("comments", c.Object, "", c.ID, lost)
		return nil
	}
	r.problems.add("comments", c.Object, "", c.ID, "its author is the user of the credential, and its time that of the restore")
	if r.journal.has("comments", c.ID) {
		return nil
	}
	id := derivedUUID(r.journal.id, "comment", c.ID)
	var message []gen.RichTextBlock
	raw, err := json.Marshal(c.Message)
	var value []any
	if err == nil {
		err = unmarshal(raw, &value)
	}
	if err == nil {
		raw, err = json.Marshal(r.replace(value, nil))
	}
	if err == nil {
		err = unmarshal(raw, &message)
	}
	if err != nil {
		return err
	}
	err = r.whenIdle(ctx, func() error {
		_, err := r.client.AddComment(ctx, clarify.Ref{Type: c.Object, ID: record}, message, clarify.CommentID(id), clarify.Silent())
		return err
	})
	if err != nil {
		// An earlier attempt may have added it.
		if _, found := r.client.Comment(ctx, id); found == nil {
			err = nil
		}
	}
	if err != nil && isAbout(err) {
		r.problems.add("comments", c.Object, "", c.ID, reasonOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	return r.journal.put("comments", c.ID, id)
}

// attachments uploads the files that the backup has.
func (r *restore) attachments(ctx context.Context) error {
	for _, object := range r.objects {
		about := func(a *attachmentLine) string { return a.ID }
		err := each(ctx, r, fileOf(kindAttachments, object), "attachments", about, func(ctx context.Context, a *attachmentLine) error {
			return r.attachment(ctx, object, a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) attachment(ctx context.Context, object string, line *attachmentLine) error {
	var a gen.Attachment
	if err := unmarshal(line.Attachment, &a); err != nil {
		return err
	}
	record := r.ids[object][line.ID]
	switch {
	case record == "":
		r.problems.add("attachments", object, "", a.ID, lost)
		return nil
	case line.File == "":
		r.problems.add("attachments", object, "", a.ID, "the file is not in the backup")
		return nil
	case r.journal.has("attachments", a.ID):
		return nil
	}
	about := r.manifest.Files[line.File]
	id, err := "", error(nil)
	for attempt := 0; id == "" && attempt < 3; attempt++ {
		if r.journal.resumed || attempt > 0 {
			// An earlier attempt may have uploaded it.
			if id, err = r.uploaded(ctx, object, record, a.Name, about.Bytes); err != nil {
				return err
			}
		}
		if id == "" {
			if id, err = r.upload(ctx, object, record, a.Name, line.File, about.Bytes); !errors.Is(err, clarify.ErrOutcomeUnknown) || ctx.Err() != nil {
				break
			}
			id = ""
		}
	}
	if err != nil && isAbout(err) {
		r.problems.add("attachments", object, "", a.ID, reasonOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	return r.journal.put("attachments", a.ID, id)
}

func (r *restore) upload(ctx context.Context, object, record, name, path string, size int64) (string, error) {
	file, err := os.Open(filepath.Join(r.dir, filepath.FromSlash(path)))
	if err != nil {
		return "", err
	}
	defer file.Close()
	uploaded, err := r.client.UploadAttachment(ctx, object, record, name, file, size, clarify.Silent())
	if err != nil {
		return "", err
	}
	return uploaded.ID, nil
}

// uploaded returns the id of a file that a record has and that the journal does not.
func (r *restore) uploaded(ctx context.Context, object, record, name string, size int64) (string, error) {
	for a, err := range r.client.Attachments(ctx, object, record) {
		if err != nil {
			return "", err
		}
		bytes, err := a.SizeBytes.Get()
		if a.Name == name && (err != nil || int64(bytes) == size) && !r.journal.made("attachments", a.ID) {
			return a.ID, nil
		}
	}
	return "", nil
}

// grants grants access to records.
func (r *restore) grants(ctx context.Context) error {
	for _, object := range r.objects {
		about := func(g *grantLine) string { return g.ID }
		err := each(ctx, r, fileOf(kindGrants, object), "grants", about, func(ctx context.Context, g *grantLine) error {
			return r.grant(ctx, object, g)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) grant(ctx context.Context, object string, line *grantLine) error {
	var g gen.Grant
	if err := unmarshal(line.Grant, &g); err != nil {
		return err
	}
	record := r.ids[object][line.ID]
	lose := func(reason string) error {
		r.problems.add("grants", object, "", g.ID, reason)
		return nil
	}
	to := map[string]any{"grantee_type": g.Attributes.GranteeType, "grantee_id": nil, "access_level": g.Attributes.AccessLevel}
	switch {
	case record == "":
		return lose(lost)
	case g.Attributes.AccessLevel == gen.AccessLevelManage:
		return lose("the API does not let anyone grant the level manage")
	case g.Attributes.GranteeType == gen.GranteeTypeUser:
		old, _ := g.Attributes.GranteeID.Get()
		if r.users[old] == "" {
			return lose("the workspace does not have the user")
		}
		to["grantee_id"] = r.users[old]
	case g.Attributes.GranteeType != gen.GranteeTypeWorkspace:
		return lose("the API grants access to users and to the workspace only")
	}
	if r.journal.has("grants", g.ID) {
		return nil
	}
	there, err := grantsOf(ctx, r.client, object, record)
	if err == nil && !hasGrant(there, to) {
		body := map[string]any{"data": map[string]any{"type": "object-record-access", "attributes": to}}
		err = r.send(ctx, "POST", recordPath(object, record)+"/access", body, nil)
	}
	if err != nil && isAbout(err) {
		return lose(reasonOf(err))
	}
	if err != nil {
		return err
	}
	return r.journal.put("grants", g.ID, "")
}

// hasGrant reports whether one of the grants is for the same party.
func hasGrant(grants []json.RawMessage, to map[string]any) bool {
	for _, raw := range grants {
		var g struct {
			Attributes struct {
				Type gen.GranteeType `json:"grantee_type"`
				ID   any             `json:"grantee_id"`
			} `json:"attributes"`
		}
		if unmarshal(raw, &g) == nil && g.Attributes.Type == to["grantee_type"] && g.Attributes.ID == to["grantee_id"] {
			return true
		}
	}
	return false
}

// listPath returns the path of a list of an object.
func listPath(object, list string) string {
	return strings.TrimSuffix("objects/"+url.PathEscape(object)+"/lists/"+url.PathEscape(list), "/")
}
