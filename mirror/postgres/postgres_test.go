package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/clarify-go/clarify/internal/servers"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
	"github.com/clarify-go/clarify/mirror/storetest"
)

// schemas counts schemas, of which each test has one.
var schemas atomic.Int64

func newSchema() postgres.Option {
	return postgres.WithSchema(fmt.Sprintf(`The "mirror" %d`, schemas.Add(1)))
}

func TestStore(t *testing.T) {
	server := servers.Postgres(t)
	storetest.Run(t, func(t *testing.T) func() (mirror.Store, error) {
		schema := newSchema()
		return func() (mirror.Store, error) { return postgres.Open(t.Context(), server.URL, schema) }
	})
}
