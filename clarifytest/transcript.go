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
	// TranscriptLength is how many requests a server keeps unless
	// [WithTranscript] says otherwise.
	TranscriptLength = 1000

	// MaxTranscriptBody is how many bytes of each request's body it keeps.
	MaxTranscriptBody = 64 << 10
)

// A Request is a request in the server's transcript. It has no credential: a request
// of the OAuth 2.0 flow or to storage comes without query, header and body.
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
	Fault     string        // the names of the faults that struck the request, empty if none did
	Done      bool          // whether the operation was carried out successfully, whatever the response
	Duration  time.Duration // until the response, without the time that a [SlowBody] takes
}

// String returns the request on one line: method, path, query, status, duration and
// fault, if there was one. If the status does not tell, it adds whether the operation
// was carried out.
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

// brackets are escaped by clients in a query, and unreadable that way.
var brackets = strings.NewReplacer("%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]")

// withoutCredentials returns a copy of a header for the transcript.
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

// Requests returns the latest requests, oldest first: as many as [WithTranscript]
// says. Do not change their headers and bodies.
func (s *Server) Requests() []Request {
	s.transcript.mu.Lock()
	defer s.transcript.mu.Unlock()
	ring, next := s.transcript.ring, s.transcript.next
	return append(slices.Clone(ring[next:]), ring[:next]...)
}
