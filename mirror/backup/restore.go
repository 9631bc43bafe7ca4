package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// Report is what a restore did.
type Report struct {
	// Restored is how many things of each kind the workspace has from the backup, such as
	// "records/person", "links", "lists" and "comments". It counts those of earlier calls
	// that this one resumed.
	Restored map[string]int `json:"restored"`
	// Problems are what could not be restored, or not as it was, and why.
	Problems []Problem `json:"problems"`
	// Resumed is whether an earlier call began the restore.
	Resumed bool `json:"resumed"`
}

// Restore creates what a backup has in the workspace of the client, which must have no
// records, lists and workflows; see [IntoNonEmpty]. Schemas come first, then records and
// their links, lists, comments, files, grants, settings and workflows. Everything gets a
// new id, and each id in the backup is replaced. Users are the ones with the same email
// address. Nothing is announced.
//
// What the API does not take is in the report, and ends nothing: times and authors, which
// the system sets; the members of static lists; activities; recordings.
//
// Restore notes what it has done in a journal. If it fails or is killed, call it again to
// resume. What an earlier call may have created without noting it is looked for, so that
// nothing is created twice. Until it has ended, nobody else should write to the workspace.
// It holds the ids of all records in memory, about 200 bytes each.
//
// The report says what was done, also if there is an error.
func Restore(ctx context.Context, client *clarify.Client, dir string, opts ...Option) (report *Report, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	manifest, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if err := manifest.Check(ctx, dir); err != nil {
		return nil, err
	}
	path := c.journal
	if path == "" {
		path = filepath.Join(dir, "restore.journal")
	}
	j, err := openJournal(path, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	r := &restore{config: c, client: client, dir: dir, manifest: manifest, journal: j, users: map[string]string{}, emails: map[string]string{}, ids: map[string]map[string]string{}}
	err = r.run(ctx)
	return r.reportNow(), err
}

// restore is one call of Restore.
type restore struct {
	*config
	client   *clarify.Client
	dir      string
	manifest *Manifest
	journal  *journal
	source   *clarify.Schema // of the backup
	target   *clarify.Schema // of the workspace
	objects  []string        // in the order in which their records are created
	order    map[string]int
	users    map[string]string            // new ids by old ones; "" if there is none
	emails   map[string]string            // of users, by old id
	ids      map[string]map[string]string // by object: new ids of records by old ones; "" as long as there is none
	problems problems
}

func (r *restore) run(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"empty", func(ctx context.Context) error { return r.journal.step(ctx, "empty", r.checkEmpty) }},
		{"schemas", r.schemas},
		{"users", r.readUsers},
		{"records", r.records},
		{"references", r.references},
		{"links", r.links},
		{"lists", r.lists},
		{"comments", r.comments},
		{"attachments", r.attachments},
		{"grants", r.grants},
		{"settings", r.settings},
		{"workflows", r.workflows},
		{"activities", r.rest},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("backup: cannot restore: %s: %w", step.name, err)
		}
	}
	return nil
}

func (r *restore) reportNow() *Report {
	report := &Report{Restored: map[string]int{}, Problems: r.problems.list(), Resumed: r.journal.resumed}
	for what := range r.journal.entries {
		name := what
		switch kind, _, _ := strings.Cut(what, "/"); kind {
		case "step", "existing", "drop", "late":
			continue
		case "records":
		default:
			name = kind
		}
		report.Restored[name] += r.journal.count(what)
	}
	return report
}

// checkEmpty returns an error if the workspace has what a restore creates.
func (r *restore) checkEmpty(ctx context.Context) error {
	schema, err := r.client.Schema(ctx)
	if err != nil {
		return err
	}
	var found []string
	for _, o := range schema.Objects() {
		opts := []clarify.QueryOption{clarify.Concurrency(r.concurrency)}
		if !r.nonEmpty {
			opts = append(opts, clarify.PageSize(1), clarify.Limit(1))
		}
		for record, err := range clarify.NewRecords[struct{}](r.client, o.Name).All(ctx, opts...) {
			if errors.Is(err, clarify.ErrNotFound) {
				break
			}
			if err == nil && r.nonEmpty {
				err = r.journal.put("existing/records/"+o.Name, record.ID, record.ID)
			} else if err == nil {
				found = append(found, "records of "+o.Name)
			}
			if err != nil {
				return err
			}
		}
	}
	for l, err := range r.client.WorkspaceLists(ctx) {
		if err == nil && l.Attributes.Type != gen.ListTypeDefault {
			err = r.journal.put("existing/lists", l.ID, l.ID)
			found = append(found, "lists")
		}
		if err != nil {
			return err
		}
	}
	for w, err := range r.client.Workflows(ctx) {
		if err == nil && w.Attributes.Type != gen.WorkflowTypeSystem {
			err = r.journal.put("existing/workflows", w.ID, w.ID)
			found = append(found, "workflows")
		}
		if err != nil {
			return err
		}
	}
	if found = slices.Compact(found); len(found) > 0 && !r.nonEmpty {
		return fmt.Errorf("the workspace is not empty, it has %s: must be a new one", strings.Join(found, ", "))
	}
	return nil
}

// existed reports whether something was in the workspace before the restore.
func (r *restore) existed(what, id string) bool { return r.journal.has("existing/"+what, id) }

// send sends a request that changes something. Where the API is busy with a change of
// schemas it waits.
func (r *restore) send(ctx context.Context, method, path string, body, out any) error {
	return r.whenIdle(ctx, func() error {
		return r.client.Do(ctx, method, path, map[string][]string{"silent": {"true"}}, body, out)
	})
}

// whenIdle calls a function again while the API responds with a conflict, which it does
// while a schema is being changed.
func (r *restore) whenIdle(ctx context.Context, do func() error) error {
	wait, waited := 100*time.Millisecond, time.Duration(0)
	for {
		err := do()
		if !errors.Is(err, clarify.ErrConflict) || waited >= r.patience {
			return err
		}
		if err := r.pause(ctx, wait); err != nil {
			return err
		}
		waited += wait
		wait = min(2*wait, 5*time.Second)
	}
}

func (r *restore) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-r.wait(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readUsers finds the users of the backup in the workspace, by their email addresses.
func (r *restore) readUsers(ctx context.Context) error {
	there := map[string]string{}
	for u, err := range r.client.Users(ctx) {
		if err != nil {
			return err
		}
		if email, err := u.Attributes.Email.Get(); err == nil && email != "" {
			there[strings.ToLower(email)] = u.ID
		}
	}
	for u, err := range lines[gen.User](r.dir, kindUsers+".ndjson") {
		if err != nil {
			return err
		}
		email, err := u.Attributes.Email.Get()
		if err != nil {
			email = ""
		}
		r.users[u.ID], r.emails[u.ID] = there[strings.ToLower(email)], email
		if r.users[u.ID] == "" {
			r.problems.add("users", "", "", u.ID, "no user of the workspace has the email address: users cannot be created")
		}
	}
	return nil
}

// each calls a function for each item of a file, several at a time. Items with the same
// key follow each other.
func each[T any](ctx context.Context, r *restore, path, what string, key func(*T) string, do func(ctx context.Context, item *T) error) error {
	if !r.manifest.has(path) {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		group []*T
		slots = make(chan struct{}, r.concurrency)
	)
	about, done := r.manifest.Files[path], 0
	flush := func() {
		items := group
		group = nil
		if len(items) == 0 {
			return
		}
		done += len(items)
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			for _, item := range items {
				if ctx.Err() != nil {
					return
				}
				if err := do(ctx, item); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
					cancel()
					return
				}
			}
		}()
		r.report(Progress{Step: what, Object: about.Object, Done: done, Total: about.Lines})
	}
	var failed error
	for item, err := range lines[T](r.dir, path) {
		if err != nil || ctx.Err() != nil {
			failed = errors.Join(err, ctx.Err())
			break
		}
		if len(group) > 0 && key(group[0]) != key(&item) {
			flush()
		}
		group = append(group, &item)
	}
	if failed == nil {
		flush()
	}
	wg.Wait()
	if first != nil {
		return first
	}
	return failed
}

// rest reports what cannot be restored at all.
func (r *restore) rest(context.Context) error {
	for _, object := range r.manifest.Objects {
		if about, ok := r.manifest.Files[fileOf(kindActivities, object)]; ok && about.Lines > 0 {
			r.problems.addN("activities", object, "", "", "the API has no operation that adds activities", about.Lines)
		}
		if object == "meeting" {
			if about := r.manifest.Files[fileOf(kindRecords, object)]; about.Lines > 0 {
				r.problems.addN("recordings", object, "", "", "recordings and transcripts are not in backups", about.Lines)
			}
		}
	}
	entities := map[string]string{}
	for l, err := range lines[gen.List](r.dir, kindLists+".ndjson") {
		if err != nil {
			return err
		}
		entities[l.ID] = l.Attributes.Entity
	}
	for m, err := range lines[memberLine](r.dir, kindMembers+".ndjson") {
		if err != nil {
			return err
		}
		r.problems.add("members", entities[m.List], "", m.ID, "the API has no operation that adds records to static lists")
	}
	for _, p := range r.manifest.Skipped {
		r.problems.addN(p.What, p.Object, p.Field, "", "not in the backup: "+p.Reason, p.Count)
	}
	return nil
}

// decode decodes JSON into a map, with numbers as they are.
func decode(raw json.RawMessage) (map[string]any, error) {
	var value map[string]any
	err := unmarshal(raw, &value)
	return value, err
}
