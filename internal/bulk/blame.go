package bulk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Suspects returns the indexes of those of n inputs that a failure blames, in order.
func (f *Failure) Suspects(n int) []int {
	if f.StatusCode >= http.StatusInternalServerError {
		return nil
	}
	var blamed []int
	for _, pointer := range f.Pointers {
		if _, i, _, ok := pointedAt(pointer); ok && i < n && !slices.Contains(blamed, i) {
			blamed = append(blamed, i)
		}
	}
	slices.Sort(blamed)
	return blamed
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

// Pointer is the pointer of one of several errors.
type Pointer struct {
	Of   int // which error
	Text string
}

// About returns the pointers of those errors that are about the i-th input or about none,
// as they would be if that had been sent alone. If there are none, it returns all as they
// are.
func (f *Failure) About(i int) []Pointer {
	var alone, all []Pointer
	for of, text := range f.Pointers {
		all = append(all, Pointer{of, text})
		if list, at, rest, ok := pointedAt(text); ok {
			if at != i {
				continue
			}
			text = list + "0" + rest
		}
		alone = append(alone, Pointer{of, text})
	}
	if len(alone) == 0 {
		return all
	}
	return alone
}

// aboutRequest reports whether a failure is about a part of the body that all inputs
// share. A pointer that has another form, or begins elsewhere, does not say so: the
// API may have rejected one input.
func (f *Failure) aboutRequest() bool {
	return slices.ContainsFunc(f.Pointers, func(pointer string) bool {
		after, rooted := strings.CutPrefix(pointer, "/")
		member, _, _ := strings.Cut(after, "/")
		return rooted && (member == "match_on" || member == "meta")
	})
}

// maxFalseBlame is how many more of the blamed inputs may turn out to be fine than
// not, before blame is ignored.
const maxFalseBlame = 4

// Credibility says whether to trust the API when it blames inputs. It is safe for
// concurrent use.
type Credibility struct {
	mu      sync.Mutex
	cleared int // how many more blamed inputs were cleared than confirmed
}

// Trusted reports whether to trust it.
func (c *Credibility) Trusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cleared <= maxFalseBlame
}

// Note counts a blamed input: whether it was cleared.
func (c *Credibility) Note(cleared bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cleared {
		c.cleared++
	} else {
		c.cleared--
	}
}
