package clarifytest

import "sync"

// busy counts the requests that are being responded or worked on.
type busy struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed when there are none, nil if nobody waits
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
	if b.count == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// wait returns a channel that is closed once there are no requests.
func (b *busy) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if b.idle == nil {
		b.idle = make(chan struct{})
	}
	return b.idle
}

// Wait returns once the server is responding no request and working on none. A
// client that lost a response calls it before it looks at what the server holds:
// the work may go on after the connection is gone. Do not call it while other
// requests keep coming, nor from within [Matching] or [WithLog].
func (s *Server) Wait() { <-s.busy.wait() }
