package clarifytest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// TranscriptLength is how many requests a server remembers unless
	// [WithTranscript] says otherwise.
	TranscriptLength = 1000

	// MaxTranscriptBody is how many bytes of each request's body it remembers.
	MaxTranscriptBody = 64 << 10
)

// A Request is what the server remembers of a request. It holds no credential:
// of requests of the OAuth 2.0 flow and to storage it has neither query nor header
// nor body.
type Request struct {
	Method    string
	Path      string        // escaped, as it was sent
	Query     string        // encoded, as it was sent
	Header    http.Header   // without Authorization and cookies
	Body      []byte        // the first [MaxTranscriptBody] bytes
	Operation string        // the operation's id, empty if there is none
	Storage   bool          // whether it went to storage, by a signed address
	Scheme    string        // of the Authorization header: "api-key", "Bearer", "other", or empty if there is none
	Status    int           // of the response, 0 if none was sent
	Fault     string        // what struck the request, empty if nothing did: the names of the faults
	Done      bool          // whether the operation was carried out with success, whatever was answered
	Duration  time.Duration // until it was answered, without the time that a [SlowBody] takes
}

// String is the request on one line: the method, the path with its query, the
// status of the response, the time, and the fault, if there was one, with whether the
// operation was carried out where the response does not tell.
func (r Request) String() string {
	target, status, fault := r.Path, "no response", ""
	if r.Storage {
		target = "storage: " + target
	}
	if r.Query != "" {
		target += "?" + brackets.Replace(r.Query)
	}
	if r.Status != 0 {
		status = strconv.Itoa(r.Status)
	}
	if r.Fault != "" {
		fault = " [" + r.Fault
		switch success := r.Status >= 200 && r.Status <= 299; {
		case r.Done && !success:
			fault += "; it was done"
		case !r.Done && success:
			fault += "; it was not done"
		}
		fault += "]"
	}
	return fmt.Sprintf("%s %s %s %v%s", r.Method, target, status, r.Duration.Round(time.Microsecond), fault)
}

// brackets are what clients escape in a query, and nobody reads well escaped.
var brackets = strings.NewReplacer("%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]")

// withoutCredentials is what the transcript has of a header.
func withoutCredentials(header http.Header) http.Header {
	kept := header.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		kept.Del(name)
	}
	return kept
}

// transcript is a ring of the latest requests.
type transcript struct {
	size int

	mu   sync.Mutex
	ring []Request
	next int
}

func (t *transcript) add(r Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.size == 0 {
		return
	}
	if len(t.ring) < t.size {
		t.ring = append(t.ring, r)
		return
	}
	t.ring[t.next] = r
	t.next = (t.next + 1) % t.size
}

// Requests returns the latest requests, oldest first: as many as the server
// remembers. What is in them must not be changed.
func (s *Server) Requests() []Request {
	s.transcript.mu.Lock()
	defer s.transcript.mu.Unlock()
	ring, next := s.transcript.ring, s.transcript.next
	return append(slices.Clone(ring[next:]), ring[:next]...)
}
