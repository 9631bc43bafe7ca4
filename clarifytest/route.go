package clarifytest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/contract"
)

// find returns the operation that a request is for, whose parameters and workspace
// it sets as the request's path values. If there is none, it returns the methods
// that the path has.
func (s *Server) find(r *http.Request) (op *contract.Operation, allowed []string) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), apiRoot)
	if !ok {
		return nil, nil
	}
	segments := strings.Split(rest, "/")
	if slices.Contains(segments, "") || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return nil, nil
	}
	workspace, segments := segments[0], segments[1:]
	op, allowed = s.contract.Find(r.Method, segments)
	if op != nil {
		r.SetPathValue("workspace", contract.Unescape(workspace))
		op.SetPathValues(r, segments)
	}
	return op, allowed
}
