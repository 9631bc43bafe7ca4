package clarifypostgres

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// WithWindow sets how far back the server counts requests.
func WithWindow(d time.Duration) Option { return func(o *options) { o.window = d } }

// WithLostAfter sets after what time a lock without a sign of life is taken over.
func WithLostAfter(d time.Duration) Option { return func(o *options) { o.lost = d } }

// SchemaName returns the quoted name that an option sets.
func SchemaName(opt Option) string {
	var o options
	opt(&o)
	return pgx.Identifier{o.schema}.Sanitize()
}
