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

// A Condition says which requests a fault strikes: see [Server.Inject]. Those
// about the request come first, in whatever order they are given. Those about
// its number count, and throw dice for, the requests that are left.
type Condition func(*Injection) error

// Operation selects requests to any of these operations of the contract, by id.
// It does not go with [ToStorage].
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
		i.about = append(i.about, func(_ *http.Request, operation string) bool { return slices.Contains(ids, operation) })
		return nil
	}
}

// Matching selects requests for which matches returns true. It is called from
// several goroutines and must neither change the request nor read its body. If it
// panics the request is lost, and that is a [Violation].
func Matching(matches func(*http.Request) bool) Condition {
	return func(i *Injection) error {
		if matches == nil {
			return errors.New("Matching: the function is nil")
		}
		i.about = append(i.about, func(r *http.Request, _ string) bool { return matches(r) })
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
				return fmt.Errorf("Method: %q is not a method such as GET, in capitals", method)
			}
		}
		return Matching(func(r *http.Request) bool { return slices.Contains(methods, r.Method) })(i)
	}
}

// InWorkspace selects requests to operations in a workspace, by its name. It does
// not go with [ToStorage].
func InWorkspace(name string) Condition {
	return func(i *Injection) error {
		i.apiOnly = append(i.apiOnly, "InWorkspace")
		if err := checkWorkspaceName(name); err != nil {
			return fmt.Errorf("InWorkspace: %w", err)
		}
		return Matching(func(r *http.Request) bool { return r.PathValue("workspace") == name })(i)
	}
}

// ToStorage selects requests to storage, by the addresses that the API signs,
// which no fault strikes without this condition. [Status] responds them with an
// error document as S3's. It goes neither with conditions about operations nor with
// the faults [Revoke] and [FrameworkError], which are about the API.
func ToStorage() Condition {
	return func(i *Injection) error {
		i.storage = true
		return nil
	}
}

// At selects requests by their numbers, the first having number 1.
func At(numbers ...int) Condition {
	return func(i *Injection) error {
		if len(numbers) == 0 || slices.Min(numbers) < 1 {
			return fmt.Errorf("At: the numbers %v do not begin at 1", numbers)
		}
		i.counted = append(i.counted, func(number int) bool { return slices.Contains(numbers, number) })
		return nil
	}
}

// Probability selects requests at random: each with a probability from 0 to 1.
// The same seed makes the same choice for requests of the same number.
func Probability(p float64, seed uint64) Condition {
	return func(i *Injection) error {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("Probability: %v is not from 0 to 1", p)
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		i.counted = append(i.counted, func(int) bool { return rnd.Float64() < p })
		return nil
	}
}

// Times ends the fault once it has struck n times.
func Times(n int) Condition {
	return func(i *Injection) error {
		if n < 1 {
			return fmt.Errorf("Times: %d is less than 1", n)
		}
		i.times = n
		return nil
	}
}
