package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
	"github.com/clarify-go/clarify/mirror/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() (mirror.Store, error) {
		path := filepath.Join(t.TempDir(), "a mirror?#%41.sqlite")
		return func() (mirror.Store, error) { return sqlite.Open(t.Context(), path) }
	})
}
