package api

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// mergeRecords: POST /objects/{object}/records/{record}/merges
func mergeRecords(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	target := c.Request.PathValue("record")
	sources, err := readSources(spec, document["data"], target)
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		return change.Merge(spec, target, sources)
	})
	return Response{Status: http.StatusNoContent}, err
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
		found.Add(values.Invalid("/data/type", "The type must be %q, the object that the path names.", spec.Name))
	}
	attributes, _ := object["attributes"].(map[string]any)
	sources, err := readIDs(attributes["sources"], at)
	found.Add(err)
	for i, id := range sources {
		if id == target {
			found.Add(values.Invalid(at.Item(i), "A record cannot be merged into itself."))
		}
	}
	return sources, found.Err()
}
