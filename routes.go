package clarify

import (
	"net/url"
	"strings"
	"sync"

	"github.com/clarify-go/clarify/gen"
)

// routes finds the operation of a request by its method and path.
type routes struct {
	bySegments map[int][]route
}

type route struct {
	operation gen.Operation
	segments  []string // empty for a parameter
}

// sharedRoutes returns the routes of the contract, which are the same for all clients.
var sharedRoutes = sync.OnceValue(newRoutes)

func newRoutes() *routes {
	r := &routes{bySegments: map[int][]route{}}
	for _, op := range gen.Operations() {
		segments := strings.Split(op.Path, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = ""
			}
		}
		r.bySegments[len(segments)] = append(r.bySegments[len(segments)], route{op, segments})
	}
	return r
}

// find returns the operation of a request, or a zero one. If several paths match, it
// is the one with the fewest parameters: /records/bulk is not a record.
func (r *routes) find(method, path string) gen.Operation {
	var found route
	best := -1
	var parts [16]string
	segments := parts[:0]
	for rest, more := path, true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		segments = append(segments, segment)
	}
	for _, candidate := range r.bySegments[len(segments)] {
		if candidate.operation.Method != method {
			continue
		}
		if n := candidate.matches(segments); n > best {
			found, best = candidate, n
		}
	}
	return found.operation
}

// matches returns how many segments are the same, or -1 if the path does not match.
func (c route) matches(segments []string) int {
	same := 0
	for i, s := range c.segments {
		switch {
		case s == segments[i]:
			same++
		case s != "":
			return -1
		}
	}
	return same
}

// objectIn returns the name of the object in a path, which belongs to a route such as
// /objects/{object}/records. It is empty if there is none.
func objectIn(route, path string) string {
	for route != "" {
		var parameter, segment string
		parameter, route, _ = strings.Cut(route, "/")
		segment, path, _ = strings.Cut(path, "/")
		if parameter == "{object}" || parameter == "{entity}" {
			name, err := url.PathUnescape(segment)
			if err != nil {
				return ""
			}
			return name
		}
	}
	return ""
}
