package api

import (
	"maps"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// entry is a record as it is sent. Its attributes may be anything until check.
type entry struct {
	id            string
	attributes    map[string]any
	relationships any
	at            values.Pointer // of the entry in the body
}

func (e entry) attributesAt() values.Pointer { return e.at.Member("attributes") }

// readEntry reads a record of the object. Beside type and attributes it must
// have an id if that is among the members, and may have relationships if they
// are.
func readEntry(spec *schema.Object, value any, at values.Pointer, members ...string) (entry, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return entry{}, values.Invalid(at, "A record must be an object with type and attributes.")
	}
	e := entry{at: at, relationships: object["relationships"]}
	var found values.Problems
	found.Add(checkMembers(object, at, members))
	if object["type"] != spec.Name {
		found.Add(values.Invalid(at.Member("type"), "The type must be %q, the object that the path names.", spec.Name))
	}
	if slices.Contains(members, "id") {
		if e.id, ok = object["id"].(string); !ok {
			found.Add(values.Invalid(at.Member("id"), "The id must be a string."))
		}
	}
	if e.attributes, ok = object["attributes"].(map[string]any); !ok {
		found.Add(values.Invalid(e.attributesAt(), "The attributes must be an object."))
	}
	return e, found.Err()
}

// check checks the attributes, each by itself, and puts what is kept of them in
// their place.
func (e *entry) check(spec *schema.Object) error {
	kept, err := spec.CheckAttributes(e.attributes, e.attributesAt())
	e.attributes = kept
	return err
}

func checkEntries(spec *schema.Object, entries []entry) error {
	var found values.Problems
	for i := range entries {
		found.Add(entries[i].check(spec))
	}
	return found.Err()
}

func checkMembers(object map[string]any, at values.Pointer, members []string) error {
	var found values.Problems
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch {
		case name == "type", name == "attributes", slices.Contains(members, name):
		case name == "id":
			found.Add(values.Invalid(at.Member(name), "The id is the server's to choose."))
		default:
			found.Add(values.Invalid(at.Member(name), "A record has no member %s here.", name))
		}
	}
	return found.Err()
}

// readEntries reads the member data of a request for several records.
func readEntries(spec *schema.Object, data any, members ...string) ([]entry, error) {
	const at values.Pointer = "/data"
	list, ok := data.([]any)
	if !ok {
		return nil, values.Invalid(at, "data must be an array of records.")
	}
	entries := make([]entry, len(list))
	var found values.Problems
	for i, value := range list {
		e, err := readEntry(spec, value, at.Item(i), members...)
		found.Add(err)
		entries[i] = e
	}
	return entries, found.Err()
}

// readIDs reads an array of at least one id.
func readIDs(value any, at values.Pointer) ([]string, error) {
	list, _ := value.([]any)
	if len(list) == 0 {
		return nil, values.Invalid(at, "The value must be an array of at least one id.")
	}
	ids := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for i, v := range list {
		id, ok := v.(string)
		if !ok {
			return nil, values.Invalid(at.Item(i), "An id must be a string.")
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
func readMatchOn(spec *schema.Object, document map[string]any) (string, error) {
	const at values.Pointer = "/match_on"
	value, sent := document["match_on"]
	if !sent {
		return "", nil
	}
	field, ok := value.(string)
	switch {
	case !ok || field == "":
		return "", values.Invalid(at, "match_on must name a field.")
	case spec.MatchField(field) == nil:
		return "", values.Invalid(at, "%s is not a unique field of %s.", field, spec.Name)
	}
	return field, nil
}
