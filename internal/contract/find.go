package contract

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Contract is the contract, ready to find the operation that a request is for. It
// is not an http.ServeMux because two paths of the contract match a third one
// equally well, which ServeMux rejects, and because ServeMux responds to an unclean
// path with a redirect, which the API does not.
type Contract struct {
	schemas    openapi3.Schemas // those that have names
	members    func() []string
	bySegments map[int][]*Operation // by the number of segments, in matching order
}

func newContract(document *openapi3.T, ops []*Operation) *Contract {
	c := &Contract{
		schemas:    document.Components.Schemas,
		members:    sync.OnceValue(func() []string { return membersOf(document) }),
		bySegments: map[int][]*Operation{},
	}
	for _, op := range ops {
		n := len(op.segments)
		c.bySegments[n] = append(c.bySegments[n], op)
	}
	for _, candidates := range c.bySegments {
		slices.SortStableFunc(candidates, compareSpecificity)
	}
	return c
}

// Operations returns all operations, sorted by id.
func (c *Contract) Operations() []*Operation {
	var all []*Operation
	for _, ops := range c.bySegments {
		all = append(all, ops...)
	}
	slices.SortFunc(all, func(a, b *Operation) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Members returns the names of all members that the contract gives to objects in
// requests and responses, sorted.
func (c *Contract) Members() []string { return slices.Clone(c.members()) }

func membersOf(document *openapi3.T) []string {
	names := map[string]bool{}
	_ = document.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name := range ref.Value.Properties {
			names[name] = true
		}
		return nil
	})
	return slices.Sorted(maps.Keys(names))
}

// Has reports whether there is an operation with the id.
func (c *Contract) Has(id string) bool {
	return slices.ContainsFunc(c.Operations(), func(op *Operation) bool { return op.ID == id })
}

// compareSpecificity puts a path first that spells out what the other leaves
// open, the leftmost segment deciding.
func compareSpecificity(a, b *Operation) int {
	for i := range a.segments {
		if order := cmp.Compare(parameterRank(a.segments[i]), parameterRank(b.segments[i])); order != 0 {
			return order
		}
	}
	return 0
}

func parameterRank(segment string) int {
	if _, ok := parameterName(segment); ok {
		return 1
	}
	return 0
}

func parameterName(segment string) (string, bool) {
	name, ok := strings.CutPrefix(segment, "{")
	return strings.TrimSuffix(name, "}"), ok
}

// Find returns the operation that a path is for, given as the segments below the
// workspace, each escaped. HEAD is taken for GET. If there is no operation, it
// returns the methods that the path has.
func (c *Contract) Find(method string, segments []string) (op *Operation, allowed []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, candidate := range c.bySegments[len(segments)] {
		if !candidate.matches(segments) {
			continue
		}
		if candidate.Method == method {
			return candidate, nil
		}
		allowed = append(allowed, candidate.Method)
	}
	slices.Sort(allowed)
	return nil, slices.Compact(allowed)
}

func (op *Operation) matches(segments []string) bool {
	for i, segment := range op.segments {
		if _, ok := parameterName(segment); !ok && segment != Unescape(segments[i]) {
			return false
		}
	}
	return true
}

// SetPathValues sets the operation's parameters, each unescaped once, as path
// values of r. The segments are those that the operation was found by.
func (op *Operation) SetPathValues(r *http.Request, segments []string) {
	values := op.PathValues(segments)
	for _, segment := range op.segments {
		if name, ok := parameterName(segment); ok {
			r.SetPathValue(name, values[0])
			values = values[1:]
		}
	}
}

// PathValues returns the values of the operation's parameters in the order of the
// path, each unescaped once.
func (op *Operation) PathValues(segments []string) []string {
	var values []string
	for i, segment := range op.segments {
		if _, ok := parameterName(segment); ok {
			values = append(values, Unescape(segments[i]))
		}
	}
	return values
}

// Unescape unescapes a segment of a path. It cannot fail where it matters: an HTTP
// server rejects a path with a wrong escape.
func Unescape(segment string) string {
	text, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return text
}
