package clarifytest

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

var defaultSchemaLag = store.Lag{Requests: 1, Time: time.Second}
