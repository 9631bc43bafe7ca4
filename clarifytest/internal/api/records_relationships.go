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
func getRecordRelationships(c *Call) (Response, error) {
	by, err := c.relationship()
	if err != nil {
		return Response{}, err
	}
	inclusions, err := c.readInclude(by.Target)
	if err != nil {
		return Response{}, err
	}
	var response relatedPage
	s := c.State
	err = s.Read(func() error {
		r, err := c.owner(s)
		if err != nil {
			return err
		}
		target := s.Schemas.Find(by.Target.Name)
		column := func(other *store.Record, name string) (any, bool) {
			known := s.Unqueryable(target, name) == ""
			if other == nil || !known {
				return nil, known
			}
			return s.ValueIn(target.Reference(name), other, name), true
		}
		page, err := pageOf(c, s.Related(by, r), column)
		if err != nil {
			return err
		}
		data, included := s.include(page.Data, inclusions, s.item)
		response.recordPage = recordPage{Links: page.Links, Meta: page.Meta, Data: data}
		if c.Query.Has("include") {
			response.Included = &included
		}
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// updateRecordRelationship: PATCH /objects/{object}/records/{id}/relationships/{relationship}
func updateRecordRelationship(c *Call) (Response, error) {
	return c.changeRelationship(func(change *change, by *schema.Relation, r *store.Record, ids []string) error {
		others, err := change.linkable(by, ids)
		if err != nil {
			return err
		}
		switch {
		case by.Kind == schema.ManyToOne && len(others) > 1:
			return values.Invalid("/data", "%s leads to one record at most.", by.Field)
		case by.Kind == schema.ManyToOne && len(others) == 0, by.Kind == schema.ManyToMany:
			gone := except(change.state.Related(by, r), others)
			if r, err = change.Unlink(by, r, gone); err != nil {
				return err
			}
		}
		_, err = change.Link(by, r, others, "/data")
		return err
	})
}

// deleteRecordRelationship: DELETE /objects/{object}/records/{id}/relationships/{relationship}
func deleteRecordRelationship(c *Call) (Response, error) {
	response, err := c.changeRelationship(func(change *change, by *schema.Relation, r *store.Record, ids []string) error {
		named := map[*store.Record]bool{}
		for _, id := range ids {
			named[change.state.Follow(by.Target, id)] = true
		}
		gone := slices.DeleteFunc(change.state.Related(by, r), func(other *store.Record) bool { return !named[other] })
		_, err := change.Unlink(by, r, gone)
		return err
	})
	return c.withoutContent(response), err
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
func (c *Call) changeRelationship(f func(*change, *schema.Relation, *store.Record, []string) error) (Response, error) {
	by, err := c.relationship()
	if err != nil {
		return Response{}, err
	}
	document, err := c.input()
	if err == nil {
		err = c.conform(document, "RelationshipChange", "")
	}
	if err != nil {
		return Response{}, err
	}
	ids, err := readLinkedIDs(by, document["data"].([]any))
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		r, err := c.owner(change.state)
		if err != nil {
			return err
		}
		return f(change, by, r, ids)
	})
	return done, err
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
	spec, err := c.object()
	if err != nil {
		return nil, err
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
