package clarifytest

import (
	"errors"
	"fmt"

	"github.com/clarify-go/clarify/clarifytest/internal/faults"
)

// An Injection is a fault that was injected into a server. Its methods are safe
// for concurrent use.
type Injection struct {
	list    *faults.List
	one     faults.Injection
	apiOnly []string // the conditions that no request to storage meets
}

// Inject makes a fault strike the requests that meet all conditions, from now on,
// or all requests if there are no conditions. It strikes before anything else is
// checked, the credential included, as a gateway's would. Requests of the OAuth 2.0
// flow count as well: use [Operation], or [Matching] with their path, to choose.
// Requests to storage do not, unless [ToStorage] is among the conditions.
//
// If several faults would strike a request, the one that was injected first does,
// and so does each [Latency]; the others may strike the next request. [Request]
// tells which faults struck. Inject panics if the fault or a condition has values
// that their documentation excludes.
func (s *Server) Inject(f Fault, when ...Condition) *Injection {
	i := &Injection{list: &s.faults, one: faults.Injection{Fault: f.fault}}
	err := f.err
	if f.fault.Name == "" {
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
		err = i.checkStorage(f)
	}
	if err != nil {
		panic("clarifytest: " + err.Error())
	}
	s.faults.Add(&i.one)
	return i
}

// checkStorage rejects a fault that could never strike: one for requests to storage
// and for something that only requests to the API have.
func (i *Injection) checkStorage(f Fault) error {
	if !i.one.Storage {
		return nil
	}
	about := i.apiOnly
	if f.apiOnly {
		about = append(about, "the fault "+f.String())
	}
	if len(about) == 0 {
		return nil
	}
	return fmt.Errorf("ToStorage: %s is about requests to the API, and none of them goes to storage", about[0])
}

// Remove removes the fault. Requests that it has struck already are not spared.
func (i *Injection) Remove() { i.list.Remove(&i.one) }

// Struck returns how many requests the fault has struck.
func (i *Injection) Struck() int { return i.list.Struck(&i.one) }

// RemoveFaults removes all faults that were injected.
func (s *Server) RemoveFaults() { s.faults.Clear() }
