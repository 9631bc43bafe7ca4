package bulk

import "sync"

// Streak counts requests in a row with an unknown outcome. Those that were in flight
// together fail for one reason, and count once. It is safe for concurrent use.
type Streak struct {
	mu     sync.Mutex
	clock  int // counts the starts and ends of requests
	length int
	last   int // when the last counted failure ended
}

// Start notes that a request starts, and returns when.
func (s *Streak) Start() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	return s.clock
}

// End notes that a request ended, when it started, and whether its outcome is known.
// It reports whether the streak has become too long.
func (s *Streak) End(started int, known bool) (tooLong bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	if known {
		s.length = 0
		return false
	}
	if started <= s.last {
		return false
	}
	s.last = s.clock
	s.length++
	return s.length >= maxFailures
}
