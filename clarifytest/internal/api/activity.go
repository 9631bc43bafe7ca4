package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// activity is the events of one write, as in a response.
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

// fieldChange is the change of one value. Val and OldVal are nil if there is no value,
// and point to nil if it is null.
type fieldChange struct {
	Op     string `json:"op"`
	Path   []any  `json:"path"` // strings and ints
	Val    *any   `json:"val,omitempty"`
	OldVal *any   `json:"oldVal,omitempty"`
}

// getActivities: GET /objects/{object}/records/{record}/activities
func getActivities(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	var all []activity
	s := c.State
	err = s.Read(func() error {
		var err error
		all, err = s.activities(spec, c.Request.PathValue("record"))
		return err
	})
	if err != nil {
		return Response{}, err
	}
	response, err := pageOf(c, all, activity.column)
	return Response{http.StatusOK, response}, err
}

// getSchemaActivities: GET /schemas/{entity}/activities
func getSchemaActivities(c *Call) (Response, error) {
	spec := c.schemas.Find(c.Request.PathValue("entity"))
	if spec == nil {
		return Response{}, NotFound("There is no object of this name.")
	}
	var events []store.Event
	s := c.State
	_ = s.Read(func() error {
		events = s.SchemaEvents(spec.Name)
		return nil
	})
	response, err := pageOf(c, grouped(store.Participant{Entity: "schema", ID: spec.Name}, events), activity.column)
	return Response{http.StatusOK, response}, err
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

// activities returns the activities of a record, oldest first.
func (s *State) activities(spec *schema.Object, id string) ([]activity, error) {
	events, err := s.EventsOf(spec, id)
	if err != nil {
		return nil, err
	}
	return grouped(store.Participant{Entity: spec.Name, ID: id}, events), nil
}

// grouped renders the events of a subject, with one activity for each write.
func grouped(subject store.Participant, events []store.Event) []activity {
	all := []activity{}
	for i, e := range events {
		if i == 0 || e.Transaction != events[i-1].Transaction {
			all = append(all, activity{
				Type: "activity",
				ID:   entropy.DerivedUUID(subject.Entity, subject.ID, "activity", strconv.Itoa(e.Number)),
				Attributes: activityAttributes{
					CreatedAt: values.FormatTime(e.Transaction.At),
					AggKey:    subject.Entity + ":" + subject.ID + ":" + strconv.FormatInt(e.Transaction.At.UnixMilli(), 10),
				},
			})
		}
		latest := &all[len(all)-1]
		latest.Attributes.ID = latest.ID
		latest.Attributes.Data = append(latest.Attributes.Data, renderEvent(e, subject))
	}
	return all
}

func renderEvent(e store.Event, subject store.Participant) activityEvent {
	object := subject
	if e.Subject != nil {
		object = *e.Subject
	}
	entity := renderParticipant(object)
	for _, update := range e.Changes {
		entity.Diff = appendDiff(entity.Diff, update.Old, update.New, []any{update.Field})
	}
	rendered := activityEvent{
		ID:           entropy.DerivedUUID(subject.Entity, subject.ID, "event", strconv.Itoa(e.Number)),
		CreatedAt:    values.FormatTime(e.Transaction.At),
		Type:         e.Kind,
		Actor:        actor(e.Transaction.By),
		Object:       &entity,
		Relationship: e.Relationship,
	}
	for _, other := range e.Others {
		entity := renderParticipant(other)
		switch e.Role {
		case store.RoleRef:
			rendered.Ref = &entity
		case store.RoleTarget:
			rendered.Target = &entity
		default:
			rendered.Refs = append(rendered.Refs, entity)
		}
	}
	return rendered
}

func renderParticipant(p store.Participant) activityEntity {
	entity := activityEntity{Entity: p.Entity, Data: p.Data}
	if p.ID != "" {
		entity.ID = &p.ID
	}
	return entity
}

func actor(user string) activityActor {
	entity := "user"
	if user == SystemUser {
		entity = SystemUser
	}
	return activityActor{activityEntity: renderParticipant(store.Participant{Entity: entity, ID: user})}
}

// appendDiff appends the changes that lead from one value to another, member by member
// and item by item, in an order in which they can be applied.
func appendDiff(diff []fieldChange, old, now any, path []any) []fieldChange {
	change := fieldChange{Op: "update", Path: path, Val: &now, OldVal: &old}
	switch {
	case old == any(store.Absent{}):
		change.Op, change.OldVal = "add", nil
		return append(diff, change)
	case now == any(store.Absent{}):
		change.Op, change.Val = "delete", nil
		return append(diff, change)
	case reflect.DeepEqual(old, now):
		return diff
	}
	step := func(next any) []any { return append(slices.Clone(path), next) }
	switch old := old.(type) {
	case map[string]any:
		if now, ok := now.(map[string]any); ok {
			for _, update := range store.UpdatesBetween(old, now) {
				diff = appendDiff(diff, update.Old, update.New, step(update.Field))
			}
			return diff
		}
	case []any:
		if now, ok := now.([]any); ok {
			for i := range min(len(old), len(now)) {
				diff = appendDiff(diff, old[i], now[i], step(i))
			}
			for i := len(old); i < len(now); i++ {
				diff = appendDiff(diff, store.Absent{}, now[i], step(i))
			}
			for i := len(old) - 1; i >= len(now); i-- {
				diff = appendDiff(diff, old[i], store.Absent{}, step(i))
			}
			return diff
		}
	}
	return append(diff, change)
}
