package clarifytest

import (
	"fmt"
)

// AddToList adds records to a static list of a workspace, as users do in the app: the
// API has no operation for it. It panics if there is no workspace, list or record with
// this name or id, or if the list is not static.
func (s *Server) AddToList(workspace, list string, records ...string) {
	s.changeMembers("AddToList", workspace, list, records, true)
}

// RemoveFromList removes records from a static list of a workspace, as users do in the
// app: the API has no operation for it. It panics like [Server.AddToList].
func (s *Server) RemoveFromList(workspace, list string, records ...string) {
	s.changeMembers("RemoveFromList", workspace, list, records, false)
}

func (s *Server) changeMembers(method, workspace, list string, records []string, add bool) {
	if err := s.mustFindWorkspace(method, workspace).state.ChangeMembers(list, records, add); err != nil {
		panic(fmt.Sprintf("clarifytest: %s: %v", method, err))
	}
}
