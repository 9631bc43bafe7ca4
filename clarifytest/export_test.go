package clarifytest

import (
	"reflect"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
)

// SameWorkspace tells whether a workspace holds the same in two snapshots. What
// no write has touched in between is the same by its address, so it is quick. The
// requests that a change of the schemas still waits for do not count.
func SameWorkspace(name string, one, other *Snapshot) bool {
	return reflect.DeepEqual(one.contentsOf(name), other.contentsOf(name))
}

func (s *Snapshot) contentsOf(name string) *api.Contents {
	for _, w := range s.workspaces {
		if w.Name == name {
			c := w.contents
			c = c.WithoutWait()
			return &c
		}
	}
	return nil
}
