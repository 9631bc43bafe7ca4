package contract

import (
	"net/http"
	"slices"
	"strings"
)

// Root is what the path of every operation begins with, before the workspace.
const Root = "/v1/workspaces/"

// Route returns the operation that a request is for, and sets the workspace and
// the operation's parameters as path values of the request. If there is no such
// operation, it returns the methods of those that the path has.
func (c *Contract) Route(r *http.Request) (op *Operation, allowed []string) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), Root)
	if !ok {
		return nil, nil
	}
	segments := strings.Split(rest, "/")
	if slices.Contains(segments, "") || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return nil, nil
	}
	workspace, segments := segments[0], segments[1:]
	op, allowed = c.Find(r.Method, segments)
	if op != nil {
		r.SetPathValue("workspace", Unescape(workspace))
		op.SetPathValues(r, segments)
	}
	return op, allowed
}

// WorkspaceOf returns the workspace that an escaped path names.
func WorkspaceOf(path string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(path, Root)
	if !ok {
		return "", false
	}
	name, _, _ = strings.Cut(rest, "/")
	return Unescape(name), true
}
