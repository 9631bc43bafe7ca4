package clarifytest

import (
	"slices"
	"sync"
	"time"
)

// TranscriptLength is how many requests a server remembers.
const TranscriptLength = 1000

// A Request is what the server remembers of a request. It holds no credential.
type Request struct {
	Method    string
	Path      string // escaped, as it was sent
	Query     string // encoded, as it was sent
	Operation string // the operation's id, empty if there is none
	Scheme    string // of the Authorization header: "api-key", "Bearer", "other", or empty if there is none
	Status    int    // of the answer
	Duration  time.Duration
}

// transcript is a ring of the latest requests.
type transcript struct {
	mu   sync.Mutex
	ring []Request
	next int
}

func (t *transcript) add(r Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ring) < TranscriptLength {
		t.ring = append(t.ring, r)
		return
	}
	t.ring[t.next] = r
	t.next = (t.next + 1) % TranscriptLength
}

// Requests returns the latest requests, oldest first, at most
// [TranscriptLength] of them.
func (s *Server) Requests() []Request {
	s.transcript.mu.Lock()
	defer s.transcript.mu.Unlock()
	ring, next := s.transcript.ring, s.transcript.next
	return append(slices.Clone(ring[next:]), ring[:next]...)
}
