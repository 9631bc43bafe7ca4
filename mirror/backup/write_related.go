package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/clarify-go/clarify"
)

// related writes what belongs to each record.
func (w *backup) related(ctx context.Context) error {
	if !w.activities && !w.attachments && !w.grants {
		return nil
	}
	for _, object := range w.manifest.Objects {
		if err := w.relatedOf(ctx, object); err != nil {
			return fmt.Errorf("backup: %s: %w", object, err)
		}
	}
	return nil
}

// chunk is how many records are asked for what belongs to them before that is written.
const chunk = 64

// belongings are what belongs to a record, as lines.
type belongings struct {
	activities, comments, attachments, grants []any
	err                                       error
}

func (w *backup) relatedOf(ctx context.Context, object string) (err error) {
	files := map[string]*lineWriter{}
	for kind, wanted := range map[string]bool{kindActivities: w.activities, kindComments: w.activities, kindAttachments: w.attachments, kindGrants: w.grants} {
		if !wanted {
			continue
		}
		if files[kind], err = create(w.dir, fileOf(kind, object), kind, object); err != nil {
			return err
		}
		defer func() { _ = files[kind].file.Close() }()
	}
	done, path := 0, fileOf(kindRecords, object)
	total := w.manifest.Files[path].Lines
	var ids []string
	flush := func() error {
		for _, all := range w.ask(ctx, object, ids) {
			if all.err != nil {
				return all.err
			}
			for kind, lines := range map[string][]any{kindActivities: all.activities, kindComments: all.comments, kindAttachments: all.attachments, kindGrants: all.grants} {
				for _, line := range lines {
					if err := files[kind].line(line); err != nil {
						return err
					}
				}
			}
		}
		done += len(ids)
		ids = ids[:0]
		w.report(Progress{Step: "related", Object: object, Done: done, Total: total})
		return nil
	}
	for line, err := range lines[struct{ ID string }](w.dir, path) {
		if err != nil {
			return err
		}
		if ids = append(ids, line.ID); len(ids) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	for kind, f := range files {
		about, err := f.finish()
		if err != nil {
			return err
		}
		w.manifest.Files[fileOf(kind, object)] = about
	}
	return nil
}

// ask asks for what belongs to records, several at a time.
func (w *backup) ask(ctx context.Context, object string, ids []string) []belongings {
	all := make([]belongings, len(ids))
	slots := make(chan struct{}, w.concurrency)
	var wg sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			all[i] = w.askOne(ctx, object, id)
		}()
	}
	wg.Wait()
	return all
}

func (w *backup) askOne(ctx context.Context, object, id string) (all belongings) {
	for _, part := range []struct {
		wanted bool
		read   func() error
	}{
		{w.activities, func() error { return w.activitiesOf(ctx, object, id, &all) }},
		{w.attachments, func() error { return w.attachmentsOf(ctx, object, id, &all) }},
		{w.grants, func() error { return w.grantsOf(ctx, object, id, &all) }},
	} {
		if !part.wanted || all.err != nil {
			continue
		}
		// A record may be deleted meanwhile.
		if err := part.read(); err != nil && !errors.Is(err, clarify.ErrNotFound) {
			all.err = err
		}
	}
	return all
}

// activitiesOf reads the activities of a record, and the comments that they name: no
// operation lists comments.
func (w *backup) activitiesOf(ctx context.Context, object, id string, all *belongings) error {
	var comments []string
	seen := map[string]bool{}
	for a, err := range w.client.Activities(ctx, object, id) {
		if err != nil {
			return err
		}
		raw, err := json.Marshal(a)
		if err != nil {
			return err
		}
		all.activities = append(all.activities, activityLine{id, raw})
		var value any
		if json.Unmarshal(raw, &value) == nil {
			commentsIn(value, func(comment string) {
				if !seen[comment] {
					seen[comment] = true
					comments = append(comments, comment)
				}
			})
		}
	}
	// Activities begin with the last one.
	for i := len(comments) - 1; i >= 0; i-- {
		c, err := w.client.Comment(ctx, comments[i])
		if errors.Is(err, clarify.ErrNotFound) {
			continue // it was deleted
		}
		if err != nil {
			return err
		}
		if c.Object == object && c.Record == id {
			all.comments = append(all.comments, c)
		}
	}
	return nil
}

// commentsIn finds the ids of comments in the entities of an activity.
func commentsIn(value any, use func(id string)) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			commentsIn(v, use)
		}
	case map[string]any:
		entity, _ := value["entity"].(string)
		if id, _ := value["_id"].(string); id != "" && strings.EqualFold(entity, "comment") {
			use(id)
		}
		for _, v := range value {
			commentsIn(v, use)
		}
	}
}

func (w *backup) attachmentsOf(ctx context.Context, object, id string, all *belongings) error {
	for a, err := range w.client.Attachments(ctx, object, id) {
		if err != nil {
			return err
		}
		raw, err := json.Marshal(a)
		if err != nil {
			return err
		}
		line := attachmentLine{ID: id, Attachment: raw}
		if w.files {
			path := "files/" + fileName(object) + "/" + fileName(a.ID)
			switch err := w.download(ctx, object, id, a.ID, path); {
			case err == nil:
				line.File = path
			case ctx.Err() != nil || !isAbout(err) && !isStorage(err):
				return err
			default:
				_ = os.Remove(filepath.Join(w.dir, filepath.FromSlash(path)))
				w.skipped.add("files", object, "", a.ID, reasonOf(err))
			}
		}
		all.attachments = append(all.attachments, line)
	}
	return nil
}

// isStorage reports whether storage says that it has no such file.
func isStorage(err error) bool {
	var e *clarify.StorageError
	return errors.As(err, &e) && (e.StatusCode == 403 || e.StatusCode == 404 || e.StatusCode == 410)
}

func (w *backup) download(ctx context.Context, object, id, attachment, path string) error {
	f, err := create(w.dir, path, kindFile, object)
	if err != nil {
		return err
	}
	if _, err := w.client.DownloadAttachment(ctx, object, id, attachment, f); err != nil {
		return errors.Join(err, f.file.Close())
	}
	about, err := f.finish()
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.manifest.Files[path] = about
	return nil
}

func (w *backup) grantsOf(ctx context.Context, object, id string, all *belongings) error {
	grants, err := grantsOf(ctx, w.client, object, id)
	if errors.Is(err, clarify.ErrForbidden) {
		w.skipped.add("grants", object, "", id, reasonOf(err))
		return nil
	}
	for _, g := range grants {
		all.grants = append(all.grants, grantLine{id, g})
	}
	return err
}

// grantsOf reads the grants of a record.
func grantsOf(ctx context.Context, client *clarify.Client, object, id string) ([]json.RawMessage, error) {
	var document struct {
		Data []json.RawMessage `json:"data"`
	}
	err := client.Do(ctx, "GET", recordPath(object, id)+"/access", nil, nil, &document)
	return document.Data, err
}

func recordPath(object, id string) string {
	return "objects/" + url.PathEscape(object) + "/records/" + url.PathEscape(id)
}
