package clarifytest

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// link adds records to those that a relationship of r leads to, and returns what
// r is then. at is where they stand in the body.
//
// A many-to-many relationship is no part of the records themselves: they keep
// their _updated_at. The others are a field of the records at one end, which are
// updated.
func (c *change) link(by *schema.Relation, r *record, others []*record, at values.Pointer) (*record, error) {
	for _, other := range others {
		other = c.again(other)
		switch by.Kind {
		case schema.ManyToMany:
			c.setLinks(other, by.Inverse, appended(other.links[by.Inverse], r.id))
		case schema.OneToMany:
			if _, f := c.update(other, map[string]any{by.Inverse: r.id}, nil, at); f != nil {
				return nil, f
			}
			r = c.again(r)
		case schema.ManyToOne:
			var f error
			if r, f = c.update(r, map[string]any{by.Field: other.id}, nil, at); f != nil {
				return nil, f
			}
		}
	}
	if by.Kind == schema.ManyToMany {
		r = c.again(r)
		linked := r.links[by.Field]
		r = c.setLinks(r, by.Field, append(slices.Clip(linked), without(idsOf(others), linked)...))
	}
	return r, nil
}

// unlink removes records from those that a relationship of r leads to, and
// returns what r is then.
func (c *change) unlink(by *schema.Relation, r *record, others []*record) (*record, error) {
	for _, other := range others {
		other = c.again(other)
		switch by.Kind {
		case schema.ManyToMany:
			c.setLinks(other, by.Inverse, c.without(other.links[by.Inverse], r))
		case schema.OneToMany:
			if _, f := c.update(other, map[string]any{by.Inverse: nil}, nil, ""); f != nil {
				return nil, f
			}
			r = c.again(r)
		case schema.ManyToOne:
			var f error
			if r, f = c.update(r, map[string]any{by.Field: nil}, nil, ""); f != nil {
				return nil, f
			}
		}
	}
	if by.Kind == schema.ManyToMany {
		r = c.again(r)
		r = c.setLinks(r, by.Field, c.without(r.links[by.Field], others...))
	}
	return r, nil
}

// again returns a record as it is after others were changed: it may have been
// linked to itself.
func (c *change) again(r *record) *record { return c.state.find(c.state.spec(r), r.id) }

// appended returns ids with one more, if it is not among them.
func appended(ids []string, id string) []string {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(slices.Clone(ids), id)
}

// without returns the ids that lead to none of the records.
func (c *change) without(ids []string, records ...*record) []string {
	if len(records) == 0 {
		return ids
	}
	leaving := make(map[string]bool, len(records))
	for _, r := range records {
		leaving[r.id] = true
	}
	spec := c.state.spec(records[0])
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		r := c.state.follow(spec, id)
		return r != nil && leaving[r.id]
	})
}

func idsOf(records []*record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.id
	}
	return ids
}

// setLinks replaces what a record has at its end of a many-to-many relationship.
func (c *change) setLinks(r *record, field string, ids []string) *record {
	if slices.Equal(ids, r.links[field]) {
		return r
	}
	linked := *r
	linked.links = maps.Clone(r.links)
	if linked.links == nil {
		linked.links = map[string][]string{}
	}
	linked.links[field] = ids
	if len(ids) == 0 {
		delete(linked.links, field)
	}
	return c.swap(r, &linked)
}
