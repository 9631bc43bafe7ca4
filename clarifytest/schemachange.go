package clarifytest

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// schemaLag is how long a change of the schemas is under way: until so many more
// requests to the workspace have been answered, or until the clock has moved by
// so much, whichever comes first.
type schemaLag struct {
	requests int
	time     time.Duration
}

var defaultSchemaLag = schemaLag{requests: 1, time: time.Second}

// schemaWork is a change of the schemas that is under way. It is immutable.
type schemaWork struct {
	user  string
	next  *schema.Set
	edits []schema.Edit
	left  int       // requests that are answered before it is done
	until time.Time // when it is done in any case
}

// responding calls f as the response to one request, while the schemas stay what
// they are. A change of them that is under way ends before or after.
func (s *state) responding(f func() (reply, error)) (reply, error) {
	s.advanceSchemas(1)
	defer s.advanceSchemas(0)
	s.gate.RLock()
	defer s.gate.RUnlock()
	return f()
}

// advanceSchemas makes the change of the schemas that is under way if it is due,
// and else counts requests.
func (s *state) advanceSchemas(requests int) {
	s.mu.RLock()
	idle := s.work == nil
	s.mu.RUnlock()
	if idle {
		return
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.RLock()
	work := s.work
	s.mu.RUnlock()
	if work == nil {
		return
	}
	_ = s.write(work.user, func(c *change) error {
		if work.left <= 0 || !c.now.Before(work.until) {
			c.setWork(nil)
			// Records that came meanwhile may be such that the change cannot be made.
			if c.checkUnique(work.next.Objects) == nil {
				c.finishSchemas(work)
			}
			return nil
		}
		counted := *work
		counted.left -= requests
		c.setWork(&counted)
		return nil
	})
}

// beginSchemas has a change of the schemas made when it has lasted as long as it
// is to. There is one at a time: see checkIdle.
func (c *change) beginSchemas(d *schema.Draft, lag schemaLag) {
	c.setWork(&schemaWork{
		user:  c.user,
		next:  d.Set(),
		edits: d.Edits,
		left:  lag.requests,
		until: c.now.Add(lag.time),
	})
}

// checkIdle is the response while a change of the schemas is under way.
func (s *state) checkIdle() error {
	if s.work != nil {
		return fail(http.StatusConflict, "The schemas are being changed by another request. Try again in a moment.")
	}
	return nil
}

func (c *change) setWork(work *schemaWork) {
	s, old := c.state, c.state.work
	s.work = work
	c.undo = append(c.undo, func() { s.work = old })
}

func (c *change) finishSchemas(work *schemaWork) {
	old := c.state.schemas
	c.setSchemas(work.next)
	for _, spec := range work.next.Objects {
		c.convert(spec, slices.DeleteFunc(slices.Clone(work.edits), func(e schema.Edit) bool { return e.Object != spec.Name }))
		if before := old.Find(spec.Name); before != nil && !slices.Equal(before.Unique, spec.Unique) {
			c.reindex(spec)
		}
	}
}

// convert changes the records of an object as the edits say.
func (c *change) convert(spec *schema.Object, edits []schema.Edit) {
	if len(edits) == 0 {
		return
	}
	for _, r := range slices.Clone(c.state.table(spec).all()) {
		if changed := converted(r, edits); changed != nil {
			c.replace(r, changed)
		}
	}
}

// converted returns what edits make of a record, or nil if that is the same.
func converted(r *record, edits []schema.Edit) *record {
	edited := r
	for _, e := range edits {
		value, has := edited.lookup(e.Field)
		_, linked := edited.links[e.Field]
		switch {
		case e.Convert == nil && (has || linked):
			attributes, links := maps.Clone(edited.attributes()), maps.Clone(edited.links)
			delete(attributes, e.Field)
			delete(links, e.Field)
			edited = edited.with(attributes)
			edited.links = links
		case e.Convert != nil && value != nil:
			if another, differs := e.Convert(value); differs {
				edited = edited.with(values.With(edited.attributes(), e.Field, another))
			}
		}
	}
	if edited == r {
		return nil
	}
	return edited
}

// reindex makes the indexes of unique fields anew.
func (c *change) reindex(spec *schema.Object) {
	t := c.table(spec)
	old := t.unique
	t.index(spec)
	c.undo = append(c.undo, func() { t.unique = old })
}
