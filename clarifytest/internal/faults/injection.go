package faults

import (
	"net/http"
	"slices"
	"sync"
)

// An Injection is a fault and the requests that it strikes. Do not change it once
// it is in a list.
type Injection struct {
	Fault   Fault
	Storage bool // whether it strikes requests to storage, or else all others
	Times   int  // how many requests it strikes at most, if not 0

	// About chooses requests by what they are, Counted by their number among those,
	// from 1. Counted is called for every number, in order.
	About   []func(r *http.Request, operation string) bool
	Counted []func(number int) bool

	// Under the lock of the list.
	seen, struck int
}

// A List is the injections of a server, in the order in which they were added.
// The zero value is empty. It is safe for concurrent use.
type List struct {
	mu         sync.Mutex
	injections []*Injection
}

// Add adds an injection.
func (l *List) Add(i *Injection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Requests look at the list without holding the lock for long.
	l.injections = append(slices.Clone(l.injections), i)
}

// Remove removes an injection. It still strikes the requests that it was chosen
// for.
func (l *List) Remove(i *Injection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.injections = slices.DeleteFunc(slices.Clone(l.injections), func(other *Injection) bool { return other == i })
}

// Clear removes all injections.
func (l *List) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.injections = nil
}

// Struck returns how many requests an injection has struck.
func (l *List) Struck(i *Injection) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return i.struck
}

// Strike returns the faults that strike a request: any number of those that only
// wait, and at most one other. operation is the id of the request's operation.
func (l *List) Strike(r *http.Request, operation string, storage bool) Plan {
	l.mu.Lock()
	injections := l.injections
	l.mu.Unlock()
	if len(injections) == 0 {
		return Plan{}
	}
	matching := slices.Clone(injections)
	matching = slices.DeleteFunc(matching, func(i *Injection) bool { return i.Storage != storage || !i.isAbout(r, operation) })

	l.mu.Lock()
	defer l.mu.Unlock()
	var p Plan
	for _, i := range matching {
		waits := i.Fault.Effect == Delay
		if i.selects() && (waits || p.main == nil) && slices.Contains(l.injections, i) {
			i.struck++
			p.add(i.Fault)
		}
	}
	return p
}

func (i *Injection) isAbout(r *http.Request, operation string) bool {
	for _, is := range i.About {
		if !is(r, operation) {
			return false
		}
	}
	return true
}

// selects counts a request and reports whether it has a number to strike. It needs
// the lock.
func (i *Injection) selects() bool {
	i.seen++
	selected := true
	for _, is := range i.Counted {
		// Each draws a random number for every request, so that one does not change
		// what another one draws.
		selected = is(i.seen) && selected
	}
	return selected && (i.Times == 0 || i.struck < i.Times)
}
