package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

// place is where in a document a value stands.
type place struct {
	path   string
	put    func(value any)
	remove func() // nil for an element of a list
}

// places are all members and elements of a decoded document.
func places(value any, path string) []place {
	var found []place
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			at := path + "/" + name
			found = append(found, place{at, func(v any) { value[name] = v }, func() { delete(value, name) }})
			found = append(found, places(value[name], at)...)
		}
	case []any:
		for i := range value {
			at := fmt.Sprintf("%s/%d", path, i)
			found = append(found, place{at, func(v any) { value[i] = v }, nil})
			found = append(found, places(value[i], at)...)
		}
	}
	return found
}

// essential is where a document may not be read: without data, or with an entry that
// has no id, there is nothing to work with.
var essential = regexp.MustCompile(`^/data(/\d+)?(/id)?$`)

// index is that of an element in a path.
var index = regexp.MustCompile(`/\d+`)

// lastNames are the last two members in a path, and an index.
var lastNames = regexp.MustCompile(`(/[^/]*(/0)*){1,2}$`)

// hostile are values that hardly any field takes.
var hostile = []string{
	`null`, `true`, `false`, `0`, `-0`, `1`, `1.0`, `1.50`, `-1`, `1e2`, `1E400`, `9223372036854775808`, `12345678901234567890.1234567890`,
	`""`, `"text"`, `"3600"`, `"2026-02-03"`, `"2026-02-03T04:05:06Z"`, `"9999-12-31T23:59:59-23:59"`, `"\ud800"`, `"<&>\u2028"`,
	`[]`, `[null]`, `["a",1,null]`, `[1.0]`, `[[]]`, `[{}]`, `[{"id":"x"},null,"y",{"id":5,"type":{}},{"type":"later"}]`,
	`{}`, `{"":null}`, `{"id":null,"type":7,"data":[]}`, `{"data":{"id":"x"}}`, `{"a":1,"a":"2","\u0061":{}}`, `{"type":"Later","props":{},"children":[{}]}`,
	`{"items":[{"id":"x"},1]}`, string(unknownMember),
}

// received are the shapes of responses, one for each type.
func received(t testing.TB, doc *openapi3.T) []shape {
	t.Helper()
	seen := map[reflect.Type]bool{}
	return slices.DeleteFunc(shapes(t, doc), func(s shape) bool {
		known := seen[s.goType] || strings.HasSuffix(s.name, " request")
		seen[s.goType] = true
		return known
	})
}

// checkKept checks that a document, which want is the value of, is encoded to what was
// decoded, or that it cannot be decoded for a reason.
func checkKept(t *testing.T, goType reflect.Type, path string, body []byte, want any) {
	t.Helper()
	value := reflect.New(goType)
	if err := json.Unmarshal(body, value.Interface()); err != nil {
		if !essential.MatchString(path) {
			t.Fatalf("%v, changed at %s: %v\n%s", goType, path, err, body)
		}
		return
	}
	encoded, err := json.Marshal(value.Interface())
	if err != nil {
		t.Fatalf("%v, changed at %s: %v\n%s", goType, path, err, body)
	}
	if !sameValue(decode(t, encoded), want) {
		t.Fatalf("%v, changed at %s:\nreceived %s\nencoded  %s", goType, path, body, encoded)
	}
}

// Each member of each response, at any depth, is replaced by each hostile value, and
// removed.
func TestNothingThatIsReceivedIsLostHoweverOddItIs(t *testing.T) {
	stride := rerun.Stride(10)
	for _, shape := range received(t, document(t)) {
		t.Run(shape.goType.Name(), func(t *testing.T) {
			t.Parallel()
			everything := &documents{rand.New(rand.NewPCG(3, 4)), always, never, never, twoItems, never}
			seen := map[string]bool{}
			for range 20 { // since a union has one branch at a time
				made, err := json.Marshal(everything.of(shape.schema, 0))
				if err != nil {
					t.Fatal(err)
				}
				for i, place := range places(decode(t, made), "") {
					// Types are made of one another: what has been under such a member is not tried again.
					member := lastNames.FindString(index.ReplaceAllString(place.path, "/0"))
					if seen[member] {
						continue
					}
					seen[member] = true
					changed := decode(t, made)
					at := places(changed, "")[i]
					at.put(mark)
					before, after, _ := bytes.Cut(encode(t, changed), encode(t, mark))
					for j := i % stride; j < len(hostile); j += stride {
						value := hostile[j]
						at.put(decode(t, []byte(value)))
						checkKept(t, shape.goType, place.path, slices.Concat(before, []byte(value), after), changed)
					}
					if at.remove != nil {
						at.remove()
						checkKept(t, shape.goType, place.path, encode(t, changed), changed)
					}
				}
			}
		})
	}
}

// twoItems gives the data of a page a second item. With two elements in the lists
// within it, too, a document would grow exponentially with its depth.
func twoItems(depth int) bool { return depth == 1 }

// mark is a string that no document has.
const mark = "a value goes here"

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzResponse replaces one member of a valid response by any JSON.
func FuzzResponse(f *testing.F) {
	all := received(f, document(f))
	for i, value := range hostile {
		f.Add(uint64(i), uint16(i), uint16(i*7), value)
	}
	f.Fuzz(func(t *testing.T, seed uint64, which, where uint16, value string) {
		if !json.Valid([]byte(value)) {
			t.Skip()
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		sometimes := func() bool { return rng.IntN(2) == 0 }
		shape := all[int(which)%len(all)]
		changed := (&documents{rng, always, sometimes, sometimes, func(int) bool { return sometimes() }, sometimes}).of(shape.schema, 0)
		made, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		changed = decode(t, made)
		found := places(changed, "")
		if len(found) == 0 {
			t.Skip()
		}
		at := found[int(where)%len(found)]
		at.put(json.RawMessage(value))
		body, err := json.Marshal(changed)
		if err != nil {
			t.Skip() // nested too deeply
		}
		checkKept(t, shape.goType, at.path, body, decode(t, body))
	})
}

// Every type that may be a part of a response keeps what it does not know.
func TestEveryTypeThatIsReceivedIsOpen(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] || typ.PkgPath() == "time" {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumMethod() {
				if m := typ.Method(i); strings.HasPrefix(m.Name, "As") && m.Type.NumOut() == 2 {
					walk(m.Type.Out(0)) // of a union
				}
			}
			rest, open := typ.FieldByName("AdditionalProperties")
			keepsItself := typ == reflect.TypeFor[gen.Time]() || typ == reflect.TypeFor[gen.JSONNull]() || typ.NumField() == 1 && typ.Field(0).Name == "union"
			if !keepsItself && (!open || rest.Type != reflect.TypeFor[map[string]any]()) {
				t.Errorf("%v has no AdditionalProperties: add it to gen/overlay.yaml", typ)
			}
			for i := range typ.NumField() {
				walk(typ.Field(i).Type)
			}
		}
	}
	for _, shape := range received(t, document(t)) {
		walk(shape.goType)
	}
	if len(seen) < 100 {
		t.Errorf("%d types only", len(seen))
	}
}
