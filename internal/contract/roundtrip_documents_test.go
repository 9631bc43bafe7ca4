package contract_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// documents makes documents that a schema allows.
type documents struct {
	rng *rand.Rand
	// has says whether an optional member is there.
	has func() bool
	// null says whether a value that may be null is.
	null func() bool
	// empty says whether a list or map that may be empty is.
	empty func() bool
	// second says whether a list at this depth has a second element.
	second func(depth int) bool
	// unknown says whether an open object has a member that the contract does
	// not name.
	unknown func() bool
}

func always() bool { return true }

func never() bool { return false }

// unknownMember has what is easily lost on the way.
var unknownMember = json.RawMessage(`{"digits":12345678901234567890.1234567890,"exponent":1E400,"one":1.0,"null":null,"list":[],"object":{},"text":"<&>\u2028ü","nested":[{"deep":[null,-0]}]}`)

func (d *documents) of(ref *openapi3.SchemaRef, depth int) any {
	s := ref.Value
	union := slices.Concat(s.OneOf, s.AnyOf)
	if len(union) > 0 {
		var branches openapi3.SchemaRefs
		nullable := false
		for _, b := range union {
			if b.Value.Type.Is("null") {
				nullable = true
			} else {
				branches = append(branches, b)
			}
		}
		if nullable && d.null() {
			return nil
		}
		b := branches[d.rng.IntN(len(branches))]
		return d.of(b, depth)
	}
	if len(s.AllOf) > 0 {
		merged := map[string]any{}
		for _, b := range s.AllOf {
			for k, v := range d.of(b, depth).(map[string]any) {
				merged[k] = v
			}
		}
		// What one part requires another may only describe.
		for _, b := range s.AllOf {
			for _, name := range b.Value.Required {
				for _, c := range s.AllOf {
					if p := c.Value.Properties[name]; p != nil && merged[name] == nil {
						merged[name] = d.of(p, depth+1)
					}
				}
			}
		}
		return merged
	}
	if s.Const != nil {
		return s.Const
	}
	types := s.Type.Slice()
	if len(types) == 0 {
		if s.Type == nil && len(s.Properties) == 0 {
			return d.any()
		}
		types = []string{"object"}
	}
	if slices.Contains(types, "null") && (len(types) == 1 || d.null()) {
		return nil
	}
	types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	if len(s.Enum) > 0 {
		return s.Enum[d.rng.IntN(len(s.Enum))]
	}
	switch types[0] {
	case "string":
		return d.text(s)
	case "boolean":
		return d.rng.IntN(2) == 0
	case "integer":
		low, high := int64(-1000), int64(1_000_000)
		if s.Min != nil {
			low = int64(*s.Min)
		}
		if s.Max != nil {
			high = int64(*s.Max)
		}
		return low + d.rng.Int64N(high-low+1)
	case "number":
		return []any{1.5, -0.25, 0, 1e21, 123456.789, 5e-324}[d.rng.IntN(6)]
	case "array":
		n := int(s.MinItems)
		if !d.empty() && depth < 12 {
			n++
			if d.second(depth) {
				n++
			}
		}
		if s.MaxItems != nil {
			n = min(n, int(*s.MaxItems))
		}
		list := []any{}
		for range n {
			list = append(list, d.of(s.Items, depth+1))
		}
		return list
	case "object":
		return d.object(s, depth)
	}
	panic(fmt.Sprintf("type %v", types))
}

func (d *documents) object(s *openapi3.Schema, depth int) map[string]any {
	object := map[string]any{}
	// In order, so that one seed always makes the same document.
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || d.has() && depth < 12 {
			object[name] = d.of(s.Properties[name], depth+1)
		}
	}
	switch {
	case s.AdditionalProperties.Schema != nil:
		if !d.empty() {
			object["a key/with ü"] = d.of(s.AdditionalProperties.Schema, depth+1)
			object["null"] = d.of(s.AdditionalProperties.Schema, depth+1)
		}
	case s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has:
		// What is not closed is open (JSON Schema 2020-12, section 10.3.2.3).
		if d.unknown() {
			object["x_unknown"] = unknownMember
			// Only the case differs from a member that the contract may name.
			object["TITLE"], object["ID"], object["Data"] = "x", json.Number("12345678901234567"), nil
		}
	}
	return object
}

func (d *documents) any() any {
	return []any{nil, true, "text", unknownMember, []any{}, map[string]any{}, json.Number("12345678901234567890.10")}[d.rng.IntN(7)]
}

func (d *documents) text(s *openapi3.Schema) string {
	switch {
	case s.Format == "date-time":
		return []string{
			"2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.700Z", "2026-02-03T04:05:06.000Z",
			"2026-02-03T04:05:06Z", "2026-02-03t04:05:06.5z", "2026-02-03T04:05:06.123456Z", "2026-02-03T04:05:06.100+02:00",
		}[d.rng.IntN(6)]
	case s.Format == "uuid":
		return []string{"3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01", "3F8F2A9E-8A55-4A35-9D52-5F1F2B8C7A01"}[d.rng.IntN(2)]
	case s.Pattern != "":
		return "video/mp4"
	case s.MinLength > 0:
		return "x"
	}
	return []string{"", "text", "<a href=\"x\">&amp;</a>", "ü \u2028 \U0001F600", "null", "a\x00b"}[d.rng.IntN(6)]
}

// shape is a type that the generated client sends or receives.
type shape struct {
	name   string
	schema *openapi3.SchemaRef
	goType reflect.Type
	// pointer leads to the schema in the document.
	pointer string
}

const jsonSchema = "/content/application~1json/schema"

// shapes are in the order of their names.
func shapes(t testing.TB, doc *openapi3.T) []shape {
	t.Helper()
	var found []shape
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := "#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(method)
			found = append(found, shapesOf(t, op, at)...)
		}
	}
	slices.SortFunc(found, func(a, b shape) int { return strings.Compare(a.name, b.name) })
	return found
}

func shapesOf(t testing.TB, op *openapi3.Operation, at string) []shape {
	t.Helper()
	var found []shape
	var response, body reflect.Type
	for _, m := range methods(t, op.OperationID) {
		response = m.Type.Out(0).Elem()
		last := m.Type.In(m.Type.NumIn() - 2)
		if op.RequestBody != nil && last != reflect.TypeFor[io.Reader]() {
			body = last
		}
	}
	if op.RequestBody != nil {
		if body == nil {
			t.Fatalf("%s: no method takes the request's type", op.OperationID)
		}
		found = append(found, shape{op.OperationID + " request", op.RequestBody.Value.Content["application/json"].Schema, body, at + "/requestBody" + jsonSchema})
	}
	for status, r := range op.Responses.Map() {
		media := r.Value.Content["application/json"]
		if media == nil {
			continue
		}
		name := "JSON" + strings.ToUpper(status[:1]) + status[1:]
		field, ok := response.FieldByName(name)
		if !ok {
			t.Fatalf("%v has no field %s", response, name)
		}
		found = append(found, shape{op.OperationID + " " + status, media.Schema, field.Type.Elem(), r.Ref + jsonSchema})
	}
	return found
}
