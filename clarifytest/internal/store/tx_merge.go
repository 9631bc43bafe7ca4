package store

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// mergeAt is where the sources of a merge stand in the body.
const mergeAt values.Pointer = "/data/attributes/sources"

// Merge gives the target what it lacks and the sources have, and deletes them.
func (c *Tx) Merge(spec *schema.Object, target string, sources []string) error {
	heir, f := c.store.Get(spec, target)
	if f != nil {
		return f
	}
	lacking, merged := map[string]any{}, map[string]bool{target: true}
	for _, id := range sources {
		merged[id] = true
	}
	for _, id := range sources {
		source, f := c.store.Get(spec, id)
		if f != nil {
			return f
		}
		for field := range source.Attributes() {
			value := c.store.Value(source, field)
			if values.IsEmpty(c.store.Value(heir, field)) && values.IsEmpty(lacking[field]) && !values.IsEmpty(value) && takesOver(spec, field, value, merged) {
				lacking[field] = value
			}
		}
		if f := c.mergeLinks(spec, heir, source); f != nil {
			return f
		}
		heir = c.again(heir)
		if hook := c.store.config.Hooks.Merging; hook != nil {
			hook(c, source, heir)
		}
		c.Remove(c.again(source))
		c.redirect(source, heir)
	}
	for field, id := range heir.Attributes() {
		if merged[textID(id)] && id != target && spec.Reference(field) == spec {
			lacking[field] = nil
		}
	}
	_, f = c.Update(heir, lacking, nil, mergeAt)
	return f
}

// takesOver tells whether the target of a merge may take over a value that it
// lacks. A record does not come to refer to itself by it, which is what a
// reference to one of those that are merged would be.
func takesOver(o *schema.Object, field string, value any, merged map[string]bool) bool {
	target := o.Reference(field)
	switch declared := o.Fields[field]; {
	case target == nil:
		return true
	case target == o && merged[textID(value)]:
		return false
	default:
		return declared == nil || declared.Relationship.Mergeable
	}
}

// textID is a reference as a text, empty if it is none.
func textID(value any) string {
	id, _ := value.(string)
	return id
}

// mergeLinks gives heir the links of source. Those from others to source need no
// change if they are to lead to heir: they follow the merge.
func (c *Tx) mergeLinks(spec *schema.Object, heir, source *Record) error {
	for _, field := range slices.Sorted(maps.Keys(spec.Fields)) {
		by := spec.RelationOf(field)
		if by == nil || !by.Many {
			continue
		}
		mergeable := spec.Fields[field].Relationship.Mergeable
		if by.Kind == schema.OneToMany && mergeable && by.Target != spec {
			continue
		}
		var taken, lost []*Record
		for _, other := range c.store.Related(by, c.again(source)) {
			if mergeable && other.ID != heir.ID && other.ID != source.ID {
				taken = append(taken, other)
			} else {
				lost = append(lost, other)
			}
		}
		if f := c.unlinkOthers(by, source, lost); f != nil {
			return f
		}
		if by.Kind == schema.ManyToMany {
			if _, f := c.Link(by, c.again(heir), taken, mergeAt); f != nil {
				return f
			}
		}
	}
	return nil
}

// unlinkOthers ends a relationship at the other end only.
func (c *Tx) unlinkOthers(by *schema.Relation, r *Record, others []*Record) error {
	for _, other := range others {
		other = c.again(other)
		if by.Kind == schema.ManyToMany {
			c.setLinks(other, by.Inverse, c.without(other.Links[by.Inverse], r))
		} else if _, f := c.Update(other, map[string]any{by.Inverse: nil}, nil, mergeAt); f != nil {
			return f
		}
	}
	return nil
}
