package clarifytest

import "reflect"

// SameWorkspace tells whether a workspace holds the same in two snapshots. What
// no write has touched in between is the same by its address, so it is quick. The
// requests that a change of the schemas still waits for do not count.
func SameWorkspace(name string, one, other *Snapshot) bool {
	return reflect.DeepEqual(one.holdingsOf(name), other.holdingsOf(name))
}

func (s *Snapshot) holdingsOf(name string) *holdings {
	for i := range s.workspaces {
		if s.workspaces[i].Name == name {
			h := s.workspaces[i].holdings
			if h.work != nil {
				work := *h.work
				work.left = 0
				h.work = &work
			}
			return &h
		}
	}
	return nil
}
