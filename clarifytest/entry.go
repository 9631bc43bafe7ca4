package clarifytest

import (
	"maps"
	"slices"
)

// entry is a record as it is sent. Its attributes may be anything until check.
type entry struct {
	id            string
	attributes    map[string]any
	relationships any
	at            pointer // of the entry in the body
}

func (e entry) attributesAt() pointer { return e.at.member("attributes") }

// readEntry reads a record of the object. Beside type and attributes it must
// have an id if that is among the members, and may have relationships if they
// are.
func readEntry(spec *objectSpec, value any, at pointer, members ...string) (entry, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return entry{}, invalid(at, "A record must be an object with type and attributes.")
	}
	e := entry{at: at, relationships: object["relationships"]}
	var found problems
	found.add(checkMembers(object, at, members))
	if object["type"] != spec.name {
		found.add(invalid(at.member("type"), "The type must be %q, the object that the address names.", spec.name))
	}
	if slices.Contains(members, "id") {
		if e.id, ok = object["id"].(string); !ok {
			found.add(invalid(at.member("id"), "The id must be a string."))
		}
	}
	if e.attributes, ok = object["attributes"].(map[string]any); !ok {
		found.add(invalid(e.attributesAt(), "The attributes must be an object."))
	}
	return e, found.failure()
}

// check checks the attributes, each by itself, and puts what is kept of them in
// their place.
func (e *entry) check(spec *objectSpec) error {
	kept, f := checkAttributes(spec, e.attributes, e.attributesAt())
	e.attributes = kept
	return f
}

func checkEntries(spec *objectSpec, entries []entry) error {
	var found problems
	for i := range entries {
		found.add(entries[i].check(spec))
	}
	return found.failure()
}

func checkMembers(object map[string]any, at pointer, members []string) error {
	var found problems
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch {
		case name == "type", name == "attributes", slices.Contains(members, name):
		case name == "id":
			found.add(invalid(at.member(name), "The id is the server's to choose."))
		default:
			found.add(invalid(at.member(name), "A record has no member %s here.", name))
		}
	}
	return found.failure()
}

// readEntries reads the member data of a request for several records.
func readEntries(spec *objectSpec, data any, members ...string) ([]entry, error) {
	const at pointer = "/data"
	values, ok := data.([]any)
	if !ok {
		return nil, invalid(at, "data must be an array of records.")
	}
	entries := make([]entry, len(values))
	var found problems
	for i, value := range values {
		e, f := readEntry(spec, value, at.item(i), members...)
		found.add(f)
		entries[i] = e
	}
	return entries, found.failure()
}

// readIDs reads an array of at least one id.
func readIDs(value any, at pointer) ([]string, error) {
	values, _ := value.([]any)
	if len(values) == 0 {
		return nil, invalid(at, "The value must be an array of at least one id.")
	}
	ids := make([]string, 0, len(values))
	seen := make(map[string]bool, len(values))
	for i, v := range values {
		id, ok := v.(string)
		if !ok {
			return nil, invalid(at.item(i), "An id must be a string.")
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// readMatchOn reads the member match_on of a create: a unique field of the
// object, or empty if it is not sent.
func readMatchOn(spec *objectSpec, document map[string]any) (string, error) {
	const at pointer = "/match_on"
	value, sent := document["match_on"]
	if !sent {
		return "", nil
	}
	field, ok := value.(string)
	switch {
	case !ok || field == "":
		return "", invalid(at, "match_on must name a field.")
	case spec.matchField(field) == nil:
		return "", invalid(at, "%s is not a unique field of %s.", field, spec.name)
	}
	return field, nil
}
