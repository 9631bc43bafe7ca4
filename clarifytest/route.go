package clarifytest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// router finds the operation that a request is for. It is not an http.ServeMux
// because two paths of the contract match a third one equally well, which
// ServeMux refuses, and because ServeMux answers an unclean path with a
// redirect, which the API does not.
type router struct {
	bySegments map[int][]*operation // by the number of segments, in matching order
	schemas    openapi3.Schemas     // those of the contract that have names
}

func newRouter(ops []*operation) *router {
	rt := &router{bySegments: map[int][]*operation{}}
	for _, op := range ops {
		n := len(op.segments)
		rt.bySegments[n] = append(rt.bySegments[n], op)
	}
	for _, candidates := range rt.bySegments {
		slices.SortStableFunc(candidates, compareSpecificity)
	}
	return rt
}

// has tells whether there is an operation with the id.
func (rt *router) has(id string) bool {
	for _, ops := range rt.bySegments {
		if slices.ContainsFunc(ops, func(op *operation) bool { return op.id == id }) {
			return true
		}
	}
	return false
}

// compareSpecificity puts a path first that spells out what the other leaves
// open, the leftmost segment deciding.
func compareSpecificity(a, b *operation) int {
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

// find returns the operation, whose parameters it sets as the request's path
// values, each unescaped once. If there is none, it returns the methods that
// the path has.
func (rt *router) find(r *http.Request) (op *operation, allowed []string) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), apiRoot)
	if !ok {
		return nil, nil
	}
	segments := strings.Split(rest, "/")
	if slices.Contains(segments, "") || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return nil, nil
	}
	workspace, segments := segments[0], segments[1:]
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, candidate := range rt.bySegments[len(segments)] {
		if !candidate.matches(segments) {
			continue
		}
		if candidate.method == method {
			r.SetPathValue("workspace", unescape(workspace))
			for i, segment := range candidate.segments {
				if name, ok := parameterName(segment); ok {
					r.SetPathValue(name, unescape(segments[i]))
				}
			}
			return candidate, nil
		}
		allowed = append(allowed, candidate.method)
	}
	slices.Sort(allowed)
	return nil, slices.Compact(allowed)
}

func (op *operation) matches(segments []string) bool {
	for i, segment := range op.segments {
		if _, ok := parameterName(segment); !ok && segment != unescape(segments[i]) {
			return false
		}
	}
	return true
}

// unescape cannot fail: the HTTP server refuses a path with a wrong escape.
func unescape(segment string) string {
	text, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return text
}
