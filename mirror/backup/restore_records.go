package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
)

// maxRounds is how often the records are gone through: those that the API rejected are
// sent again without what it blames, and those with an unknown outcome are looked for.
const maxRounds = 12

// records creates the records of all objects.
func (r *restore) records(ctx context.Context) error {
	for _, object := range r.objects {
		if err := r.readIDs(object); err != nil {
			return err
		}
	}
	for _, object := range r.manifest.Objects {
		if about := r.manifest.Files[fileOf(kindRecords, object)]; !slices.Contains(r.objects, object) && about.Lines > 0 {
			r.problems.addN("records", object, "", "", "the workspace does not have the object", about.Lines)
		}
	}
	for _, object := range r.objects {
		if err := r.recordsOf(ctx, object); err != nil {
			return fmt.Errorf("%s: %w", object, err)
		}
	}
	return nil
}

// readIDs reads which records an object has, and which of them are restored.
func (r *restore) readIDs(object string) error {
	ids := make(map[string]string, r.manifest.Files[fileOf(kindRecords, object)].Lines)
	for line, err := range r.lines(object) {
		if err != nil {
			return err
		}
		now, _ := r.journal.get("records/"+object, line.ID)
		ids[line.ID] = now
	}
	r.ids[object] = ids
	return nil
}

func (r *restore) lines(object string) iter.Seq2[recordLine, error] {
	return lines[recordLine](r.dir, fileOf(kindRecords, object))
}

// recordsOf creates the records of an object.
func (r *restore) recordsOf(ctx context.Context, object string) error {
	step := "records/" + object
	c := &creator{restore: r, object: object, refused: map[string]bool{}}
	if r.journal.has("step", step) {
		return c.reportLosses(ctx)
	}
	// An earlier call may have created records without noting it.
	unknown := r.journal.resumed
	for round := 1; ; round++ {
		if unknown {
			if err := c.adopt(ctx); err != nil {
				return err
			}
		}
		again, err := c.round(ctx)
		if err != nil {
			return err
		}
		if again == 0 && c.unknown == 0 {
			break
		}
		if round == maxRounds {
			return fmt.Errorf("the outcome of %d records is not known after %d attempts", again+c.unknown, maxRounds)
		}
		if unknown = c.unknown > 0; unknown {
			// The API may still be at work.
			if err := r.pause(ctx, 2*time.Second); err != nil {
				return err
			}
		}
	}
	if err := c.reportLosses(ctx); err != nil {
		return err
	}
	return r.journal.put("step", step, "")
}

// creator creates the records of an object.
type creator struct {
	*restore
	object  string
	refused map[string]bool // the ids of those that the API does not take at all
	unknown int             // how many had an unknown outcome in the last round
}

// waiting yields the records that are not restored.
func (c *creator) waiting() iter.Seq2[*recordLine, error] {
	return func(yield func(*recordLine, error) bool) {
		for line, err := range c.lines(c.object) {
			if err != nil {
				yield(nil, err)
				return
			}
			if c.ids[c.object][line.ID] == "" && !c.refused[line.ID] && !yield(&line, nil) {
				return
			}
		}
	}
}

// round sends the records that are not restored. It returns how many must be sent again
// without some of their fields.
func (c *creator) round(ctx context.Context) (again int, err error) {
	var sent []string // the ids of those without a result
	inputs := func(yield func(json.RawMessage, error) bool) {
		for line, err := range c.waiting() {
			var raw json.RawMessage
			var p prepared
			if err == nil {
				p, err = c.prepare(c.object, line, false)
			}
			if err == nil {
				raw, err = json.Marshal(p.now)
			}
			id := ""
			if line != nil {
				id = line.ID
			}
			sent = append(sent, id)
			if !yield(raw, err) || err != nil {
				return
			}
		}
	}
	c.unknown = 0
	records := clarify.NewRecords[json.RawMessage](c.client, c.object).Silent()
	done, total := c.journal.count("records/"+c.object), len(c.ids[c.object])
	for result, err := range records.ImportSeq2(ctx, inputs, clarify.Concurrency(c.concurrency)) {
		if err != nil {
			return 0, err
		}
		id := sent[0]
		sent = sent[1:]
		switch {
		case result.Outcome == clarify.Unknown:
			c.unknown++
		case result.Err == nil && result.Record != nil:
			if err := c.note(id, result.Record.ID); err != nil {
				return 0, err
			}
		case ctx.Err() != nil:
			return 0, ctx.Err()
		default:
			more, err := c.reject(id, result.Err)
			if err != nil {
				return 0, err
			}
			if more {
				again++
			}
		}
		if done++; done%500 == 0 || done == total {
			c.report(Progress{Step: "records", Object: c.object, Done: done, Total: total})
		}
	}
	return again, nil
}

// note notes that a record is restored.
func (c *creator) note(old, now string) error {
	if err := c.journal.put("records/"+c.object, old, now); err != nil {
		return err
	}
	c.ids[c.object][old] = now
	return nil
}

// reject takes a rejection: fields that the API blames are left out the next time. It
// reports whether the record should be sent again.
func (c *creator) reject(id string, err error) (again bool, _ error) {
	var e *clarify.Error
	if !errors.As(err, &e) {
		return false, err // the backup cannot be read
	}
	for _, o := range e.Errors {
		rest, ok := strings.CutPrefix(o.Pointer, "/data/0/attributes/")
		if !ok {
			if rest, ok = strings.CutPrefix(o.Pointer, "/data/attributes/"); !ok {
				continue
			}
		}
		field, _, _ := strings.Cut(rest, "/")
		field = strings.NewReplacer("~1", "/", "~0", "~").Replace(field)
		what := "drop/" + c.object + "/" + field
		if field == "" || c.journal.has(what, id) {
			continue
		}
		if err := c.journal.put(what, id, reasonOf(&clarify.Error{StatusCode: e.StatusCode, Errors: []clarify.ErrorObject{o}})); err != nil {
			return false, err
		}
		again = true
	}
	if !again {
		c.refused[id] = true
		c.problems.add("records", c.object, "", id, reasonOf(err))
	}
	return again, nil
}

// reportLosses reports what the restored records lack.
func (c *creator) reportLosses(ctx context.Context) error {
	for line, err := range c.lines(c.object) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && c.ids[c.object][line.ID] != "" {
			_, err = c.prepare(c.object, &line, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt finds the records of the workspace that an earlier attempt created without noting
// it, and notes them: each is the one of the backup whose attributes it has. Those with
// the same attributes stand for each other.
func (c *creator) adopt(ctx context.Context) error {
	target, _ := c.target.Object(c.object)
	exact := map[string][]string{}
	orphans := map[string]map[string]any{}
	for record, err := range clarify.NewRecords[json.RawMessage](c.client, c.object).All(ctx, clarify.Stable(), clarify.Concurrency(c.concurrency)) {
		if err != nil {
			return err
		}
		if c.journal.made("records/"+c.object, record.ID) || c.existed("records/"+c.object, record.ID) {
			continue
		}
		attributes, err := decode(attributesOf(record.Attributes))
		if err != nil {
			return err
		}
		for name, value := range attributes {
			f, known := target.Field(name)
			if value == nil || !known || f.ReadOnly || f.Kind == clarify.KindToMany {
				delete(attributes, name)
			} else {
				attributes[name] = strip(f, value)
			}
		}
		key := canonical(attributes)
		exact[key] = append(exact[key], record.ID)
		orphans[record.ID] = attributes
	}
	take := func(id string, line *recordLine) error {
		delete(orphans, id)
		return c.note(line.ID, id)
	}
	for _, match := range []func(now map[string]any) string{
		func(now map[string]any) string {
			key := canonical(now)
			if ids := exact[key]; len(ids) > 0 {
				exact[key] = ids[1:]
				return ids[0]
			}
			return ""
		},
		func(now map[string]any) string { // the API may have added defaults
			for id, attributes := range orphans {
				if isPart(now, attributes) {
					return id
				}
			}
			return ""
		},
	} {
		for line, err := range c.waiting() {
			if err != nil {
				return err
			}
			if len(orphans) == 0 {
				return nil
			}
			p, err := c.prepare(c.object, line, false)
			if err != nil {
				return err
			}
			if id := match(p.now); id != "" {
				if err := take(id, line); err != nil {
					return err
				}
			}
		}
	}
	if len(orphans) > 0 {
		var ids []string
		for id := range orphans {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return fmt.Errorf("the workspace has records that are not from the backup, such as %s: delete them, and resume", strings.Join(ids[:min(3, len(ids))], ", "))
	}
	return nil
}

// isPart reports whether all members of some attributes are those of others.
func isPart(some, all map[string]any) bool {
	for name, value := range some {
		if other, ok := all[name]; !ok || canonical(value) != canonical(other) {
			return false
		}
	}
	return true
}

// references sets the attributes that refer to records that were created later.
func (r *restore) references(ctx context.Context) error {
	for _, object := range r.objects {
		err := r.journal.step(ctx, "references/"+object, func(ctx context.Context) error { return r.referencesOf(ctx, object) })
		if err != nil {
			return fmt.Errorf("%s: %w", object, err)
		}
	}
	return nil
}

func (r *restore) referencesOf(ctx context.Context, object string) error {
	for round := 1; ; round++ {
		var sent []string
		again := 0
		inputs := func(yield func(clarify.Change, error) bool) {
			for line, err := range r.lines(object) {
				var p prepared
				now := r.ids[object][line.ID]
				if err == nil && now == "" {
					continue
				}
				if err == nil {
					p, err = r.prepare(object, &line, false)
				}
				changes := clarify.Fields{}
				for name, value := range p.late {
					switch what := "drop/" + object + "/" + name; {
					case r.journal.has("late/"+object, line.ID), r.journal.has(what, line.ID):
					case value == nil:
						r.problems.add("fields", object, name, line.ID, "it refers to a record that could not be restored")
					default:
						changes[name] = value
					}
				}
				if err == nil && len(changes) == 0 {
					continue
				}
				sent = append(sent, line.ID)
				if !yield(clarify.Change{ID: now, Changes: changes}, err) || err != nil {
					return
				}
			}
		}
		records := clarify.NewRecords[json.RawMessage](r.client, object).Silent()
		c := &creator{restore: r, object: object, refused: map[string]bool{}}
		for result, err := range records.BulkUpdateSeq2(ctx, inputs, clarify.Concurrency(r.concurrency)) {
			if err != nil {
				return err
			}
			id := sent[0]
			sent = sent[1:]
			switch {
			case result.Outcome == clarify.Unknown:
				again++
			case result.Err == nil:
				err = r.journal.put("late/"+object, id, "")
			case ctx.Err() != nil:
				err = ctx.Err()
			default:
				err = c.rejectReferences(id, result.Err)
				again++
			}
			if err != nil {
				return err
			}
		}
		if again == 0 {
			return nil
		}
		if round == maxRounds {
			return errors.New("the outcome of updates is not known after " + strconv.Itoa(maxRounds) + " attempts")
		}
	}
}

// rejectReferences takes the rejection of an update: without fields to leave out, the
// references of the record are lost.
func (c *creator) rejectReferences(id string, err error) error {
	again, failed := c.reject(id, err)
	if failed != nil || again {
		return failed
	}
	return c.journal.put("late/"+c.object, id, "")
}
