package clarifytest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/internal/contract"
)

// A Condition says which requests a fault strikes: see [Server.Inject]. Conditions
// on the request itself apply first, in any order. Those on its number count the
// requests that are left, and [Probability] chooses among them.
type Condition func(*Injection) error

// Operation selects requests to any of these operations of the contract, by id.
// It cannot be combined with [ToStorage].
func Operation(ids ...string) Condition {
	return func(i *Injection) error {
		i.apiOnly = append(i.apiOnly, "Operation")
		if len(ids) == 0 {
			return errors.New("Operation: no operation is named")
		}
		known, err := contract.Load()
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !known.Has(id) {
				return fmt.Errorf("Operation: the contract has no operation %q", id)
			}
		}
		i.one.About = append(i.one.About, func(_ *http.Request, operation string) bool { return slices.Contains(ids, operation) })
		return nil
	}
}

// Matching selects requests for which matches returns true. It is called from
// several goroutines and must neither change the request nor read its body. If it
// panics, the connection is closed and there is a [Violation].
func Matching(matches func(*http.Request) bool) Condition {
	return func(i *Injection) error {
		if matches == nil {
			return errors.New("Matching: the function is nil")
		}
		i.one.About = append(i.one.About, func(r *http.Request, _ string) bool { return matches(r) })
		return nil
	}
}

// Method selects requests with any of these methods, which are in capitals.
func Method(methods ...string) Condition {
	return func(i *Injection) error {
		if len(methods) == 0 {
			return errors.New("Method: no method is named")
		}
		for _, method := range methods {
			if method == "" || method != strings.ToUpper(method) {
				return fmt.Errorf("Method: invalid method %q: must be one such as GET, in capitals", method)
			}
		}
		return Matching(func(r *http.Request) bool { return slices.Contains(methods, r.Method) })(i)
	}
}

// InWorkspace selects requests to operations in a workspace, by its name. It
// cannot be combined with [ToStorage].
func InWorkspace(name string) Condition {
	return func(i *Injection) error {
		i.apiOnly = append(i.apiOnly, "InWorkspace")
		if err := checkWorkspaceName(name); err != nil {
			return fmt.Errorf("InWorkspace: %w", err)
		}
		return Matching(func(r *http.Request) bool { return r.PathValue("workspace") == name })(i)
	}
}

// ToStorage selects requests to storage, by the URLs that the API signs. Without
// this condition no fault strikes them. [Status] responds to them with an error
// document like S3's. It cannot be combined with conditions on operations, nor with
// the faults [Revoke] and [FrameworkError], which are about the API.
func ToStorage() Condition {
	return func(i *Injection) error {
		i.one.Storage = true
		return nil
	}
}

// At selects requests by their numbers. The first request has number 1.
func At(numbers ...int) Condition {
	return func(i *Injection) error {
		if len(numbers) == 0 || slices.Min(numbers) < 1 {
			return fmt.Errorf("At: numbers must be 1 or more, got %v", numbers)
		}
		i.one.Counted = append(i.one.Counted, func(number int) bool { return slices.Contains(numbers, number) })
		return nil
	}
}

// Probability selects requests at random: each with a probability from 0 to 1.
// The same seed makes the same choice for requests of the same number.
func Probability(p float64, seed uint64) Condition {
	return func(i *Injection) error {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("Probability: probability must be 0 to 1, got %v", p)
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		i.one.Counted = append(i.one.Counted, func(int) bool { return rnd.Float64() < p })
		return nil
	}
}

// Times removes the fault once it has struck n times.
func Times(n int) Condition {
	return func(i *Injection) error {
		if n < 1 {
			return fmt.Errorf("Times: times must be 1 or more, got %d", n)
		}
		i.one.Times = n
		return nil
	}
}
