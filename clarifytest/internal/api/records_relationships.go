package api

import (
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type relatedPage struct {
	recordPage
	Included *[]resource `json:"included,omitempty"`
}

// getRecordRelationships: GET /objects/{object}/records/{id}/relationships/{relationship}
func getRecordRelationships(c *Call) (Reply, error) {
	by, f := c.relationship()
	if f != nil {
		return Reply{}, f
	}
	inclusions, f := c.readInclude(by.Target)
	if f != nil {
		return Reply{}, f
	}
	var response relatedPage
	s := c.State
	f = s.Read(func() error {
		r, f := c.owner(s)
		if f != nil {
			return f
		}
		target := s.Schemas.Find(by.Target.Name)
		column := func(other *store.Record, name string) (any, bool) {
			known := s.Unqueryable(target, name) == ""
			if other == nil || !known {
				return nil, known
			}
			return s.ValueIn(target.Reference(name), other, name), true
		}
		page, f := pageOf(c, s.Related(by, r), column)
		if f != nil {
			return f
		}
		data, included := s.include(page.Data, inclusions, s.item)
		response.recordPage = recordPage{Links: page.Links, Meta: page.Meta, Data: data}
		if c.Query.Has("include") {
			response.Included = &included
		}
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// updateRecordRelationship: PATCH /objects/{object}/records/{id}/relationships/{relationship}
func updateRecordRelationship(c *Call) (Reply, error) {
	return c.changeRelationship(func(change *change, by *schema.Relation, r *store.Record, ids []string) error {
		others, f := change.linkable(by, ids)
		if f != nil {
			return f
		}
		switch {
		case by.Kind == schema.ManyToOne && len(others) > 1:
			return values.Invalid("/data", "%s leads to one record at most.", by.Field)
		case by.Kind == schema.ManyToOne && len(others) == 0, by.Kind == schema.ManyToMany:
			gone := except(change.state.Related(by, r), others)
			if r, f = change.Unlink(by, r, gone); f != nil {
				return f
			}
		}
		_, f = change.Link(by, r, others, "/data")
		return f
	})
}

// deleteRecordRelationship: DELETE /objects/{object}/records/{id}/relationships/{relationship}
func deleteRecordRelationship(c *Call) (Reply, error) {
	response, f := c.changeRelationship(func(change *change, by *schema.Relation, r *store.Record, ids []string) error {
		named := map[*store.Record]bool{}
		for _, id := range ids {
			named[change.state.Follow(by.Target, id)] = true
		}
		gone := slices.DeleteFunc(change.state.Related(by, r), func(other *store.Record) bool { return !named[other] })
		_, f := change.Unlink(by, r, gone)
		return f
	})
	return c.withoutContent(response), f
}

// except returns the records that are not among others.
func except(records, others []*store.Record) []*store.Record {
	among := make(map[*store.Record]bool, len(others))
	for _, r := range others {
		among[r] = true
	}
	return slices.DeleteFunc(records, func(r *store.Record) bool { return among[r] })
}

// changeRelationship reads what both changes of a relationship have in common.
// f gets the ids that are sent.
func (c *Call) changeRelationship(f func(*change, *schema.Relation, *store.Record, []string) error) (Reply, error) {
	by, failed := c.relationship()
	if failed != nil {
		return Reply{}, failed
	}
	document, failed := c.input()
	if failed == nil {
		failed = c.conform(document, "RelationshipChange", "")
	}
	if failed != nil {
		return Reply{}, failed
	}
	ids, failed := readLinkedIDs(by, document["data"].([]any))
	if failed != nil {
		return Reply{}, failed
	}
	failed = c.State.write(c.User, func(change *change) error {
		r, failed := c.owner(change.state)
		if failed != nil {
			return failed
		}
		return f(change, by, r, ids)
	})
	return done, failed
}

// readLinkedIDs reads the ids of records that a relationship leads to. One that
// is null stands for no record.
func readLinkedIDs(by *schema.Relation, data []any) ([]string, error) {
	var ids []string
	var found values.Problems
	for i, value := range data {
		member := value.(map[string]any)
		if member["type"] != by.Target.Name {
			found.Add(values.Invalid(values.Pointer("/data").Item(i).Member("type"), "The type must be %q, the object that the relationship leads to.", by.Target.Name))
		}
		id, ok := member["id"].(string)
		if ok {
			ids = append(ids, id)
		}
	}
	return ids, found.Err()
}

// linkable returns the records of the ids, each once. All must exist.
func (c *change) linkable(by *schema.Relation, ids []string) ([]*store.Record, error) {
	var others []*store.Record
	var found values.Problems
	for _, id := range ids {
		other := c.state.Find(by.Target, id)
		if other == nil {
			found.Add(values.Invalid("/data", "There is no %s with the id %q.", by.Target.Name, id))
		}
		others = append(others, other)
	}
	return store.Distinct(others), found.Err()
}

// relationship returns the relationship that the path names.
func (c *Call) relationship() (*schema.Relation, error) {
	spec, f := c.object()
	if f != nil {
		return nil, f
	}
	name := c.Request.PathValue("relationship")
	by := spec.RelationCalled(name, c.Quirks.RelationshipNames)
	if by == nil {
		return nil, NotFound("%s has no relationship property %s.", spec.Name, name)
	}
	return by, nil
}

// owner returns the record that the path names, whose relationship it is.
func (c *Call) owner(s *State) (*store.Record, error) {
	return s.Get(s.Schemas.Find(c.Request.PathValue("object")), c.Request.PathValue("id"))
}
