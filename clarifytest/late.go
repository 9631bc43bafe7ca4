package clarifytest

import "time"

// WithLateWrites makes a write visible only some time after the _updated_at that it sets,
// by the server's clock: a random time of up to limit for each record. Until then
// getResources returns the record as it was before, or not at all, and a deletion may
// show in getResources and in getDeletedResources at different times. Everything else
// has the write at once. So a program that reads what has changed since the latest
// _updated_at that it has seen loses records.
func WithLateWrites(limit time.Duration) Option {
	return func(c *config) { c.lateWrites = limit }
}
