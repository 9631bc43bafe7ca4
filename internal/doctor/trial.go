package doctor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// trial are the custom objects that writes are tried in, two of them for a
// relationship between them. They are found by a title that nobody else has.
type trial struct {
	title       string // empty if nothing was made
	name        string // of the object that most is tried in, empty if it could not be made
	counterpart string
	before      []string // the names of the objects that were there before
	lists       []string // ids
	comments    []string // ids
	linked      bool     // whether there are relationships between the objects
}

// counterpartTitle is the title of the second object.
func (t *trial) counterpartTitle() string { return t.title + " B" }

// owns reports whether a name is that of an object of the trial.
func (t *trial) owns(name string) bool {
	return t.mayOwn(name) && (name == t.name || name == t.counterpart)
}

// mayOwn reports whether a name can be that of an object of the trial: that of a
// custom object that was not there before. Whatever a response says, no other is
// written to.
func (t *trial) mayOwn(name string) bool {
	return strings.HasPrefix(name, "c_") && !slices.Contains(t.before, name)
}

// The fields of the objects.
const (
	fieldCode  = "doctor_code"  // text, unique
	fieldNote  = "doctor_note"  // text
	fieldStage = "doctor_stage" // select
	fieldSize  = "doctor_size"  // number
	fieldDay   = "doctor_day"   // date
	fieldWords = "doctor_words" // collection of strings
	fieldLink  = "doctor_link_id"
	fieldBack  = "doctor_backs"
	fieldMany  = "doctor_many"
)

// trialNames are the names that a report shows.
var trialNames = []string{fieldCode, fieldNote, fieldStage, fieldSize, fieldDay, fieldWords, fieldLink, fieldBack, fieldMany}

// firstFields are made with the object, laterFields added to it.
var (
	firstFields = map[string]any{
		fieldCode: map[string]any{"title": "Code", "type": []string{"string", "null"}, "xClarifyUnique": true},
		fieldNote: map[string]any{"title": "Note", "type": []string{"string", "null"}},
	}
	laterFields = map[string]any{
		fieldStage: map[string]any{
			"title": "Stage", "type": []string{"string", "null"}, "enum": []any{"One", "Two", nil},
			"xClarifyEnumMetadata": map[string]any{"One": option("one", 1), "Two": option("two", 2)},
		},
		fieldSize: map[string]any{"title": "Size", "type": []string{"number", "null"}},
		fieldDay:  map[string]any{"title": "Day", "type": []string{"string", "null"}, "format": "date"},
		fieldWords: map[string]any{
			"title": "Words", "type": []string{"object", "null"},
			"properties": map[string]any{"items": map[string]any{"type": "array", "items": map[string]any{"type": "string"}}},
		},
	}
)

func option(id string, rank int) map[string]any {
	return map[string]any{"id": id, "rank": rank, "color": "sky"}
}

// write sends a write that notifies nobody.
func (d *doctor) write(ctx context.Context, operation string, body any, path ...string) (*exchange, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	return d.send(ctx, d.sender, operation, query("silent", "true"), data, path...)
}

// checkCustomObject makes the objects (live-api.md, D2 and S1).
func checkCustomObject(ctx context.Context, p *probe) error {
	_, schemas, err := p.readSchemas(ctx)
	if err != nil {
		return err
	}
	for _, item := range schemas {
		p.trial.before = append(p.trial.before, item.name)
	}
	p.trial.title = "Clarify doctor " + rand.Text()[:8]
	for _, one := range []struct {
		title string
		into  *string
	}{{p.trial.title, &p.trial.name}, {p.trial.counterpartTitle(), &p.trial.counterpart}} {
		x, err := p.write(ctx, "createCustomObject", map[string]any{
			"name": one.title, "plural": one.title + "s", "properties": firstFields,
			"description": "Made by clarify-doctor to try writes in, and removed by it.",
		})
		if err != nil {
			return err
		}
		if !x.ok() {
			p.notChecked("createCustomObject responds with %v", report.Int(x.status))
			return nil
		}
		p.same()
		item := newSchemaItem(object(x.object()["data"]))
		if !p.trial.mayOwn(item.name) {
			p.differs("D2", x, "the name of a new custom object does not begin with c_, or is that of another object")
			continue
		}
		*one.into = item.name
		if item.id != entityPrefix+item.name {
			p.differs("S1", x, "the id of a custom object's schema is not that of an entity")
		}
	}
	if p.trial.name == "" {
		return nil
	}
	for name := range firstFields {
		if listed, err := p.waitForField(ctx, name, exists); err != nil {
			return err
		} else if !listed {
			p.breaks(nil, "a custom object that was made is not listed with its fields after %v s", report.Int(int(p.options.Patience.Seconds())))
			return nil
		}
	}
	return nil
}

// waitForSchema reads the schemas until that of the object fulfils a condition:
// changes of schemas are made in the background.
func (d *doctor) waitForSchema(ctx context.Context, done func(map[string]any) bool) (bool, error) {
	deadline := time.Now().Add(d.options.Patience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		_, schemas, err := d.readSchemas(ctx)
		if err != nil {
			return false, err
		}
		if done(entity(schemas, d.trial.name)) {
			return true, nil
		}
		if time.Now().Add(pause).After(deadline) {
			return false, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// waitForField waits until the object has a field for which a condition holds.
func (p *probe) waitForField(ctx context.Context, name string, done func(field map[string]any) bool) (bool, error) {
	return p.waitForSchema(ctx, func(schema map[string]any) bool {
		field := object(object(schema["properties"])[name])
		return field != nil && done(field)
	})
}

func exists(map[string]any) bool { return true }

// skipWithoutTrial ends a check if there is no object to try writes in.
func (p *probe) skipWithoutTrial() error {
	if p.trial.name == "" {
		p.notChecked("there is no custom object to try it in")
		return errSkip
	}
	return nil
}

// checkRemoval removes the objects.
func checkRemoval(ctx context.Context, p *probe) error {
	if p.cleanUp(ctx) {
		p.same()
	} else {
		p.breaks(nil, "a custom object could not be removed")
	}
	return nil
}

// cleanUp removes what the checks have made, and reports whether it is gone. It has a
// time of its own, so that it is done after an interrupt, too.
func (d *doctor) cleanUp(ctx context.Context) bool {
	if d.trial.title == "" {
		return true
	}
	defer func() { d.trial.title = "" }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.options.Patience)
	defer cancel()
	for _, id := range d.trial.lists {
		_, _ = d.write(ctx, "deleteList", nil, d.trial.name, id)
	}
	// By their titles, because the response that had the name may have got lost.
	var left []string // when they were last listed
	var reason error
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		now, err := d.leftovers(ctx)
		if err == nil {
			if left = now; len(left) == 0 {
				return true
			}
		}
		for _, name := range left {
			if d.trial.name != name && d.trial.counterpart != name {
				d.trial.counterpart = name
			}
			var x *exchange
			if x, err = d.write(ctx, "deleteCustomObject", nil, name); err == nil && !x.ok() {
				err = fmt.Errorf("the API responds with %d", x.status)
			}
		}
		if err != nil && (reason == nil || ctx.Err() == nil) {
			reason = err // What the deadline cuts short says less.
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			d.reportLeftovers(left, errors.Join(reason, ctx.Err()))
			return false
		}
	}
}

func (d *doctor) reportLeftovers(names []string, err error) {
	if len(names) == 0 {
		names = []string{d.trial.title} // They were never listed.
	}
	for _, name := range names {
		if d.options.Leftover != nil {
			d.options.Leftover(name, err)
		}
	}
}

// leftovers returns the names of the objects that are still there.
func (d *doctor) leftovers(ctx context.Context) ([]string, error) {
	_, schemas, err := d.readSchemas(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, item := range schemas {
		titles := []string{text(item.attributes["title"]), text(object(item.attributes["xClarifyLabel"])["singular"])}
		titled := slices.Contains(titles, d.trial.title) || slices.Contains(titles, d.trial.counterpartTitle())
		if d.trial.owns(item.name) || titled && d.trial.mayOwn(item.name) {
			names = append(names, item.name)
		}
	}
	return names, nil
}

// mayWrite reports whether a write concerns the trial and nothing else. path has the
// parameters of the operation's path.
func (t *trial) mayWrite(operation string, path []string, body []byte) bool {
	var sent struct {
		Entity string          `json:"entity"`
		Data   json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(body, &sent)
	switch operation {
	case "createCustomObject":
		return t.title != ""
	case "createComment":
		return t.owns(sent.Entity)
	case "updateComment", "deleteComment":
		return slices.Contains(t.comments, path[0])
	case "patchEnumFieldValues":
		var changes []struct {
			ID string `json:"id"`
		}
		return json.Unmarshal(sent.Data, &changes) == nil && len(changes) == 1 && t.owns(changes[0].ID)
	}
	// The first parameter of all others is an object. One that is named by the id of
	// its schema is rejected (live-api.md, S5).
	return len(path) > 0 && t.owns(strings.TrimPrefix(path[0], "entities/"))
}
