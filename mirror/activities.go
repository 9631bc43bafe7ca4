package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
)

// askActivities reads the activities of a record, and the comments that they name.
func (e *engine) askActivities(ctx context.Context, o *object, id string, all *belongings) error {
	activities, comments := []Row{}, []Row{}
	named := map[string]bool{}
	for a, err := range e.client.Activities(ctx, o.name, id) {
		if errors.Is(err, clarify.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		raw, err := json.Marshal(a)
		if err != nil {
			return err
		}
		activities = append(activities, Row{TextValue(o.name), TextValue(id), TextValue(cleanText(a.ID)), member(Time, raw, "attributes", columnCreated), TextValue(string(raw))})
		for _, event := range a.Attributes.Data {
			b, err := json.Marshal(event)
			if err != nil {
				return err
			}
			commentsIn(b, named)
		}
	}
	for _, comment := range slices.Sorted(maps.Keys(named)) {
		c, err := e.client.Comment(ctx, comment)
		if errors.Is(err, clarify.ErrNotFound) {
			continue // it was deleted
		}
		if err != nil {
			return err
		}
		if c.Object != o.name || c.Record != id {
			continue
		}
		raw, err := json.Marshal(c)
		if err != nil {
			return err
		}
		comments = append(comments, Row{
			TextValue(o.name), TextValue(id), TextValue(cleanText(comment)), TextValue(cleanText(clarify.PlainText(c.Message))),
			member(Text, raw, "_created_by"), member(Time, raw, columnCreated), member(Time, raw, columnUpdated), TextValue(string(raw)),
		})
	}
	all.rows[tableActivities], all.rows[tableComments] = activities, comments
	return nil
}

// commentsIn finds the ids of the comments in an event.
func commentsIn(event []byte, ids map[string]bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(event, &members) != nil {
		return
	}
	for _, raw := range members {
		var one struct {
			ID     string `json:"_id"`
			Entity string `json:"entity"`
		}
		if json.Unmarshal(raw, &one) == nil {
			if one.ID != "" && strings.EqualFold(one.Entity, "comment") {
				ids[one.ID] = true
			}
			continue
		}
		var several []json.RawMessage
		if json.Unmarshal(raw, &several) == nil {
			for _, raw := range several {
				if json.Unmarshal(raw, &one) == nil && one.ID != "" && strings.EqualFold(one.Entity, "comment") {
					ids[one.ID] = true
				}
			}
		}
	}
}

// member returns a member of JSON as a value, null if there is none.
func member(kind Kind, raw []byte, path ...string) Value {
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return Value{}
		}
		raw = members[name]
	}
	return valueOf(kind, string(raw))
}
