package clarifytest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// An Injection is a fault that a server was told to have. Its methods are safe
// for concurrent use.
type Injection struct {
	server *Server
	fault  Fault

	about   []func(r *http.Request, operation string) bool
	counted []func(number int) bool // called for every number, in order
	times   int                     // how often it strikes at most, if not 0
	storage bool                    // whether it is for requests to storage
	apiOnly []string                // the conditions that no request to storage meets

	// Under the lock of the server's faults.
	seen, struck int
}

// Inject has a fault strike the requests that meet all conditions, from now on:
// all requests if there are none. It strikes before anything else is looked at,
// the credential included, as a gateway's would. Requests of the OAuth 2.0 flow
// count as well: use [Operation], or [Matching] with their path, to choose.
// Requests to storage do not, unless [ToStorage] is among the conditions.
//
// If several faults would strike a request, the one that was injected first
// does, and each [Latency]; the others may strike the next. [Request] tells what
// struck. Inject panics if the fault or a condition was made of values that
// their documentation excludes.
func (s *Server) Inject(f Fault, when ...Condition) *Injection {
	i := &Injection{server: s, fault: f}
	err := f.err
	if f.name == "" {
		err = errors.New("Inject: the fault is the zero value of its type")
	}
	for _, condition := range when {
		switch {
		case err != nil:
		case condition == nil:
			err = errors.New("Inject: a condition is nil")
		default:
			err = condition(i)
		}
	}
	if err == nil {
		err = i.checkStorage()
	}
	if err != nil {
		panic("clarifytest: " + err.Error())
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	// Requests look at the list without holding the lock for long.
	s.faults.injections = append(slices.Clone(s.faults.injections), i)
	return i
}

// checkStorage refuses a fault that could never strike: one that is for requests to
// storage and for what only requests to the API have.
func (i *Injection) checkStorage() error {
	if !i.storage {
		return nil
	}
	about := i.apiOnly
	if i.fault.apiOnly {
		about = append(about, "the fault "+i.fault.name)
	}
	if len(about) == 0 {
		return nil
	}
	return fmt.Errorf("ToStorage: %s is about requests to the API, and none of them goes to storage", about[0])
}

// Remove ends the fault. Requests that it has struck already are not spared.
func (i *Injection) Remove() {
	faults := &i.server.faults
	faults.mu.Lock()
	defer faults.mu.Unlock()
	faults.injections = slices.DeleteFunc(slices.Clone(faults.injections), func(other *Injection) bool { return other == i })
}

// Struck returns how many requests the fault has struck.
func (i *Injection) Struck() int {
	i.server.faults.mu.Lock()
	defer i.server.faults.mu.Unlock()
	return i.struck
}

// RemoveFaults removes all faults that were injected.
func (s *Server) RemoveFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.injections = nil
}

// faults are the injections of a server, in the order they were made.
type faults struct {
	mu         sync.Mutex
	injections []*Injection
}

// strike returns the faults that strike a request: any number that only wait,
// and at most one other.
func (f *faults) strike(r *http.Request, operation string, storage bool) plan {
	f.mu.Lock()
	injections := f.injections
	f.mu.Unlock()
	if len(injections) == 0 {
		return plan{}
	}
	matching := slices.Clone(injections)
	matching = slices.DeleteFunc(matching, func(i *Injection) bool { return i.storage != storage || !i.isAbout(r, operation) })

	f.mu.Lock()
	defer f.mu.Unlock()
	var p plan
	for _, i := range matching {
		waits := i.fault.effect == effectDelay
		if i.selects() && (waits || p.main == nil) && slices.Contains(f.injections, i) {
			i.struck++
			p.add(i.fault)
		}
	}
	return p
}

func (i *Injection) isAbout(r *http.Request, operation string) bool {
	for _, is := range i.about {
		if !is(r, operation) {
			return false
		}
	}
	return true
}

// selects counts a request and tells whether its number is right. It needs the
// lock.
func (i *Injection) selects() bool {
	i.seen++
	selected := true
	for _, is := range i.counted {
		// Each throws its dice for every number, so that one does not change
		// what another one throws.
		selected = is(i.seen) && selected
	}
	return selected && (i.times == 0 || i.struck < i.times)
}
