// Package sharedlimit is what limiters that several processes share have in common,
// wherever they keep their count: it queues the requests of a process, asks for room
// for all that wait with one call, and does not ask while the database cannot be
// reached.
package sharedlimit

import (
	"context"
	"time"
)

// Backend keeps the count of the requests to each endpoint where all processes reach
// it. It is safe for concurrent use. Its calls are given up after a time, and may
// still take effect after that.
type Backend interface {
	// Acquire asks for slots for the requests of this process that wait for an
	// endpoint. It does not wait for room.
	Acquire(ctx context.Context, key Key, ask Ask) (Grant, error)
	// Release says which requests have ended. A slot that is not known, or that was
	// released before, is ignored.
	Release(ctx context.Context, key Key, ended []Ended) error
}

// Key is what the API counts requests by.
type Key struct{ Workspace, Operation string }

// Ask is what waits in a process.
type Ask struct {
	Interactive, Bulk int // how many requests of each class
	// Stale says that the database may lack requests of the last minute, which were
	// sent while it could not be reached.
	Stale bool
}

// Grant is the response to an [Ask].
type Grant struct {
	Interactive, Bulk int // how many requests of each class may be sent
	// First is the first of their slots. The others have the numbers that follow,
	// those of interactive requests first.
	First int64
	// Delay is how long the first request that still waits has no room, as far as is
	// known.
	Delay time.Duration
	// Sooner says that requests in flight may report room before that.
	Sooner bool
}

// Ended is a request that has ended.
type Ended struct {
	Slot int64
	// Unsent says that the request was never sent.
	Unsent bool
	// Responded says that there was a response, and Reported that it reported the
	// rate limit.
	Responded, Reported bool
	// Counted says that the API has certainly counted the request: it did not
	// reject it for the rate limit or its credential.
	Counted          bool
	Limit, Remaining int
	Reset            time.Duration
}
