package clarifypostgres

import "time"

// WithWindow sets how far back the server counts requests.
func WithWindow(d time.Duration) Option { return func(o *options) { o.window = d } }
