package clarifytest

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// activity is the events of one write, as they are answered.
type activity struct {
	Type       string             `json:"type"`
	ID         string             `json:"id"`
	Attributes activityAttributes `json:"attributes"`
}

type activityAttributes struct {
	ID        string          `json:"_id"`
	CreatedAt string          `json:"_created_at"`
	AggKey    string          `json:"aggKey"`
	Data      []activityEvent `json:"data"`
}

type activityEvent struct {
	ID           string           `json:"_id"`
	CreatedAt    string           `json:"_created_at"`
	Type         string           `json:"type"`
	Actor        activityActor    `json:"actor"`
	Object       *activityEntity  `json:"object,omitempty"`
	Relationship string           `json:"relationship,omitempty"`
	Ref          *activityEntity  `json:"ref,omitempty"`
	Refs         []activityEntity `json:"refs,omitempty"`
	Target       *activityEntity  `json:"target,omitempty"`
}

type activityActor struct {
	activityEntity
	SourceID *string `json:"source_id"`
}

type activityEntity struct {
	ID          *string        `json:"_id"`
	AnonymousID *string        `json:"anonymous_id"`
	Entity      string         `json:"entity"`
	Data        map[string]any `json:"data,omitempty"`
	Diff        []fieldChange  `json:"diff,omitempty"`
}

// fieldChange is the change of one value. Val and OldVal are nil if there is
// none, and point to nil if it is null.
type fieldChange struct {
	Op     string `json:"op"`
	Path   []any  `json:"path"` // strings and ints
	Val    *any   `json:"val,omitempty"`
	OldVal *any   `json:"oldVal,omitempty"`
}

// getActivities: GET /objects/{object}/records/{record}/activities
func getActivities(c *call) (reply, error) {
	spec, f := c.object()
	if f != nil {
		return reply{}, f
	}
	var all []activity
	s := c.workspace.state
	f = s.read(func() error {
		var f error
		all, f = s.activities(spec, c.request.PathValue("record"))
		return f
	})
	if f != nil {
		return reply{}, f
	}
	response, f := pageOf(c, all, activity.column)
	return reply{http.StatusOK, response}, f
}

// getSchemaActivities: GET /schemas/{entity}/activities
func getSchemaActivities(c *call) (reply, error) {
	spec := c.schemas.Find(c.request.PathValue("entity"))
	if spec == nil {
		return reply{}, notFound("There is no object of this name.")
	}
	var h history
	s := c.workspace.state
	_ = s.read(func() error {
		h, _ = s.histories.find(schemaSubject(spec.Name))
		return nil
	})
	response, f := pageOf(c, grouped(participant{entity: "schema", id: spec.Name}, h.events()), activity.column)
	return reply{http.StatusOK, response}, f
}

func (a activity) column(name string) (any, bool) {
	switch name {
	case "_id", "id":
		return a.ID, true
	case "_created_at":
		return a.Attributes.CreatedAt, true
	case "aggKey":
		return a.Attributes.AggKey, true
	}
	return nil, false
}

// activities returns what happened to a record, oldest first. A record that was
// deleted has them as long as it is listed.
func (s *state) activities(spec *schema.Object, id string) ([]activity, error) {
	r, deleted := s.find(spec, id), deletion{}
	if r == nil {
		if deleted = s.table(spec).deletion(id); deleted.record == nil || s.clock().Sub(deleted.at) > retention {
			return nil, notFound("There is no %s with this id.", spec.Name)
		}
		r = deleted.record
	}
	h, _ := s.histories.find(id)
	events := slices.Concat(created(spec, cmp.Or(h.origin, r)), h.events())
	if deleted.record != nil {
		e := event{number: h.length + 1, deed: &deed{deleted.at, deleted.by}, kind: eventDelete}
		if heir, ok := s.heirs.find(id); ok {
			e.kind, e.role, e.others = eventMerge, roleTarget, []participant{{entity: spec.Name, id: heir}}
		}
		events = append(events, e)
	}
	return grouped(r.participant(), events), nil
}

// deletion returns that of a record, or none.
func (t *table) deletion(id string) deletion {
	for _, d := range slices.Backward(t.deleted) {
		if d.record.id == id {
			return d
		}
	}
	return deletion{}
}

// created is what happened when a record was created. It has the number 0, and
// those of the relationships that the record had from the beginning go on below,
// because those of the history begin at 1.
func created(spec *schema.Object, r *record) []event {
	common := &deed{r.createdAt, r.createdBy}
	events := []event{{deed: common, kind: eventCreate, changes: updatesBetween(nil, r.attributes())}}
	add := func(e event) {
		e.deed, e.number = common, -len(events)
		events = append(events, e)
	}
	for _, field := range slices.Sorted(maps.Keys(r.attributes())) {
		if by := spec.RelationOf(field); by != nil {
			if id, ok := r.attribute(field).(string); ok {
				add(relationEvent(by, eventSetRelationship, roleRef, id))
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(r.links)) {
		if by := spec.RelationOf(field); by != nil && len(r.links[field]) > 0 {
			add(relationEvent(by, eventSetRelationship, roleRefs, r.links[field]...))
		}
	}
	return events
}

// events returns what is remembered, oldest first.
func (h history) events() []event {
	var events []event
	for e := h.latest; e != nil; e = e.before {
		events = append(events, *e)
	}
	slices.Reverse(events)
	return events
}

// grouped renders the events of a subject, those of one write as one activity.
func grouped(subject participant, events []event) []activity {
	all := []activity{}
	for i, e := range events {
		if i == 0 || e.deed != events[i-1].deed {
			all = append(all, activity{
				Type: "activity",
				ID:   entropy.DerivedUUID(subject.entity, subject.id, "activity", strconv.Itoa(e.number)),
				Attributes: activityAttributes{
					CreatedAt: values.FormatTime(e.deed.at),
					AggKey:    subject.entity + ":" + subject.id + ":" + strconv.FormatInt(e.deed.at.UnixMilli(), 10),
				},
			})
		}
		latest := &all[len(all)-1]
		latest.Attributes.ID = latest.ID
		latest.Attributes.Data = append(latest.Attributes.Data, e.render(subject))
	}
	return all
}

func (e event) render(subject participant) activityEvent {
	object := subject
	if e.subject != nil {
		object = *e.subject
	}
	entity := object.render()
	for _, update := range e.changes {
		entity.Diff = appendDiff(entity.Diff, update.old, update.new, []any{update.field})
	}
	rendered := activityEvent{
		ID:           entropy.DerivedUUID(subject.entity, subject.id, "event", strconv.Itoa(e.number)),
		CreatedAt:    values.FormatTime(e.deed.at),
		Type:         e.kind,
		Actor:        actor(e.deed.by),
		Object:       &entity,
		Relationship: e.relationship,
	}
	for _, other := range e.others {
		entity := other.render()
		switch e.role {
		case roleRef:
			rendered.Ref = &entity
		case roleTarget:
			rendered.Target = &entity
		default:
			rendered.Refs = append(rendered.Refs, entity)
		}
	}
	return rendered
}

func (p participant) render() activityEntity {
	entity := activityEntity{Entity: p.entity, Data: p.data}
	if p.id != "" {
		entity.ID = &p.id
	}
	return entity
}

func actor(user string) activityActor {
	entity := "user"
	if user == systemUser {
		entity = systemUser
	}
	return activityActor{activityEntity: participant{entity: entity, id: user}.render()}
}

// appendDiff appends what it takes to get from one value to another, member by
// member and item by item, in an order in which it can be done.
func appendDiff(diff []fieldChange, old, now any, path []any) []fieldChange {
	change := fieldChange{Op: "update", Path: path, Val: &now, OldVal: &old}
	switch {
	case old == any(absent{}):
		change.Op, change.OldVal = "add", nil
		return append(diff, change)
	case now == any(absent{}):
		change.Op, change.Val = "delete", nil
		return append(diff, change)
	case reflect.DeepEqual(old, now):
		return diff
	}
	step := func(next any) []any { return append(slices.Clone(path), next) }
	switch old := old.(type) {
	case map[string]any:
		if now, ok := now.(map[string]any); ok {
			for _, update := range updatesBetween(old, now) {
				diff = appendDiff(diff, update.old, update.new, step(update.field))
			}
			return diff
		}
	case []any:
		if now, ok := now.([]any); ok {
			for i := range min(len(old), len(now)) {
				diff = appendDiff(diff, old[i], now[i], step(i))
			}
			for i := len(old); i < len(now); i++ {
				diff = appendDiff(diff, absent{}, now[i], step(i))
			}
			for i := len(old) - 1; i >= len(now); i-- {
				diff = appendDiff(diff, old[i], absent{}, step(i))
			}
			return diff
		}
	}
	return append(diff, change)
}
