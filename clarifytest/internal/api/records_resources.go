package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type resourceDocument struct {
	Data     resource   `json:"data"`
	Included []resource `json:"included"`
	Meta     struct{}   `json:"meta"`
}

type resourcePage struct {
	recordPage
	Included []resource `json:"included"`
}

// getResource: GET /objects/{object}/resources/{id}
func getResource(c *Call) (Response, error) {
	data, included, err := c.one()
	return Response{http.StatusOK, resourceDocument{Data: data, Included: included}}, err
}

// getResources: GET /objects/{object}/resources
func getResources(c *Call) (Response, error) {
	spec, err := c.object()
	if err != nil {
		return Response{}, err
	}
	return c.resources(spec, nil)
}

// resources responds those of some records of an object that the query asks for.
// among is called with the store's lock; nil stands for all.
func (c *Call) resources(spec *schema.Object, among func() (store.Scope, error)) (Response, error) {
	p, err := readPage(c.Query)
	if err != nil {
		return Response{}, err
	}
	order, err := readSortOrder(c.Query)
	if err != nil {
		return Response{}, err
	}
	conditions, err := readFilter(c.Query)
	if err != nil {
		return Response{}, err
	}
	inclusions, err := c.readInclude(spec)
	if err != nil {
		return Response{}, err
	}
	var response resourcePage
	s := c.State
	err = s.Read(func() error {
		matching, err := s.Select(spec, among, conditions, order)
		if err != nil {
			return err
		}
		response.Links = c.pageLinks(p, len(matching))
		response.Meta = p.meta(len(matching))
		response.Data, response.Included = s.include(part(p, matching), inclusions, s.item)
		return nil
	})
	return Response{http.StatusOK, response}, err
}

// createResource: POST /objects/{object}/resources
func createResource(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	if _, sent := document["match_on"]; sent {
		return Response{}, values.Invalid("/match_on", "Only createRecord and createBulkRecords update what exists.")
	}
	e, err := readEntry(spec, document["data"], "/data", "relationships")
	if err == nil {
		err = e.check(spec)
	}
	if err != nil {
		return Response{}, err
	}
	relations, err := c.readRelationships(spec, e)
	if err != nil {
		return Response{}, err
	}
	response := resourceDocument{Included: []resource{}}
	err = c.State.write(c.User, func(change *change) error {
		r, err := change.Insert(spec, e.attributes, e.attributesAt())
		if err != nil {
			return err
		}
		if r, err = change.relate(r, relations); err != nil {
			return err
		}
		response.Data = change.state.resource(r)
		return nil
	})
	return Response{http.StatusCreated, response}, err
}

// linkages are the records that a relationship of a new record is to lead to.
type linkages struct {
	by  *schema.Relation
	ids []string
	at  values.Pointer
}

// readRelationships reads the member relationships of an entry.
func (c *Call) readRelationships(spec *schema.Object, e entry) ([]linkages, error) {
	at := e.at.Member("relationships")
	if e.relationships == nil {
		return nil, nil
	}
	object, ok := e.relationships.(map[string]any)
	if !ok {
		return nil, values.Invalid(at, "The relationships must be an object.")
	}
	var all []linkages
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(object)) {
		l, err := c.readLinkages(spec, name, object[name], at.Member(name))
		if err == nil && l.by.Kind == schema.ManyToOne {
			if _, twice := e.attributes[l.by.Field]; twice {
				err = values.Invalid(l.at, "%s is among the attributes, too.", l.by.Field)
			}
		}
		found.Add(err)
		all = append(all, l)
	}
	return all, found.Err()
}

func (c *Call) readLinkages(spec *schema.Object, name string, value any, at values.Pointer) (linkages, error) {
	l := linkages{by: spec.RelationCalled(name, c.Quirks.RelationshipNames), at: at.Member("data")}
	if l.by == nil {
		return l, values.Invalid(at, "%s has no relationship property %s.", spec.Name, name)
	}
	object, _ := value.(map[string]any)
	list := []any{object["data"]}
	if l.by.Many {
		var ok bool
		if list, ok = object["data"].([]any); !ok {
			return l, values.Invalid(l.at, "data must be an array of objects with type and id.")
		}
	}
	for i, item := range list {
		itemAt := l.at
		if l.by.Many {
			itemAt = l.at.Item(i)
		}
		object, _ := item.(map[string]any)
		id, ok := object["id"].(string)
		if !ok || object["type"] != l.by.Target.Name {
			return l, values.Invalid(itemAt, "A linkage must be an object with the type %q and an id.", l.by.Target.Name)
		}
		if !slices.Contains(l.ids, id) {
			l.ids = append(l.ids, id)
		}
	}
	if l.by.Kind == schema.ManyToOne && len(l.ids) > 1 {
		return l, values.Invalid(l.at, "%s leads to one record at most.", name)
	}
	return l, nil
}

// relate gives a new record its relationships, and returns what it is then.
func (c *change) relate(r *store.Record, all []linkages) (*store.Record, error) {
	for _, l := range all {
		var others []*store.Record
		for _, id := range l.ids {
			other := c.state.Find(l.by.Target, id)
			if other == nil {
				return nil, values.Invalid(l.at, "There is no %s with the id %q.", l.by.Target.Name, id)
			}
			others = append(others, other)
		}
		var err error
		if r, err = c.Link(l.by, r, others, l.at); err != nil {
			return nil, err
		}
	}
	return r, nil
}
