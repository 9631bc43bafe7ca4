package backup

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/clarify-go/clarify"
)

// problems collects problems and counts equal ones. It is safe for concurrent use.
type problems struct {
	mu    sync.Mutex
	all   []*Problem
	index map[problemKey]*Problem
}

type problemKey struct{ what, object, field, reason string }

// maxIDs is how many ids a problem names.
const maxIDs = 10

// add counts a problem of a thing. id may be empty.
func (p *problems) add(what, object, field, id, reason string) {
	p.addN(what, object, field, id, reason, 1)
}

func (p *problems) addN(what, object, field, id, reason string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.index == nil {
		p.index = map[problemKey]*Problem{}
	}
	key := problemKey{what, object, field, reason}
	found := p.index[key]
	if found == nil {
		found = &Problem{What: what, Object: object, Field: field, Reason: reason}
		p.index[key], p.all = found, append(p.all, found)
	}
	found.Count += n
	if id != "" && len(found.IDs) < maxIDs {
		found.IDs = append(found.IDs, id)
	}
}

// list returns the problems in an order that does not depend on chance.
func (p *problems) list() []Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Problem
	for _, found := range p.all {
		all = append(all, *found)
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// isAbout reports whether an error is the API's word on what was sent, so that a run can
// go on without it.
func isAbout(err error) bool {
	return errors.Is(err, clarify.ErrInvalid) || errors.Is(err, clarify.ErrNotFound) || errors.Is(err, clarify.ErrForbidden)
}

// reasonOf returns what the API said, without what differs from one thing to the next.
func reasonOf(err error) string {
	var e *clarify.Error
	if !errors.As(err, &e) || len(e.Errors) == 0 {
		return err.Error()
	}
	var all []string
	for _, o := range e.Errors {
		if text := cmp.Or(o.Detail, o.Title); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return err.Error()
	}
	return "the API rejects it: " + strings.Join(all, " ")
}
