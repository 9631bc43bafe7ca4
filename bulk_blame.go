package clarify

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// suspects returns the indexes of those of n inputs that an error blames.
func suspects(err error, n int) []int {
	var e *Error
	if !errors.As(err, &e) || e.StatusCode >= http.StatusInternalServerError {
		return nil
	}
	var blamed []int
	for _, problem := range e.Errors {
		if _, i, _, ok := pointedAt(problem.Pointer); ok && i < n && !slices.Contains(blamed, i) {
			blamed = append(blamed, i)
		}
	}
	slices.Sort(blamed)
	return blamed
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

// pointedAt splits a pointer into a request's body: the list of inputs, the index of
// the one that it leads to, and the rest.
func pointedAt(pointer string) (list string, i int, rest string, ok bool) {
	for _, list := range []string{"/data/", "/items/"} {
		if after, found := strings.CutPrefix(pointer, list); found {
			number, _, _ := strings.Cut(after, "/")
			i, err := strconv.Atoi(number)
			return list, i, after[len(number):], err == nil && i >= 0
		}
	}
	return "", 0, "", false
}

// about returns the error as it would be if the i-th input had been sent alone. If
// nothing in it is about that input, it keeps everything.
func (e *Error) about(i int) *Error {
	alone := *e
	alone.Errors = nil
	for _, problem := range e.Errors {
		if list, at, rest, ok := pointedAt(problem.Pointer); ok {
			if at != i {
				continue
			}
			problem.Pointer = list + "0" + rest
		}
		alone.Errors = append(alone.Errors, problem)
	}
	if len(alone.Errors) == 0 {
		alone.Errors = e.Errors
	}
	return &alone
}

// aboutRequest reports whether an error is about a part of the body that all inputs
// share. A pointer that has another form, or begins elsewhere, does not say so: the
// API may have rejected one input.
func (e *Error) aboutRequest() bool {
	return slices.ContainsFunc(e.Errors, func(problem ErrorObject) bool {
		after, rooted := strings.CutPrefix(problem.Pointer, "/")
		member, _, _ := strings.Cut(after, "/")
		return rooted && (member == "match_on" || member == "meta")
	})
}

// maxFalseBlame is how many more of the blamed inputs may turn out to be fine than
// not, before blame is ignored.
const maxFalseBlame = 4

// credibility says whether to trust the API when it blames inputs.
type credibility struct {
	mu      sync.Mutex
	cleared int // how many more blamed inputs were cleared than confirmed
}

func (c *credibility) trusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cleared <= maxFalseBlame
}

// note counts a blamed input: whether it was cleared.
func (c *credibility) note(cleared bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cleared {
		c.cleared++
	} else {
		c.cleared--
	}
}
