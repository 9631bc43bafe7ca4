package clarifytest

import (
	"maps"
	"slices"
)

// link adds records to those that a relationship of r leads to, and returns what
// r is then. at is where they stand in the body.
//
// A many-to-many relationship is no part of the records themselves: they keep
// their _updated_at. The others are a field of the records at one end, which are
// updated.
func (c *change) link(by *relation, r *record, others []*record, at pointer) (*record, *failure) {
	switch by.kind {
	case oneToMany:
		for _, other := range others {
			if _, f := c.update(other, map[string]any{by.inverse: r.id}, nil, at); f != nil {
				return nil, f
			}
		}
	case manyToMany:
		for _, other := range others {
			// Of a record that is linked to itself this end is the other one, too.
			c.addLink(c.state.find(by.target, other.id), by.inverse, r.id)
			r = c.addLink(c.state.find(c.state.spec(r), r.id), by.field, other.id)
		}
	default:
		for _, other := range others {
			var f *failure
			if r, f = c.update(r, map[string]any{by.field: other.id}, nil, at); f != nil {
				return nil, f
			}
		}
	}
	return r, nil
}

// addLink adds an id to those that a record has at its end of a relationship.
func (c *change) addLink(r *record, field, id string) *record {
	if slices.Contains(r.links[field], id) {
		return r
	}
	return c.setLinks(r, field, append(slices.Clone(r.links[field]), id))
}

// setLinks replaces what a record has at its end of a many-to-many relationship.
func (c *change) setLinks(r *record, field string, ids []string) *record {
	linked := *r
	linked.links = maps.Clone(r.links)
	if linked.links == nil {
		linked.links = map[string][]string{}
	}
	linked.links[field] = ids
	return c.swap(r, &linked)
}
