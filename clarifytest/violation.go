package clarifytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// maxViolations limits the violations that a server keeps: a wrong program is often
// wrong in the same way a thousand times.
const maxViolations = 1000

// Where a violation is found.
const (
	InRequest  = "request"
	InResponse = "response"
)

// A Violation is a difference between a request or response and the contract.
type Violation struct {
	Method    string
	Path      string // escaped, as it was sent
	Operation string // the operation's id, empty if there is none
	Where     string // [InRequest] or [InResponse]
	What      string // on one line: it has \n for a line break that was sent
}

func (v Violation) String() string {
	return fmt.Sprintf("%s of %s %s: %s", v.Where, v.Method, v.Path, v.What)
}

// violations keeps the violations, and reports those in responses to a test if there
// is one.
type violations struct {
	tb TB

	mu    sync.Mutex
	found []Violation
}

func (v *violations) add(found Violation) {
	found.What = printable(found.What)
	v.mu.Lock()
	if len(v.found) < maxViolations {
		v.found = append(v.found, found)
	}
	v.mu.Unlock()
	if found.Where == InResponse && v.tb != nil {
		v.tb.Errorf("clarifytest: %v (a bug of the sandbox)", found)
	}
}

// printable escapes characters that do not print, so that nothing that a client sends
// can start another line or control a terminal.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			escaped := strconv.QuoteRune(r)
			b.WriteString(escaped[1 : len(escaped)-1])
		}
	}
	return b.String()
}

// sentInClearText adds a violation for a request that was sent without TLS.
func (s *Server) sentInClearText(method, path string) {
	if s.config.validate {
		s.violations.add(Violation{Method: method, Path: printable(path), Where: InRequest, What: "it was sent in clear text to a port that speaks TLS"})
	}
}

func (v *violations) take() []Violation {
	v.mu.Lock()
	defer v.mu.Unlock()
	taken := v.found
	v.found = nil
	return taken
}

// Violations returns the violations that have not been taken, oldest first, at most
// 1000.
func (s *Server) Violations() []Violation {
	s.violations.mu.Lock()
	defer s.violations.mu.Unlock()
	return slices.Clone(s.violations.found)
}

// TakeViolations returns the violations and removes them. A test that sends wrong
// requests on purpose calls it to accept them. Violations in responses have already
// been reported to the test of [WithTB].
func (s *Server) TakeViolations() []Violation {
	return s.violations.take()
}

// AssertNoViolations fails tb once for each violation and removes them. Tests that
// share a server call it at their end, so that each fails for its own violations.
func (s *Server) AssertNoViolations(tb TB) {
	tb.Helper()
	for _, found := range s.violations.take() {
		tb.Errorf("clarifytest: %v", found)
	}
}
