package clarifytest

import (
	"fmt"

	"github.com/clarify-go/clarify/gen"
)

// A ListMatcher says which records a query selects, for [WithListMatcher].
// object is the one that the list is of. It returns nil for all records.
type ListMatcher func(object string, query gen.ListQuery) func(gen.Resource) bool

// AddToList puts records into a static list of a workspace, as people do in the
// app: the API has no operation for it. It panics if there is no workspace, list
// or record of this id, or if the list is not static.
func (s *Server) AddToList(workspace, list string, records ...string) {
	s.changeMembers("AddToList", workspace, list, records, true)
}

// RemoveFromList takes records out of a static list of a workspace, as people do
// in the app: the API has no operation for it. It panics as [Server.AddToList]
// does.
func (s *Server) RemoveFromList(workspace, list string, records ...string) {
	s.changeMembers("RemoveFromList", workspace, list, records, false)
}

func (s *Server) changeMembers(method, workspace, list string, records []string, add bool) {
	if err := s.mustFindWorkspace(method, workspace).state.ChangeMembers(list, records, add); err != nil {
		panic(fmt.Sprintf("clarifytest: %s: %v", method, err))
	}
}
