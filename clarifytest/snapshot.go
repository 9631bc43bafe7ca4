package clarifytest

import (
	"maps"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/authserver"
	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
)

// A Snapshot is the state of a server at one time. It does not change, and may be used by
// several servers and goroutines.
type Snapshot struct {
	first       Workspace
	workspaces  []heldWorkspace
	holders     map[string]holder
	grants      authserver.Grants
	ids         entropy.Position
	credentials entropy.Position
	seeds       entropy.Position
}

// heldWorkspace is a workspace in a snapshot.
type heldWorkspace struct {
	Workspace
	contents api.Contents
}

// Snapshot returns the contents of the server's workspaces, their credentials, and the
// positions of the sequences of ids and credentials. It is fast however large these are:
// data is copied when it is next changed.
//
// A snapshot does not have the clock, the requests counted by the rate limit, faults,
// the transcript and violations.
func (s *Server) Snapshot() *Snapshot {
	s.registry.Lock()
	defer s.registry.Unlock()
	snapshot := &Snapshot{first: Workspace{Name: s.Workspace, APIKey: s.APIKey, AccessToken: s.AccessToken}}
	all := s.sortedWorkspaces()
	defer lock(all)()
	for _, w := range all {
		snapshot.workspaces = append(snapshot.workspaces, heldWorkspace{w.Workspace, w.state.Snapshot()})
	}
	snapshot.grants = s.auth.Grants()
	snapshot.ids = s.ids.Position()
	snapshot.credentials = s.credentials.Position()
	snapshot.seeds = s.seeds.Position()
	s.mu.RLock()
	defer s.mu.RUnlock()
	snapshot.holders = maps.Clone(s.holders)
	return snapshot
}

// Restore puts the server back to its state at the snapshot: workspaces added since are
// removed, the others have their contents back, credentials issued since are no longer
// valid, and the same requests in the same order get the same ids and credentials again.
// See [Server.Snapshot] for what is not restored.
//
// The snapshot must be of this server, or of one that was started with the same name and
// credentials of the first workspace, as with [WithSnapshot]; else Restore panics.
// Requests in flight see one state or the other, never a mixture.
func (s *Server) Restore(snapshot *Snapshot) {
	if snapshot == nil || snapshot.first.Name != s.Workspace || snapshot.first.APIKey != s.APIKey || snapshot.first.AccessToken != s.AccessToken {
		panic("clarifytest: Restore: the snapshot is of another server")
	}
	s.restore(snapshot)
}

func (s *Server) restore(snapshot *Snapshot) {
	s.registry.Lock()
	defer s.registry.Unlock()
	defer lock(s.sortedWorkspaces())()
	workspaces := map[string]*workspace{}
	for _, held := range snapshot.workspaces {
		w := &workspace{Workspace: held.Workspace}
		w.URL = s.workspaceURL(held.Name)
		if there := s.findWorkspace(held.Name); there != nil {
			w.state = there.state
		} else {
			w.state = s.newState()
		}
		w.state.Restore(held.contents)
		workspaces[held.Name] = w
	}
	s.auth.Restore(snapshot.grants)
	s.ids.Restore(snapshot.ids)
	s.credentials.Restore(snapshot.credentials)
	s.seeds.Restore(snapshot.seeds)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workspaces = workspaces
	s.holders = maps.Clone(snapshot.holders)
}

// lock waits for requests in flight and locks all workspaces until unlock is called. It
// locks them together, so that a snapshot never has a write without an earlier one in
// another workspace.
func lock(all []*workspace) (unlock func()) {
	for _, w := range all {
		w.state.Lock()
	}
	return func() {
		for _, w := range all {
			w.state.Unlock()
		}
	}
}

func (s *Server) sortedWorkspaces() []*workspace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.workspaces), func(a, b *workspace) int { return strings.Compare(a.Name, b.Name) })
}
