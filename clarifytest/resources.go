package clarifytest

import (
	"maps"
	"net/http"
	"slices"
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
func getResource(c *call) (reply, *failure) {
	data, included, f := c.one()
	return reply{http.StatusOK, resourceDocument{Data: data, Included: included}}, f
}

// getResources: GET /objects/{object}/resources
func getResources(c *call) (reply, *failure) {
	spec, f := c.object()
	if f != nil {
		return reply{}, f
	}
	p, f := readPage(c.query)
	if f != nil {
		return reply{}, f
	}
	order, f := readSortOrder(c.query)
	if f != nil {
		return reply{}, f
	}
	conditions, f := readFilter(c.query)
	if f != nil {
		return reply{}, f
	}
	inclusions, f := readInclude(c.query)
	if f != nil {
		return reply{}, f
	}
	var answer resourcePage
	s := c.workspace.state
	f = s.read(func() *failure {
		filter, f := s.compile(spec, conditions)
		if f != nil {
			return f
		}
		matching := s.sorted(filter.apply(s.table(spec).all()), order)
		answer.Links = p.links(c.request, c.query, len(matching))
		answer.Meta = p.meta(len(matching))
		answer.Data, answer.Included = s.include(part(p, matching), inclusions)
		return nil
	})
	return reply{http.StatusOK, answer}, f
}

// createResource: POST /objects/{object}/resources
func createResource(c *call) (reply, *failure) {
	spec, document, f := c.write()
	if f != nil {
		return reply{}, f
	}
	if _, sent := document["match_on"]; sent {
		return reply{}, invalid("/match_on", "Only createRecord and createBulkRecords update what exists.")
	}
	e, f := readEntry(spec, document["data"], "/data", "relationships")
	if f == nil {
		f = e.check(spec)
	}
	if f != nil {
		return reply{}, f
	}
	relations, f := readRelationships(e)
	if f != nil {
		return reply{}, f
	}
	answer := resourceDocument{Included: []resource{}}
	f = c.workspace.state.write(c.user, func(change *change) *failure {
		r, f := change.insert(spec, e.attributes, e.attributesAt())
		if f != nil {
			return f
		}
		if r, f = change.relate(r, relations); f != nil {
			return f
		}
		answer.Data = change.state.resource(r)
		return nil
	})
	return reply{http.StatusCreated, answer}, f
}

// relation is a relationship of a record that is being created.
type relation struct {
	target *objectSpec
	many   bool
	ids    []string
	at     pointer
}

// readRelationships reads the member relationships of an entry.
func readRelationships(e entry) ([]relation, *failure) {
	at := e.at.member("relationships")
	if e.relationships == nil {
		return nil, nil
	}
	object, ok := e.relationships.(map[string]any)
	if !ok {
		return nil, invalid(at, "The relationships must be an object.")
	}
	var relations []relation
	var found problems
	for _, name := range slices.Sorted(maps.Keys(object)) {
		r, f := readRelation(name, object[name], at.member(name))
		if _, twice := e.attributes[name+"_id"]; twice && f == nil {
			f = invalid(r.at, "%s is among the attributes, too.", referenceTo(r.target))
		}
		found.add(f)
		relations = append(relations, r)
	}
	return relations, found.failure()
}

func readRelation(name string, value any, at pointer) (relation, *failure) {
	object, _ := value.(map[string]any)
	data := object["data"]
	r := relation{target: objects[name], at: at.member("data")}
	linkages := []any{data}
	if plurals[name] != nil {
		r.target, r.many = plurals[name], true
		linkages, _ = data.([]any)
	}
	switch {
	case r.target == nil:
		return r, invalid(at, "There is no relationship %s.", name)
	case r.many && linkages == nil:
		return r, invalid(r.at, "data must be an array of objects with type and id.")
	}
	for i, linkage := range linkages {
		itemAt := r.at
		if r.many {
			itemAt = r.at.item(i)
		}
		object, _ := linkage.(map[string]any)
		id, ok := object["id"].(string)
		if !ok || object["type"] != r.target.name {
			return r, invalid(itemAt, "A linkage must be an object with the type %q and an id.", r.target.name)
		}
		if !slices.Contains(r.ids, id) {
			r.ids = append(r.ids, id)
		}
	}
	return r, nil
}

// relate gives a record its relationships, and returns what it is then.
func (c *change) relate(r *record, relations []relation) (*record, *failure) {
	for _, relation := range relations {
		for _, id := range relation.ids {
			other := c.state.find(relation.target, id)
			if other == nil {
				return nil, invalid(relation.at, "There is no %s with the id %q.", relation.target.name, id)
			}
			switch {
			case !relation.many:
				attributes := maps.Clone(r.attributes())
				attributes[referenceTo(relation.target)] = id
				r = c.swap(r, r.with(attributes))
			case oneToMany[r.spec.name][relation.target.name]:
				if _, f := c.update(other, map[string]any{referenceTo(r.spec): r.id}, nil, relation.at); f != nil {
					return nil, f
				}
			default:
				r = c.link(r, other)
				c.link(other, r)
			}
		}
	}
	return r, nil
}
