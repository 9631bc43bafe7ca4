package clarifytest

import (
	"sync"
)

// busy counts the requests in flight, and those whose connection is gone but whose
// work is not done.
type busy struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed when there are none, nil if nobody waits
}

func (b *busy) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
}

func (b *busy) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count--
	if b.count == 0 && b.none != nil {
		close(b.none)
		b.none = nil
	}
}

// idle returns a channel that is closed once there are no requests.
func (b *busy) idle() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if b.none == nil {
		b.none = make(chan struct{})
	}
	return b.none
}
