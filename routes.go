package clarify

import (
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// routes finds the operation of a request by its method and path.
type routes struct {
	bySegments map[int][]route
}

type route struct {
	operation gen.Operation
	segments  []string // a parameter is empty
}

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

// find returns the operation, or a zero one if there is none. Of two whose paths
// fit, it is the one with fewer parameters: /records/bulk is not a record.
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
		if n := candidate.fits(segments); n > best {
			found, best = candidate, n
		}
	}
	return found.operation
}

// fits returns how many segments are the same, or -1 if the path is another.
func (c route) fits(segments []string) int {
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
