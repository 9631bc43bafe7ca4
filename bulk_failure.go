package clarify

import (
	"errors"
	"slices"

	"github.com/clarify-go/clarify/internal/bulk"
)

// failure returns what err says about inputs, nil if the request was not sent.
func failure(err error) *bulk.Failure {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	f := &bulk.Failure{StatusCode: e.StatusCode, OutcomeUnknown: e.OutcomeUnknown}
	for _, problem := range e.Errors {
		f.Pointers = append(f.Pointers, problem.Pointer)
	}
	return f
}

// suspects returns the indexes of those of n inputs that an error blames.
func suspects(err error, n int) []int {
	if f := failure(err); f != nil {
		return f.Suspects(n)
	}
	return nil
}

// without returns the inputs whose indexes are not among those given, which are in
// order.
func without(inputs []*input, indexes []int) []*input {
	var others []*input
	for i, in := range inputs {
		if _, found := slices.BinarySearch(indexes, i); !found {
			others = append(others, in)
		}
	}
	return others
}

// about returns the error as it would be if the i-th input had been sent alone. If
// nothing in it is about that input, it keeps everything.
func (e *Error) about(i int) *Error {
	alone := *e
	alone.Errors = nil
	for _, pointer := range failure(e).About(i) {
		problem := e.Errors[pointer.Of]
		problem.Pointer = pointer.Text
		alone.Errors = append(alone.Errors, problem)
	}
	return &alone
}
