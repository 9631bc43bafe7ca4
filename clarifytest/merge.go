package clarifytest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// mergeRecords: POST /objects/{object}/records/{record}/merges
func mergeRecords(c *call) (reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return reply{}, f
	}
	target := c.request.PathValue("record")
	sources, f := readSources(spec, document["data"], target)
	if f != nil {
		return reply{}, f
	}
	f = c.workspace.state.write(c.user, func(change *change) error {
		return change.merge(spec, target, sources)
	})
	return reply{status: http.StatusNoContent}, f
}

func readSources(spec *schema.Object, data any, target string) ([]string, error) {
	const at values.Pointer = "/data/attributes/sources"
	object, ok := data.(map[string]any)
	if !ok {
		return nil, values.Invalid("/data", "data must be an object with type and attributes.")
	}
	var found values.Problems
	found.Add(checkMembers(object, "/data", nil))
	if object["type"] != spec.Name {
		found.Add(values.Invalid("/data/type", "The type must be %q, the object that the address names.", spec.Name))
	}
	attributes, _ := object["attributes"].(map[string]any)
	sources, f := readIDs(attributes["sources"], at)
	found.Add(f)
	for i, id := range sources {
		if id == target {
			found.Add(values.Invalid(at.Item(i), "A record cannot be merged into itself."))
		}
	}
	return sources, found.Err()
}

// mergeAt is where the sources of a merge stand in the body.
const mergeAt values.Pointer = "/data/attributes/sources"

// merge gives the target what it lacks and the sources have, and deletes them.
func (c *change) merge(spec *schema.Object, target string, sources []string) error {
	heir, f := c.state.get(spec, target)
	if f != nil {
		return f
	}
	lacking, merged := map[string]any{}, map[string]bool{target: true}
	for _, id := range sources {
		merged[id] = true
	}
	for _, id := range sources {
		source, f := c.state.get(spec, id)
		if f != nil {
			return f
		}
		for field := range source.attributes() {
			value := c.state.value(source, field)
			if values.IsEmpty(c.state.value(heir, field)) && values.IsEmpty(lacking[field]) && !values.IsEmpty(value) && inherits(spec, field, value, merged) {
				lacking[field] = value
			}
		}
		if f := c.mergeLinks(spec, heir, source); f != nil {
			return f
		}
		heir = c.again(heir)
		c.inheritFiles(source, heir)
		c.remove(c.again(source))
		c.bequeath(source, heir)
	}
	for field, id := range heir.attributes() {
		if merged[textID(id)] && id != target && spec.Reference(field) == spec {
			lacking[field] = nil
		}
	}
	_, f = c.update(heir, lacking, nil, mergeAt)
	return f
}

// inherits tells whether the target of a merge may take over a value that it
// lacks. A record does not come to refer to itself by it, which is what a
// reference to one of those that are merged would be.
func inherits(o *schema.Object, field string, value any, merged map[string]bool) bool {
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
func (c *change) mergeLinks(spec *schema.Object, heir, source *record) error {
	for _, field := range slices.Sorted(maps.Keys(spec.Fields)) {
		by := spec.RelationOf(field)
		if by == nil || !by.Many {
			continue
		}
		mergeable := spec.Fields[field].Relationship.Mergeable
		if by.Kind == schema.OneToMany && mergeable && by.Target != spec {
			continue
		}
		var taken, lost []*record
		for _, other := range c.state.related(by, c.again(source)) {
			if mergeable && other.id != heir.id && other.id != source.id {
				taken = append(taken, other)
			} else {
				lost = append(lost, other)
			}
		}
		if f := c.forget(by, source, lost); f != nil {
			return f
		}
		if by.Kind == schema.ManyToMany {
			if _, f := c.link(by, c.again(heir), taken, mergeAt); f != nil {
				return f
			}
		}
	}
	return nil
}

// forget ends a relationship at the other end only.
func (c *change) forget(by *schema.Relation, r *record, others []*record) error {
	for _, other := range others {
		other = c.again(other)
		if by.Kind == schema.ManyToMany {
			c.setLinks(other, by.Inverse, c.without(other.links[by.Inverse], r))
		} else if _, f := c.update(other, map[string]any{by.Inverse: nil}, nil, mergeAt); f != nil {
			return f
		}
	}
	return nil
}
