package clarifytest

import (
	"maps"
	"net/http"
	"slices"
)

// mergeRecords: POST /objects/{object}/records/{record}/merges
func mergeRecords(c *call) (reply, *failure) {
	spec, document, f := c.write()
	if f != nil {
		return reply{}, f
	}
	target := c.request.PathValue("record")
	sources, f := readSources(spec, document["data"], target)
	if f != nil {
		return reply{}, f
	}
	f = c.workspace.state.write(c.user, func(change *change) *failure {
		return change.merge(spec, target, sources)
	})
	return reply{status: http.StatusNoContent}, f
}

func readSources(spec *objectSpec, data any, target string) ([]string, *failure) {
	const at pointer = "/data/attributes/sources"
	object, ok := data.(map[string]any)
	if !ok {
		return nil, invalid("/data", "data must be an object with type and attributes.")
	}
	var found problems
	found.add(checkMembers(object, "/data", nil))
	if object["type"] != spec.name {
		found.add(invalid("/data/type", "The type must be %q, the object that the address names.", spec.name))
	}
	attributes, _ := object["attributes"].(map[string]any)
	sources, f := readIDs(attributes["sources"], at)
	found.add(f)
	for i, id := range sources {
		if id == target {
			found.add(invalid(at.item(i), "A record cannot be merged into itself."))
		}
	}
	return sources, found.failure()
}

// merge gives the target what it lacks and the sources have, and deletes them.
func (c *change) merge(spec *objectSpec, target string, sources []string) *failure {
	heir, f := c.state.get(spec, target)
	if f != nil {
		return f
	}
	lacking := map[string]any{}
	for _, id := range sources {
		source, f := c.state.get(spec, id)
		if f != nil {
			return f
		}
		for field := range source.attributes() {
			value := c.state.value(source, field)
			if isEmpty(c.state.value(heir, field)) && isEmpty(lacking[field]) && !isEmpty(value) {
				lacking[field] = value
			}
		}
		for _, field := range slices.Sorted(maps.Keys(source.links)) {
			by := spec.relationOf(field)
			isHeir := func(r *record) bool { return r.object == heir.object && r.id == heir.id }
			linked := slices.DeleteFunc(c.state.linked(by, source), isHeir)
			if heir, f = c.link(by, heir, linked, "/data/attributes/sources"); f != nil {
				return f
			}
		}
		c.remove(source)
		c.bequeath(source, heir)
	}
	_, f = c.update(heir, lacking, nil, "/data/attributes/sources")
	return f
}
